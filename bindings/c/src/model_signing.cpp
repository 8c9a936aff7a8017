// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "model_signing.hpp"

#include "handles.hpp"

namespace c_api {
namespace {

struct owned_report : modelsec_model_report
{
    owned_report(std::size_t file_count, std::uint64_t hashed, std::string name, const modelsec::signature_facts& by,
                 std::string made)
        : modelsec_model_report{}, name_text(std::move(name)), identity_text(by.identity), issuer_text(by.issuer),
          time_text(by.trusted_time ? modelsec::format_rfc3339(*by.trusted_time) : ""), bundle_text(std::move(made))
    {
        struct_size = sizeof(modelsec_model_report);
        files = file_count;
        bytes = hashed;
        model_name = name_text.c_str();
        identity = identity_text.c_str();
        issuer = issuer_text.c_str();
        trusted_time = time_text.c_str();
        bundle = bundle_text.c_str();
    }
    std::string name_text, identity_text, issuer_text, time_text, bundle_text;
};

modelsec::failure bad_option(const char* what)
{
    return modelsec::fail(modelsec::reason::bad_option, what);
}

modelsec::result<std::vector<std::string>> read_texts(const char* const* texts, size_t count)
{
    if (count > 0 && !texts)
        return bad_option("a null where there must be something");
    std::vector<std::string> out;
    for (size_t i = 0; i < count; ++i)
        out.push_back(text(texts[i]));
    return out;
}

}  // namespace

modelsec::result<std::vector<modelsec::model_signer>> read_signers(const modelsec_model_signer* from)
{
    MODELSEC_TRY(const modelsec_model_signer s, read_struct(from));
    const int kinds =
        int(s.key_count > 0) + int(s.authorities != nullptr) + int(s.identity_count > 0 || s.identity_pattern_count > 0);
    if (kinds == 0)
        return modelsec::fail(modelsec::reason::trust_source_missing);
    if (kinds > 1)
        return modelsec::fail(modelsec::reason::trust_source_twice,
                              "keys, a CA and identities are three ways to say who signs");
    std::optional<modelsec::sigstore_root> root;
    if (s.trusted_root)
    {
        MODELSEC_TRY(
            root, modelsec::sigstore_root::parse(modelsec::as_bytes(std::string_view(s.trusted_root, s.trusted_root_size))));
    }
    std::vector<modelsec::model_signer> out;
    MODELSEC_TRY(const std::vector<std::string> keys, read_texts(s.keys, s.key_count));
    for (const std::string& pem : keys)
    {
        MODELSEC_TRY(modelsec::public_key key, modelsec::public_key::pem(pem));
        if (root)
            out.emplace_back(modelsec::logged_key{*root, std::move(key)});
        else
            out.emplace_back(std::move(key));
    }
    if (s.authorities)
    {
        modelsec::signing_authority authority;
        MODELSEC_CHECK(authority.add(s.authorities));
        if (root)
            authority.trust_timestamps_of(*root);
        out.emplace_back(std::move(authority));
    }
    MODELSEC_TRY(const std::vector<std::string> identities, read_texts(s.identities, s.identity_count));
    MODELSEC_TRY(const std::vector<std::string> issuers, read_texts(s.issuers, s.identity_count));
    MODELSEC_TRY(const std::vector<std::string> patterns, read_texts(s.identity_patterns, s.identity_pattern_count));
    MODELSEC_TRY(const std::vector<std::string> pattern_issuers, read_texts(s.pattern_issuers, s.identity_pattern_count));
    if (!(identities.empty() && patterns.empty()) && !root)
        return bad_option("identities need a trusted root");
    for (size_t i = 0; i < identities.size(); ++i)
        out.emplace_back(modelsec::sigstore_signer{*root, identities[i], issuers[i], false});
    for (size_t i = 0; i < patterns.size(); ++i)
        out.emplace_back(modelsec::sigstore_signer{*root, patterns[i], pattern_issuers[i], true});
    return out;
}

}  // namespace c_api

void modelsec_model_report_release(modelsec_model_report* report)
{
    delete static_cast<c_api::owned_report*>(report);
}

int32_t modelsec_verify_model(const modelsec_model_check* what, modelsec_model_report** report, modelsec_error** error)
{
    if (report)
        *report = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(const modelsec_model_check asked, c_api::read_struct(what));
        if (!report || !asked.bundle || !asked.path || asked.reserved_check != 0)
            return c_api::bad_option("a bundle, a path and a place for the report");
        MODELSEC_TRY(const auto signers, c_api::read_signers(asked.signer));
        modelsec::model_walk how;
        MODELSEC_TRY(how.also_ignored, c_api::read_texts(asked.ignored, asked.ignored_count));
        how.ignore_unsigned = asked.ignore_unsigned != 0;
        const auto bundle = modelsec::as_bytes(std::string_view(asked.bundle, asked.bundle_size));
        const auto now = modelsec::clock::shared_system()->now();
        const auto verified = modelsec::verify_model_bundle_by_any(bundle, signers, now);
        if (!verified)
            return verified.error();
        MODELSEC_TRY(const modelsec::model_summary seen, modelsec::verify_model(asked.path, verified->statement, how));
        *report = new c_api::owned_report(seen.files, seen.bytes, verified->statement.model_name, verified->signer, {});
        return {};
    });
}

int32_t modelsec_sign_model(const modelsec_model_signing* what, modelsec_model_report** report, modelsec_error** error)
{
    if (report)
        *report = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(const modelsec_model_signing asked, c_api::read_struct(what));
        if (!report || !asked.private_key || !asked.path || asked.reserved_signing != 0)
            return c_api::bad_option("a private key, a path and a place for the report");
        MODELSEC_TRY(const modelsec::model_key key, modelsec::model_key::pem(asked.private_key));
        modelsec::model_serialization how;
        how.follow_links = asked.follow_links != 0;
        if (asked.shard_bytes != 0)
        {
            how.method = modelsec::serialization_method::shards;
            how.shard_bytes = asked.shard_bytes;
        }
        MODELSEC_TRY(const std::vector<std::string> ignored, c_api::read_texts(asked.ignored, asked.ignored_count));
        for (const std::string& path : ignored)
        {
            MODELSEC_TRY(auto place, modelsec::place_in_model(asked.path, path));
            if (place)
                how.ignored.push_back(std::move(*place));
        }
        std::vector<modelsec::bytes> certificates;
        if (asked.certificates)
        {
            modelsec::signing_authority all;
            MODELSEC_CHECK(all.add(asked.certificates));
            for (const auto& c : all.certificates())
                certificates.emplace_back(c.raw().begin(), c.raw().end());
        }
        MODELSEC_TRY(modelsec::model_statement model, modelsec::describe_model(asked.path, std::move(how)));
        const std::size_t files = model.files.size();
        std::uint64_t hashed = 0;
        for (const auto& f : model.files)
            hashed += f.size;
        std::string name = model.model_name;
        MODELSEC_TRY(std::string bundle, modelsec::sign_bundle(
                                             std::move(model), key.public_half(),
                                             [&](modelsec::bytes_view m) { return key.sign(m); }, {}, certificates));
        *report = new c_api::owned_report(files, hashed, std::move(name), {}, std::move(bundle));
        return {};
    });
}
