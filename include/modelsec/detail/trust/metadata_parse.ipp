// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_METADATA_PARSE_IPP
#define MODELSEC_DETAIL_TRUST_METADATA_PARSE_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/trust/metadata.ipp>
#include <modelsec/detail/trust/metadata.hpp>

#include <algorithm>
#include <limits>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline result<void> read_header(const json& in, tuf_role type, metadata_header& out)
{
    const auto spec = in.string_at("spec_version");
    const auto version = in.size_at("version");
    const auto expires = in.string_at("expires");
    const auto time = expires ? parse_rfc3339(*expires) : std::nullopt;
    if (in.string_at("_type") != to_string(type))
        return metadata_failure("metadata of another type");
    if (!spec || !is_spec_version_1(*spec))
        return metadata_failure("metadata of another major version of TUF");
    if (!version || *version == 0 || !time)
        return metadata_failure("metadata without version or expiry");
    out.version = *version;
    out.expires = *time;
    return {};
}

inline result<std::vector<std::string>> read_texts(const json& in)
{
    std::vector<std::string> out;
    if (!in.as_array())
        return metadata_failure("no list where one belongs");
    for (const json& element : *in.as_array())
    {
        if (!element.as_string())
            return metadata_failure("a list of strings with something else in it");
        out.push_back(*element.as_string());
    }
    return out;
}

inline result<tuf_authority> read_authority(const json& in, const limits& caps)
{
    const json* ids = in.find("keyids");
    const auto threshold = in.size_at("threshold");
    if (!ids || !threshold || *threshold == 0 || *threshold > std::numeric_limits<unsigned>::max())
        return metadata_failure("a role without key ids or threshold");
    tuf_authority out;
    MODELSEC_TRY(out.key_ids, read_texts(*ids));
    if (out.key_ids.size() > caps.keys)
        return fail(reason::too_large, "a role with more keys than allowed");
    if (!all_distinct({out.key_ids.begin(), out.key_ids.end()}))
        return metadata_failure("a role that names a key twice");
    out.threshold = static_cast<unsigned>(*threshold);
    return out;
}

inline result<tuf_keys> read_keys(const json& in)
{
    const json* list = in.find("keys");
    if (!list || !list->as_object())
        return metadata_failure("no keys");
    tuf_keys out;
    for (const auto& [id, key] : *list->as_object())
    {
        const auto type = key.string_at("keytype");
        const auto scheme = key.string_at("scheme");
        const json* value = key.find("keyval");
        if (!type || !scheme || !value || !value->as_object())
            return metadata_failure("a key without keytype, scheme or keyval");
        // Other kinds of keys may keep other things there; such a key can just not be used.
        out[id] = {std::string(*type), std::string(*scheme), std::string(value->string_at("public").value_or(""))};
    }
    return out;
}

inline result<file_hashes> read_hashes(const json& in)
{
    file_hashes out;
    if (!in.as_object() || in.as_object()->empty())
        return metadata_failure("no digests where some belong");
    out.listed = true;
    for (const auto& [algorithm, value] : *in.as_object())
    {
        if (!value.as_string())
            return metadata_failure("a digest that is no string");
        if (algorithm == "sha256")
        {
            out.sha256 = sha256_digest::from_hex(*value.as_string());
            if (!out.sha256)
                return metadata_failure("a SHA-256 that is not 64 hex digits");
        }
        if (algorithm == "sha512")
        {
            out.sha512 = from_hex(*value.as_string());
            if (!out.sha512 || out.sha512->size() != 64)
                return metadata_failure("a SHA-512 that is not 128 hex digits");
        }
    }
    return out;
}

inline result<metadata_file> read_metadata_file(const json& in)
{
    metadata_file out;
    const auto version = in.size_at("version");
    if (!version || *version == 0)
        return metadata_failure("a metadata file without version");
    out.version = *version;
    if (optional_member(in, "length"))
    {
        out.length = in.size_at("length");
        if (!out.length)
            return metadata_failure("a length that is no size");
    }
    if (const json* hashes = optional_member(in, "hashes"))
    {
        MODELSEC_TRY(out.hashes, read_hashes(*hashes));
    }
    return out;
}

inline result<target_file> read_target(const std::string& path, const json& in)
{
    target_file out;
    const auto length = in.size_at("length");
    const json* hashes = in.find("hashes");
    if (path.empty() || !length || !hashes)
        return metadata_failure("a target without path, length or digests");
    out.path = path;
    out.length = *length;
    MODELSEC_TRY(out.hashes, read_hashes(*hashes));
    return out;
}

/// A delegated role that bore the name of a top-level one would be taken for it, on disk and in the snapshot.
inline bool is_role_name(std::string_view name)
{
    return !name.empty() && name != "root" && name != "timestamp" && name != "snapshot" && name != "targets";
}

inline result<delegated_role> read_delegated_role(const json& in, const limits& caps)
{
    delegated_role out;
    const auto name = in.string_at("name");
    const auto terminating = in.bool_at("terminating");
    const json* paths = optional_member(in, "paths");
    const json* prefixes = optional_member(in, "path_hash_prefixes");
    if (!name || !is_role_name(*name) || !terminating)
        return metadata_failure("a delegation without proper name or without terminating");
    // TUF 1.0 section 4.5: one of the two, never both.
    if (!paths == !prefixes)
        return metadata_failure("a delegation needs either paths or path_hash_prefixes");
    out.name = *name;
    out.terminating = *terminating;
    MODELSEC_TRY(out.authority, read_authority(in, caps));
    if (paths)
    {
        MODELSEC_TRY(out.paths, read_texts(*paths));
    }
    else
    {
        MODELSEC_TRY(out.path_hash_prefixes, read_texts(*prefixes));
    }
    return out;
}

inline result<succinct_roles> read_bins(const json& in, const limits& caps)
{
    succinct_roles out;
    const auto bits = in.size_at("bit_length");
    const auto prefix = in.string_at("name_prefix");
    if (!bits || *bits < 1 || *bits > 32 || !prefix)
        return metadata_failure("bins without bit_length or name_prefix");
    out.bit_length = static_cast<unsigned>(*bits);
    out.name_prefix = *prefix;
    MODELSEC_TRY(out.authority, read_authority(in, caps));
    return out;
}

inline result<delegations> read_delegations(const json& in, const limits& caps)
{
    delegations out;
    const json* roles = optional_member(in, "roles");
    const json* bins = optional_member(in, "succinct_roles");
    MODELSEC_TRY(out.keys, read_keys(in));
    if (!roles == !bins)
        return metadata_failure("delegations need either roles or succinct_roles");
    if (bins)
    {
        MODELSEC_TRY(out.bins, read_bins(*bins, caps));
        return out;
    }
    if (!roles->as_array())
        return metadata_failure("delegations without a list of roles");
    std::vector<std::string_view> names;
    for (const json& role : *roles->as_array())
    {
        MODELSEC_TRY(delegated_role one, read_delegated_role(role, caps));
        out.roles.push_back(std::move(one));
    }
    names.reserve(out.roles.size());
    for (const delegated_role& role : out.roles)
        names.push_back(role.name);
    if (!all_distinct(std::move(names)))
        return metadata_failure("a role is delegated to twice by one role");
    return out;
}

inline result<root_metadata> read_root(const json& in, const limits& caps)
{
    root_metadata out;
    MODELSEC_CHECK(read_header(in, tuf_role::root, out));
    const json* roles = in.find("roles");
    if (!roles)
        return metadata_failure("no roles");
    if (optional_member(in, "consistent_snapshot") && !in.bool_at("consistent_snapshot"))
        return metadata_failure("consistent_snapshot is no boolean");
    out.consistent_snapshot = in.bool_at("consistent_snapshot").value_or(false);
    MODELSEC_TRY(out.keys, read_keys(in));
    for (const tuf_role role : {tuf_role::root, tuf_role::timestamp, tuf_role::snapshot, tuf_role::targets})
    {
        const json* authority = roles->find(to_string(role));
        if (!authority)
            return metadata_failure("a root without one of the four roles");
        MODELSEC_TRY(out.roles[role], read_authority(*authority, caps));
    }
    return out;
}

result<root_metadata> parse_root(const json& signed_part, const limits& caps)
{
    auto root = read_root(signed_part, caps);
    if (!root && root.error().why == reason::metadata_malformed)
        return fail(reason::root_malformed, root.error().detail);
    return root;
}

result<timestamp_metadata> parse_timestamp(const json& signed_part, const limits&)
{
    timestamp_metadata out;
    MODELSEC_CHECK(read_header(signed_part, tuf_role::timestamp, out));
    const json* meta = signed_part.find("meta");
    const json* snapshot = meta ? meta->find("snapshot.json") : nullptr;
    if (!snapshot)
        return metadata_failure("a timestamp without snapshot.json");
    MODELSEC_TRY(out.snapshot, read_metadata_file(*snapshot));
    return out;
}

result<snapshot_metadata> parse_snapshot(const json& signed_part, const limits&)
{
    static constexpr std::string_view extension = ".json";
    snapshot_metadata out;
    MODELSEC_CHECK(read_header(signed_part, tuf_role::snapshot, out));
    const json* meta = signed_part.find("meta");
    if (!meta || !meta->as_object())
        return metadata_failure("a snapshot without meta");
    for (const auto& [file, value] : *meta->as_object())
    {
        if (!file.ends_with(extension))
            return metadata_failure("a snapshot that lists something else than .json");
        MODELSEC_TRY(out.roles[file.substr(0, file.size() - extension.size())], read_metadata_file(value));
    }
    if (!out.roles.contains("targets"))
        return metadata_failure("a snapshot without targets.json");
    return out;
}

result<targets_metadata> parse_targets(const json& signed_part, const limits& caps)
{
    targets_metadata out;
    MODELSEC_CHECK(read_header(signed_part, tuf_role::targets, out));
    const json* targets = signed_part.find("targets");
    if (!targets || !targets->as_object())
        return metadata_failure("targets metadata without targets");
    for (const auto& [path, value] : *targets->as_object())
    {
        MODELSEC_TRY(out.targets[path], read_target(path, value));
    }
    if (const json* list = optional_member(signed_part, "delegations"))
    {
        MODELSEC_TRY(out.delegations, read_delegations(*list, caps));
    }
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
