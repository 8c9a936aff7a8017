// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_STATEMENT_IPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_STATEMENT_IPP

#include <modelsec/detail/trust/signature_bundle.hpp>
#include <modelsec/detail/trust/sigstore/certificate.hpp>
#include <modelsec/detail/manifest/model_statement_parse.ipp>
#include <modelsec/detail/manifest/model_statement.hpp>
#include <modelsec/detail/trust/threshold.hpp>

#include <algorithm>
#include <numeric>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

void sort_files(model_statement& model)
{
    // By their places: g++ 12 takes the moved paths for uninitialised.
    std::vector<std::size_t> order(model.files.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return model.files[a].path < model.files[b].path; });
    std::vector<signed_model_file> sorted;
    sorted.reserve(order.size());
    for (const std::size_t at : order)
        sorted.push_back(std::move(model.files[at]));
    model.files = std::move(sorted);
}

sha256_digest subject_of(const model_statement& model)
{
    hasher whole;
    for (const signed_model_file& f : model.files)
        for (const sha256_digest& digest : f.digests)
            whole.update(digest.view());
    return whole.finish_sha256();
}

std::string write_model_statement(const model_statement& model)
{
    const model_serialization& how = model.serialization;
    const bool shards = how.method == serialization_method::shards;
    json::array resources;
    for (const signed_model_file& f : model.files)
    {
        const std::string path = f.path ? f.path->str() : ".";
        for (std::size_t i = 0; i < f.digests.size(); ++i)
        {
            const std::uint64_t begin = how.shard_bytes * i, end = std::min(f.size - begin, how.shard_bytes) + begin;
            resources.push_back(
                json{{"name", shards ? path + ':' + std::to_string(begin) + ':' + std::to_string(end) : path},
                     {"algorithm", resource_algorithm(how)},
                     {"digest", f.digests[i].hex()}});
        }
    }
    json record{{"method", shards ? "shards" : "files"}, {"hash_type", model_hash}, {"allow_symlinks", how.follow_links}};
    if (shards)
        record.set("shard_size", how.shard_bytes);
    json::array ignored;
    for (const model_path& p : how.ignored)
        ignored.emplace_back(p.str());
    if (!ignored.empty())
        record.set("ignore_paths", std::move(ignored));
    return json{
        {"_type", statement_type},
        {"subject", json::array{json{{"name", model.model_name}, {"digest", json{{"sha256", subject_of(model).hex()}}}}}},
        {"predicateType", model_predicate_type},
        {"predicate", json{{"serialization", std::move(record)}, {"resources", std::move(resources)}}}}
        .dump();
}

/// What releases 0.2 and 0.3 of model-signing signed in place of DSSE's encoding, for want of a conversion: the payload as Python
/// prints a bytes object. It begins otherwise and, with a fixed payload type, is as unambiguous: escapes stand for exactly one byte.
bytes historic_pae(bytes_view payload)
{
    static constexpr char digits[] = "0123456789abcdef";
    const bool single = std::ranges::find(payload, '\'') != payload.end();
    const char quote = single && std::ranges::find(payload, '"') == payload.end() ? '"' : '\'';
    std::string out = "DSSEV1 " + std::to_string(statement_payload_type.size()) + ' ' + std::string(statement_payload_type) +
                      ' ' + std::to_string(payload.size()) + " b" + quote;
    for (const std::uint8_t c : payload)
        if (c == '\\' || c == static_cast<std::uint8_t>(quote))
            (out += '\\') += static_cast<char>(c);
        else if (c == '\n' || c == '\r' || c == '\t')
            (out += '\\') += c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
        else if (c < 0x20 || c >= 0x7f)
            ((out += "\\x") += digits[c >> 4]) += digits[c & 15];
        else
            out += static_cast<char>(c);
    out += quote;
    return {out.begin(), out.end()};
}

result<void> check_key_hint(std::string_view hint, const public_key& key)
{
    if (!hint.empty() && hint != model_key_hint(key))
        return fail(reason::unknown_key, "the bundle names another key");
    return {};
}

inline bool signs_models(key_type type)
{
    return type == key_type::ed25519 || type == key_type::ecdsa_p256 || type == key_type::ecdsa_p384 ||
           type == key_type::ecdsa_p521;
}

}  // namespace detail

result<model_path> model_path::parse(std::string_view text)
{
    static constexpr std::size_t most_parts = 32, longest_part = 255;
    std::size_t parts = 0;
    for (std::string_view rest = text;; ++parts)
    {
        const auto slash = rest.find('/');
        const std::string_view part = rest.substr(0, slash);
        if (parts == most_parts || part.empty() || part == "." || part == ".." || part.size() > longest_part ||
            part.find('\0') != std::string_view::npos)
            return fail(reason::unsafe_name, "not a path below the model's folder");
        if (slash == std::string_view::npos)
            return model_path(std::string(text));
        rest.remove_prefix(slash + 1);
    }
}

std::string model_key_hint(const public_key& key)
{
    return sha256(as_bytes(key.pem_text())).hex();
}

result<model_statement> verify_bundle(bytes_view bundle, const public_key& key, const limits& caps,
                                      detail::signature_budget* budget)
{
    if (!detail::signs_models(key.type()))
        return fail(reason::bad_option, "models are signed by ECDSA or Ed25519 keys");
    MODELSEC_TRY(const detail::signature_bundle parsed, detail::parse_signature_bundle(bundle, caps));
    MODELSEC_CHECK(detail::check_key_hint(parsed.key_hint, key));
    if (detail::brings_other_key(parsed.raw_key, key))
        return fail(reason::unknown_key, "the bundle brings another key along");
    const std::vector<detail::candidate_key> keys{{parsed.content.signatures[0].key_id, key, reason::none}};
    detail::signature_budget own{caps.signature_message_bytes};
    const auto signed_as = [&](bytes_view message) {
        return detail::check_threshold(keys, 1, detail::key_id_rule::hint, message, parsed.content.signatures,
                                       budget ? budget : &own);
    };
    if (auto counted = signed_as(parsed.content.signed_bytes); !counted)
    {
        if (counted.error().why != reason::bad_signature)
            return std::move(counted).error();
        if (auto historic = signed_as(detail::historic_pae(parsed.content.payload())); !historic)
            return std::move(historic).error();
    }
    return detail::parse_model_statement(parsed.content.payload(), caps);
}

result<std::string> sign_bundle(model_statement model, const public_key& key, const message_signer& sign, const limits& caps,
                                const std::vector<bytes>& certificates)
{
    if (!certificates.empty())
    {
        MODELSEC_TRY(const detail::certificate own, detail::certificate::der(certificates.front()));
        MODELSEC_TRY(const detail::verifying_key certified, own.key());
        if (certified.spki() != key.spki_der())
            return fail(reason::bad_option, "the certificate is for another key");
        // Stricter than check_purpose(), on purpose. OMS 1.0 section 8.2 asks a verifier for chain and validity only, RFC 5280 section
        // 4.2.1.12 binds a certificate without extended key usage to no purpose, and publishers sign by such ones (NVIDIA does), so they
        // verify. But an application may require the purpose (same section), and the OMS conformance suite has verifiers do so
        // (certificate-no-code-signing-eku_fail): what is signed here must hold there too.
        if (!own.for_code_signing())
            return fail(reason::bad_option, "the certificate is not for signing code (extended key usage)");
        if (own.may_not_sign())
            return fail(reason::bad_option, "the certificate is not for signatures (key usage)");
    }
    detail::sort_files(model);
    const std::string payload = detail::write_model_statement(model);
    detail::signature_bundle out;
    out.key_hint = model_key_hint(key);
    out.content = detail::make_envelope(detail::envelope_format::dsse, as_bytes(payload), detail::statement_payload_type);
    MODELSEC_TRY(bytes value, sign(out.content.signed_bytes));
    out.content.signatures.push_back({"", std::move(value)});
    // As everybody will read it, by the key alone; a chain is for who knows its CA.
    MODELSEC_CHECK(verify_bundle(as_bytes(detail::write_signature_bundle(out)), key, caps));
    out.certificates = certificates;
    return detail::write_signature_bundle(out);
}

MODELSEC_END_NAMESPACE

#endif
