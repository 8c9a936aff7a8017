// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../publish.hpp"

#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../encrypt_publication.hpp"
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
  several files of one model: repeat --file and --url; several platforms: begin each with its --platform
)";

void publish(const publish_arguments& arguments, output& out)
{
    out.publishing();
    publication what = arguments.what(clock::system().now());
    const std::vector<signing_key> keys = arguments.keys();
    what.root_version = arguments.root_version(keys);
    out.about(what.model_id);
    control handle;
    const interrupt_guard guard(handle);
    encrypt_files(what, arguments.encrypt_for(), [&](std::uint64_t bytes, std::uint64_t total) { out.progress("encrypt", bytes, total); }, handle);
    const published made =
        make_manifest(
            what, keys, [&](std::uint64_t bytes, std::uint64_t total) { out.progress("hash", bytes, total); }, handle)
            .value();
    value_or_hint(replace_file(arguments.out_file(), as_bytes(made.manifest)), "--out: the file cannot be written");
    out.succeed({{"version", what.version},
                 {"sequence", what.sequence ? json(*what.sequence) : json()},
                 {"path", arguments.out_file()},
                 {"bytes", made.bytes},
                 {"chunk_bytes", made.chunk_bytes}});
    if (made.chunk_bytes != what.chunk_bytes)
        out.notice("chunks of " + human_size(made.chunk_bytes) + ", so that their digests fit into a manifest");
    out.say(what.model_id + ' ' + what.version + ": " + human_size(made.bytes) + " described and signed in " +
            arguments.out_file() + (what.expires_at ? ", valid until " + format_rfc3339(*what.expires_at) : ""));
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
