// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../encryption_keys.hpp"
#include "../platform.hpp"
#include "../publish_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples =
    R"(  modelsec publish --key keys/release-2026.pem --model llama3_1_8b --version 1.0.0 --sequence 1 --expires 30d
                   --platform linux_gguf --file llama.gguf --url https://cdn.example/llama.gguf --out manifest.json
  modelsec publish --key keys/release-2026.pem --model llama3_1_8b --version 1.0.0 --sequence 1 --expires 30d
                   --platform any --folder build/llama --base-url https://cdn.example/llama --out manifest.json
  modelsec publish --key keys/release-2026.pem --from llama.publish.json --sequence 8 --out manifest.json
  several files of one model: repeat --file and --url; several platforms: begin each with its --platform
)";

void publish(const publish_arguments& arguments, output& out)
{
    out.publishing();
    publication content = arguments.content(clock::system().now());
    const std::vector<signing_key> keys = arguments.signing().keys();
    content.root_version = arguments.signing().root_version(keys);
    out.about(content.model_id);
    hash_options how;
    how.on_progress = [&](std::uint64_t bytes, std::uint64_t total) { out.progress("hash", bytes, total); };
    how.digest_cache = arguments.digest_cache();
    how.rehash = arguments.rehash();
    const interrupt_guard guard(how.handle);
    if (const auto targets = read_encryption_targets(arguments.encrypt_for()); !targets.empty())
    {
        encryption_options sealing;
        sealing.handle = how.handle;
        sealing.on_progress = [&](std::uint64_t bytes, std::uint64_t total) { out.progress("encrypt", bytes, total); };
        encrypt_publication(content, targets, sealing).value();
    }
    const published_manifest made = make_manifest(content, keys, how).value();
    value_or_hint(replace_file(arguments.out_file(), as_bytes(made.text)), "--out: the file cannot be written");
    out.succeed({{"version", content.version},
                 {"sequence", content.sequence ? json::value(*content.sequence) : json::value()},
                 {"path", arguments.out_file()},
                 {"files", made.files},
                 {"cached", made.cached},
                 {"bytes", made.bytes},
                 {"chunk_bytes", made.chunk_bytes}});
    if (made.chunk_bytes != content.chunk_bytes)
        out.notice("chunks of " + human_size(made.chunk_bytes) + ", so that their digests fit into a manifest");
    if (made.cached != 0)
        out.notice(counted(made.cached, "file") + " not read again: known from before; --rehash reads all");
    out.say(content.model_id + ' ' + content.version + ": " + counted(made.files, "file") + ", " + human_size(made.bytes) +
            " described and signed in " + arguments.out_file() +
            (content.expires_at ? ", valid until " + format_rfc3339(*content.expires_at) : ""));
}

}  // namespace

void add_publish(command_line& line)
{
    CLI::App& command = add_subcommand(line, "publish", "Describes and signs a model's files", examples);
    const auto arguments = std::make_shared<publish_arguments>();
    arguments->add_to(command);
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { publish(*arguments, out); }; });
}

}  // namespace modelsec::tool
