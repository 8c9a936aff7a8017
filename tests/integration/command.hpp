// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_INTEGRATION_COMMAND_HPP
#define MODELSEC_TESTS_INTEGRATION_COMMAND_HPP

#include "world.hpp"

#include <modelsec/detail/base/json.hpp>

#include <process.hpp>

namespace integration {

/// The `modelsec` command with these arguments.
std::vector<std::string> command(std::vector<std::string> arguments);
/// The same, run to its end; its messages must be clean.
support::process_result run_command(const std::vector<std::string>& arguments, const support::process_options& options = {});

/// `modelsec fetch` of model "demo" from the world's /manifest into `store`, by JSON lines.
std::vector<std::string> fetch_command(const world& w, const std::string& store);
/// The last of the JSON lines: {"type": "result", …}.
modelsec::detail::json result_line(const std::string& out);

}  // namespace integration

#endif
