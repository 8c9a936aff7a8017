// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/trust/delegation.hpp>
#include <modelsec/detail/trust/metadata.hpp>
#include <modelsec/detail/trust/trusted_set.hpp>

#include <algorithm>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

constexpr const char* wanted = "a/b.bin";

void check(const tuf_authority& authority, const tuf_keys& keys)
{
    fuzz::require(authority.threshold >= 1, "no role without a signature");
    std::vector<std::string> ids = authority.key_ids;
    std::sort(ids.begin(), ids.end());
    fuzz::require(std::adjacent_find(ids.begin(), ids.end()) == ids.end(), "a key is listed once");
    fuzz::require(authority.candidates(keys).size() <= ids.size(), "a key counts once");
}

void check_names(std::string_view role)
{
    const std::string file = metadata_file_name(role);
    fuzz::require(file.find('/') == std::string::npos && file != "." && file != "..", "a role's file is one name");
    fuzz::require(file.ends_with(".json"), "and ends in .json");
}

void check(const targets_metadata& targets)
{
    if (targets.target)
        fuzz::require(targets.target->hashes.listed && targets.target->length <= limits::max_integer,
                      "a target has a size and a digest");
    if (!targets.delegations)
        return;
    fuzz::require(targets.delegations->text_bytes <= limits::delegation_bytes, "what is kept has a cap");
    delegation_walk walk(wanted);
    while (walk.next() && !walk.capped())
        walk.visit(targets);
    for (const delegated_role& role : targets.delegations->roles)
    {
        check(role.authority, targets.delegations->keys);
        check_names(role.name);
    }
    if (targets.delegations->bins)
        check_names(bin_of_path(*targets.delegations->bins, wanted));
}

}  // namespace

// TUF metadata of every role, as if its signatures held; and what may start a chain of trust by itself.
MODELSEC_FUZZ_TARGET(metadata)
{
    const auto e = parse_metadata_envelope(input, 1u << 20);
    if (e.has_error())
    {
        // What is no metadata is two lines: a path and a pattern.
        const std::string_view text = as_text(input.first(std::min<std::size_t>(input.size(), 512)));
        const std::string_view path = text.substr(0, text.find('\n'));
        const std::string_view pattern = text.substr(std::min(text.size(), path.size() + 1));
        fuzz::require(!matches_path_pattern("a/b", pattern) || pattern.find('/') != std::string_view::npos,
                      "no wildcard matches a slash");
        matches_path_pattern(path, pattern);
        check_names(path);
        return;
    }
    if (const auto root = parse_root(e->signed_view); root.has_value())
    {
        for (const auto role : {tuf_role::root, tuf_role::timestamp, tuf_role::snapshot, tuf_role::targets})
            check(root->authority(role), root->keys);
        fuzz::require(check_authority(*e, root->authority(tuf_role::root), root->keys).has_value() ==
                          trusted_set::start(input, utc_time()).has_value(),
                      "a root starts a chain exactly if it signed itself");
    }
    if (const auto timestamp = parse_timestamp(e->signed_view); timestamp.has_value())
        fuzz::require(timestamp->version <= limits::max_integer, "versions are exact");
    if (const auto snapshot = parse_snapshot(e->signed_view); snapshot.has_value())
        for (const snapshot_metadata::entry& listed : snapshot->entries)
            fuzz::require(snapshot->read(listed).value().version == listed.version, "what is listed is read as it was");
    if (const auto targets = parse_targets(e->signed_view, wanted); targets.has_value())
        check(*targets);
}
