// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_ORIGIN_STATE_HPP
#define MODELSEC_TESTS_SUPPORT_ORIGIN_STATE_HPP

#include "origin.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>

namespace support {

/// What a path holds: bytes in memory or in a file, or a handler.
struct document
{
    std::shared_ptr<const std::string> memory;
    std::shared_ptr<const int> descriptor;
    std::function<reply(const seen_request&)> handler;
    std::uint64_t size = 0;
    std::string etag;
    std::string type;

    /// Exactly `size` bytes from `offset` on.
    void read(std::uint64_t offset, char* into, std::size_t size) const;
};

/// What the threads of an origin share.
struct origin::state
{
    explicit state(origin_options o) : options(std::move(o)) {}

    origin_options options;
    std::uint16_t port = 0;

    mutable std::mutex mutex;
    std::condition_variable changed;
    bool stopping = false;
    std::map<std::string, document> documents;
    std::map<std::string, std::deque<std::pair<fault, unsigned>>> faults;
    std::vector<seen_request> requests;
    std::map<std::string, std::uint64_t> sent;
    std::set<int> sockets;  ///< open connections, so that stopping can end them
    std::uint64_t connections = 0;
    std::uint64_t documents_made = 0;
    std::function<void()> end_listening;

    void put(const std::string& path, document d);
    std::optional<document> find(const std::string& path) const;
    fault next_fault(const std::string& path);
    void stop();
    bool is_stopping() const;
    /// False if the origin stops meanwhile.
    bool sleep(std::chrono::milliseconds time);
    /// Waits until the peer has gone or says something, or the origin stops.
    void wait_for_peer(int socket);

    /// Holds a socket in `sockets` for as long as it is open.
    class registered_socket
    {
    public:
        registered_socket(state& s, int socket);
        ~registered_socket();
        registered_socket(const registered_socket&) = delete;
        registered_socket& operator=(const registered_socket&) = delete;

    private:
        state& state_;
        int socket_;
    };

    // One request's entry in `requests`.
    std::size_t begin_request(const seen_request& request);
    void end_request(std::size_t index, const seen_request& request);
    void count_sent(const std::string& path, std::uint64_t bytes);
};

/// Serves one connection to its end. Takes the socket over.
void serve_connection(origin::state& s, int socket, std::uint64_t number, void* tls_context);

std::string path_of(std::string_view target);

}  // namespace support

#endif
