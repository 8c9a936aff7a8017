// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_METADATA_IPP
#define MODELSEC_DETAIL_TRUST_METADATA_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/trust/metadata.hpp>

#include <algorithm>
#include <array>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline failure metadata_failure(const char* what)
{
    return fail(reason::metadata_malformed, what);
}

/// The key ids of a role or of signatures must name each key once.
inline bool all_distinct(std::vector<std::string_view> texts)
{
    std::sort(texts.begin(), texts.end());
    return std::adjacent_find(texts.begin(), texts.end()) == texts.end();
}

/// "1", "1.0", "1.0.34": TUF 1.0 section 4.3, SPEC_VERSION; another major version may mean other things by the same words.
inline bool is_spec_version_1(std::string_view text)
{
    if (!text.starts_with('1') || text.size() > 16)
        return false;
    text.remove_prefix(1);
    int parts = 0;
    while (text.starts_with('.'))
    {
        text.remove_prefix(1);
        const auto digits_end = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits_end == 0 || ++parts > 2)
            return false;
        text.remove_prefix(digits_end);
    }
    return text.empty();
}

/// What the key types and schemes of TUF 1.0 section 4.3 mean, and those of its TAP 21. "The specification does not mandate"
/// schemes; these are the ones that python-tuf and its like write, without RSA by PKCS #1 v1.5.
struct tuf_scheme
{
    std::string_view type, scheme;
    key_type key;
};

inline constexpr std::array<tuf_scheme, 9> tuf_schemes{{
    {"ecdsa", "ecdsa-sha2-nistp256", key_type::ecdsa_p256},
    {"ecdsa", "ecdsa-sha2-nistp384", key_type::ecdsa_p384},
    {"ecdsa", "ecdsa-sha2-nistp521", key_type::ecdsa_p521},
    {"rsa", "rsassa-pss-sha256", key_type::rsa_pss},
    {"rsa", "rsassa-pss-sha384", key_type::rsa_pss_sha384},
    {"rsa", "rsassa-pss-sha512", key_type::rsa_pss_sha512},
    {"ml-dsa", "ml-dsa-44/1", key_type::ml_dsa_44},
    {"ml-dsa", "ml-dsa-65/1", key_type::ml_dsa_65},
    {"ml-dsa", "ml-dsa-87/1", key_type::ml_dsa_87},
}};

/// A word that a stranger chose, fit for a detail (CWE-117).
inline std::string printable_word(std::string_view word)
{
    static constexpr std::size_t longest = 40;
    std::string out(word.substr(0, longest));
    for (char& c : out)
        if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
            c = '?';
    return out.empty() ? "(none)" : out;
}

std::string_view to_string(tuf_role role) noexcept
{
    switch (role)
    {
    case tuf_role::root: return "root";
    case tuf_role::timestamp: return "timestamp";
    case tuf_role::snapshot: return "snapshot";
    case tuf_role::targets: return "targets";
    }
    return {};
}

// TUF 1.0 section 4.3: key types and schemes. The scheme says how to verify; a key of another kind than it is refused, so
// that no key is ever used in two ways.
result<public_key> tuf_key::parse() const
{
    if (type == "ed25519" && scheme == "ed25519")
    {
        const auto raw = from_hex(value);
        if (!raw)
            return fail(reason::bad_option, "an Ed25519 key that is not hex");
        return public_key::ed25519(*raw);
    }
    for (const auto& known : tuf_schemes)
    {
        const bool curve = known.type == "ecdsa" && type == scheme;  // old writers named the curve twice
        if (scheme != known.scheme || (type != known.type && !curve))
            continue;
        return value.find("-----BEGIN") == std::string::npos ? public_key::tuf_hex(value, known.key)
                                                             : public_key::tuf_pem(value, known.key);
    }
    return fail(reason::key_type_unsupported, "key type " + printable_word(type) + ", scheme " + printable_word(scheme));
}

std::vector<candidate_key> tuf_authority::candidates(const tuf_keys& keys) const
{
    std::vector<candidate_key> out;
    for (const std::string& id : key_ids)
        if (const auto it = keys.find(id); it != keys.end())
            if (auto key = it->second.parse())
                out.push_back({id, std::move(*key), reason::none});
    return out;
}

result<void> metadata_file::check(bytes_view data) const
{
    if (length && *length != data.size())
        return fail(reason::metadata_mismatch, "the length is not the one that is listed for it");
    if (!hashes.listed)
        return {};
    if (!hashes.checkable())
        return fail(reason::metadata_mismatch, "no known digest is listed");
    if ((hashes.sha256 && *hashes.sha256 != sha256(data)) || (hashes.sha512 && *hashes.sha512 != sha512(data)))
        return fail(reason::metadata_mismatch, "the digest is not the one that is listed for it");
    return {};
}

result<metadata_envelope> parse_metadata_envelope(bytes_view data, std::size_t cap, const limits& caps)
{
    if (data.size() > cap)
        return fail(reason::too_large, "a metadata file above its cap");
    auto document = json_document::parse(data, caps.json_depth);
    if (!document)
        return metadata_failure(document.error().detail.c_str());
    const auto signed_part = document->root().find("signed");
    const auto list = document->root().array_at("signatures");
    if (!signed_part || !signed_part->is_object() || !list)
        return metadata_failure("no signed part, or no signatures");
    if (list->size() > caps.signatures)
        return fail(reason::too_large, "more signatures than allowed");

    std::vector<signature> signatures;
    std::vector<std::string_view> ids;
    for (const json_view s : *list)
    {
        const auto id = s.string_at("keyid");
        const auto sig = s.string_at("sig");
        if (!id || !sig)
            return metadata_failure("a signature without keyid or sig");
        ids.push_back(*id);
        // What is no hex is no signature; whether that matters is for the threshold to say.
        signatures.push_back({std::string(*id), from_hex(*sig).value_or(bytes())});
    }
    // TUF 1.0 section 4.2.1: "The keyid MUST be unique in the signatures array".
    if (!all_distinct(std::move(ids)))
        return metadata_failure("a key id stands twice among the signatures");
    auto canonical = canonical_json(*signed_part, data.size());
    if (!canonical)
        return metadata_failure("a number without canonical form");
    return metadata_envelope{std::move(*document), *signed_part, std::move(*canonical), std::move(signatures)};
}

/// A key that signed but is of a kind that cannot be used here: the likeliest cause of a threshold that is not met.
inline std::optional<failure> unusable_signer(const metadata_envelope& e, const tuf_authority& authority,
                                              const tuf_keys& keys)
{
    for (const signature& s : e.signatures)
    {
        const auto key = keys.find(s.key_id);
        if (key == keys.end() || std::ranges::count(authority.key_ids, s.key_id) == 0)
            continue;
        if (auto parsed = key->second.parse(); !parsed)
            return fail(reason::key_type_unsupported, std::move(parsed.error().detail));
    }
    return std::nullopt;
}

result<void> check_authority(const metadata_envelope& e, const tuf_authority& authority, const tuf_keys& keys,
                             signature_budget* budget)
{
    auto verdict = check_threshold(authority.candidates(keys), authority.threshold, key_id_rule::binds, e.signed_bytes,
                                   e.signatures, budget);
    if (verdict)
        return {};
    const reason why = verdict.error().why;
    if (why == reason::threshold_unmet || why == reason::unknown_key)
        if (auto unusable = unusable_signer(e, authority, keys))
            return std::move(*unusable);
    return std::move(verdict).error();
}

// RFC 3986 section 2.3: what is not unreserved is escaped. No role name can leave its folder or start a query.
std::string encode_role_name(std::string_view role)
{
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : role)
    {
        const auto u = static_cast<unsigned char>(c);
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
            std::string_view("-._~").find(c) != std::string_view::npos)
            out += c;
        else
            ((out += '%') += digits[u >> 4]) += digits[u & 15];
    }
    return out;
}

std::string metadata_file_name(std::string_view role)
{
    static constexpr std::array<std::string_view, 4> top_level{"root", "timestamp", "snapshot", "targets"};
    std::string plain = encode_role_name(role) + ".json";
    if (std::ranges::find(top_level, role) != top_level.end())
        return plain;
    // File systems give 255 bytes to a name, and some of them take Root for root (CWE-178) and NUL for a device (CWE-67): a delegated
    // role must not become a top-level one's file, nor one of a root chain. No encoded name has an s behind a percent sign.
    static constexpr std::size_t longest = 205;
    const std::string folded = case_fold(role);
    const bool taken = std::ranges::find(top_level, folded) != top_level.end() || folded.ends_with(".root");
    if (plain.size() <= longest && !taken && name::parse(plain))
        return plain;
    return "%sha256-" + sha256(as_bytes(role)).hex() + ".json";
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
