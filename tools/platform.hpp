// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_PLATFORM_HPP
#define MODELSEC_TOOLS_PLATFORM_HPP

#include <modelsec/options.hpp>

#include <memory>
#include <optional>
#include <string>

// What the command needs of the operating system beyond the library.

namespace modelsec::tool {

/// An environment variable; an empty one is unset.
std::optional<std::string> environment(const std::string& variable);

/// Whether the effective user is root.
bool is_superuser();
/// Where programs keep a user's data, below the home folder.
const char* user_data_folder();
/// Whether people read standard error on a terminal that can move its cursor.
bool errors_go_to_terminal();
/// Its width in columns now.
unsigned terminal_width();
/// Whether people read standard output on a terminal.
bool results_go_to_terminal();
/// Whether the locale's characters are UTF-8.
bool terminal_is_utf8();

enum class visibility
{
    owner,    ///< 0600, whatever the umask
    everyone  ///< 0644
};

/// Makes a new file and syncs it; one that is there already stays: `file_exists`.
result<void> create_file(const std::string& path, bytes_view content, visibility who);
/// Puts a file in place of the one that may be there, atomically: readers see the old or the new one, whole.
result<void> replace_file(const std::string& path, bytes_view content);
/// Makes a folder (0700) unless it is there.
result<void> make_folder(const std::string& path);

/// A file that would grow beyond this process's limit (`ulimit -f`) is a failure of that write, and not the end of the process.
void tell_file_limit();

/// While it lives, the first SIGINT or SIGTERM cancels an operation; the second one ends the process.
class interrupt_guard
{
public:
    explicit interrupt_guard(control handle);
    ~interrupt_guard();
    interrupt_guard(const interrupt_guard&) = delete;
    interrupt_guard& operator=(const interrupt_guard&) = delete;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace modelsec::tool

#endif
