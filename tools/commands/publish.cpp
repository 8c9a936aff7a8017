// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../encryption_keys.hpp"
#include "../hints.hpp"
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
                   uploads, reads back, and uploads the manifest last; with a further --to, to that host too, which the
                   manifest names as a mirror. Who may be asked to keep what:
                     public     any of s3, hf, supabase, oci, dir
                     internal   development: a private hf, supabase, s3, oci, dir; else s3 by aws:kms, oci, dir
                     high       a private oci, or dir
  modelsec publish --watch-expiry 14d manifest.json other.json
                   describes nothing: exit code 60 if any of these manifests ends sooner
  several files of one model: repeat --file and --url; several platforms: begin each with its --platform
)";

constexpr const char* sequence_hint =
    "--sequence: raise it above that of the manifest that is there, since clients that know that one would refuse this";

/// Which of several --to a failure came from: its detail begins so.
std::string failed_host(const failure& why, const std::vector<upload_options>& hosts)
{
    for (std::size_t i = 0; hosts.size() > 1 && i < hosts.size(); ++i)
    {
        const std::string kind(to_string(hosts[i].where.target)), name = kind + ' ' + hosts[i].destination;
        if (why.detail == name || why.detail.starts_with(name + ": "))
            return "--to number " + std::to_string(i + 1) + " (" + kind + "): ";
    }
    return {};
}

[[noreturn]] void upload_failed(const failure& why, const std::vector<upload_options>& hosts)
{
    const errc code = code_of(why.why);
    const bool by_hand = code == errc::policy || code == errc::usage || why.why == reason::encryption_unknown;
    throw command_error(why.why,
                        failed_host(why, hosts) + (code == errc::rollback ? sequence_hint
                                                   : by_hand              ? std::string(command_hint(why.why))
                                                             : "the upload goes on where it was when it is begun again"),
                        why.detail);
}

/// Uploads and signs; the manifest's file is written before it is uploaded.
published_manifest publish_to(const upload_arguments& upload, const publish_arguments& arguments, publication content,
                              const std::vector<signing_key>& keys, const hash_options& how, output& out)
{
    std::vector<upload_options> hosts = upload.options(arguments.out_file(), out);
    const std::uint64_t count = hosts.size();
    for (std::uint64_t i = 0; i < count; ++i)
    {
        hosts[i].handle = how.handle;
        // As many bytes go to each host.
        hosts[i].on_progress = [&out, i, count](std::uint64_t bytes, std::uint64_t total) {
            if (i == 0 || bytes != 0)
                out.progress("upload", i * total + bytes, count * total);
        };
    }
    hosts.front().keep_manifest = [&](const published_manifest& made) {
        return replace_file(arguments.out_file(), as_bytes(made.text));
    };
    const auto done = publish_to_hosts(std::move(content), keys, hosts, how);
    if (done.has_error())
        upload_failed(done.error(), hosts);
    for (std::size_t i = 0; i < done->size(); ++i)
    {
        const std::string kind(to_string(hosts[i].where.target));
        out.object({{"type", "upload"},
                    {"to", kind},
                    {"private", hosts[i].where.is_private},
                    {"manifest", (*done)[i].manifest_place},
                    {"bytes_sent", (*done)[i].bytes_sent},
                    {"present", (*done)[i].files_present}});
        out.say("uploaded to " + kind + ", the manifest last: " + (*done)[i].manifest_place);
    }
    return done->front().manifest;
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
    refuse_lower_sequence(arguments.out_file(), content.model_id, content.sequence);
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
    content.predecessor = manifest_at(arguments.out_file());
    const auto make = [&] {
        auto made = make_manifest(content, keys, how);
        if (made.has_error() && made.error().code() == errc::rollback)
            throw command_error(made.error().why, sequence_hint, made.error().detail);
        return std::move(made).value();
    };
    const published_manifest made = upload.wanted() ? publish_to(upload, arguments, content, keys, how, out) : make();
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
