// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_DIAL_IPP
#define MODELSEC_DETAIL_NET_DIAL_IPP

#include <modelsec/detail/net/dial.hpp>
#include <modelsec/detail/net/look_ups.hpp>
#include <modelsec/detail/net/session.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

using tcp = boost::asio::ip::tcp;

inline constexpr std::chrono::milliseconds dial_next_after{250};
/// A resolver's answer with more addresses than this is not tried to its end.
inline constexpr std::size_t dial_max_addresses = 16;

/// Families alternate, the one the system put first comes first; no address twice.
inline std::vector<tcp::endpoint> dial_order(const std::vector<tcp::endpoint>& found)
{
    std::vector<tcp::endpoint> first, second, out;
    for (const tcp::endpoint& e : found)
    {
        auto& family = e.protocol() == found.front().protocol() ? first : second;
        if (std::find(family.begin(), family.end(), e) == family.end())
            family.push_back(e);
    }
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i)
    {
        if (i < first.size())
            out.push_back(first[i]);
        if (i < second.size())
            out.push_back(second[i]);
    }
    out.resize(std::min(out.size(), dial_max_addresses));
    return out;
}

awaitable<result<std::vector<tcp::endpoint>>> resolve(session& owner, std::string host, std::uint16_t port,
                                                      std::shared_ptr<look_ups> names)
{
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(host, ec);
    if (!ec)
        co_return std::vector<tcp::endpoint>{tcp::endpoint(address, port)};

    wakeup wake(owner);
    watch limit(owner, [&wake] { wake.notify(); });
    limit.expect(owner.caps().connect_timeout, reason::connect_timeout);
    const look_ups::asker asker(*names, wake);
    std::shared_ptr<const look_ups::one> under_way;
    const look_up_answer* answer = nullptr;
    while (true)
    {
        if (!under_way)
        {
            MODELSEC_CO_TRY(under_way, names->begin(host, port));
        }
        if (under_way && (answer = names->answer(*under_way)) != nullptr)
            break;
        MODELSEC_CO_CHECK(co_await wake.wait());
        if (auto over = limit.verdict())
            co_return *over;
    }
    if (answer->ec || answer->found.empty())
        co_return fail(reason::resolve_failed, host + ": " + answer->ec.message());
    co_return dial_order(answer->found);
}

/// Connection attempts to the addresses of one host, several at once.
struct dial_race
{
    explicit dial_race(session& owner) : wake(owner) {}

    wakeup wake;
    std::vector<std::unique_ptr<tcp::socket>> tries;
    std::size_t pending = 0;
    std::optional<std::size_t> winner;
    boost::system::error_code last_error;
    bool over = false;

    static void start(const std::shared_ptr<dial_race>& race, boost::asio::io_context& context, const tcp::endpoint& to)
    {
        const std::size_t index = race->tries.size();
        race->tries.push_back(std::make_unique<tcp::socket>(context));
        ++race->pending;
        race->tries[index]->async_connect(to, [race, index](boost::system::error_code ec) {
            --race->pending;
            if (race->over)
                return;
            if (!ec && !race->winner)
                race->winner = index;
            else if (ec)
                race->last_error = ec;
            race->wake.notify();
        });
    }

    void end()
    {
        over = true;
        boost::system::error_code ignored;
        for (std::size_t i = 0; i < tries.size(); ++i)
            if (winner != i)
                tries[i]->close(ignored);
    }
};

awaitable<result<tcp::socket>> dial(session& owner, std::string host, std::uint16_t port)
{
    MODELSEC_CO_TRY(const auto endpoints, co_await resolve(owner, host, port, look_ups::of_process()));

    const auto race = std::make_shared<dial_race>(owner);
    watch limit(owner, [race] { race->wake.notify(); });
    limit.expect(owner.caps().connect_timeout, reason::connect_timeout);
    watch next(owner, [race] { race->wake.notify(); });
    std::optional<failure> problem;
    std::size_t started = 0;
    while (!race->winner && !problem)
    {
        if (race->pending == 0 && started == endpoints.size())
        {
            problem = fail(reason::connect_failed, host + ": " + race->last_error.message());
            break;
        }
        if (started < endpoints.size())
        {
            dial_race::start(race, owner.context(), endpoints[started++]);
            next.expect(dial_next_after, reason::connect_timeout);
        }
        const auto woken = co_await race->wake.wait();
        if (woken.has_error())
            problem = woken.error();
        else if (!race->winner)
            problem = limit.verdict();
    }
    race->end();
    if (problem)
        co_return *problem;
    tcp::socket socket = std::move(*race->tries[*race->winner]);
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    co_return socket;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
