// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_COMMANDS_COMMANDS_HPP
#define MODELSEC_TOOLS_COMMANDS_COMMANDS_HPP

namespace modelsec::tool {

struct command_line;

// A new subcommand: a file of its own in this folder that declares it, and its name here, in the order of the help. Help, manual
// pages and completions are made from what it declares.
// clang-format off
#define MODELSEC_SUBCOMMANDS(X) \
    X(fetch) \
    X(check) \
    X(bundle) \
    X(scan) \
    X(status) \
    X(path) \
    X(verify) \
    X(rollback) \
    X(gc) \
    X(repair) \
    X(remove) \
    X(doctor) \
    X(audit) \
    X(inspect) \
    X(init) \
    X(keygen) \
    X(publish) \
    X(renew) \
    X(check_remote) \
    X(watch_expiry) \
    X(sign) \
    X(verify_model) \
    X(sign_model) \
    X(root) \
    X(completion) \
    X(manual)
// clang-format on

#define MODELSEC_SUBCOMMAND(name) void add_##name(command_line& line);
MODELSEC_SUBCOMMANDS(MODELSEC_SUBCOMMAND)
#undef MODELSEC_SUBCOMMAND

/// What `publish --watch-expiry` is taken for: it describes nothing, so none of publish's options belong to it.
inline constexpr const char* watch_expiry_name = "watch-expiry";

}  // namespace modelsec::tool

#endif
