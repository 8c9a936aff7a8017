// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_TUF_PUBLISHER_HPP
#define MODELSEC_TESTS_SUPPORT_TUF_PUBLISHER_HPP

// Makes and signs TUF metadata in memory, right or as wrong as a test wants it.

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/trust/metadata.hpp>

#include <sodium.h>

#include <array>
#include <string>
#include <vector>

namespace tuf_test {

namespace ms = modelsec;
using ms::detail::json;

inline const ms::utc_time now = ms::parse_rfc3339("2026-06-01T00:00:00Z").value();
inline const std::string later = "2026-07-01T00:00:00Z";
inline const std::string earlier = "2026-05-01T00:00:00Z";

/// An Ed25519 key made from a number; its id is "k<number>".
struct signer
{
    std::string id;
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> pk{};
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> sk{};

    signer(int number) : id("k" + std::to_string(number))
    {
        std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
        seed.fill(static_cast<unsigned char>(number));
        crypto_sign_seed_keypair(pk.data(), sk.data(), seed.data());
    }

    json key() const
    {
        return {{"keytype", "ed25519"}, {"scheme", "ed25519"}, {"keyval", json{{"public", ms::to_hex(pk)}}}};
    }

    json sign(std::string_view message) const
    {
        ms::bytes sig(crypto_sign_BYTES);
        const auto m = ms::as_bytes(message);
        crypto_sign_detached(sig.data(), nullptr, m.data(), m.size(), sk.data());
        return {{"keyid", id}, {"sig", ms::to_hex(sig)}};
    }
};

using signers = std::vector<signer>;

inline ms::bytes to_bytes(std::string_view text)
{
    return {ms::as_bytes(text).begin(), ms::as_bytes(text).end()};
}

/// A metadata file: the signed part with the signatures of these keys, in this order.
inline ms::bytes sign(const json& signed_part, const signers& by)
{
    const std::string canonical = signed_part.canonical().value();
    json::array signatures;
    for (const signer& s : by)
        signatures.push_back(s.sign(canonical));
    return to_bytes(json{{"signatures", signatures}, {"signed", signed_part}}.dump());
}

/// A signed part as it is read from a file, whose text is gone afterwards.
template <class Read>
auto read_part(const json& part, const Read& read)
{
    const std::string text = part.dump();
    const auto document = ms::detail::json_document::parse(ms::as_bytes(text), 16).value();
    return read(document.root());
}

inline auto read_timestamp(const json& part)
{
    return read_part(part, [](auto view) { return ms::detail::parse_timestamp(view); });
}

inline auto read_snapshot(const json& part)
{
    return read_part(part, [](auto view) { return ms::detail::parse_snapshot(view); });
}

/// What it says of the target at `path`.
inline auto read_targets(const json& part, std::string_view path = {}, const ms::limits& caps = {})
{
    return read_part(part, [&](auto view) { return ms::detail::parse_targets(view, path, caps); });
}

struct role
{
    signers keys;
    unsigned threshold = 1;
};

inline json authority(const role& r)
{
    json::array ids;
    for (const signer& s : r.keys)
        ids.emplace_back(s.id);
    return {{"keyids", ids}, {"threshold", r.threshold}};
}

inline json header(const char* type, std::uint64_t version, const std::string& expires = later)
{
    return {{"_type", type}, {"spec_version", "1.0.34"}, {"version", version}, {"expires", expires}};
}

struct root_spec
{
    std::uint64_t version = 1;
    role root{{1}}, timestamp{{2}}, snapshot{{3}}, targets{{4}};
    std::string expires = later;
    bool consistent_snapshot = true;

    json signed_part() const
    {
        json keys = json::object();
        json roles = json::object();
        for (const auto& [name, r] : {std::pair("root", &root), std::pair("timestamp", &timestamp),
                                      std::pair("snapshot", &snapshot), std::pair("targets", &targets)})
        {
            for (const signer& s : r->keys)
                keys.set(s.id, s.key());
            roles.set(name, authority(*r));
        }
        json out = header("root", version, expires);
        out.set("consistent_snapshot", consistent_snapshot);
        out.set("keys", keys);
        out.set("roles", roles);
        return out;
    }

    /// Signed by its own keys, and by some more.
    ms::bytes file(const signers& more = {}) const
    {
        signers by = root.keys;
        by.insert(by.end(), more.begin(), more.end());
        return sign(signed_part(), by);
    }
};

/// How one metadata file is listed in another.
inline json listed(std::uint64_t version)
{
    return {{"version", version}};
}

inline json listed(std::uint64_t version, const ms::bytes& file)
{
    return {
        {"version", version}, {"length", std::uint64_t{file.size()}}, {"hashes", json{{"sha256", ms::sha256(file).hex()}}}};
}

inline json timestamp(std::uint64_t version, json snapshot, const std::string& expires = later)
{
    json out = header("timestamp", version, expires);
    out.set("meta", json{{"snapshot.json", std::move(snapshot)}});
    return out;
}

inline json snapshot(std::uint64_t version, json::object roles, const std::string& expires = later)
{
    json out = header("snapshot", version, expires);
    json meta = json::object();
    for (auto& [name, file] : roles)
        meta.set(name + ".json", file);
    out.set("meta", meta);
    return out;
}

inline json target(std::string_view content)
{
    return {{"length", std::uint64_t{content.size()}},
            {"hashes", json{{"sha256", ms::sha256(ms::as_bytes(content)).hex()}}}};
}

inline json targets(std::uint64_t version, json::object files = {}, const std::string& expires = later)
{
    json out = header("targets", version, expires);
    out.set("targets", json(std::move(files)));
    return out;
}

struct delegation
{
    std::string name;
    role by;
    std::vector<std::string> paths{"*"};
    bool terminating = false;
};

/// Adds delegations to targets metadata.
inline json delegating(json targets, const std::vector<delegation>& to)
{
    json keys = json::object();
    json::array roles;
    for (const delegation& d : to)
    {
        for (const signer& s : d.by.keys)
            keys.set(s.id, s.key());
        json r = authority(d.by);
        json::array paths;
        for (const auto& p : d.paths)
            paths.emplace_back(p);
        r.set("name", d.name);
        r.set("terminating", d.terminating);
        r.set("paths", paths);
        roles.push_back(r);
    }
    targets.set("delegations", json{{"keys", keys}, {"roles", roles}});
    return targets;
}

}  // namespace tuf_test

#endif
