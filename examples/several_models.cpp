// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Several models at once: what a pipeline of models needs before it can start, with one progress over all.
//
//   several_models STORE CA_FILE PIN MODEL=MANIFEST_URL …
//
// It teaches: ensure_all() and an outcome for each model; one progress bar; what to do when one of them fails and the others do not;
// check() before it, to say how much there is to download.
#include <modelsec/modelsec.hpp>

#include <iostream>
#include <string>

int main(int count, char** words)
{
    if (count < 5)
        return static_cast<int>(modelsec::errc::usage);
    modelsec::client_options options;
    options.store = words[1];
    options.transport.tls.ca_file = words[2];
    modelsec::client models(options);
    modelsec::pins publisher;
    publisher.add(words[3]).value();

    modelsec::ensure_all_options wanted;
    for (int i = 4; i < count; ++i)
    {
        const std::string word = words[i];
        const std::size_t split = word.find('=');
        modelsec::fetch_options one;
        one.model_id = word.substr(0, split);
        one.manifest.url = word.substr(split + 1);
        one.trust = publisher;
        wanted.models.push_back(std::move(one));
    }

    // What would travel: a question that changes nothing. A model whose check fails is counted when it is fetched.
    std::uint64_t bytes_to_fetch = 0;
    for (const modelsec::fetch_options& one : wanted.models)
    {
        modelsec::error_code ec;
        bytes_to_fetch += models.check(one, ec).bytes_to_fetch;
    }
    std::cout << "at most " << bytes_to_fetch << " bytes to fetch\n";

    std::uint64_t shown = 0;
    wanted.operation.events = [&](const modelsec::event& e) {
        if (e.kind == modelsec::event_kind::progress && e.bytes >= shown)
            shown = e.bytes;  // of all models together; a bar would move here
    };
    bool all_there = true;
    const auto outcomes = models.ensure_all(wanted);
    for (std::size_t i = 0; i < outcomes.size(); ++i)
    {
        const modelsec::model_outcome& outcome = outcomes[i];
        std::cout << wanted.models[i].model_id << ": "
                  << (outcome.ec ? outcome.ec.message()
                                 : outcome.result.version + (outcome.result.stale ? " (offline)" : ""))
                  << '\n';
        all_there = all_there && !outcome.ec;
    }
    std::cout << shown << " bytes\n";
    return all_there ? 0 : 1;
}
