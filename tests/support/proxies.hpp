// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_PROXIES_HPP
#define MODELSEC_TESTS_SUPPORT_PROXIES_HPP

#include "process.hpp"
#include "temp_dir.hpp"

#include <cstdint>
#include <optional>
#include <string>

// Real proxies on 127.0.0.1, as the distribution has them. Each ends with its object.
namespace support {

/// Who may use a proxy; no user: everybody.
struct proxy_login
{
    std::string user;
    std::string password;
};

/// HTTP CONNECT by squid, always with a password. It knows `models.test`, `other.test` and `blocked.test` to be this machine (nobody
/// else does), and lets nobody through to the last.
class squid
{
public:
    explicit squid(const proxy_login& who);
    std::uint16_t port() const noexcept { return port_; }
    /// One line a request, written some time after its connection has ended.
    std::string access_log() const { return read_file(place_ / "access.log"); }
    /// How often this text is in the log, once it is there `at_least` so often, or never came to be.
    std::size_t times_logged(const std::string& text, std::size_t at_least) const;

private:
    temp_dir place_;
    std::uint16_t port_ = 0;
    std::optional<process> server_;
};

/// HTTP CONNECT by tinyproxy.
class tinyproxy
{
public:
    explicit tinyproxy(const proxy_login& who = {});
    std::uint16_t port() const noexcept { return port_; }

private:
    temp_dir place_;
    std::uint16_t port_ = 0;
    std::optional<process> server_;
};

/// SOCKS5 by microsocks.
class microsocks
{
public:
    explicit microsocks(const proxy_login& who = {});
    std::uint16_t port() const noexcept { return port_; }
    /// One line a connection.
    std::string log() const { return server_->err_so_far(); }

private:
    std::uint16_t port_ = 0;
    std::optional<process> server_;
};

}  // namespace support

#endif
