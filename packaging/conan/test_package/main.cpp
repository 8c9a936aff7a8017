// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What every consumer builds: a client is made and asked what an empty store holds.
#include <modelsec/modelsec.hpp>

#include <iostream>

int main()
{
    modelsec::client_options options;
    options.store = "a-store-that-is-not-there";
    modelsec::client models(options);
    modelsec::error_code ec;
    modelsec::diagnostics diag;
    const auto held = models.status(ec, diag);
    std::cout << "modelsec " << MODELSEC_VERSION_STRING << ": " << held.size() << " models, " << ec.message() << '\n';
    return !ec && held.empty() ? 0 : 1;
}
