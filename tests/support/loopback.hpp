// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_LOOPBACK_HPP
#define MODELSEC_TESTS_SUPPORT_LOOPBACK_HPP

#include "process.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace support {

/// A port of 127.0.0.1 where nobody listens now.
std::uint16_t free_port();

/// Starts a server on a free port and waits until it answers there. Another program may take the port in between: then once more.
/// `command_for` writes what the server needs for a port and returns its command.
std::uint16_t start_server(std::optional<process>& server,
                           const std::function<std::vector<std::string>(std::uint16_t)>& command_for);

/// The first of these programs that this machine has; empty if none.
std::string find_program(const std::vector<std::string>& paths);

}  // namespace support

#endif
