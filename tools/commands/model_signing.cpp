// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// OpenSSF Model Signing: verify-model, sign-model.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../platform.hpp"
#include "../signer_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <modelsec/client.hpp>
#include <modelsec/model_signing.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* verify_examples = R"(  modelsec verify-model model.sig --key publisher.pub models/llama
  the key: PEM, as  openssl pkey -in publisher.pem -pubout  writes it
  modelsec verify-model model.sig --ca publisher-ca.pem models/llama
  modelsec verify-model model.sig --identity you@example.com --issuer https://accounts.example --trusted-root trusted_root.json
                        models/llama
)";

constexpr const char* sign_examples =
    R"(  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out publisher.pem; chmod 600 publisher.pem
  modelsec sign-model --key publisher.pem --out model.sig models/llama
)";

struct verify_arguments
{
    std::string bundle;
    signer_arguments signer;
    std::string model;
    std::vector<std::string> ignored;
    bool ignore_unsigned = false;
};

struct sign_arguments
{
    std::string key;
    std::string certificate;
    std::vector<std::string> chain;
    std::string model;
    std::string out;
    std::string shard_size;
    std::vector<std::string> ignored;
    bool git_files = false;
    bool follow_links = false;
};

/// Where a file lies below the model's folder; nothing if it lies elsewhere.
std::optional<model_path> place_within(const std::string& file, const std::string& model)
{
    auto place = place_in_model(model, std::filesystem::absolute(file).string());
    return place ? std::move(*place) : std::nullopt;
}

/// What is shown of a file's name, which may be anything that a file system takes (CWE-150).
std::string shown(const std::string& path)
{
    return relative_path::parse(path) ? path : printable(path);
}

model_walk walk_for(output& out, const control& handle)
{
    model_walk how;
    how.handle = handle;
    how.on_progress = [&out](std::uint64_t bytes, std::uint64_t total) { out.progress("hash", bytes, total); };
    return how;
}

bytes read_or_usage(const std::string& path, const char* option)
{
    auto content = read_local_file(path, limits{}.envelope_bytes);
    if (!content)
        usage(std::string(option) + ": the file cannot be read: " + path);
    return std::move(*content);
}

void verify_model(const verify_arguments& arguments, output& out)
{
    out.publishing();
    const std::vector<model_signer> by = arguments.signer.signers();
    const bytes bundle =
        value_or_hint(read_local_file(arguments.bundle, limits{}.envelope_bytes), "BUNDLE cannot be read, or is too large");
    const verified_model verified = verify_model_bundle_by_any(bundle, by, clock::system().now()).value();
    const model_statement& expected = verified.statement;
    control handle;
    const interrupt_guard guard(handle);
    model_walk how = walk_for(out, handle);
    if (auto place = place_within(arguments.bundle, arguments.model))
        how.also_ignored.push_back(place->str());
    how.also_ignored.insert(how.also_ignored.end(), arguments.ignored.begin(), arguments.ignored.end());
    how.ignore_unsigned = arguments.ignore_unsigned;
    std::size_t count = 0;
    how.on_difference = [&](const model_difference& d) {
        static constexpr std::size_t most_lines = 20;
        out.object({{"type", "event"}, {"event", "difference"}, {"difference", to_string(d.kind)}, {"file", shown(d.path)}});
        if (++count <= most_lines)
            out.notice(std::string(to_string(d.kind)) + ": " + shown(d.path));
        else if (count == most_lines + 1)
            out.notice("and more");
    };
    const model_summary seen = modelsec::verify_model(arguments.model, expected, how).value();
    const signature_facts& by_whom = verified.signer;
    const std::string signed_at = by_whom.trusted_time ? format_rfc3339(*by_whom.trusted_time) : std::string();
    out.succeed({{"path", arguments.model},
                 {"model_name", expected.model_name},
                 {"files", seen.files},
                 {"bytes", seen.bytes},
                 {"identity", by_whom.identity},
                 {"issuer", by_whom.issuer},
                 {"trusted_time", signed_at}});
    std::string said =
        printable(arguments.model) + " is what was signed: " + counted(seen.files, "file") + ", " + human_size(seen.bytes);
    if (!by_whom.identity.empty())
        said += "; by " + printable(by_whom.identity) + " (" + printable(by_whom.issuer) + ")";
    out.say(said + (signed_at.empty() ? "; nobody who is trusted says when" : "; at " + signed_at));
}

model_serialization serialization_of(const sign_arguments& arguments)
{
    model_serialization out;
    out.follow_links = arguments.follow_links;
    if (!arguments.shard_size.empty())
    {
        out.method = serialization_method::shards;
        out.shard_bytes = size_option(arguments.shard_size, "--shard-size takes a size, as 1GB or 256MiB");
        if (out.shard_bytes == 0)
            usage("--shard-size takes a size, as 1GB or 256MiB");
    }
    std::vector<model_path>& ignored = out.ignored;
    for (const std::string& path : arguments.ignored)
        if (auto place = value_or_hint(place_in_model(arguments.model, path), "--ignore: paths below the folder"))
            ignored.push_back(std::move(*place));
    if (!arguments.git_files)  // as model-signing does
        for (const char* own : {".git", ".gitattributes", ".github", ".gitignore"})
            ignored.push_back(model_path::parse(own).value());
    if (auto place = place_within(arguments.out, arguments.model))
        ignored.push_back(std::move(*place));
    std::sort(ignored.begin(), ignored.end());
    ignored.erase(std::unique(ignored.begin(), ignored.end()), ignored.end());
    return out;
}

std::vector<bytes> certificates_of(const sign_arguments& arguments)
{
    if (arguments.certificate.empty() && !arguments.chain.empty())
        usage("--chain belongs to --cert");
    std::vector<std::string> files = arguments.chain;
    if (!arguments.certificate.empty())
        files.insert(files.begin(), arguments.certificate);
    signing_authority all;
    for (const std::string& path : files)
        if (auto added = all.add(as_text(read_or_usage(path, "--cert and --chain"))); !added)
            usage("--cert and --chain take certificates in PEM: " + path);
    std::vector<bytes> out;
    for (const auto& c : all.certificates())
        out.emplace_back(c.raw().begin(), c.raw().end());
    return out;
}

void sign_model(const sign_arguments& arguments, output& out)
{
    out.publishing();
    static const char* const key_hint = "--key takes a 0600 file with an ECDSA or Ed25519 key in PEM, without passphrase";
    const secret text = value_or_hint(read_secret_file(arguments.key), key_hint);
    const model_key key = value_or_hint(model_key::pem(text.reveal_text()), key_hint);
    control handle;
    const interrupt_guard guard(handle);
    model_statement model = describe_model(arguments.model, serialization_of(arguments), walk_for(out, handle)).value();
    const std::size_t files = model.files.size();
    const std::string bundle = sign_bundle(
                                   std::move(model), key.public_half(),
                                   [&](bytes_view message) { return key.sign(message); }, {}, certificates_of(arguments))
                                   .value();
    value_or_hint(replace_file(arguments.out, as_bytes(bundle)), "--out: the file cannot be written");
    out.succeed({{"path", arguments.out}, {"files", files}, {"key_id", model_key_hint(key.public_half())}});
    out.say(counted(files, "file") + " described and signed in " + arguments.out);
}

}  // namespace

void add_verify_model(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "verify-model", "Whether a model is what was signed by OpenSSF Model Signing; changes nothing",
                       verify_examples);
    const auto arguments = std::make_shared<verify_arguments>();
    command.add_option("BUNDLE", arguments->bundle, "The signature: a Sigstore bundle")->type_name("")->required();
    command.add_option("PATH", arguments->model, "The model's folder, or its one file")->type_name("")->required();
    arguments->signer.add_to(command, "Signer", "--ca,--ca-signing");
    repeatable(command, "--ignore", arguments->ignored,
               "A file or folder below PATH that need not be signed: a path below it, or a full one", "PATH");
    command.add_flag("--ignore-unsigned-files", arguments->ignore_unsigned, "Files that were not signed are no difference");
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { verify_model(*arguments, out); }; });
}

void add_sign_model(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "sign-model", "Signs a model's files by a key: OpenSSF Model Signing", sign_examples);
    const auto arguments = std::make_shared<sign_arguments>();
    command.add_option("--key", arguments->key, "The private key, 0600")->type_name("PEM")->required();
    command.add_option("--cert", arguments->certificate, "The key's certificate: signs by it")->type_name("PEM");
    repeatable(command, "--chain", arguments->chain, "Certificates that lead from it to a CA", "PEM");
    command.add_option("FOLDER", arguments->model, "The model's folder, or its one file")->type_name("")->required();
    command.add_option("--out", arguments->out, "The signature to write")->type_name("BUNDLE")->required();
    repeatable(command, "--ignore", arguments->ignored, "A file or folder below FOLDER that is not signed", "PATH");
    command.add_flag("--git-files", arguments->git_files, "Sign .git, .gitattributes, .github and .gitignore too");
    command.add_flag("--follow-links", arguments->follow_links, "Symbolic links to files count as the files");
    command.add_option("--shard-size", arguments->shard_size, "A digest for each piece of this size, as 1GB")
        ->type_name("SIZE");
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { sign_model(*arguments, out); }; });
}

}  // namespace modelsec::tool
