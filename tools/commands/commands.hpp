// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_COMMANDS_COMMANDS_HPP
#define MODELSEC_TOOLS_COMMANDS_COMMANDS_HPP

namespace modelsec::tool {

struct command_line;

// Each adds its subcommand.
void add_fetch(command_line& line);
void add_check(command_line& line);
void add_bundle(command_line& line);
void add_scan(command_line& line);
void add_check_remote(command_line& line);
/// What `publish --watch-expiry` is taken for: it describes nothing, so none of publish's options belong to it.
inline constexpr const char* watch_expiry_name = "watch-expiry";
void add_watch_expiry(command_line& line);
void add_status(command_line& line);
void add_path(command_line& line);
void add_verify(command_line& line);
void add_rollback(command_line& line);
void add_gc(command_line& line);
void add_repair(command_line& line);
void add_remove(command_line& line);
void add_doctor(command_line& line);
void add_audit(command_line& line);
void add_inspect(command_line& line);
void add_init(command_line& line);
void add_keygen(command_line& line);
void add_publish(command_line& line);
void add_renew(command_line& line);
void add_sign(command_line& line);
void add_verify_model(command_line& line);
void add_sign_model(command_line& line);
void add_root(command_line& line);
void add_completion(command_line& line);
void add_manual(command_line& line);

}  // namespace modelsec::tool

#endif
