// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Coroutines in a server that serves while a new version arrives, and swaps it without a pause.
//
//   coroutine_server MANIFEST_URL PIN MODEL STORE CA_FILE SECONDS
//
// It teaches: co_await on a client of the server's own context; a hot swap: requests that run keep the pack they began with, open
// and safe from gc, later ones get the new one; an error that ends nothing: what is active goes on being served.
#include <modelsec/modelsec.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstdlib>
#include <iostream>
#include <memory>

namespace asio = boost::asio;

using current_pack = std::shared_ptr<const modelsec::open_pack>;

/// One request: it holds what it began with, however long it takes.
std::string answer(const current_pack& pack)
{
    return "served by " + pack->info().version + ", " + std::to_string(pack->files().size()) + " file(s)";
}

asio::awaitable<void> serve(modelsec::client& models, modelsec::fetch_options wanted, current_pack& current, int rounds)
{
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (int round = 0; round < rounds; ++round)
    {
        try
        {
            const modelsec::fetch_result got = co_await models.async_ensure(wanted, asio::use_awaitable);
            if (!current || current->info().artifact != got.artifact)
            {
                modelsec::open_pack opened = co_await models.async_open(wanted.model_id, asio::use_awaitable);
                current = std::make_shared<const modelsec::open_pack>(std::move(opened));  // the swap
                std::cout << "active: " << got.version << std::endl;
            }
        }
        catch (const modelsec::error& e)
        {
            // What is active stays so. The first time there is nothing to serve: not our server's error to hide.
            std::cout << "refused: " << e.code().message() << std::endl;
            if (!current)
                throw;
        }
        std::cout << answer(current) << std::endl;
        pause.expires_after(std::chrono::seconds(1));
        co_await pause.async_wait(asio::use_awaitable);
    }
}

int main(int count, char** words)
{
    if (count < 7)
        return static_cast<int>(modelsec::errc::usage);
    asio::io_context context;
    modelsec::client_options options{.store = words[4]};
    options.transport.tls.ca_file = words[5];
    options.profile = modelsec::profile::server;
    modelsec::client models(options, context);
    modelsec::pins publisher;
    publisher.add(words[2]).value();
    modelsec::fetch_options wanted{.manifest = {.url = words[1]}, .trust = publisher, .model_id = words[3]};

    current_pack current;
    int code = 0;
    asio::co_spawn(context, serve(models, wanted, current, std::atoi(words[6])),
                   [&](std::exception_ptr failed) { code = failed ? 1 : 0; });
    context.run();
    return code;
}
