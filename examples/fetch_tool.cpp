// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A plain tool: one model, one call, no event loop.
//
//   fetch_tool MANIFEST_URL PIN MODEL STORE [CA_FILE]          PIN: ID=BASE64
//
// It teaches: the synchronous form; errors as error_code and diagnostics, with the text for users, the hint for whoever can do
// something, and the details for the owner's log only; the exit code that every tool over this library shares.
#include <modelsec/modelsec.hpp>

#include <iostream>

int main(int count, char** words)
{
    if (count < 5)
        return static_cast<int>(modelsec::errc::usage);

    modelsec::client_options options;
    options.store = words[4];
    if (count > 5)
        options.transport.tls.ca_file = words[5];  // in place of the system's roots

    modelsec::pins publisher;
    if (const auto added = publisher.add(words[2]); added.has_error())
    {
        std::cerr << "The pin is not one: " << added.error().detail << '\n';
        return static_cast<int>(added.error().code());
    }

    modelsec::fetch_options wanted;
    wanted.manifest.url = words[1];
    wanted.model_id = words[3];
    wanted.trust = publisher;
    wanted.operation.events = [](const modelsec::event& e) {
        if (e.kind == modelsec::event_kind::progress)
            std::cerr << '\r' << e.bytes << " of " << e.total << " bytes" << (e.bytes == e.total ? "\n" : "") << std::flush;
    };

    modelsec::client models(options);
    modelsec::error_code ec;
    modelsec::diagnostics diag;
    const modelsec::fetch_result got = models.fetch(wanted, ec, diag);
    if (ec)
    {
        std::cerr << ec.message() << "\n  " << to_string(diag.why) << ": " << hint(diag.why) << "\n  (" << diag.detail
                  << ")\n";
        return ec.value();
    }
    std::cout << got.version << (got.already_active ? " was there already" : " is new") << '\n';

    // A path is only a path; the open pack reads the very bytes that were verified, and keeps gc away meanwhile.
    const modelsec::open_pack pack = models.open(wanted.model_id);
    for (const auto& file : pack.files())
        std::cout << file.path << ' ' << file.size << ' ' << file.sha256.hex() << '\n';
}
