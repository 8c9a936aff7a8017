// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// bench_relay PORT MILLISECONDS RATE: a long and narrow way to a port of this machine. Passes connections on: no more than RATE bytes a
// second in each direction of each of them, and every byte comes so much later. Prints its own port, and ends with its standard input.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <memory>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using tcp = asio::ip::tcp;
using steady = std::chrono::steady_clock;

struct line
{
    steady::duration delay;
    double rate;  ///< bytes a second
};

/// What is on its way in one direction of a connection.
class direction : public std::enable_shared_from_this<direction>
{
public:
    direction(std::shared_ptr<tcp::socket> from, std::shared_ptr<tcp::socket> to, line how)
        : from_(std::move(from)), to_(std::move(to)), how_(how), changed_(to_->get_executor())
    {
    }

    void start()
    {
        asio::co_spawn(
            to_->get_executor(), [self = shared_from_this()] { return self->take(); }, asio::detached);
        asio::co_spawn(
            to_->get_executor(), [self = shared_from_this()] { return self->give(); }, asio::detached);
    }

private:
    struct piece
    {
        steady::time_point due;
        std::vector<char> data;  ///< empty: the end
    };

    awaitable<void> wait_for_change()
    {
        boost::system::error_code woken;
        changed_.expires_at(steady::time_point::max());
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }

    awaitable<void> take()
    {
        for (boost::system::error_code ec; !ec && !broken_;)
        {
            while (way_.size() >= most && !broken_)
                co_await wait_for_change();
            std::vector<char> data(piece_bytes);
            const auto n =
                co_await from_->async_read_some(asio::buffer(data), asio::redirect_error(asio::use_awaitable, ec));
            data.resize(ec ? 0 : n);
            // It leaves when all before it has left.
            const std::chrono::duration<double> takes(static_cast<double>(data.size()) / how_.rate);
            left_ = std::max(left_, steady::now()) + std::chrono::duration_cast<steady::duration>(takes);
            way_.push_back({left_ + how_.delay, std::move(data)});
            changed_.cancel();
        }
    }

    awaitable<void> give()
    {
        asio::steady_timer until(to_->get_executor());
        for (;;)
        {
            while (way_.empty())
                co_await wait_for_change();
            const piece next = std::move(way_.front());
            way_.pop_front();
            changed_.cancel();
            boost::system::error_code ec;
            until.expires_at(next.due);
            co_await until.async_wait(asio::redirect_error(asio::use_awaitable, ec));
            if (next.data.empty())
            {
                to_->shutdown(tcp::socket::shutdown_send, ec);
                co_return;
            }
            co_await asio::async_write(*to_, asio::buffer(next.data), asio::redirect_error(asio::use_awaitable, ec));
            if (ec)
            {
                broken_ = true;
                from_->close(ec);
                changed_.cancel();
                co_return;
            }
        }
    }

    static constexpr std::size_t piece_bytes = 64u << 10, most = 64;
    std::shared_ptr<tcp::socket> from_, to_;
    line how_;
    steady::time_point left_{};
    asio::steady_timer changed_;  ///< cancelled at every change
    std::deque<piece> way_;
    bool broken_ = false;
};

awaitable<void> pass_on(std::shared_ptr<tcp::socket> client, tcp::endpoint there, line how)
{
    const auto server = std::make_shared<tcp::socket>(client->get_executor());
    boost::system::error_code ec;
    co_await server->async_connect(there, asio::redirect_error(asio::use_awaitable, ec));
    if (ec)
        co_return;
    client->set_option(tcp::no_delay(true), ec);
    server->set_option(tcp::no_delay(true), ec);
    std::make_shared<direction>(client, server, how)->start();
    std::make_shared<direction>(server, client, how)->start();
}

awaitable<void> accept(tcp::acceptor& door, tcp::endpoint there, line how)
{
    for (;;)
    {
        const auto client = std::make_shared<tcp::socket>(co_await door.async_accept(asio::use_awaitable));
        asio::co_spawn(door.get_executor(), pass_on(client, there, how), asio::detached);
    }
}

awaitable<void> until_end_of_input(asio::io_context& context)
{
    asio::posix::stream_descriptor input(context, ::dup(STDIN_FILENO));
    char ignored[16];
    boost::system::error_code ec;
    while (!ec)
        co_await input.async_read_some(asio::buffer(ignored), asio::redirect_error(asio::use_awaitable, ec));
    context.stop();
}

}  // namespace

int main(int count, char** words)
{
    if (count != 4)
    {
        std::cerr << "bench_relay PORT MILLISECONDS RATE\n";
        return 2;
    }
    asio::io_context context(1);
    const auto loopback = asio::ip::address_v4::loopback();
    const tcp::endpoint there(loopback, static_cast<unsigned short>(std::atoi(words[1])));
    tcp::acceptor door(context, {loopback, 0});
    asio::co_spawn(context, accept(door, there, {std::chrono::milliseconds(std::atoi(words[2])), std::atof(words[3])}),
                   asio::detached);
    asio::co_spawn(context, until_end_of_input(context), asio::detached);
    std::cout << door.local_endpoint().port() << std::endl;
    context.run();
}
