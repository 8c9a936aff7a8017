// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "origin_state.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace support {

std::string path_of(std::string_view target)
{
    return std::string(target.substr(0, target.find('?')));
}

void document::read(std::uint64_t offset, char* into, std::size_t wanted) const
{
    if (memory)
    {
        std::memcpy(into, memory->data() + offset, wanted);
        return;
    }
    while (wanted > 0)
    {
        const auto got = ::pread(*descriptor, into, wanted, static_cast<off_t>(offset));
        if (got <= 0)
            throw std::runtime_error("the served file became shorter");
        into += got;
        offset += static_cast<std::uint64_t>(got);
        wanted -= static_cast<std::size_t>(got);
    }
}

void origin::state::put(const std::string& path, document d)
{
    const std::lock_guard guard(mutex);
    d.etag = "\"" + std::to_string(++documents_made) + "-" + std::to_string(d.size) + "\"";
    documents[path] = std::move(d);
}

std::optional<document> origin::state::find(const std::string& path) const
{
    const std::lock_guard guard(mutex);
    const auto found = documents.find(path);
    return found == documents.end() ? std::nullopt : std::optional(found->second);
}

fault origin::state::next_fault(const std::string& path)
{
    const std::lock_guard guard(mutex);
    const auto found = faults.find(path);
    if (found == faults.end())
        return {};
    auto& [what, times] = found->second.front();
    const fault now = what;
    if (times != always && --times == 0)
        found->second.pop_front();
    if (found->second.empty())
        faults.erase(found);
    return now;
}

void origin::state::stop()
{
    std::function<void()> end;
    {
        const std::lock_guard guard(mutex);
        stopping = true;
        for (const int socket : sockets)
            ::shutdown(socket, SHUT_RDWR);
        end = end_listening;
    }
    changed.notify_all();
    if (end)
        end();
}

bool origin::state::is_stopping() const
{
    const std::lock_guard guard(mutex);
    return stopping;
}

bool origin::state::sleep(std::chrono::milliseconds time)
{
    std::unique_lock guard(mutex);
    return !changed.wait_until(guard, std::chrono::system_clock::now() + time, [this] { return stopping; });
}

void origin::state::wait_for_peer(int socket)
{
    pollfd watched{socket, POLLIN, 0};
    while (!is_stopping() && ::poll(&watched, 1, 20) == 0)
    {
    }
}

origin::state::registered_socket::registered_socket(state& s, int socket) : state_(s), socket_(socket)
{
    const std::lock_guard guard(state_.mutex);
    state_.sockets.insert(socket_);
    if (state_.stopping)
        ::shutdown(socket_, SHUT_RDWR);
}

origin::state::registered_socket::~registered_socket()
{
    const std::lock_guard guard(state_.mutex);
    state_.sockets.erase(socket_);
}

std::size_t origin::state::begin_request(const seen_request& request)
{
    const std::lock_guard guard(mutex);
    requests.push_back(request);
    return requests.size() - 1;
}

void origin::state::end_request(std::size_t index, const seen_request& request)
{
    const std::lock_guard guard(mutex);
    if (index < requests.size())  // forget_requests() may have been faster
    {
        requests[index].status = request.status;
        requests[index].sent = request.sent;
    }
}

void origin::state::count_sent(const std::string& path, std::uint64_t bytes)
{
    const std::lock_guard guard(mutex);
    sent[path] += bytes;
}

}  // namespace support
