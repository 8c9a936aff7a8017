// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_BUNDLE_IPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_BUNDLE_IPP

#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/trust/envelope.ipp>
#include <modelsec/detail/trust/signature_bundle.hpp>
#include <modelsec/detail/trust/sigstore/bundle.hpp>
#include <modelsec/detail/trust/sigstore/trusted_root.ipp>

#include <charconv>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

std::optional<hash_algorithm> subject_algorithm(std::string_view name) noexcept
{
    if (name == "sha256")
        return hash_algorithm::sha256;
    if (name == "sha384")
        return hash_algorithm::sha384;
    return name == "sha512" ? std::optional(hash_algorithm::sha512) : std::nullopt;
}

std::optional<hash_algorithm> bundle_algorithm(std::string_view name) noexcept
{
    if (name == "SHA2_256")
        return hash_algorithm::sha256;
    if (name == "SHA2_384")
        return hash_algorithm::sha384;
    return name == "SHA2_512" ? std::optional(hash_algorithm::sha512) : std::nullopt;
}

/// protobuf's JSON of a 64 bit integer: a string of digits, or a number. Absent is 0.
inline std::optional<std::uint64_t> number_at(json_view object, std::string_view key)
{
    const auto value = object.present(key);
    if (!value)
        return 0;
    const auto text = value->as_string();
    if (!text)
        return object.size_at(key);
    std::uint64_t out = 0;
    const auto [end, problem] = std::from_chars(text->data(), text->data() + text->size(), out);
    const bool whole =
        problem == std::errc() && end == text->data() + text->size() && (text->size() == 1 || text->front() != '0');
    return whole && out <= limits::max_integer ? std::optional(out) : std::nullopt;
}

inline result<inclusion_proof> read_proof(json_view object)
{
    static constexpr std::size_t deepest = 64;
    static constexpr std::size_t longest_checkpoint = 16u << 10;
    inclusion_proof out;
    const auto index = number_at(object, "logIndex"), size = number_at(object, "treeSize");
    auto root = bytes_at(object, "rootHash");
    if (!index || !size || !root || root->size() != sha256_digest::size_bytes)
        return bundle_failure("an inclusion proof without index, size or root");
    out.index = *index;
    out.tree_size = *size;
    out.root_hash = std::move(*root);
    if (const auto list = object.present("hashes"))
    {
        const auto hashes = list->as_array();
        if (!hashes || hashes->size() > deepest)
            return bundle_failure("an inclusion proof with too many hashes");
        for (const json_view element : *hashes)
        {
            const auto text = element.as_string();
            auto hash = text ? from_base64(*text) : std::nullopt;
            if (!hash || hash->size() != sha256_digest::size_bytes)
                return bundle_failure("an inclusion proof with something else than hashes");
            out.hashes.push_back(std::move(*hash));
        }
    }
    if (const auto checkpoint = object.present("checkpoint"))
    {
        const auto note = checkpoint->string_at("envelope");
        if (!note || note->empty() || note->size() > longest_checkpoint)
            return bundle_failure("a checkpoint without its note");
        out.checkpoint = *note;
    }
    return out;
}

inline result<log_entry> read_entry(json_view object)
{
    log_entry out;
    const auto index = number_at(object, "logIndex"), time = number_at(object, "integratedTime");
    const auto id = object.present("logId");
    const auto kind = object.present("kindVersion");
    auto log_id = id ? bytes_at(*id, "keyId") : std::nullopt;
    auto body = bytes_at(object, "canonicalizedBody");
    if (!index || !time || !log_id || log_id->empty() || !body || body->empty() || !kind || !kind->string_at("kind") ||
        !kind->string_at("version"))
        return bundle_failure("a log entry without index, log, kind or body");
    out.index = *index;
    out.integrated_time = *time;
    out.log_id = std::move(*log_id);
    out.body = std::move(*body);
    out.kind = *kind->string_at("kind");
    out.version = *kind->string_at("version");
    if (const auto promise = object.present("inclusionPromise"))
    {
        auto set = bytes_at(*promise, "signedEntryTimestamp");
        if (!set || set->empty())
            return bundle_failure("an inclusion promise without a signature");
        out.promise = std::move(*set);
    }
    if (const auto proof = object.present("inclusionProof"))
    {
        MODELSEC_TRY(out.proof, read_proof(*proof));
    }
    return out;
}

inline result<void> read_signer(json_view material, sigstore_bundle& out)
{
    static constexpr std::size_t longest_chain = 16;
    const auto key = material.present("publicKey");
    const auto one = material.present("certificate");
    const auto chain = material.present("x509CertificateChain");
    if ((key ? 1 : 0) + (one ? 1 : 0) + (chain ? 1 : 0) != 1)
        return bundle_failure("verificationMaterial needs exactly one of publicKey, certificate and x509CertificateChain");
    if (key)
    {
        MODELSEC_TRY(named_key named, read_named_key(*key));
        out.key_hint = std::move(named.hint);
        out.raw_key = std::move(named.raw);
        return {};
    }
    const auto add = [&](json_view element) -> result<void> {
        const auto raw = bytes_at(element, "rawBytes");
        if (!raw)
            return bundle_failure("a certificate that is not base64");
        MODELSEC_TRY(certificate parsed, certificate::der(*raw));
        out.certificates.push_back(std::move(parsed));
        return {};
    };
    if (one)
        return add(*one);
    const auto list = chain->array_at("certificates");
    if (!list || list->empty() || list->size() > longest_chain)
        return bundle_failure("no chain of certificates, or too long a one");
    for (const json_view element : *list)
        MODELSEC_CHECK(add(element));
    return {};
}

inline result<void> read_evidence(json_view material, sigstore_bundle& out)
{
    static constexpr std::size_t most_entries = 8, most_timestamps = 32;
    if (const auto list = material.present("tlogEntries"))
    {
        const auto entries = list->as_array();
        if (!entries || entries->size() > most_entries)
            return bundle_failure("no list of log entries, or too long a one");
        for (const json_view element : *entries)
        {
            MODELSEC_TRY(log_entry entry, read_entry(element));
            out.entries.push_back(std::move(entry));
        }
    }
    const auto data = material.present("timestampVerificationData");
    const auto list = data ? data->present("rfc3161Timestamps") : std::nullopt;
    if (!list)
        return {};
    const auto stamps = list->as_array();
    if (!stamps || stamps->size() > most_timestamps)
        return bundle_failure("no list of timestamps, or too long a one");
    for (const json_view element : *stamps)
    {
        auto raw = bytes_at(element, "signedTimestamp");
        if (!raw || raw->empty())
            return bundle_failure("a timestamp that is not base64");
        if (std::ranges::find(out.timestamps, *raw) != out.timestamps.end())
            return bundle_failure("a timestamp stands twice");
        out.timestamps.push_back(std::move(*raw));
    }
    return {};
}

inline result<void> read_content(json_view doc, const limits& caps, sigstore_bundle& out)
{
    // Sigstore's Bundle: the content is one of the two. What could be read as both is read as neither.
    const auto dsse = doc.present("dsseEnvelope");
    const auto message = doc.present("messageSignature");
    if (dsse.has_value() == message.has_value())
        return bundle_failure("needs either dsseEnvelope or messageSignature");
    if (dsse)
    {
        const auto type = dsse->string_at("payloadType");
        MODELSEC_TRY(out.content, parse_dsse(*dsse, caps, type.value_or(statement_payload_type)));
        out.payload_type = type.value_or("");
        if (out.content->signatures.size() != 1)  // "the DSSE envelope MUST contain only one signature"
            return bundle_failure("a bundle has exactly one signature");
        return {};
    }
    auto signature = bytes_at(*message, "signature");
    if (!signature || signature->empty())
        return bundle_failure("a message signature that is not base64");
    out.message_signature = std::move(*signature);
    if (const auto digest = message->present("messageDigest"))
    {
        auto value = bytes_at(*digest, "digest");
        const auto algorithm = digest->string_at("algorithm");
        if (!value || !algorithm)
            return bundle_failure("a message digest without algorithm or value");
        out.message_digest = std::move(*value);
        out.message_digest_algorithm = *algorithm;
    }
    return {};
}

result<sigstore_bundle> parse_sigstore_bundle(bytes_view text, const limits& caps)
{
    if (text.size() > caps.envelope_bytes)
        return fail(reason::too_large, "the signature bundle");
    const auto document = json_document::parse(text, caps.json_depth);
    if (!document)
        return bundle_failure(document.error().detail);
    const json_view doc = document->root();
    const auto type = doc.string_at("mediaType");
    const auto version = type ? version_of_bundle(*type) : std::nullopt;
    if (!version)
        return bundle_failure("another mediaType than that of a Sigstore bundle 0.1 to 0.3");
    sigstore_bundle out;
    out.version = *version;
    const auto material = doc.present("verificationMaterial");
    if (!material || !material->is_object())
        return bundle_failure("no verificationMaterial");
    MODELSEC_CHECK(read_signer(*material, out));
    MODELSEC_CHECK(read_evidence(*material, out));
    MODELSEC_CHECK(read_content(doc, caps, out));
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
