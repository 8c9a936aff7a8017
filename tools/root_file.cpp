// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "root_file.hpp"

#include "command_error.hpp"

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/local_file.hpp>

#include <algorithm>

namespace modelsec::tool {

namespace {

constexpr const char* name_member = "x-modelsec-key-id";
constexpr tuf_role all_roles[] = {tuf_role::root, tuf_role::timestamp, tuf_role::snapshot, tuf_role::targets};

json key_object(const public_key& key)
{
    return {{"keytype", "ed25519"}, {"keyval", json{{"public", to_hex(key.raw())}}}, {"scheme", "ed25519"}};
}

// TUF 1.0 section 4.2.1: the id is the SHA-256 of the canonical form of the key. What else we say of a key does not count.
std::string key_id_of(const public_key& key)
{
    return sha256(as_bytes(*key_object(key).canonical())).hex();
}

/// What a root says of one role, apart from its keys themselves.
struct role_content
{
    std::vector<std::string> ids;
    unsigned threshold = 1;

    bool operator==(const role_content&) const = default;
};

using role_contents = std::map<tuf_role, role_content>;

failure no_such(std::string detail)
{
    return fail(reason::bad_option, std::move(detail));
}

result<void> remove_key(role_contents& roles, const json::object& keys, const std::string& name)
{
    bool any = false;
    for (const auto& [id, key] : keys)
        if (id == name || key.string_at(name_member) == name)
            for (auto& [role, content] : roles)
                any = std::erase(content.ids, id) != 0 || any;
    return any ? result<void>() : no_such("no key of this name is in the root");
}

void add_keys(role_content& role, json& keys, const std::vector<pin>& more)
{
    for (const pin& p : more)
    {
        const std::string id = key_id_of(p.key);
        json object = key_object(p.key);
        object.set(name_member, p.key_id);
        keys.set(id, std::move(object));
        if (std::ranges::find(role.ids, id) == role.ids.end())
            role.ids.push_back(id);
    }
}

// docs/manifest.md: one key serves one use. Root keys lie in a safe; whoever signs manifests must not be able to rotate.
result<void> check_roles(const role_contents& roles)
{
    for (const auto& [role, content] : roles)
        if (content.threshold < 1 || content.threshold > content.ids.size())
            return no_such(std::string(to_string(role)) + ": the threshold is 1 to the number of its keys, which is " +
                           std::to_string(content.ids.size()));
    for (const std::string& id : roles.at(tuf_role::root).ids)
        for (const auto& [role, content] : roles)
            if (role != tuf_role::root && std::ranges::find(content.ids, id) != content.ids.end())
                return fail(reason::key_reused, "a root key signs something else too");
    return {};
}

}  // namespace

result<root_file> root_file::build(json signed_part, const root_change& what)
{
    role_contents roles;
    for (const tuf_role role : all_roles)
        roles[role] = {};
    json keys = json::object();
    if (const json* known = signed_part.find("keys"))
        keys = *known;
    if (signed_part.find("roles"))
    {
        MODELSEC_TRY(const root_metadata before, parse_root(signed_part));
        for (const tuf_role role : all_roles)
            roles[role] = {before.authority(role).key_ids, before.authority(role).threshold};
    }
    for (const std::string& name : what.remove)
        MODELSEC_CHECK(remove_key(roles, *keys.as_object(), name));
    const role_content targets_before = roles[tuf_role::targets];
    std::vector<tuf_role> like_targets;
    for (const tuf_role role : {tuf_role::timestamp, tuf_role::snapshot})
        if (roles[role] == targets_before && !what.roles.contains(role))
            like_targets.push_back(role);
    for (const auto& [role, change] : what.roles)
    {
        add_keys(roles[role], keys, change.add);
        roles[role].threshold = change.threshold.value_or(roles[role].threshold);
    }
    for (const tuf_role role : like_targets)
        roles[role] = roles[tuf_role::targets];
    MODELSEC_CHECK(check_roles(roles));

    json::object used;
    json listed = json::object();
    for (const auto& [id, key] : *keys.as_object())
        if (std::ranges::any_of(roles, [&](const auto& r) { return std::ranges::count(r.second.ids, id) != 0; }))
            used.emplace_back(id, key);
    for (const auto& [role, content] : roles)
        listed.set(to_string(role),
                   json{{"keyids", json::array(content.ids.begin(), content.ids.end())}, {"threshold", content.threshold}});
    signed_part.set("keys", std::move(used));
    signed_part.set("roles", std::move(listed));
    signed_part.set("expires", format_rfc3339(what.expires));
    MODELSEC_CHECK(parse_root(signed_part));
    return root_file(json{{"signatures", json::array()}, {"signed", std::move(signed_part)}});
}

result<root_file> root_file::make(const root_change& what)
{
    return build({{"_type", "root"}, {"consistent_snapshot", true}, {"spec_version", "1.0.31"}, {"version", 1}}, what);
}

result<root_file> root_file::parse(bytes_view text)
{
    MODELSEC_CHECK(parse_metadata_envelope(text, limits{}.root_bytes));
    MODELSEC_TRY(json file, parse_json(text));
    MODELSEC_CHECK(parse_root(*file.find("signed")));
    return root_file(std::move(file));
}

root_file root_file::read(const std::string& path)
{
    const bytes text =
        value_or_hint(read_local_file(path, limits{}.root_bytes), "check that the file is there and may be read");
    return value_or_hint(parse(text), "a root.json is expected");
}

result<root_file> root_file::next(const root_change& what) const
{
    json signed_part = *file_.find("signed");
    signed_part.set("version", *signed_part.size_at("version") + 1);
    return build(std::move(signed_part), what);
}

bytes root_file::signed_bytes() const
{
    const std::string text = file_.find("signed")->canonical().value();
    return {as_bytes(text).begin(), as_bytes(text).end()};
}

result<bool> root_file::sign(const signing_key& key, const root_file* previous)
{
    const auto id_in = [&](const root_metadata& root) -> std::optional<std::string> {
        for (const candidate_key& k : root.authority(tuf_role::root).candidates(root.keys))
            if (k.key == key.public_half())
                return k.key_id;
        return std::nullopt;
    };
    auto id = id_in(metadata());
    if (!id && previous)
        id = id_in(previous->metadata());
    if (!id)
        return fail(reason::unknown_key, "no root key of this root");
    json::array signatures = *file_.find("signatures")->as_array();
    const std::string value = to_hex(key.sign(signed_bytes()).value);
    for (json& s : signatures)
        if (s.string_at("keyid") == *id)
        {
            if (s.string_at("sig") == value)
                return false;
            s.set("sig", value);  // of an earlier draft
            file_.set("signatures", std::move(signatures));
            return true;
        }
    signatures.push_back({{"keyid", *id}, {"sig", value}});
    file_.set("signatures", std::move(signatures));
    return true;
}

std::vector<std::string> root_file::signers(const root_file& by) const
{
    std::vector<std::string> out;
    const root_metadata root = by.metadata();
    const bytes message = signed_bytes();
    for (const candidate_key& k : root.authority(tuf_role::root).candidates(root.keys))
        for (const json& s : *file_.find("signatures")->as_array())
            if (s.string_at("keyid") == k.key_id)
                if (const auto value = from_hex(s.string_at("sig").value_or("")); value && k.key.verify(message, *value))
                    out.push_back(by.name_of(k.key_id));
    return out;
}

std::string root_file::name_of(const std::string& key_id) const
{
    const json* key = file_.find("signed")->find("keys")->find(key_id);
    return std::string(key ? key->string_at(name_member).value_or(key_id) : key_id);
}

}  // namespace modelsec::tool
