// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
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

}  // namespace

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

namespace {
bool answers(std::uint16_t port)
{
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    const bool connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    return connected;
}
}  // namespace

std::uint16_t start_server(std::optional<process>& server,
                           const std::function<std::vector<std::string>(std::uint16_t)>& command_for)
{
    for (int attempt = 0; attempt < 5; ++attempt)
    {
        const std::uint16_t port = free_port();
        server.emplace(command_for(port));
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (server->running() && std::chrono::steady_clock::now() < until)
        {
            if (answers(port))
                return port;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        server->kill();
    }
    const auto last = server->wait();
    throw std::runtime_error("a server does not start: " + last.out + last.err);
}

std::string find_program(const std::vector<std::string>& paths)
{
    for (const auto& path : paths)
        if (::access(path.c_str(), X_OK) == 0)
            return path;
    return {};
}

}  // namespace support
