// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A program that returns from main, some milliseconds after it began to fetch: child STORE URL MS
// or that fetches to the end, for being killed: child STORE URL CA ID=KEY
#include <modelsec/modelsec.hpp>

#include <chrono>
#include <string>
#include <thread>

int main(int argc, char** argv)
{
    if (argc != 4 && argc != 5)
        return 2;
    modelsec::client_options options;
    options.store = argv[1];
    modelsec::fetch_options asked;
    asked.manifest.url = argv[2];
    asked.model_id = "demo";
    if (argc == 5)
    {
        options.transport.tls.ca_file = argv[3];
        modelsec::pins publisher;
        if (!publisher.add(argv[4]))
            return 2;
        asked.trust = publisher;
        modelsec::error_code ec;
        modelsec::client(options).fetch(asked, ec);
        return ec.value();
    }
    modelsec::client client(options);
    client.async_fetch(asked, [](modelsec::error_code, const modelsec::fetch_result&) {});
    std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(argv[3])));
    return 0;
}
