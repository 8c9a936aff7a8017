// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_TUF_WORLD_HPP
#define MODELSEC_TESTS_SUPPORT_TUF_WORLD_HPP

// A TUF repository and a client's metadata folder in memory, and a driver that notes what it is asked to do.

#include "tuf_publisher.hpp"

#include <modelsec/detail/trust/tuf_workflow.hpp>

#include <doctest/doctest.h>

#include <map>

namespace tuf_test {

using files = std::map<std::string, ms::bytes>;
using lines = std::vector<std::string>;

/// A repository, a metadata folder, and what a client asked of them.
struct world
{
    files served;
    files kept;
    lines done;
    std::string fail_at;
    std::string coding;  ///< that answers claim
    std::string detail;  ///< of the last failure

    ms::detail::trust_input perform(const ms::detail::trust_action& a)
    {
        using kind = ms::detail::trust_action::kind;
        static const std::map<kind, std::string> words{
            {kind::fetch, "fetch "}, {kind::load, "load "}, {kind::store, "store "}, {kind::remove, "remove "}};
        done.push_back(words.at(a.what) + a.name);
        if (done.back() == fail_at)
            return ms::detail::trust_input::failed(ms::fail(ms::reason::connection_lost));
        const auto& from = a.what == kind::fetch ? served : kept;
        if (a.what == kind::store)
            kept[a.name] = a.data;
        else if (a.what == kind::remove)
            kept.erase(a.name);
        else if (const auto it = from.find(a.name); it == from.end())
            return ms::detail::trust_input::absent();
        else if (it->second.size() > a.cap)
            return a.what == kind::load ? ms::detail::trust_input::absent()
                                        : ms::detail::trust_input::failed(ms::fail(ms::reason::too_large));
        else
            return ms::detail::trust_input::got(it->second, a.what == kind::fetch ? coding : std::string());
        return ms::detail::trust_input::finished();
    }

    ms::reason run(ms::detail::tuf_client& client, ms::result<ms::detail::trust_action> action)
    {
        while (action && action->what != ms::detail::trust_action::kind::done)
            action = client.resume(perform(*action));
        detail = action ? std::string() : action.error().detail;
        return action ? ms::reason::none : action.error().why;
    }

    ms::reason refresh(ms::detail::tuf_client& client) { return run(client, client.start()); }

    ms::reason refresh()
    {
        done.clear();
        ms::detail::tuf_client client(std::nullopt, now);
        return refresh(client);
    }

    /// Refreshes and searches. Returns where the target lies.
    ms::reason find(const std::string& path, std::string* location = nullptr)
    {
        done.clear();
        ms::detail::tuf_client client(std::nullopt, now);
        const auto why = run(client, client.start(path));
        if (why == ms::reason::none && location)
            *location = client.found_location();
        return why;
    }

    lines fetched() const
    {
        lines out;
        for (const auto& line : done)
            if (line.starts_with("fetch "))
                out.push_back(line.substr(6));
        return out;
    }
};

/// Everything signed and listed rightly; change what a test is about, then serve() again.
struct repository
{
    root_spec root;
    std::uint64_t timestamp_version = 1, snapshot_version = 1;
    std::map<std::string, std::pair<json, signers>> roles{{"targets", {targets(1), {4}}}};
    bool hashes = false;

    void serve(world& w) const
    {
        const auto versioned = [&](std::uint64_t version, const std::string& name) {
            return (root.consistent_snapshot ? std::to_string(version) + "." : "") + name + ".json";
        };
        w.served[std::to_string(root.version) + ".root.json"] = root.file({11});
        json::object meta;
        for (const auto& [name, role] : roles)
        {
            const ms::bytes file = sign(role.first, role.second);
            const auto version = role.first.size_at("version").value();
            w.served[versioned(version, ms::detail::encode_role_name(name))] = file;
            meta.emplace_back(name, hashes ? listed(version, file) : listed(version));
        }
        const ms::bytes s = sign(snapshot(snapshot_version, meta), root.snapshot.keys);
        w.served[versioned(snapshot_version, "snapshot")] = s;
        const json in_timestamp = hashes ? listed(snapshot_version, s) : listed(snapshot_version);
        w.served["timestamp.json"] = sign(timestamp(timestamp_version, in_timestamp), root.timestamp.keys);
    }

    void serve_next(world& w)
    {
        ++timestamp_version;
        ++snapshot_version;
        serve(w);
    }
};

/// A client that trusts the repository's root, and has refreshed once if asked.
inline world trusting(const repository& r, bool refreshed = false)
{
    world w;
    r.serve(w);
    w.kept["root.json"] = w.served.at("1.root.json");
    if (refreshed)
        REQUIRE(w.refresh() == ms::reason::none);
    return w;
}

inline std::uint64_t version_of(const ms::bytes& file)
{
    return ms::detail::parse_json(file)->find("signed")->size_at("version").value();
}

}  // namespace tuf_test

#endif
