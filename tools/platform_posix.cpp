// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "platform.hpp"

#include "text.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

namespace modelsec::tool {

/// An open descriptor.
class file
{
public:
    file() = default;
    explicit file(int descriptor) noexcept : descriptor_(descriptor) {}
    file(file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    file& operator=(file&& other) noexcept
    {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~file()
    {
        if (descriptor_ >= 0)
            ::close(descriptor_);
    }

    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    int native() const noexcept { return descriptor_; }

private:
    int descriptor_ = -1;
};

namespace {

failure file_failure(const char* what, const std::string& path)
{
    const int error = errno;
    const reason why = error == EEXIST                      ? reason::file_exists
                       : error == ENOSPC || error == EDQUOT ? reason::disk_full
                       : error == EFBIG                     ? reason::file_too_big
                                                            : reason::file_unreadable;
    return fail(why, std::string(what) + ' ' + path + ": " + std::strerror(error));
}

result<void> write_all(const file& to, const std::string& path, bytes_view content)
{
    while (!content.empty())
    {
        const ssize_t put = ::write(to.native(), content.data(), content.size());
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return file_failure("write", path);
        content = content.subspan(static_cast<std::size_t>(put));
    }
    if (::fsync(to.native()) != 0)
        return file_failure("sync", path);
    return {};
}

result<void> sync_parent(const std::string& path)
{
    std::string folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty())
        folder = ".";
    const file at(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!at || ::fsync(at.native()) != 0)
        return file_failure("sync", folder);
    return {};
}

}  // namespace

std::optional<std::string> environment(const std::string& variable)
{
    const char* value = std::getenv(variable.c_str());
    return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

const char* user_data_folder()
{
#ifdef __APPLE__
    return "/Library/Application Support";
#else
    return "/.local/share";  // XDG Base Directory Specification
#endif
}

bool is_superuser()
{
    return ::geteuid() == 0;
}

bool results_go_to_terminal()
{
    return ::isatty(STDOUT_FILENO) == 1 && environment("TERM").value_or("dumb") != "dumb";
}

bool errors_go_to_terminal()
{
    return ::isatty(STDERR_FILENO) == 1 && environment("TERM").value_or("dumb") != "dumb";
}

unsigned terminal_width()
{
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0 ? size.ws_col : 80;
}

bool terminal_is_utf8()
{
    // POSIX: the first of these that is set and not empty decides.
    for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (const auto locale = environment(variable))
        {
            const std::size_t dot = locale->find('.');
            const std::string charset = dot == std::string::npos ? "" : locale->substr(dot + 1, locale->find('@') - dot - 1);
            return same_ignoring_case(charset, "UTF-8") || same_ignoring_case(charset, "utf8");
        }
    return false;
}

result<void> create_file(const std::string& path, bytes_view content, visibility who)
{
    const mode_t mode = who == visibility::owner ? 0600 : 0644;
    const file to(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!to || ::fchmod(to.native(), mode) != 0)
        return file_failure("create", path);
    if (auto done = write_all(to, path, content); done.has_error())
    {
        ::unlink(path.c_str());
        return done;
    }
    return sync_parent(path);
}

result<void> replace_file(const std::string& path, bytes_view content)
{
    const std::string temporary = path + ".new-" + std::to_string(::getpid());
    MODELSEC_CHECK(create_file(temporary, content, visibility::everyone));
    if (::rename(temporary.c_str(), path.c_str()) != 0)
    {
        const failure why = file_failure("rename to", path);
        ::unlink(temporary.c_str());
        return why;
    }
    return sync_parent(path);
}

result<void> make_folder(const std::string& path)
{
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return file_failure("make", path);
    return {};
}

void tell_file_limit()
{
    ::signal(SIGXFSZ, SIG_IGN);
}

namespace {
std::atomic<int> interrupt_pipe{-1};
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");
constexpr std::array interrupts{SIGINT, SIGTERM, SIGHUP};
}  // namespace

// Only calls that POSIX lists as async-signal-safe (POSIX.1-2017 XSH 2.4.3, CWE-479).
extern "C" void modelsec_tool_interrupted(int)
{
    const int saved = errno;
    const char byte = 'i';
    [[maybe_unused]] const ssize_t put = ::write(interrupt_pipe.load(), &byte, 1);
    errno = saved;
}

struct interrupt_guard::impl
{
    file read_end;
    file write_end;
    std::array<struct sigaction, interrupts.size()> before = {};
    std::thread waiter;
};

interrupt_guard::interrupt_guard(control handle) : impl_(std::make_unique<impl>())
{
    int ends[2];
    if (::pipe(ends) != 0)
        throw error(fail(errno == EMFILE || errno == ENFILE ? reason::too_many_open_files : reason::internal_error, "pipe"));
    impl_->read_end = file(ends[0]);
    impl_->write_end = file(ends[1]);
    interrupt_pipe = ends[1];
    impl_->waiter = std::thread([from = ends[0], handle]() mutable {
        char byte = 0;
        ssize_t got = 0;
        while ((got = ::read(from, &byte, 1)) < 0 && errno == EINTR)
            continue;
        if (got == 1 && byte == 'i')
            handle.cancel();
    });
    struct sigaction action = {};
    action.sa_handler = modelsec_tool_interrupted;
    action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);  // the second one ends the process
    for (std::size_t i = 0; i < interrupts.size(); ++i)
    {
        ::sigaction(interrupts[i], nullptr, &impl_->before[i]);
        if (impl_->before[i].sa_handler != SIG_IGN)  // nohup and the like stay in force
            ::sigaction(interrupts[i], &action, nullptr);
    }
}

interrupt_guard::~interrupt_guard()
{
    for (std::size_t i = 0; i < interrupts.size(); ++i)
        ::sigaction(interrupts[i], &impl_->before[i], nullptr);
    interrupt_pipe = -1;
    const char byte = 'q';
    [[maybe_unused]] const ssize_t put = ::write(impl_->write_end.native(), &byte, 1);
    impl_->waiter.join();
}

}  // namespace modelsec::tool
