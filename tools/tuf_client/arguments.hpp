// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_TUF_CLIENT_ARGUMENTS_HPP
#define MODELSEC_TOOLS_TUF_CLIENT_ARGUMENTS_HPP

#include <modelsec/error.hpp>

#include <string>
#include <vector>

namespace tuf_tool {

enum class command
{
    init,
    refresh,
    download
};

struct arguments
{
    command what = command::refresh;
    std::string trusted_root;
    std::string metadata_dir;
    std::string metadata_url;
    std::string target_dir;
    std::string target_base_url;
    std::vector<std::string> target_names;
};

/// Reads options and command, in any order. Failures are `bad_option`.
modelsec::result<arguments> parse_arguments(const std::vector<std::string>& words);

/// What there is to say on `--help`.
extern const char* const usage;

}  // namespace tuf_tool

#endif
