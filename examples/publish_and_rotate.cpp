// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Publishing and key rotation from C++: what the command's publisher does, without the command.
//
//   publish_and_rotate MODEL_FILE URL FOLDER
//
// It teaches: making a key and the pin that applications ship; signing a manifest over a file; a trust root whose release key is
// replaced without a new application; a renewal that reads no byte of the model again. It writes into FOLDER what a web server
// would serve: manifest.json, 1.root.json and 2.root.json.
#include <modelsec/modelsec.hpp>
#include <modelsec/publish.hpp>

#include <chrono>
#include <fstream>
#include <iostream>

using namespace std::chrono_literals;

int main(int count, char** words)
try
{
    if (count < 4)
        return static_cast<int>(modelsec::errc::usage);
    const std::string folder = words[3];
    const auto write = [&](const std::string& name, const std::string& text) { std::ofstream(folder + '/' + name) << text; };
    const auto now = modelsec::clock::system().now();

    // Two keys: the root key lies in a safe, the release key signs every week. One key serves one use.
    const auto root_key = modelsec::signing_key::generate("root-2026").value();
    std::vector<modelsec::signing_key> release;
    release.push_back(modelsec::signing_key::generate("release-2026").value());
    auto first = modelsec::root_document::make({.root = {.add = {root_key.as_pin()}, .threshold = 1},
                                                .targets = {.add = {release[0].as_pin()}, .threshold = 1},
                                                .expires = now + 24h * 365})
                     .value();
    first.sign(root_key).value();
    write("1.root.json", first.text());
    std::cout << "pin " << release[0].pin_text() << '\n';

    modelsec::publication content{.model_id = "demo", .version = "1.0.0"};
    content.sequence = 1;
    content.issued_at = now;
    content.expires_at = now + 24h * 30;
    content.artifacts = {{.platform = "any", .files = {{.path = words[1], .url = words[2]}}}};
    std::string manifest = modelsec::make_manifest(content, release).value().text;
    write("manifest.json", manifest);

    // A year later: a new release key, by a new root that the old root key signs; the old release key counts for nothing from then on.
    std::vector<modelsec::signing_key> next;
    next.push_back(modelsec::signing_key::generate("release-2027").value());
    auto second =
        first.next({.targets = {.add = {next[0].as_pin()}}, .remove = {"release-2026"}, .expires = now + 24h * 730}).value();
    second.sign(root_key, &first).value();
    write("2.root.json", second.text());

    // The same pack under the new key. What is renewed must bear a signature that we know.
    modelsec::pins old_keys;
    old_keys.add(release[0].as_pin()).value();
    manifest =
        modelsec::renew_manifest(
            manifest, {.issued_at = now, .expires_at = now + 24h * 30, .root_version = 2, .signed_by = &old_keys}, next)
            .value();
    write("manifest.json", manifest);
    const auto said = modelsec::summarize_manifest(manifest).value();
    std::cout << said.model_id << ' ' << said.version << ", sequence " << *said.sequence << ", root " << second.version()
              << '\n';
}
catch (const modelsec::error& e)
{
    std::cerr << e.code().message() << ": " << e.get_diagnostics().detail << '\n';
    return e.code().value();
}
