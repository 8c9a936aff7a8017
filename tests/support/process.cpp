// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

extern char** environ;

namespace support {
namespace {

/// The proxies of this machine are not on the way to the servers of a test: those are on loopback.
bool names_proxy(std::string_view variable)
{
    const std::string_view name = variable.substr(0, variable.find('='));
    return name.ends_with("_proxy") || name.ends_with("_PROXY");
}

/// A file without a name: holds any amount of output and blocks nobody.
int nameless_file()
{
    char pattern[] = "/tmp/modelsec-out-XXXXXX";
    const int made = ::mkostemp(pattern, O_CLOEXEC | O_APPEND);
    if (made < 0)
        throw std::runtime_error("cannot make a temporary file");
    ::unlink(pattern);
    return made;
}

std::string content_of(int descriptor)
{
    std::string text;
    if (descriptor < 0)
        return text;
    char piece[65536];
    for (;;)
    {
        const auto got = ::pread(descriptor, piece, sizeof piece, static_cast<off_t>(text.size()));
        if (got <= 0)
            return text;
        text.append(piece, static_cast<std::size_t>(got));
    }
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> list;
    for (auto& text : texts)
        list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

void close_all_from(int first)
{
#ifdef __linux__
    ::close_range(static_cast<unsigned>(first), ~0u, 0);
#else
    for (int descriptor = first; descriptor < 4096; ++descriptor)
        ::close(descriptor);
#endif
}

}  // namespace

process::process(const std::vector<std::string>& command, const process_options& options)
{
    // Everything that allocates happens before fork(): afterwards other threads' locks may be held for ever.
    auto arguments = command;
    auto variables = options.environment;
    for (char** v = environ; *v != nullptr; ++v)
        if (!names_proxy(*v))
            variables.emplace_back(*v);
    const auto argv = pointers(arguments);
    const auto envp = pointers(variables);
    if (!options.show_output)
    {
        out_ = nameless_file();
        err_ = nameless_file();
    }
    id_ = ::fork();
    if (id_ < 0)
        throw std::runtime_error("cannot fork");
    if (id_ > 0)
        return;
    if (out_ >= 0 && (::dup2(out_, 1) < 0 || ::dup2(err_, 2) < 0))
        ::_exit(126);
    close_all_from(3);  // servers in this process open sockets that must not live on in the program
    if (options.umask)
        ::umask(*options.umask);
    if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0)
        ::_exit(126);
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
}

process::process(process&& other) noexcept
    : id_(std::exchange(other.id_, -1)), status_(std::exchange(other.status_, 0)), out_(std::exchange(other.out_, -1)),
      err_(std::exchange(other.err_, -1))
{
}

process::~process()
{
    kill();
    if (id_ > 0)
        reap(true);
    for (const int descriptor : {out_, err_})
        if (descriptor >= 0)
            ::close(descriptor);
}

bool process::reap(bool block)
{
    if (status_)
        return true;
    int status = 0;
    if (::waitpid(id_, &status, block ? 0 : WNOHANG) == id_)
        status_ = status;
    return status_.has_value();
}

bool process::running()
{
    return !reap(false);
}

void process::kill()
{
    signal(SIGKILL);
}

void process::signal(int number)
{
    if (id_ > 0 && running())
        ::kill(id_, number);
}

std::string process::out_so_far() const
{
    return content_of(out_);
}

std::string process::err_so_far() const
{
    return content_of(err_);
}

process_result process::wait(std::chrono::milliseconds limit)
{
    const auto until = std::chrono::steady_clock::now() + limit;
    while (running())
    {
        if (std::chrono::steady_clock::now() > until)
        {
            kill();
            reap(true);
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    process_result result;
    result.exit_code = WIFEXITED(*status_) ? WEXITSTATUS(*status_) : -1;
    result.signal = WIFSIGNALED(*status_) ? WTERMSIG(*status_) : 0;
    result.out = out_so_far();
    result.err = err_so_far();
    return result;
}

process_result run(const std::vector<std::string>& command, const process_options& options, std::chrono::milliseconds limit)
{
    return process(command, options).wait(limit);
}

}  // namespace support
