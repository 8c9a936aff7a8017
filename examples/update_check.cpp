// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// An update check in the background: the application works with what it has, and is told when there is something newer.
//
//   update_check MANIFEST_URL PIN MODEL STORE CA_FILE
//
// It teaches: async_watch() with an interval and jitter, so that a million installations do not ask in the same second; that a
// check which fails is a warning and is tried again; the difference between telling of a version and installing it; how to end a
// watch. It ends after the first new version, so that it can be shown.
#include <modelsec/modelsec.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <iostream>

namespace asio = boost::asio;

int main(int count, char** words)
{
    if (count < 6)
        return static_cast<int>(modelsec::errc::usage);
    asio::io_context context;
    modelsec::client_options options;
    options.store = words[4];
    options.transport.tls.ca_file = words[5];
    modelsec::client models(options, context);
    modelsec::pins publisher;
    publisher.add(words[2]).value();
    modelsec::fetch_options wanted;
    wanted.manifest.url = words[1];
    wanted.model_id = words[3];
    wanted.trust = publisher;

    modelsec::watch_options watched;
    watched.models = {wanted};
    watched.interval = std::chrono::seconds(1);  // hours, in an application
    watched.jitter = 0.2;
    watched.install = false;  // tell only: whether and when to fetch is the user's choice here
    modelsec::control watching;
    watched.operation.control = watching;
    watched.operation.events = [](const modelsec::event& e) {
        if (e.kind == modelsec::event_kind::warning)
            std::cout << "the check failed (" << to_string(e.why) << "), once more later" << std::endl;
    };
    // On a thread of the library: what the application does about it, it does on its own.
    watched.on_update = [&](const modelsec::check_result& found) {
        asio::post(context, [&, version = found.version, bytes = found.bytes_to_fetch] {
            std::cout << version << " is there, " << bytes << " bytes to fetch" << std::endl;
            watching.cancel();  // "Install now"
            models.async_fetch(wanted, [&](modelsec::error_code ec, modelsec::fetch_result got) {
                std::cout << (ec ? ec.message() : got.version + " is active") << std::endl;
            });
        });
    };
    // A watch ends by its deadline or, as here, by being cancelled.
    models.async_watch(watched, [](modelsec::error_code ec, std::uint64_t) {
        std::cout << "watched until " << (ec ? ec.message() : "its end") << std::endl;
    });
    context.run();
}
