// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_NGINX_HPP
#define MODELSEC_TESTS_SUPPORT_NGINX_HPP

#include "process.hpp"
#include "temp_dir.hpp"
#include "throwaway_ca.hpp"

#include <cstdint>
#include <optional>

namespace support {

struct nginx_options
{
    identity server;
    std::string protocols = "TLSv1.2 TLSv1.3";
    std::string ciphers;              ///< empty: nginx's own
    std::string staple;               ///< DER; stapled to every handshake
    std::string client_ca;            ///< PEM; who shows no certificate by it is answered 400
    std::string server_directives;    ///< more lines for the `server` block
    std::string location_directives;  ///< more lines for `location /`
};

/// A real nginx on 127.0.0.1 that serves a folder of its own over TLS. Ends with its object.
class nginx
{
public:
    /// Where the program is; empty if this machine has none.
    static std::string program();

    explicit nginx(const nginx_options& options);

    /// The served folder.
    std::string folder() const { return place_ / "www"; }
    std::string url(std::string_view path) const;
    std::uint16_t port() const noexcept { return port_; }
    std::string access_log() const { return read_file(place_ / "access.log"); }

private:
    temp_dir place_;
    std::uint16_t port_ = 0;
    std::optional<process> server_;
};

}  // namespace support

#endif
