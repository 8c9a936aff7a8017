// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_OTHER_PROCESS_HPP
#define MODELSEC_TESTS_SUPPORT_OTHER_PROCESS_HPP

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

/// Runs `work` in a child of this process, and returns the text that it returned there. For processes without other threads.
inline std::string in_child(const std::function<std::string()>& work)
{
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe");
    const pid_t child = ::fork();
    if (child == 0)
    {
        std::string text;
        try
        {
            text = work();
        }
        catch (const std::exception& e)
        {
            text = std::string("threw: ") + e.what();
        }
        const auto written = ::write(ends[1], text.data(), text.size());
        ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    ::close(ends[1]);
    std::string out;
    char block[4096];
    for (ssize_t got = 0; (got = ::read(ends[0], block, sizeof block)) > 0;)
        out.append(block, static_cast<std::size_t>(got));
    ::close(ends[0]);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0)
        throw std::runtime_error("the child failed: " + out);
    return out;
}

/// The same as another user, who is in these groups. Only root can.
inline std::string as_user(uid_t user, gid_t group, const std::vector<gid_t>& groups,
                           const std::function<std::string()>& work)
{
    return in_child([&]() -> std::string {
        if (::setgroups(groups.size(), groups.data()) != 0 || ::setresgid(group, group, group) != 0 ||
            ::setresuid(user, user, user) != 0)
            return "cannot become another user";
        return work();
    });
}

}  // namespace support

#endif
