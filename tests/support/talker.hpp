// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_TALKER_HPP
#define MODELSEC_TESTS_SUPPORT_TALKER_HPP

#include "throwaway_ca.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace support {

/// One connection of a talker. Everything waits until it is done, and is false once the peer has gone or the talker stops.
class talk
{
public:
    talk(int socket, void* ssl) : socket_(socket), ssl_(ssl) {}

    /// Bytes as they are, under TLS.
    bool raw(std::string_view bytes);
    bool handshake();
    bool write(std::string_view bytes);
    /// A request up to its blank line.
    std::string read_request();
    /// So many bytes of a body; false if fewer came.
    bool read_body(std::size_t size);
    /// One more TLS 1.3 session ticket.
    bool ticket();
    /// False: the peer ends the connection within so long.
    bool stays_open(std::chrono::milliseconds time);

private:
    int socket_;
    void* ssl_;
};

/// A server on 127.0.0.1 that says what no ordinary server says: a function speaks with each connection, on a thread of its own. Ends
/// with its object.
class talker
{
public:
    using script = std::function<void(talk&, unsigned connection)>;  ///< connections are counted from 1

    talker(const identity& who, script what, int newest_tls = 0x0304);
    ~talker();
    talker(const talker&) = delete;
    talker& operator=(const talker&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    std::string url(std::string_view path) const;
    unsigned connections() const noexcept { return connections_; }

private:
    void listen();

    script script_;
    void* context_ = nullptr;
    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<unsigned> connections_{0};
    std::mutex mutex_;
    std::list<int> open_;
    bool stopping_ = false;
    std::list<std::thread> threads_;
    std::thread thread_;
};

}  // namespace support

#endif
