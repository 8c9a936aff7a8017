// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_SIGNED_MODEL_IPP
#define MODELSEC_DETAIL_FETCH_SIGNED_MODEL_IPP

#include <modelsec/detail/fetch/signed_model.hpp>
#include <modelsec/detail/fetch/trust_driver.hpp>
#include <modelsec/detail/source/hub.hpp>
#include <modelsec/detail/source/locator.hpp>
#include <modelsec/detail/source/oci.hpp>
#include <modelsec/detail/source/percent.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::string_view hub_scheme = "hf://";

/// The folder comes from the caller, not from a publisher: what is wrong with it is a wrong option.
inline result<void> check_model_base(const std::string& base)
{
    if (base.starts_with(registry_scheme))
    {
        MODELSEC_CHECK(oci_locator::parse(base));
        return {};
    }
    if (base.starts_with(hub_scheme))
    {
        const std::string inside = below(base.substr(hub_scheme.size()), "x");
        MODELSEC_CHECK(hub_address(inside, hub_options().endpoint));
        return {};
    }
    // Below a presigned or otherwise queried address there is nothing.
    if (base.find('?') != std::string::npos || base.find('#') != std::string::npos)
        return fail(reason::bad_url, "the address of a folder with a query");
    MODELSEC_CHECK(resolve_locator(base));
    return {};
}

result<void> check_signature_trust(const model_signature& trust, bool online)
{
    if (trust.signers.empty())
        return fail(reason::trust_source_missing);
    for (const model_signer& by : trust.signers)
    {
        // Who asks for nobody would accept everybody.
        if (const auto* keyless = std::get_if<sigstore_signer>(&by);
            keyless && (keyless->identity.empty() || keyless->issuer.empty()))
            return fail(reason::bad_option, "an identity and its issuer must be given");
        if (const auto* authority = std::get_if<signing_authority>(&by);
            authority &&
            std::ranges::none_of(authority->certificates(), [](const certificate& c) { return c.self_signed(); }))
            return fail(reason::no_trust_anchor,
                        "none of the certificates that were given is self-signed: nothing to trust");
    }
    if (trust.max_age && trust.max_age->count() <= 0)
        return fail(reason::bad_option, "the age of a signature is a time");
    if (!online)
        return {};
    if (trust.bases.empty())
        return fail(reason::bad_option, "say where the files of the model are");
    for (const std::string& base : trust.bases)
        MODELSEC_CHECK(check_model_base(base));
    return {};
}

result<verified_model> verify_by_any(bytes_view bundle, const model_signature& trust, utc_time now, const limits& caps,
                                     const go_on_function& go_on)
{
    signature_budget budget{caps.signature_message_bytes, go_on};
    return verify_model_bundle_by_any(bundle, trust.signers, now, caps, &budget);
}

bool is_signer(const model_signature& trust, const std::vector<std::string>& key_ids)
{
    return std::ranges::any_of(key_ids, [&](const std::string& id) {
        return std::ranges::any_of(trust.signers, [&](const model_signer& by) { return allows(by, id); });
    });
}

bool lacks_size(const artifact_file& file)
{
    return file.size_bytes == 0 && !(file.sha256 == sha256({}));
}

result<identifier> version_of(const model_statement& statement)
{
    return identifier::parse(statement.subject.hex().substr(0, 16));
}

manifest_claim claim_of(const verified_model& verified, bytes_view bundle)
{
    manifest_claim out{
        {}, verified.signer.trusted_time, {}, true, sha256(bundle), verified.payload, {verified.signer.signer}};
    out.one_statement = true;
    out.signature = signature_identity(verified.signature);
    return out;
}

signature_reader reader_of_signatures(const model_signature& trust, utc_time now, const limits& caps)
{
    return [trust, now, caps](bytes_view bundle) -> std::optional<signature_claim> {
        const auto verified = verify_by_any(bundle, trust, now, caps);
        if (!verified)
            return std::nullopt;
        auto version = version_of(verified->statement);
        if (!version)
            return std::nullopt;
        return signature_claim{claim_of(*verified, bundle), std::move(*version)};
    };
}

/// What stands for the bytes of a file of which only shards were signed: nothing else can hash to it.
inline sha256_digest digest_of_shards(const signed_model_file& file, std::uint64_t shard_bytes)
{
    hasher h;
    h.update(as_bytes("shards " + std::to_string(shard_bytes) + ' ' + std::to_string(file.size) + '\n'));
    for (const sha256_digest& d : file.digests)
        h.update(d.view());
    return h.finish_sha256();
}

inline std::string last_part(std::string_view base)
{
    while (base.ends_with('/'))
        base.remove_suffix(1);
    return std::string(base.substr(base.rfind('/') + 1));
}

/// The addresses of one file, best first. A registry's blob is named by its digest; of shards that is known from its manifest only.
inline std::vector<std::string> addresses_of(const std::string& path, bool is_whole_model, const artifact_file& file,
                                             const std::vector<std::string>& bases)
{
    std::vector<std::string> out;
    for (const std::string& base : bases)
        if (base.starts_with(registry_scheme))
            out.push_back(file.stands_in ? base : base.substr(0, base.rfind('@')) + "@sha256:" + file.sha256.hex());
        else
        {
            const std::string name = base.starts_with(hub_scheme) ? path : percent_encode(path, true);
            const bool itself = is_whole_model && !base.ends_with('/') && last_part(base) == name;
            out.push_back(itself ? base : below(base, name));
            // A model of one file, by another name than it had when it was signed. A wrong guess costs a 404: the digest decides.
            if (is_whole_model && !itself && !base.ends_with('/'))
                out.push_back(base);
        }
    return out;
}

result<artifact> artifact_of(const model_statement& statement, const std::vector<std::string>& bases)
{
    artifact out;
    out.platform = "any";
    path_set names;
    for (const signed_model_file& f : statement.files)
    {
        artifact_file file;
        // A model of one file was signed without a name of its own; what it was called is in the statement all the same.
        const std::string path = f.path ? f.path->str() : statement.model_name;
        MODELSEC_TRY(relative_path name, relative_path::parse(path));
        MODELSEC_CHECK(names.add_file(name));
        file.name = std::move(name);
        if (statement.serialization.method == serialization_method::shards)
        {
            file.stands_in = true;
            file.size_bytes = f.size;
            file.chunks = chunk_digests{statement.serialization.shard_bytes, f.digests};
            file.sha256 = digest_of_shards(f, statement.serialization.shard_bytes);
        }
        else
            file.sha256 = f.digests.front();
        std::vector<std::string> addresses = addresses_of(path, !f.path, file, bases);
        if (!addresses.empty())
        {
            file.url = std::move(addresses.front());
            file.mirrors.assign(std::make_move_iterator(addresses.begin() + 1), std::make_move_iterator(addresses.end()));
        }
        out.files.push_back(std::move(file));
    }
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
