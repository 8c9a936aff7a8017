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

/// One delegation (section 4.5, DELEGATIONS) that leads to the target that is looked for.
struct delegated_role
{
    std::string name;
    tuf_authority authority;
    bool terminating = false;
};

/// 2^bit_length roles "prefix-bin" with one authority (TAP 15).
struct succinct_roles
{
    tuf_authority authority;
    unsigned bit_length = 1;
    std::string name_prefix;
};

/// To whom a targets role delegates a target: a list of roles, or bins. Who else is delegated to, and by which keys, is not kept.
struct delegations
{
    tuf_keys keys;
    std::vector<delegated_role> roles;  ///< in order, up to one that is terminating, or to more than may be visited
    std::optional<succinct_roles> bins;
    std::size_t text_bytes = 0;  ///< of what is kept: limits::delegation_bytes
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

/// Which versions of targets metadata belong together. Names are those of roles: "targets", "delegated" (without ".json"). A tree of
/// them would be many times as large as the text (CWE-770).
struct snapshot_metadata : metadata_header
{
    struct entry
    {
        std::uint64_t version = 0;
        std::uint32_t at = 0;  ///< into `text`: the name, and behind it what is said of it, as JSON
        std::uint32_t name_size = 0;
        std::uint32_t value_size = 0;
    };

    std::string text;
    std::vector<entry> entries;  ///< by name

    std::string_view name(const entry& e) const { return std::string_view(text).substr(e.at, e.name_size); }
    /// Null if it does not list the role.
    MODELSEC_DECL const entry* find(std::string_view role) const;
    /// All that it says of a role.
    MODELSEC_DECL result<metadata_file> read(const entry& e) const;
};

/// What targets metadata says of one target: a role may list a hundred thousand others (CWE-770).
struct targets_metadata : metadata_header
{
    std::optional<target_file> target;
    std::optional<modelsec::detail::delegations> delegations;
};

/// A metadata file taken apart, not yet trusted: read `signed_view` only after check_threshold on the rest. Nothing is made a tree of,
/// which takes many times the memory of the text.
struct metadata_envelope
{
    json_document document;
    json_view signed_view;              ///< into `document`
    bytes signed_bytes;                 ///< canonical JSON of the signed part, unknown fields included (section 4.2.1)
    std::vector<signature> signatures;  ///< each key id once: a repeated one refuses the file (section 4.2.1)
};

/// Takes a metadata file apart. `metadata_malformed`; `too_large` above `cap` bytes.
MODELSEC_DECL result<metadata_envelope> parse_metadata_envelope(bytes_view data, std::size_t cap, const limits& caps = {});

/// Checks a metadata file against those who may sign it. Bad extra signatures do no harm once the threshold is met.
MODELSEC_DECL result<void> check_authority(const metadata_envelope& e, const tuf_authority& authority, const tuf_keys& keys,
                                           signature_budget* budget = nullptr);

// What was signed. `_type` is compared exactly, `spec_version` must be 1.x, required members must be there, unknown ones are
// ignored. Failures: `metadata_malformed` (`root_malformed` for roots). What they return does not point into the document.
MODELSEC_DECL result<root_metadata> parse_root(json_view signed_part, const limits& caps = {});
MODELSEC_DECL result<root_metadata> parse_root(const json& signed_part,
                                               const limits& caps = {});  ///< of one that is being written
MODELSEC_DECL result<timestamp_metadata> parse_timestamp(json_view signed_part, const limits& caps = {});
MODELSEC_DECL result<snapshot_metadata> parse_snapshot(json_view signed_part, const limits& caps = {});
/// All of it is read, and what is about the target at `path` kept; empty: of none. `too_large`: limits::delegation_bytes.
MODELSEC_DECL result<targets_metadata> parse_targets(json_view signed_part, std::string_view path, const limits& caps = {});

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
