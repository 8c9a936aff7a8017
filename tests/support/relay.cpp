// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "relay.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace support {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// How long a server must be silent for its last byte to be the last one.
constexpr milliseconds silence_at_the_end{40};
constexpr int tick_ms = 10;

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(port);
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return out;
}

int new_socket(int flags = 0)
{
    return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

bool bind_and_listen(int socket, std::uint16_t port, int backlog)
{
    const int on = 1;
    const sockaddr_in at = loopback(port);
    return ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           ::bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 && ::listen(socket, backlog) == 0;
}

std::uint16_t port_of(int socket)
{
    sockaddr_in at{};
    socklen_t size = sizeof at;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
}

bool send_all(int socket, const char* data, std::size_t size)
{
    while (size > 0)
    {
        const auto sent = ::send(socket, data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

/// One connection on its way through. Blocking sockets; poll() says which has something.
class passage
{
public:
    passage(int client, int server, const line_fault& fault, const std::atomic<bool>& stopping)
        : client_(client), server_(server), fault_(fault), stopping_(stopping)
    {
    }

    /// Until one side has gone, the fault has ended it, or the relay stops. True: end it by a reset.
    bool run()
    {
        if (!wait(fault_.delay))
            return false;
        for (;;)
        {
            if (stopping_)
                return false;
            const std::size_t most = fault_.latency.count() > 0 ? 8u << 20 : 256u << 10;
            const bool reading = !ended_ && !stalled_ && held_.size() < most;
            pollfd both[2] = {{client_, POLLIN, 0}, {reading ? server_ : -1, POLLIN, 0}};
            ::poll(both, 2, held_.empty() && pieces_.empty() ? tick_ms : 1);
            if (both[0].revents != 0 && !upstream())
                return false;
            if (stalled_)
                continue;  // the client's word is heard, nothing is said
            if (both[1].revents != 0)
                receive();
            if (const auto verdict = deliver())
                return *verdict;
        }
    }

private:
    struct piece
    {
        clock::time_point due;
        std::vector<char> data;
    };

    bool wait(milliseconds time) const
    {
        for (const auto until = clock::now() + time; clock::now() < until && !stopping_;)
            std::this_thread::sleep_for(milliseconds(5));
        return !stopping_;
    }

    bool upstream()
    {
        char space[16 << 10];
        const auto n = ::recv(client_, space, sizeof space, 0);
        return n > 0 && send_all(server_, space, static_cast<std::size_t>(n));
    }

    void receive()
    {
        std::vector<char> data(64 << 10);
        const auto n = ::recv(server_, data.data(), data.size(), 0);
        if (n <= 0)
        {
            ended_ = true;
            return;
        }
        data.resize(static_cast<std::size_t>(n));
        last_heard_ = clock::now();
        pieces_.push_back({last_heard_ + fault_.latency, std::move(data)});
    }

    /// Passes on what is due. A value: the connection ends, by a reset or not.
    std::optional<bool> deliver()
    {
        const auto now = clock::now();
        while (!pieces_.empty() && pieces_.front().due <= now)
        {
            held_.insert(held_.end(), pieces_.front().data.begin(), pieces_.front().data.end());
            pieces_.pop_front();
        }
        // The last byte is known by nothing coming after it.
        const bool to_the_end = fault_.what != line_fault::kind::none && fault_.at == line_fault::last_byte;
        const bool keep_one = to_the_end && passed_ + held_.size() >= fault_.tail_from;
        const bool silent = ended_ || now - last_heard_ >= silence_at_the_end;
        if (keep_one && held_.size() == 1 && pieces_.empty() && silent)
            return strike();
        std::size_t most = held_.size() - (keep_one && !held_.empty() ? 1 : 0);
        if (fault_.bytes_per_second > 0)
            most = std::min(most, budget(now));
        if (!struck_ && !to_the_end && fault_.what != line_fault::kind::none)
        {
            most = std::min<std::size_t>(most, fault_.at - passed_);
            if (passed_ == fault_.at && (!held_.empty() || fault_.at == 0))
                return strike();
        }
        if (most > 0 && !pass(most))
            return false;
        if (ended_ && held_.empty() && pieces_.empty())
            return false;
        return std::nullopt;
    }

    std::size_t budget(clock::time_point now)
    {
        const std::chrono::duration<double> passed = now - counted_;
        const auto bytes = static_cast<std::size_t>(passed.count() * static_cast<double>(fault_.bytes_per_second));
        if (bytes > 0)
            counted_ = now;
        return bytes;
    }

    bool pass(std::size_t size)
    {
        if (!send_all(client_, held_.data(), size))
            return false;
        held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(size));
        passed_ += size;
        return true;
    }

    std::optional<bool> strike()
    {
        struck_ = true;
        switch (fault_.what)
        {
        case line_fault::kind::reset: return true;
        case line_fault::kind::stall: stalled_ = true; return std::nullopt;
        case line_fault::kind::corrupt:
            if (!held_.empty())
                held_.front() = static_cast<char>(held_.front() ^ 1);
            else
                struck_ = false;  // not there yet
            if (struck_)
                fault_.what = line_fault::kind::none;
            return std::nullopt;
        default: return false;
        }
    }

    int client_;
    int server_;
    line_fault fault_;
    const std::atomic<bool>& stopping_;
    std::deque<piece> pieces_;  ///< under way
    std::vector<char> held_;    ///< here, not passed on yet
    std::uint64_t passed_ = 0;
    clock::time_point last_heard_ = clock::now();
    clock::time_point counted_ = clock::now();
    bool ended_ = false;
    bool stalled_ = false;
    bool struck_ = false;
};

}  // namespace

struct relay::state
{
    std::uint16_t server_port = 0;
    std::uint16_t port = 0;
    int listener = -1;
    std::atomic<bool> stopping{false};
    std::atomic<std::uint64_t> connections{0};
    std::atomic<clock::rep> deaf_until{0};
    std::atomic<bool> listening{true};
    std::mutex mutex;
    std::deque<std::pair<line_fault, unsigned>> faults;
    std::thread thread;

    line_fault next()
    {
        const std::lock_guard guard(mutex);
        if (faults.empty())
            return {};
        auto& [what, times] = faults.front();
        const line_fault out = what;
        if (times != always && --times == 0)
            faults.pop_front();
        return out;
    }

    void serve(int client, const line_fault& fault)
    {
        const int server = new_socket();
        const sockaddr_in at = loopback(fault.other_port.value_or(server_port));
        const int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        bool by_reset = false;
        if (::connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0)
        {
            ::setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            by_reset = passage(client, server, fault, stopping).run();
        }
        if (fault.what == line_fault::kind::refuse)
        {
            deaf_until = (clock::now() + fault.silence).time_since_epoch().count();
            // The client hears of the end only once nobody listens: what it asks for next would wait in the queue, and be served.
            while (listening && deaf() && !stopping)
                std::this_thread::sleep_for(milliseconds(1));
        }
        const linger none{1, 0};
        if (by_reset)
            ::setsockopt(client, SOL_SOCKET, SO_LINGER, &none, sizeof none);
        else
        {
            // The client shall see the end, and not a reset because of what it had still to say.
            ::shutdown(client, SHUT_WR);
            char rest[4096];
            while (::recv(client, rest, sizeof rest, MSG_DONTWAIT) > 0)
            {
            }
        }
        ::close(client);
        ::close(server);
    }

    bool deaf() const { return clock::now().time_since_epoch().count() < deaf_until; }

    void listen_and_serve()
    {
        struct worker
        {
            std::shared_ptr<std::atomic<bool>> done;
            std::thread thread;
        };
        std::vector<worker> workers;
        while (!stopping)
        {
            if (deaf() && listener >= 0)
            {
                listening = false;
                ::close(listener);
                listener = -1;
            }
            if (listener < 0)
            {
                std::this_thread::sleep_for(milliseconds(5));
                if (deaf())
                    continue;
                listener = new_socket();
                listening = bind_and_listen(listener, port, 64);
                if (!listening)
                {
                    ::close(listener);
                    listener = -1;
                }
                continue;
            }
            pollfd waiting{listener, POLLIN, 0};
            if (::poll(&waiting, 1, tick_ms) <= 0)
                continue;
            const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0)
                continue;
            ++connections;
            std::erase_if(workers, [](worker& w) { return *w.done && (w.thread.join(), true); });
            auto done = std::make_shared<std::atomic<bool>>(false);
            workers.push_back({done, std::thread([this, client, done, fault = next()] {
                                   serve(client, fault);
                                   *done = true;
                               })});
        }
        for (auto& w : workers)
            w.thread.join();
        if (listener >= 0)
            ::close(listener);
    }
};

relay::relay(std::uint16_t server_port) : state_(std::make_shared<state>())
{
    state_->server_port = server_port;
    state_->listener = new_socket();
    if (!bind_and_listen(state_->listener, 0, 64))
        throw std::runtime_error("cannot listen");
    state_->port = port_of(state_->listener);
    state_->thread = std::thread([s = state_.get()] { s->listen_and_serve(); });
}

relay::~relay()
{
    state_->stopping = true;
    state_->thread.join();
}

std::uint16_t relay::port() const noexcept
{
    return state_->port;
}

void relay::fail(line_fault what, unsigned times)
{
    const std::lock_guard guard(state_->mutex);
    state_->faults.emplace_back(what, times);
}

void relay::heal()
{
    {
        const std::lock_guard guard(state_->mutex);
        state_->faults.clear();
    }
    // A connection that is just ending may still make it deaf.
    do
    {
        state_->deaf_until = 0;
        std::this_thread::sleep_for(milliseconds(1));
    } while (state_->deaf() || !state_->listening);
}

std::uint64_t relay::connections() const
{
    return state_->connections;
}

black_hole::black_hole() : listener_(new_socket())
{
    if (!bind_and_listen(listener_, 0, 0))
        throw std::runtime_error("cannot listen");
    port_ = port_of(listener_);
    const sockaddr_in at = loopback(port_);
    for (int& s : waiting_)
    {
        s = new_socket(SOCK_NONBLOCK);
        (void)::connect(s, reinterpret_cast<const sockaddr*>(&at), sizeof at);
    }
    std::this_thread::sleep_for(milliseconds(20));
}

black_hole::~black_hole()
{
    for (const int s : waiting_)
        ::close(s);
    ::close(listener_);
}

}  // namespace support
