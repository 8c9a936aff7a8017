// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "nginx.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace support {
namespace {

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

std::uint16_t free_port()
{
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    const bool ok = ::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(probe);
    if (!ok)
        throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

bool answers(std::uint16_t port)
{
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    return connected;
}

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
           (options.ciphers.empty() ? "" : "    ssl_ciphers " + options.ciphers + ";\n") + options.server_directives +
           "\n    location / { root " + p + "/www; " + options.location_directives + " }\n  }\n}\n";
}

}  // namespace

std::string nginx::program()
{
    for (const char* path : {"/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx", "/opt/homebrew/bin/nginx"})
        if (::access(path, X_OK) == 0)
            return path;
    return {};
}

nginx::nginx(const nginx_options& options)
{
    std::filesystem::create_directory(folder());
    place_.write("server.pem", options.server.certificate);
    place_.write("server.key", options.server.private_key);
    // Another program may take the port between asking for it and listening on it: then once more.
    for (int attempt = 0; attempt < 5; ++attempt)
    {
        port_ = free_port();
        const auto file = place_.write("nginx.conf", configuration(place_, options, port_));
        server_.emplace(std::vector<std::string>{program(), "-e", place_ / "error.log", "-p", place_.path(), "-c", file});
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (server_->running() && std::chrono::steady_clock::now() < until)
        {
            if (answers(port_))
                return;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        server_->kill();
    }
    throw std::runtime_error("nginx does not start: " + server_->wait().err);
}

std::string nginx::url(std::string_view path) const
{
    return "https://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

}  // namespace support
