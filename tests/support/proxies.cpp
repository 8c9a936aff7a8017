// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "proxies.hpp"

#include "loopback.hpp"

#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace support {
namespace {

/// As root, squid gives up its rights and becomes this user, to whom its folder must belong then.
void give_to_squid(const std::string& folder)
{
    const passwd* const user = ::geteuid() == 0 ? ::getpwnam("proxy") : nullptr;
    if (!user)
        return;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (::chown(entry.path().c_str(), user->pw_uid, user->pw_gid) != 0)
            throw std::runtime_error("cannot give a file to squid");
    if (::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("cannot give a folder to squid");
}

std::string squid_configuration(const std::string& p, std::uint16_t port)
{
    return "http_port 127.0.0.1:" + std::to_string(port) + "\npid_filename none\naccess_log stdio:" + p +
           "/access.log\ncache_log " + p + "/cache.log\ncoredump_dir " + p + "\nhosts_file " + p + "/hosts\n" +
           (::geteuid() == 0 ? "cache_effective_user proxy\n" : "") +
           "visible_hostname proxy.test\ncache deny all\ncache_mem 1 MB\nnetdb_filename none\npinger_enable "
           "off\nmax_filedescriptors 1024\n"
           "shutdown_lifetime 0 seconds\nauth_param basic program " +
           find_program({"/usr/lib/squid/basic_ncsa_auth", "/usr/libexec/squid/basic_ncsa_auth"}) + " " + p +
           "/passwords\nauth_param basic children 1\nacl users proxy_auth REQUIRED\nacl blocked dstdomain blocked.test\n"
           "http_access deny blocked\nhttp_access allow users\nhttp_access deny all\n";
}

}  // namespace

squid::squid(const proxy_login& who)
{
    auto digest = run({"openssl", "passwd", "-apr1", who.password}).out;
    place_.write("passwords", who.user + ":" + digest);
    place_.write("hosts", "127.0.0.1 models.test other.test blocked.test\n");
    place_.write("access.log", "");
    port_ = start_server(server_, [&](std::uint16_t port) {
        const auto file = place_.write("squid.conf", squid_configuration(place_.path(), port));
        give_to_squid(place_.path());
        return std::vector<std::string>{find_program({"/usr/sbin/squid"}), "-N", "-f", file};
    });
}

std::size_t squid::times_logged(const std::string& text, std::size_t at_least) const
{
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;; std::this_thread::sleep_for(std::chrono::milliseconds(10)))
    {
        const std::string log = access_log();
        std::size_t times = 0;
        for (std::size_t found = log.find(text); found != log.npos; found = log.find(text, found + 1))
            ++times;
        if (times >= at_least || std::chrono::steady_clock::now() > until)
            return times;
    }
}

tinyproxy::tinyproxy(const proxy_login& who)
{
    port_ = start_server(server_, [&](std::uint16_t port) {
        const auto file = place_.write(
            "tinyproxy.conf",
            "Port " + std::to_string(port) + "\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nAllow 127.0.0.1\nLogFile \"" +
                (place_ / "log") + "\"\n" + (who.user.empty() ? "" : "BasicAuth " + who.user + " " + who.password + "\n"));
        return std::vector<std::string>{find_program({"/usr/bin/tinyproxy", "/usr/sbin/tinyproxy"}), "-d", "-c", file};
    });
}

microsocks::microsocks(const proxy_login& who)
{
    port_ = start_server(server_, [&](std::uint16_t port) {
        std::vector<std::string> command{find_program({"/usr/bin/microsocks"}), "-i", "127.0.0.1", "-p",
                                         std::to_string(port)};
        if (!who.user.empty())
            command.insert(command.end(), {"-u", who.user, "-P", who.password});
        return command;
    });
}

}  // namespace support
