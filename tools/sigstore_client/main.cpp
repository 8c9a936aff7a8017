// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// sigstore-client verify-bundle [--staging] --bundle F (--certificate-identity ID --certificate-oidc-issuer URL | --key PEM)
//                               [--trusted-root F] FILE_OR_sha256:DIGEST
// Exit code 0: the bundle holds; 1: it does not, or could not be asked.
#include <modelsec/model_signing.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace {

struct arguments
{
    bool staging = false;
    std::optional<std::string> bundle, identity, issuer, key, trusted_root, artifact;
};

std::optional<arguments> parse(const std::vector<std::string>& words)
{
    if (words.empty() || words.front() != "verify-bundle")
        return std::nullopt;
    arguments out;
    const std::vector<std::pair<std::string, std::optional<std::string>*>> options{
        {"--bundle", &out.bundle},
        {"--certificate-identity", &out.identity},
        {"--certificate-oidc-issuer", &out.issuer},
        {"--key", &out.key},
        {"--trusted-root", &out.trusted_root}};
    for (std::size_t at = 1; at < words.size(); ++at)
    {
        std::optional<std::string>* into = nullptr;
        if (words[at] == "--staging")
        {
            out.staging = true;
            continue;
        }
        for (const auto& [name, value] : options)
            if (words[at] == name)
                into = value;
        if (words[at].starts_with("--") && (!into || ++at == words.size()))
            return std::nullopt;
        into = into ? into : &out.artifact;
        if (*into)
            return std::nullopt;  // twice
        *into = words[at];
    }
    const bool keyless = out.identity && out.issuer && !out.key;
    const bool keyed = out.key && !out.identity && !out.issuer;
    return out.bundle && out.artifact && (keyless || keyed) ? std::optional(out) : std::nullopt;
}

std::optional<std::string> read_file(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

std::optional<modelsec::artifact_digests> digests_of(const std::string& artifact)
{
    static constexpr std::string_view prefix = "sha256:";
    const auto content = read_file(artifact);
    if (content)
        return modelsec::artifact_digests::of(modelsec::as_bytes(*content));
    const auto given = artifact.starts_with(prefix)
                           ? modelsec::sha256_digest::from_hex(std::string_view(artifact).substr(prefix.size()))
                           : std::nullopt;
    return given ? std::optional(modelsec::artifact_digests{given}) : std::nullopt;
}

int refuse(std::string_view what)
{
    std::cerr << "sigstore-client: " << what << '\n';
    return 1;
}

int verify(const arguments& asked)
{
    const std::string folder = SIGSTORE_CLIENT_ROOTS;
    const auto root_text =
        read_file(asked.trusted_root.value_or(folder + (asked.staging ? "/staging.json" : "/production.json")));
    const auto bundle = read_file(*asked.bundle);
    const auto digests = digests_of(*asked.artifact);
    if (!root_text || !bundle || !digests)
        return refuse("a file cannot be read, or the digest is none");
    const auto root = modelsec::sigstore_root::parse(modelsec::as_bytes(*root_text));
    if (!root)
        return refuse(root.error().detail);
    std::optional<modelsec::model_signer> by;
    if (asked.key)
    {
        const auto pem = read_file(*asked.key);
        auto key = modelsec::public_key::pem(pem.value_or(""));
        if (!key)
            return refuse(key.error().detail);
        by = modelsec::logged_key{*root, std::move(*key)};
    }
    else
        by = modelsec::sigstore_signer{*root, *asked.identity, *asked.issuer, false};
    const auto said = modelsec::verify_artifact(modelsec::as_bytes(*bundle), *digests, *by);
    if (!said)
        return refuse(std::string(modelsec::to_string(said.error().why)) + ": " + said.error().detail);
    return 0;
}

}  // namespace

int main(int argc, char** argv)
{
    const auto asked = parse({argv + 1, argv + argc});
    return asked ? verify(*asked)
                 : refuse(
                       "verify-bundle [--staging] --bundle F (--certificate-identity ID --certificate-oidc-issuer URL | "
                       "--key PEM) "
                       "[--trusted-root F] FILE_OR_sha256:DIGEST");
}
