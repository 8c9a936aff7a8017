// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_INTEGRATION_WORLD_HPP
#define MODELSEC_TESTS_INTEGRATION_WORLD_HPP

#include <modelsec/client.hpp>

#include <origin.hpp>
#include <publisher.hpp>
#include <shown_names.hpp>
#include <temp_dir.hpp>
#include <throwaway_ca.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <vector>

namespace integration {

using modelsec::errc;
using modelsec::event_kind;
using modelsec::reason;
using support::published_artifact;
using support::published_manifest;

/// What an attempt came to, all of it.
struct outcome
{
    errc code = errc::internal;
    modelsec::reason why = reason::none;
    std::string detail;
    modelsec::fetch_result result;
    std::vector<modelsec::event> events;
};

class fixed_clock : public modelsec::clock
{
public:
    explicit fixed_clock(std::chrono::sys_seconds start) : seconds_(start.time_since_epoch().count()) {}
    modelsec::utc_time now() const override { return modelsec::utc_time(std::chrono::seconds(seconds_.load())); }
    void move(std::chrono::seconds by) { seconds_ += by.count(); }

private:
    std::atomic<std::int64_t> seconds_;
};

/// One publisher, one origin, one store: everything a test needs, and nothing is left of it afterwards.
struct world
{
    explicit world(std::chrono::seconds lifetime_of_the_web = std::chrono::minutes(5));

    support::throwaway_ca ca;
    support::signer key{"v1"};
    support::origin web;
    support::temp_dir place;
    fixed_clock time;

    std::string store() const { return place / "store"; }
    modelsec::client_options options() const;
    /// The same, with a client certificate by `ca`.
    modelsec::client_options options_with_certificate();
    /// Asks for model "demo" at /manifest, signed by `key`, in DSSE.
    modelsec::fetch_options request() const;
    modelsec::client client() const { return modelsec::client(options()); }

    /// A manifest of the present with this one artifact, served at `path`; "any" platform.
    published_manifest manifest(const std::string& content, const std::string& path = "/model.bin",
                                std::uint64_t sequence = 1, const std::string& version = "1.0.0");
    /// Signs it as DSSE and puts it at /manifest.
    void publish(const published_manifest& m);
    /// Both of it.
    void release(const std::string& content, std::uint64_t sequence = 1, const std::string& version = "1.0.0",
                 const std::string& path = "/model.bin");
};

modelsec::pins pins_of(const std::vector<support::signer>& keys, unsigned threshold = 1);

/// Fetches, and checks on the way what holds for every attempt: exactly one final event, the last one, with the code and
/// reason of the outcome; progress from (0, total), never backwards nor beyond; nothing secret in any text.
outcome fetch(modelsec::client& client, modelsec::fetch_options options);
outcome fetch(const world& w, modelsec::fetch_options options);
outcome fetch(const world& w);
outcome ensure(const world& w, modelsec::fetch_options options);

/// Words that tests plant where secrets are; none may come out anywhere.
inline constexpr const char* planted_secret = "s3cr3t-PLANTED";
/// A text for users: no path, no address, no secret.
void expect_clean(const std::string& message);
/// A text for the owner: no secret.
void expect_no_secret(const std::string& detail);
void check_events(const outcome& o);

/// The version that is active now; empty: none.
std::string active_version(const world& w, const std::string& model = "demo");
/// The content of the one file of what is active, read through open().
std::string active_content(const world& w, const std::string& model = "demo");
/// Files and folders below a folder, relative, sorted.
std::vector<std::string> tree(const std::string& folder);

}  // namespace integration

#endif
