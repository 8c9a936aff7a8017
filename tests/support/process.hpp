// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_PROCESS_HPP
#define MODELSEC_TESTS_SUPPORT_PROCESS_HPP

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace support {

struct process_options
{
    std::vector<std::string> environment;  ///< "NAME=value", in addition to this process's own
    std::optional<mode_t> umask;
    std::string folder;        ///< to run in; empty: here
    bool show_output = false;  ///< let it write to this process's stdout and stderr
};

struct process_result
{
    int exit_code = -1;  ///< -1: ended by a signal
    int signal = 0;
    std::string out;
    std::string err;
};

/// A program that runs beside the test. Killed and reaped, at the latest, by the destructor.
class process
{
public:
    explicit process(const std::vector<std::string>& command, const process_options& options = {});
    ~process();
    process(process&& other) noexcept;
    process& operator=(process&&) = delete;

    pid_t id() const noexcept { return id_; }
    bool running();
    /// SIGKILL, unless it has ended already.
    void kill();
    void signal(int number);
    /// What it has written so far.
    std::string out_so_far() const;
    std::string err_so_far() const;
    /// Waits for the end; kills it when `limit` is over.
    process_result wait(std::chrono::milliseconds limit = std::chrono::seconds(60));

private:
    bool reap(bool block);

    pid_t id_ = -1;
    std::optional<int> status_;
    int out_ = -1;
    int err_ = -1;
};

/// Runs a program to its end.
process_result run(const std::vector<std::string>& command, const process_options& options = {},
                   std::chrono::milliseconds limit = std::chrono::seconds(60));

}  // namespace support

#endif
