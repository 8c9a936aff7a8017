// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_ROOT_DOCUMENT_IPP
#define MODELSEC_DETAIL_PUBLISH_ROOT_DOCUMENT_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/publish/root_document.hpp>
#include <modelsec/detail/trust/root_chain.hpp>

#include <algorithm>
#include <map>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

inline constexpr const char* root_key_name_member = "x-modelsec-key-id";
inline constexpr tuf_role all_roles[] = {tuf_role::root, tuf_role::timestamp, tuf_role::snapshot, tuf_role::targets};

inline json key_object(const public_key& key)
{
    return {{"keytype", "ed25519"}, {"keyval", json{{"public", to_hex(key.raw())}}}, {"scheme", "ed25519"}};
}

// TUF 1.0 section 4.2.1: the id is the SHA-256 of the canonical form of the key. What else we say of a key does not count.
inline std::string key_id_of(const public_key& key)
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

inline failure bad_root(std::string detail)
{
    return fail(reason::bad_option, std::move(detail));
}

inline result<void> remove_key(role_contents& roles, const json::object& keys, const std::string& name)
{
    bool any = false;
    for (const auto& [id, key] : keys)
        if (id == name || key.string_at(root_key_name_member) == name)
            for (auto& [role, content] : roles)
                any = std::erase(content.ids, id) != 0 || any;
    return any ? result<void>() : bad_root("no key of this name is in the root");
}

inline void add_keys(role_content& role, json& keys, const std::vector<pin>& more)
{
    for (const pin& p : more)
    {
        const std::string id = key_id_of(p.key);
        json object = key_object(p.key);
        object.set(root_key_name_member, p.key_id);
        keys.set(id, std::move(object));
        if (std::ranges::find(role.ids, id) == role.ids.end())
            role.ids.push_back(id);
    }
}

// docs/manifest.md: one key serves one use. Root keys lie in a safe; whoever signs manifests must not be able to rotate.
inline result<void> check_roles(const role_contents& roles)
{
    for (const auto& [role, content] : roles)
        if (content.threshold < 1 || content.threshold > content.ids.size())
            return bad_root(std::string(to_string(role)) + ": the threshold is 1 to the number of its keys, which is " +
                            std::to_string(content.ids.size()));
    for (const std::string& id : roles.at(tuf_role::root).ids)
        for (const auto& [role, content] : roles)
            if (role != tuf_role::root && std::ranges::find(content.ids, id) != content.ids.end())
                return fail(reason::key_reused, "a root key signs something else too");
    return {};
}

inline const role_change& change_of(const root_change& change, tuf_role role) noexcept
{
    switch (role)
    {
    case tuf_role::root: return change.root;
    case tuf_role::targets: return change.targets;
    case tuf_role::snapshot: return change.snapshot;
    case tuf_role::timestamp: break;
    }
    return change.timestamp;
}

/// What a root document says; it was parsed before.
inline root_metadata metadata_of(const json& file)
{
    return parse_root(*file.find("signed")).value();
}

}  // namespace detail

result<root_document> root_document::build(detail::json signed_part, const root_change& change)
{
    using namespace detail;
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
    for (const std::string& name : change.remove)
        MODELSEC_CHECK(remove_key(roles, *keys.as_object(), name));
    const role_content targets_before = roles[tuf_role::targets];
    std::vector<tuf_role> like_targets;
    for (const tuf_role role : {tuf_role::timestamp, tuf_role::snapshot})
        if (roles[role] == targets_before && !change_of(change, role).any())
            like_targets.push_back(role);
    for (const tuf_role role : all_roles)
    {
        const role_change& wanted = change_of(change, role);
        add_keys(roles[role], keys, wanted.add);
        roles[role].threshold = wanted.threshold.value_or(roles[role].threshold);
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
    signed_part.set("expires", format_rfc3339(change.expires));
    MODELSEC_CHECK(parse_root(signed_part));
    return root_document(json{{"signatures", json::array()}, {"signed", std::move(signed_part)}});
}

result<root_document> root_document::make(const root_change& change)
{
    return build({{"_type", "root"}, {"consistent_snapshot", true}, {"spec_version", "1.0.31"}, {"version", 1}}, change);
}

result<root_document> root_document::parse(bytes_view text)
{
    MODELSEC_CHECK(detail::parse_metadata_envelope(text, limits{}.root_bytes));
    MODELSEC_TRY(detail::json file, detail::parse_json(text));
    MODELSEC_CHECK(detail::parse_root(*file.find("signed")));
    return root_document(std::move(file));
}

result<root_document> root_document::verify(const std::vector<bytes>& chain)
{
    std::optional<detail::root_metadata> trusted;
    for (const bytes& text : chain)
    {
        MODELSEC_TRY(detail::root_metadata next,
                     trusted ? detail::verify_next_root(*trusted, text) : detail::verify_first_root(text));
        trusted = std::move(next);
    }
    if (!trusted)
        return fail(reason::bad_option, "no root to verify");
    return parse(chain.back());
}

result<root_document> root_document::next(const root_change& change) const
{
    detail::json signed_part = *file_.find("signed");
    signed_part.set("version", *signed_part.size_at("version") + 1);
    return build(std::move(signed_part), change);
}

std::uint64_t root_document::version() const
{
    return detail::metadata_of(file_).version;
}

utc_time root_document::expires() const
{
    return detail::metadata_of(file_).expires;
}

unsigned root_document::threshold() const
{
    return detail::metadata_of(file_).authority(detail::tuf_role::root).threshold;
}

bool root_document::lets_sign_manifests(const public_key& key) const
{
    const detail::root_metadata root = detail::metadata_of(file_);
    const auto trusted = root.authority(detail::tuf_role::targets).candidates(root.keys);
    return std::ranges::any_of(trusted, [&](const detail::candidate_key& c) { return c.key == key; });
}

bytes root_document::signed_bytes() const
{
    const std::string text = file_.find("signed")->canonical().value();
    return {as_bytes(text).begin(), as_bytes(text).end()};
}

result<bool> root_document::sign(const signing_key& key, const root_document* previous)
{
    using namespace detail;
    const auto id_in = [&](const json& file) -> std::optional<std::string> {
        const root_metadata root = metadata_of(file);
        for (const candidate_key& k : root.authority(tuf_role::root).candidates(root.keys))
            if (k.key == key.public_half())
                return k.key_id;
        return std::nullopt;
    };
    auto id = id_in(file_);
    if (!id && previous)
        id = id_in(previous->file_);
    if (!id)
        return fail(reason::unknown_key, key.id() + " is no root key of this root");
    json::array signatures = *file_.find("signatures")->as_array();
    MODELSEC_TRY(const bytes raw, key.sign(signed_bytes()));
    const std::string value = to_hex(raw);
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

std::vector<std::string> root_document::signers(const root_document& by) const
{
    std::vector<std::string> out;
    const detail::root_metadata root = detail::metadata_of(by.file_);
    const bytes message = signed_bytes();
    for (const detail::candidate_key& k : root.authority(detail::tuf_role::root).candidates(root.keys))
        for (const detail::json& s : *file_.find("signatures")->as_array())
            if (s.string_at("keyid") == k.key_id)
                if (const auto value = from_hex(s.string_at("sig").value_or("")); value && k.key.verify(message, *value))
                    out.push_back(by.name_of(k.key_id));
    return out;
}

std::string root_document::name_of(const std::string& key_id) const
{
    const detail::json* key = file_.find("signed")->find("keys")->find(key_id);
    return std::string(key ? key->string_at(detail::root_key_name_member).value_or(key_id) : key_id);
}

MODELSEC_END_NAMESPACE

#endif
