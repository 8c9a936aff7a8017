// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../platform.hpp"
#include "../publish_arguments.hpp"
#include "commands.hpp"

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec sign --key offline/second.pem manifest.json
  clients whose pins say "threshold": 2 then accept it
)";

void sign(const std::string& key_file, const std::string& manifest_file, output& out)
{
    out.publishing();
    const signing_key key = read_signing_key(key_file);
    const bytes raw = read_local_file(manifest_file, limits{}.envelope_bytes).value();
    std::string text(as_text(raw));
    const bool added = add_signature(text, key).value();
    if (added)
        replace_file(manifest_file, as_bytes(text)).value();
    out.succeed({{"path", manifest_file}, {"key_id", key.id()}, {"added", added}});
    out.say(added ? "signed with " + key.id() : key.id() + " has signed it already");
}

}  // namespace

void add_sign(command_line& line)
{
    CLI::App& command = add_subcommand(line, "sign", "Adds one more signature to a manifest", examples);
    const auto key = std::make_shared<std::string>(), manifest = std::make_shared<std::string>();
    command.add_option("--key", *key, "The private key")->type_name("FILE")->required();
    command.add_option("MANIFEST", *manifest, "The manifest; signed in place")->type_name("")->required();
    command.callback([&line, key, manifest] { line.chosen = [=](output& out) { sign(*key, *manifest, out); }; });
}

}  // namespace modelsec::tool
