// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "nginx.hpp"

#include "loopback.hpp"

#include <unistd.h>

#include <filesystem>

namespace support {
namespace {

std::string configuration(const temp_dir& place, const nginx_options& options, std::uint16_t port)
{
    const auto& p = place.path();
    // `user root` where the test is root: otherwise the workers cannot read a folder that only this user may enter.
    return (::geteuid() == 0 ? "user root;\n" : "") +
           std::string("worker_processes 1;\ndaemon off;\nmaster_process off;\n") + "pid " + p + "/pid;\nerror_log " + p +
           "/error.log;\nevents {}\nhttp {\n  access_log " + p +
           "/access.log;\n  default_type application/octet-stream;\n  client_body_temp_path " + p +
           "/t1;\n  proxy_temp_path " + p + "/t2;\n  fastcgi_temp_path " + p + "/t3;\n  uwsgi_temp_path " + p +
           "/t4;\n  scgi_temp_path " + p + "/t5;\n  server {\n    listen 127.0.0.1:" + std::to_string(port) +
           " ssl;\n    ssl_certificate " + p + "/server.pem;\n    ssl_certificate_key " + p +
           "/server.key;\n    ssl_protocols " + options.protocols + ";\n" +
           (options.ciphers.empty() ? "" : "    ssl_ciphers " + options.ciphers + ";\n") +
           (options.staple.empty() ? "" : "    ssl_stapling on;\n    ssl_stapling_file " + p + "/staple.der;\n") +
           (options.client_ca.empty() ? ""
                                      : "    ssl_verify_client on;\n    ssl_client_certificate " + p + "/client-ca.pem;\n") +
           options.server_directives + "\n    location / { root " + p + "/www; " + options.location_directives +
           " }\n  }\n}\n";
}

}  // namespace

std::string nginx::program()
{
    return find_program({"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx", "/opt/homebrew/bin/nginx"});
}

nginx::nginx(const nginx_options& options)
{
    std::filesystem::create_directory(folder());
    place_.write("server.pem", options.server.certificate);
    place_.write("server.key", options.server.private_key);
    place_.write("staple.der", options.staple);
    place_.write("client-ca.pem", options.client_ca);
    port_ = start_server(server_, [&](std::uint16_t port) {
        const auto file = place_.write("nginx.conf", configuration(place_, options, port));
        return std::vector<std::string>{program(), "-e", place_ / "error.log", "-p", place_.path(), "-c", file};
    });
}

std::string nginx::url(std::string_view path) const
{
    return "https://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

}  // namespace support
