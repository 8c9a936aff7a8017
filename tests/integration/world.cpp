// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "world.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace integration {
namespace {

support::origin_options tls_by(const support::throwaway_ca& ca, std::chrono::seconds lifetime)
{
    support::origin_options options;
    options.server = ca.issue();
    options.lifetime = lifetime;
    return options;
}

std::chrono::sys_seconds present()
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

template <class Operation>
outcome observe(modelsec::fetch_options options, Operation run)
{
    outcome o;
    const auto also = options.operation.events;
    options.operation.events = [&](const modelsec::event& e) {
        o.events.push_back(e);
        if (also)
            also(e);
    };
    modelsec::error_code ec;
    modelsec::diagnostics diag;
    o.result = run(options, ec, diag);
    o.code = static_cast<errc>(ec.value());
    o.why = diag.why;
    o.detail = diag.detail;
    expect_clean(ec.message());
    check_events(o);
    return o;
}

}  // namespace

world::world(std::chrono::seconds lifetime_of_the_web) : web(tls_by(ca, lifetime_of_the_web)), time(present())
{
    place.write("ca.pem", ca.certificate());
}

modelsec::client_options world::options() const
{
    modelsec::client_options made;
    made.store = store();
    made.transport.tls.ca_file = place / "ca.pem";
    made.clock = std::shared_ptr<const modelsec::clock>(std::shared_ptr<const void>(), &time);
    made.caps.retries = 1;
    made.lock_wait = std::chrono::seconds(30);
    return made;
}

modelsec::client_options world::options_with_certificate()
{
    support::certificate_wish wish;
    wish.for_client = true;
    const auto me = ca.issue(wish);
    auto made = options();
    made.transport.tls.certificate_file = place.write("me.pem", me.certificate);
    made.transport.tls.private_key_file = place.write("me.key", me.private_key);
    return made;
}

modelsec::fetch_options world::request() const
{
    modelsec::fetch_options made;
    made.manifest.url = web.url("/manifest");
    made.trust = pins_of({key});
    made.model_id = "demo";
    made.operation.deadline = std::chrono::seconds(60);
    return made;
}

published_manifest world::manifest(const std::string& content, const std::string& path, std::uint64_t sequence,
                                   const std::string& version)
{
    web.serve(path, content);
    auto made = published_manifest::fresh();
    made.sequence = sequence;
    made.version = version;
    made.artifacts = {published_artifact::of(content, web.url(path))};
    return made;
}

void world::publish(const published_manifest& m)
{
    web.serve("/manifest", support::dsse_envelope(m.json(), {key}), "application/json");
}

void world::release(const std::string& content, std::uint64_t sequence, const std::string& version, const std::string& path)
{
    publish(manifest(content, path, sequence, version));
}

modelsec::pins pins_of(const std::vector<support::signer>& keys, unsigned threshold)
{
    modelsec::pins made;
    for (const auto& k : keys)
        REQUIRE(made.add(k.pin()).has_value());
    made.set_threshold(threshold);
    return made;
}

outcome fetch(modelsec::client& client, modelsec::fetch_options options)
{
    return observe(std::move(options),
                   [&](const auto& asked, auto& ec, auto& diag) { return client.fetch(asked, ec, diag); });
}

outcome fetch(const world& w, modelsec::fetch_options options)
{
    auto client = w.client();
    return fetch(client, std::move(options));
}

outcome fetch(const world& w)
{
    return fetch(w, w.request());
}

outcome ensure(const world& w, modelsec::fetch_options options)
{
    auto client = w.client();
    return observe(std::move(options),
                   [&](const auto& asked, auto& ec, auto& diag) { return client.ensure(asked, ec, diag); });
}

void expect_no_secret(const std::string& detail)
{
    CHECK_MESSAGE(detail.find(planted_secret) == std::string::npos, detail);
}

void expect_clean(const std::string& message)
{
    expect_no_secret(message);
    const auto temporary = std::filesystem::temp_directory_path().string();
    for (const auto& never : std::vector<std::string>{temporary, "/home", "://", "127.0.0.1", "?"})
        CHECK_MESSAGE(message.find(never) == std::string::npos, message);
}

void check_events(const outcome& o)
{
    CHECK_MESSAGE(o.code != errc::internal, o.detail);  // no test here asks for a bug
    REQUIRE(!o.events.empty());
    const auto& last = o.events.back();
    CHECK(std::count_if(o.events.begin(), o.events.end(), [](const auto& e) { return e.kind == event_kind::done; }) == 1);
    CHECK(last.kind == event_kind::done);
    CHECK(last.code == o.code);
    if (!o.result.stale)
        CHECK(last.why == o.why);
    expect_no_secret(o.detail);
    expect_clean(std::string(modelsec::hint(o.why)));

    const modelsec::event* before = nullptr;
    for (const auto& e : o.events)
    {
        expect_no_secret(e.host + e.model_id);
        if (e.kind != event_kind::progress)
            continue;
        CHECK(e.bytes <= e.total);
        if (before == nullptr || before->stage != e.stage)
            CHECK(e.bytes == 0);
        else
        {
            CHECK(e.bytes >= before->bytes);
            CHECK(e.bytes - before->bytes <= (512u << 10));
            CHECK(e.total == before->total);
        }
        before = &e;
    }
    if (o.code == errc::ok && before != nullptr)
        CHECK(before->bytes == before->total);
}

std::string active_version(const world& w, const std::string& model)
{
    for (const auto& status : w.client().status())
        if (status.model_id == model && status.active)
            return status.active->version;
    return {};
}

std::string active_content(const world& w, const std::string& model)
{
    const auto pack = w.client().open(model);
    REQUIRE(pack.only_file() != nullptr);
    std::string content(pack.only_file()->size, '\0');
    const auto got = ::pread(pack.only_file()->descriptor(), content.data(), content.size(), 0);
    REQUIRE(got == static_cast<ssize_t>(content.size()));
    return content;
}

std::vector<std::string> tree(const std::string& folder)
{
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        found.push_back(std::filesystem::relative(entry.path(), folder).string());
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace integration
