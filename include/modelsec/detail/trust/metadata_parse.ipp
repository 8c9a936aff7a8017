// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_METADATA_PARSE_IPP
#define MODELSEC_DETAIL_TRUST_METADATA_PARSE_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/trust/delegation.hpp>
#include <modelsec/detail/trust/metadata.hpp>
#include <modelsec/detail/trust/metadata.ipp>

#include <algorithm>
#include <limits>
#include <set>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline result<void> read_header(json_view in, tuf_role type, metadata_header& out)
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

/// Whether a list of strings has one of which this is true; the others are read all the same.
template <class Predicate>
result<bool> any_text(json_view in, const Predicate& is_it)
{
    const auto list = in.as_array();
    if (!list)
        return metadata_failure("no list where one belongs");
    bool found = false;
    for (const json_view element : *list)
    {
        const auto text = element.as_string();
        if (!text)
            return metadata_failure("a list of strings with something else in it");
        found = found || is_it(*text);
    }
    return found;
}

inline result<tuf_authority> read_authority(json_view in, const limits& caps)
{
    const auto ids = in.find("keyids");
    const auto threshold = in.size_at("threshold");
    if (!ids || !threshold || *threshold == 0 || *threshold > std::numeric_limits<unsigned>::max())
        return metadata_failure("a role without key ids or threshold");
    if (const auto list = ids->as_array(); list && list->size() > caps.keys)
        return fail(reason::too_large, "a role with more keys than allowed");
    tuf_authority out;
    MODELSEC_CHECK(any_text(*ids, [&](std::string_view id) {
        out.key_ids.emplace_back(id);
        return false;
    }));
    if (!all_distinct({out.key_ids.begin(), out.key_ids.end()}))
        return metadata_failure("a role that names a key twice");
    out.threshold = static_cast<unsigned>(*threshold);
    return out;
}

/// Gives each key to `take` (id, key), read and well-formed.
template <class Take>
result<void> read_keys(json_view in, const Take& take)
{
    const auto list = in.find("keys");
    const auto keys = list ? list->as_object() : std::nullopt;
    if (!keys)
        return metadata_failure("no keys");
    for (const auto [id, key] : *keys)
    {
        const auto type = key.string_at("keytype");
        const auto scheme = key.string_at("scheme");
        const auto value = key.find("keyval");
        if (!type || !scheme || !value || !value->is_object())
            return metadata_failure("a key without keytype, scheme or keyval");
        // Other kinds of keys may keep other things there; such a key can just not be used.
        take(id, *type, *scheme, value->string_at("public").value_or(""));
    }
    return {};
}

inline result<file_hashes> read_hashes(json_view in)
{
    file_hashes out;
    const auto list = in.as_object();
    if (!list || list->empty())
        return metadata_failure("no digests where some belong");
    out.listed = true;
    for (const auto [algorithm, value] : *list)
    {
        const auto digest = value.as_string();
        if (!digest)
            return metadata_failure("a digest that is no string");
        if (algorithm == "sha256")
        {
            out.sha256 = sha256_digest::from_hex(*digest);
            if (!out.sha256)
                return metadata_failure("a SHA-256 that is not 64 hex digits");
        }
        if (algorithm == "sha512")
        {
            out.sha512 = from_hex(*digest);
            if (!out.sha512 || out.sha512->size() != 64)
                return metadata_failure("a SHA-512 that is not 128 hex digits");
        }
    }
    return out;
}

inline result<metadata_file> read_metadata_file(json_view in)
{
    metadata_file out;
    const auto version = in.size_at("version");
    if (!version || *version == 0)
        return metadata_failure("a metadata file without version");
    out.version = *version;
    if (in.present("length"))
    {
        out.length = in.size_at("length");
        if (!out.length)
            return metadata_failure("a length that is no size");
    }
    if (const auto hashes = in.present("hashes"))
    {
        MODELSEC_TRY(out.hashes, read_hashes(*hashes));
    }
    return out;
}

inline result<target_file> read_target(std::string_view path, json_view in)
{
    target_file out;
    const auto length = in.size_at("length");
    const auto hashes = in.find("hashes");
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

/// Reads what a targets role says of delegations, and keeps what leads to one target.
class delegation_reader
{
public:
    delegation_reader(std::string_view path, const limits& caps)
        : path_(path), hash_(sha256(as_bytes(path)).hex()), caps_(caps)
    {
    }

    result<delegations> read(json_view in)
    {
        const auto roles = in.present("roles");
        const auto bins = in.present("succinct_roles");
        MODELSEC_CHECK(read_keys(in, [](auto&&...) {}));
        if (!roles == !bins)
            return metadata_failure("delegations need either roles or succinct_roles");
        if (bins)
        {
            MODELSEC_TRY(out_.bins, read_bins(*bins));
            MODELSEC_CHECK(keep(out_.bins->name_prefix, out_.bins->authority));
        }
        else
            MODELSEC_CHECK(read_roles(*roles));
        MODELSEC_CHECK(keep_keys(in));
        return std::move(out_);
    }

private:
    result<void> read_roles(json_view in)
    {
        const auto list = in.as_array();
        if (!list)
            return metadata_failure("delegations without a list of roles");
        std::vector<std::string_view> names;
        names.reserve(list->size());
        for (const json_view role : *list)
        {
            delegated_role one;
            MODELSEC_TRY(const bool leads_there, read_role(role, one));
            names.push_back(*role.string_at("name"));
            // Of the roles of one list no more are visited than of all; one more tells that from the end of the list.
            const bool ended = !out_.roles.empty() && out_.roles.back().terminating;
            if (!leads_there || ended || out_.roles.size() > caps_.delegations)
                continue;
            MODELSEC_CHECK(keep(one.name, one.authority));
            out_.roles.push_back(std::move(one));
        }
        return all_distinct(std::move(names)) ? result<void>()
                                              : metadata_failure("a role is delegated to twice by one role");
    }

    /// Returns whether the target is delegated to this role.
    result<bool> read_role(json_view in, delegated_role& out) const
    {
        const auto name = in.string_at("name");
        const auto terminating = in.bool_at("terminating");
        const auto paths = in.present("paths");
        const auto prefixes = in.present("path_hash_prefixes");
        if (!name || !is_role_name(*name) || !terminating)
            return metadata_failure("a delegation without proper name or without terminating");
        // TUF 1.0 section 4.5: one of the two, never both.
        if (!paths == !prefixes)
            return metadata_failure("a delegation needs either paths or path_hash_prefixes");
        out.name = *name;
        out.terminating = *terminating;
        MODELSEC_TRY(out.authority, read_authority(in, caps_));
        if (paths)
            return any_text(*paths, [&](std::string_view pattern) { return matches_path_pattern(path_, pattern); });
        // TUF 1.0 section 4.5, PATH_HASH_PREFIXES: of the SHA-256 of the path, in hex.
        return any_text(*prefixes, [&](std::string_view prefix) { return hash_.starts_with(prefix); });
    }

    result<succinct_roles> read_bins(json_view in) const
    {
        succinct_roles out;
        const auto bits = in.size_at("bit_length");
        const auto prefix = in.string_at("name_prefix");
        if (!bits || *bits < 1 || *bits > 32 || !prefix)
            return metadata_failure("bins without bit_length or name_prefix");
        out.bit_length = static_cast<unsigned>(*bits);
        out.name_prefix = *prefix;
        MODELSEC_TRY(out.authority, read_authority(in, caps_));
        return out;
    }

    result<void> keep(std::string_view name, const tuf_authority& authority)
    {
        static constexpr std::size_t longest_name = 1024;  // no address has room for more
        if (name.size() > longest_name)
            return fail(reason::too_large, "the name of a delegated role");
        MODELSEC_CHECK(count(name.size()));
        for (const std::string& id : authority.key_ids)
        {
            MODELSEC_CHECK(count(id.size()));
            ids_.insert(id);
        }
        return {};
    }

    result<void> keep_keys(json_view in)
    {
        result<void> fits;
        MODELSEC_CHECK(
            read_keys(in, [&](std::string_view id, std::string_view type, std::string_view scheme, std::string_view value) {
                if (!fits || !ids_.contains(id))
                    return;
                fits = count(id.size() + type.size() + scheme.size() + value.size());
                if (fits)
                    out_.keys.emplace(id, tuf_key{std::string(type), std::string(scheme), std::string(value)});
            }));
        return fits;
    }

    result<void> count(std::size_t size)
    {
        out_.text_bytes += size;
        return out_.text_bytes <= limits::delegation_bytes
                   ? result<void>()
                   : fail(reason::too_large, "delegations that say more than allowed");
    }

    std::string_view path_;
    std::string hash_;
    const limits& caps_;
    delegations out_;
    std::set<std::string, std::less<>> ids_;
};

inline result<root_metadata> read_root(json_view in, const limits& caps)
{
    root_metadata out;
    MODELSEC_CHECK(read_header(in, tuf_role::root, out));
    const auto roles = in.find("roles");
    if (!roles)
        return metadata_failure("no roles");
    if (in.present("consistent_snapshot") && !in.bool_at("consistent_snapshot"))
        return metadata_failure("consistent_snapshot is no boolean");
    out.consistent_snapshot = in.bool_at("consistent_snapshot").value_or(false);
    MODELSEC_CHECK(
        read_keys(in, [&](std::string_view id, std::string_view type, std::string_view scheme, std::string_view value) {
            out.keys.emplace(id, tuf_key{std::string(type), std::string(scheme), std::string(value)});
        }));
    for (const tuf_role role : {tuf_role::root, tuf_role::timestamp, tuf_role::snapshot, tuf_role::targets})
    {
        const auto authority = roles->find(to_string(role));
        if (!authority)
            return metadata_failure("a root without one of the four roles");
        MODELSEC_TRY(out.roles[role], read_authority(*authority, caps));
    }
    return out;
}

result<root_metadata> parse_root(json_view signed_part, const limits& caps)
{
    auto root = read_root(signed_part, caps);
    if (!root && root.error().why == reason::metadata_malformed)
        return fail(reason::root_malformed, root.error().detail);
    return root;
}

result<root_metadata> parse_root(const json& signed_part, const limits& caps)
{
    const std::string text = signed_part.dump();
    const auto document = json_document::parse(as_bytes(text), caps.json_depth);
    if (!document)
        return fail(reason::root_malformed, document.error().detail);
    return parse_root(document->root(), caps);
}

result<timestamp_metadata> parse_timestamp(json_view signed_part, const limits&)
{
    timestamp_metadata out;
    MODELSEC_CHECK(read_header(signed_part, tuf_role::timestamp, out));
    const auto meta = signed_part.find("meta");
    const auto snapshot = meta ? meta->find("snapshot.json") : std::nullopt;
    if (!snapshot)
        return metadata_failure("a timestamp without snapshot.json");
    MODELSEC_TRY(out.snapshot, read_metadata_file(*snapshot));
    return out;
}

result<snapshot_metadata> parse_snapshot(json_view signed_part, const limits&)
{
    static constexpr std::string_view extension = ".json";
    snapshot_metadata out;
    MODELSEC_CHECK(read_header(signed_part, tuf_role::snapshot, out));
    const auto meta = signed_part.find("meta");
    const auto files = meta ? meta->as_object() : std::nullopt;
    if (!files)
        return metadata_failure("a snapshot without meta");
    out.entries.reserve(files->size());
    for (const auto [file, value] : *files)
    {
        if (!file.ends_with(extension))
            return metadata_failure("a snapshot that lists something else than .json");
        MODELSEC_TRY(const metadata_file read, read_metadata_file(value));
        const std::string_view role = file.substr(0, file.size() - extension.size());
        const bytes said = canonical_json(value).value_or(bytes());  // numbers without a canonical form were refused before
        out.entries.push_back({read.version, static_cast<std::uint32_t>(out.text.size()),
                               static_cast<std::uint32_t>(role.size()), static_cast<std::uint32_t>(said.size())});
        (out.text += role) += as_text(said);
    }
    std::ranges::sort(out.entries, {}, [&](const snapshot_metadata::entry& e) { return out.name(e); });
    if (!out.find("targets"))
        return metadata_failure("a snapshot without targets.json");
    return out;
}

const snapshot_metadata::entry* snapshot_metadata::find(std::string_view role) const
{
    const auto it = std::ranges::lower_bound(entries, role, {}, [&](const entry& e) { return name(e); });
    return it != entries.end() && name(*it) == role ? &*it : nullptr;
}

result<metadata_file> snapshot_metadata::read(const entry& e) const
{
    const auto said = std::string_view(text).substr(e.at + e.name_size, e.value_size);
    MODELSEC_TRY(const json_document document, json_document::parse(as_bytes(said), limits{}.json_depth));
    return read_metadata_file(document.root());
}

result<targets_metadata> parse_targets(json_view signed_part, std::string_view path, const limits& caps)
{
    targets_metadata out;
    MODELSEC_CHECK(read_header(signed_part, tuf_role::targets, out));
    const auto targets = signed_part.find("targets");
    const auto files = targets ? targets->as_object() : std::nullopt;
    if (!files)
        return metadata_failure("targets metadata without targets");
    for (const auto [name, value] : *files)
    {
        MODELSEC_TRY(target_file one, read_target(name, value));
        if (name == path)
            out.target = std::move(one);
    }
    if (const auto list = signed_part.present("delegations"))
    {
        MODELSEC_TRY(out.delegations, delegation_reader(path, caps).read(*list));
    }
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
