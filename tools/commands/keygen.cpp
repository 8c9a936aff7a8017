// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../platform.hpp"
#include "commands.hpp"

#include <modelsec/publish.hpp>

#include <cstdio>
#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec keygen --out keys --key-id release-2026
  makes keys/release-2026.pem, the private key (0600; keep it, tell nobody),
  and keys/release-2026.pub.json, the public key as clients take it with --pins
)";

void write_new(const std::string& path, bytes_view content, visibility who)
{
    const auto done = create_file(path, content, who);
    if (done.has_error())
        throw command_error(done.error().why,
                            done.error().why == reason::file_unreadable ? "--out: the folder cannot be written" : "",
                            done.error().detail);
}

void keygen(const std::string& folder, const std::string& key_id, output& out)
{
    out.publishing();
    const signing_key key =
        value_or_hint(signing_key::generate(key_id), "--key-id takes letters, digits and . _ + -, at most 128");
    const std::string private_file = folder + '/' + key.id() + ".pem", public_file = folder + '/' + key.id() + ".pub.json";
    value_or_hint(make_folder(folder), "--out takes a folder; its parent must exist");
    write_new(private_file, key.pem().reveal(), visibility::owner);
    try
    {
        write_new(public_file, as_bytes(key.pins_file()), visibility::everyone);
    }
    catch (const error&)
    {
        std::remove(private_file.c_str());  // a key without its public half helps nobody
        throw;
    }
    out.succeed({{"path", private_file}, {"key_id", key.id()}, {"pin", key.pin_text()}, {"pins_file", public_file}});
    out.say("private key: " + private_file + "\npublic key:  " + public_file + "\n--pin " + key.pin_text());
}

}  // namespace

void add_keygen(command_line& line)
{
    CLI::App& command = add_subcommand(line, "keygen", "Makes a key that signs manifests", examples);
    const auto folder = std::make_shared<std::string>(), key_id = std::make_shared<std::string>();
    command.add_option("--out", *folder, "The folder for the two files")->type_name("DIR")->required();
    command.add_option("--key-id", *key_id, "Its name; default: from the public key's digest")->type_name("ID");
    command.callback([&line, folder, key_id] { line.chosen = [=](output& out) { keygen(*folder, *key_id, out); }; });
}

}  // namespace modelsec::tool
