// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../encryption_keys.hpp"
#include "../platform.hpp"
#include "../publish_arguments.hpp"
#include "../text.hpp"
#include "../upload_arguments.hpp"
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
  modelsec publish … --file llama.gguf --to s3://models/llama --env production --sensitivity internal --out manifest.json
                   uploads, reads back, and uploads the manifest last. Who may be asked to keep what:
                     public     any of s3, hf, supabase, oci, dir
                     internal   development: a private hf, supabase, s3, oci, dir; else s3 by aws:kms, oci, dir
                     high       a private oci, or dir
  several files of one model: repeat --file and --url; several platforms: begin each with its --platform
)";

/// Uploads and signs; the manifest's file is written before it is uploaded.
published_manifest publish_to(const upload_arguments& upload, const publish_arguments& arguments, publication content,
                              const std::vector<signing_key>& keys, const hash_options& how, output& out)
{
    upload_options options = upload.options(arguments.out_file(), out);
    options.handle = how.handle;
    options.on_progress = [&](std::uint64_t bytes, std::uint64_t total) { out.progress("upload", bytes, total); };
    options.keep_manifest = [&](const published_manifest& made) {
        return replace_file(arguments.out_file(), as_bytes(made.text));
    };
    const uploaded_publication done = value_or_hint(publish_to_host(std::move(content), keys, options, how),
                                                    "the upload goes on where it was when it is begun again");
    out.object({{"type", "upload"},
                {"to", std::string(to_string(options.where.target))},
                {"private", options.where.is_private},
                {"manifest", done.manifest_place},
                {"bytes_sent", done.bytes_sent},
                {"present", done.files_present}});
    out.say("uploaded to " + std::string(to_string(options.where.target)) + ", the manifest last: " + done.manifest_place);
    return done.manifest;
}

void publish(const publish_arguments& arguments, const upload_arguments& upload, output& out)
{
    out.publishing();
    out.explaining();
    const bool addresses_follow = upload.gives_addresses();  // what the table forbids ends here
    publication content = arguments.content(clock::system().now(), addresses_follow);
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
    const published_manifest made =
        upload.wanted() ? publish_to(upload, arguments, content, keys, how, out) : make_manifest(content, keys, how).value();
    if (!upload.wanted())
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
    const auto upload = std::make_shared<upload_arguments>();
    arguments->add_to(command);
    upload->add_to(command);
    command.callback([&line, arguments, upload] {
        line.chosen = [arguments, upload](output& out) { publish(*arguments, *upload, out); };
    });
}

}  // namespace modelsec::tool
