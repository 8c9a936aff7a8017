// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A TUF 1.0 repository as the source of a model, in place of a signed manifest.
//
//   tuf_source ROOT_FILE METADATA_URL TARGET MODEL STORE [CA_FILE]
//
// It teaches: a root.json that the application ships; the whole client workflow of TUF behind one option; that a target becomes a pack
// like any other, whose version is the beginning of its digest; that everything else (store, rollback, open, offline) is the same.
#include <modelsec/modelsec.hpp>

#include <fstream>
#include <iostream>
#include <iterator>

int main(int count, char** words)
{
    if (count < 6)
        return static_cast<int>(modelsec::errc::usage);
    std::ifstream file(words[1], std::ios::binary);
    const std::string root{std::istreambuf_iterator<char>(file), {}};

    modelsec::client_options options;
    options.store = words[5];
    if (count > 6)
        options.transport.tls.ca_file = words[6];
    modelsec::tuf_repository repository;
    repository.root.assign(root.begin(), root.end());
    repository.metadata_url = words[2];
    repository.target = words[3];
    modelsec::fetch_options wanted;
    wanted.trust = repository;
    wanted.model_id = words[4];  // under which the store knows it

    modelsec::client models(options);
    try
    {
        const modelsec::fetch_result got = models.ensure(wanted);
        std::cout << got.model_id << ' ' << got.version << (got.already_active ? " (was there)" : "") << '\n';
        const modelsec::open_pack pack = models.open(wanted.model_id);
        std::cout << pack.only_file()->path << ' ' << pack.only_file()->size << '\n';
    }
    catch (const modelsec::error& e)
    {
        std::cerr << e.code().message() << "\n  " << hint(e.get_diagnostics().why) << '\n';
        return e.code().value();
    }
}
