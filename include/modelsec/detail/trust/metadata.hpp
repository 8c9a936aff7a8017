// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_METADATA_HPP
#define MODELSEC_DETAIL_TRUST_METADATA_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/detail/trust/threshold.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The top-level roles of TUF 1.0 (section 2.1). Delegated roles are of type `targets`.
enum class tuf_role
{
    root,
    timestamp,
    snapshot,
    targets
};

/// "root", "timestamp", …: the role's name and the `_type` of its metadata.
MODELSEC_DECL std::string_view to_string(tuf_role role) noexcept;

/// A key as metadata lists it (section 4.3). Whether it can be used shows only when a role needs it: a repository may have
/// keys of kinds that this client does not know, as long as enough others signed.
struct tuf_key
{
    std::string type;    ///< `keytype`: ed25519, ecdsa, ecdsa-sha2-nistp256, ecdsa-sha2-nistp384, rsa
    std::string scheme;  ///< ed25519, ecdsa-sha2-nistp256 (384, 521), rsassa-pss-sha256 (384, 512), ml-dsa-44/1 (65, 87)
    std::string value;   ///< hex for Ed25519, else PEM (hex, too, by older tools)

    /// `key_type_unsupported` for a kind that is not understood or that this OpenSSL lacks; `bad_option` for bytes that are no key of
    /// it.
    MODELSEC_DECL result<public_key> parse() const;
};

/// By key id. Key ids are opaque: nothing is computed from them or compared with them but themselves.
using tuf_keys = std::map<std::string, tuf_key, std::less<>>;

/// Who may speak for a role: `threshold` of these keys (section 4.3, ROLE).
struct tuf_authority
{
    std::vector<std::string> key_ids;  ///< each id once
    unsigned threshold = 1;

    /// Those of the keys that can be used, for check_threshold.
    MODELSEC_DECL std::vector<candidate_key> candidates(const tuf_keys& keys) const;
};

/// Digests that a file must have. TUF names algorithms freely; SHA-256 and SHA-512 are known here.
struct file_hashes
{
    std::optional<sha256_digest> sha256;
    std::optional<bytes> sha512;
    bool listed = false;  ///< there is at least one digest, known or not

    bool checkable() const noexcept { return sha256 || sha512; }
};

/// What the timestamp says of the snapshot, and the snapshot of targets metadata (section 4.4, METAFILES).
struct metadata_file
{
    std::uint64_t version = 0;
    std::optional<std::uint64_t> length;
    file_hashes hashes;

    /// Length and every known digest, where listed. `metadata_mismatch`: sections 5.5.2 and 5.6.2.
    MODELSEC_DECL result<void> check(bytes_view data) const;
};

/// A target as targets metadata lists it (section 4.5).
struct target_file
{
    std::string path;
    std::uint64_t length = 0;
    file_hashes hashes;  ///< at least one is listed; check checkable()
};

/// One delegation (section 4.5, DELEGATIONS).
struct delegated_role
{
    std::string name;
    tuf_authority authority;
    bool terminating = false;
    std::vector<std::string> paths;               ///< patterns; or
    std::vector<std::string> path_hash_prefixes;  ///< hex prefixes of the SHA-256 of the target's path
};

/// 2^bit_length roles "prefix-bin" with one authority (TAP 15).
struct succinct_roles
{
    tuf_authority authority;
    unsigned bit_length = 1;
    std::string name_prefix;
};

/// To whom a targets role delegates: a list of roles, or bins.
struct delegations
{
    tuf_keys keys;
    std::vector<delegated_role> roles;
    std::optional<succinct_roles> bins;
};

/// What every metadata file has (section 4.2).
struct metadata_header
{
    std::uint64_t version = 0;
    utc_time expires{};

    /// The expiration "MUST be higher than the fixed update start time" (sections 5.3.10, 5.4.4, 5.5.6, 5.6.5).
    bool expired(utc_time update_start) const noexcept { return expires <= update_start; }
};

struct root_metadata : metadata_header
{
    bool consistent_snapshot = false;
    tuf_keys keys;
    std::map<tuf_role, tuf_authority> roles;  ///< all four of them

    const tuf_authority& authority(tuf_role role) const { return roles.at(role); }
};

struct timestamp_metadata : metadata_header
{
    metadata_file snapshot;
};

struct snapshot_metadata : metadata_header
{
    std::map<std::string, metadata_file, std::less<>> roles;  ///< by role name: "targets", "delegated" (without ".json")
};

struct targets_metadata : metadata_header
{
    std::map<std::string, target_file, std::less<>> targets;  ///< by path
    std::optional<modelsec::detail::delegations> delegations;
};

/// A metadata file taken apart, not yet trusted: read `signed_part` only after check_threshold on the rest.
struct metadata_envelope
{
    json_document document;
    json_view signed_view;              ///< into `document`
    bytes signed_bytes;                 ///< canonical JSON of the signed part, unknown fields included (section 4.2.1)
    std::vector<signature> signatures;  ///< each key id once: a repeated one refuses the file (section 4.2.1)

    /// A tree of its own, which takes many times the memory of the text: only of what is trusted.
    json signed_part() const { return copy_json(signed_view); }
};

/// Takes a metadata file apart. `metadata_malformed`; `too_large` above `cap` bytes.
MODELSEC_DECL result<metadata_envelope> parse_metadata_envelope(bytes_view data, std::size_t cap, const limits& caps = {});

/// Checks a metadata file against those who may sign it. Bad extra signatures do no harm once the threshold is met.
MODELSEC_DECL result<void> check_authority(const metadata_envelope& e, const tuf_authority& authority, const tuf_keys& keys);

// What was signed. `_type` is compared exactly, `spec_version` must be 1.x, required members must be there, unknown ones are
// ignored. Failures: `metadata_malformed` (`root_malformed` for roots).
MODELSEC_DECL result<root_metadata> parse_root(const json& signed_part, const limits& caps = {});
MODELSEC_DECL result<timestamp_metadata> parse_timestamp(const json& signed_part, const limits& caps = {});
MODELSEC_DECL result<snapshot_metadata> parse_snapshot(const json& signed_part, const limits& caps = {});
MODELSEC_DECL result<targets_metadata> parse_targets(const json& signed_part, const limits& caps = {});

/// A role's name as part of a URL and, mostly, of a file's name: every byte but letters, digits, `-`, `.`, `_`, `~` as %XX.
MODELSEC_DECL std::string encode_role_name(std::string_view role);
/// The name under which a role's metadata is kept on disk: one name, safe on every file system, no two roles' the same there unless
/// both are delegated; ends in ".json".
MODELSEC_DECL std::string metadata_file_name(std::string_view role);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/metadata.ipp>
#include <modelsec/detail/trust/metadata_parse.ipp>
#endif

#endif
