// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Callbacks in the event loop of a desktop application, which must never wait.
//
//   desktop_callbacks MANIFEST_URL PIN MODEL STORE [CA_FILE]
//
// It teaches: an io_context that the application's own loop polls; events and the completion handler come within poll(), on the
// thread of the user interface, so they may touch widgets without a lock; pause, resume and cancel through a control that the buttons
// keep; the window that may close at any time (stop() and shutdown()).
#include <modelsec/event_delivery.hpp>
#include <modelsec/modelsec.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <thread>

namespace asio = boost::asio;

int main(int count, char** words)
{
    if (count < 5)
        return static_cast<int>(modelsec::errc::usage);
    asio::io_context user_interface;
    modelsec::client_options options;
    options.store = words[4];
    if (count > 5)
        options.transport.tls.ca_file = words[5];
    modelsec::client models(options, user_interface);

    modelsec::pins publisher;
    publisher.add(words[2]).value();
    modelsec::control buttons;  // a copy in the options, one for the buttons
    bool paused_once = false;
    modelsec::fetch_options wanted;
    wanted.manifest.url = words[1];
    wanted.model_id = words[3];
    wanted.trust = publisher;
    wanted.operation.control = buttons;
    // The library calls on a thread of its own; bind_events() brings each event into the loop.
    wanted.operation.events = modelsec::bind_events(user_interface.get_executor(), [&](const modelsec::event& e) {
        if (e.kind != modelsec::event_kind::progress)
            return;
        std::cout << "progress bar: " << (e.total ? 100 * e.bytes / e.total : 100) << " %\n";
        if (!std::exchange(paused_once, true))
        {
            buttons.pause();  // as if the user had clicked
            std::cout << "paused\n";
            buttons.resume();
        }
    });

    std::optional<modelsec::error_code> ended;
    models.async_ensure(wanted, [&](modelsec::error_code ec, modelsec::fetch_result got) {
        ended = ec;
        std::cout << (ec ? ec.message() : "ready: " + got.version + (got.stale ? " (offline)" : "")) << '\n';
    });

    // The application's loop: whatever else it does, and then what has happened meanwhile. 16 ms is one frame.
    while (!ended)
    {
        user_interface.restart();
        user_interface.poll();
        std::this_thread::sleep_for(std::chrono::milliseconds(16));
    }
    models.shutdown(std::chrono::seconds(5));  // the window closes: cancelled, joined, no callback after it
    return ended->value();
}
