// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_UNIT_FETCH_SCENE_HPP
#define MODELSEC_TESTS_UNIT_FETCH_SCENE_HPP

#include "publisher.hpp"
#include "temp_dir.hpp"
#include "zip_writer.hpp"

#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/client/store_operation.hpp>
#include <modelsec/detail/store/stream.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <thread>

// The driver, without a network: each test is a script of what the world answers, and fails or cancels it at every step.
namespace fetch_scene {

using namespace modelsec;

using namespace modelsec::detail;

struct fixed_clock final : modelsec::clock
{
    utc_time time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    utc_time now() const override { return time; }
};

/// What the scripted network serves, and where it stops doing so.
struct script
{
    std::string envelope;
    std::map<std::string, std::string> bodies;  ///< by URL
    std::string endpoint_answer;
    int steps = 0;  ///< taken so far
    int fail_at = -1;
    reason fail_by = reason::connection_lost;
    control* cancel_at_failure = nullptr;
    std::function<void()> during_download;
    std::function<void(const std::string& url)> during_exchange;
    int downloads = 0;
    int sizes_asked = 0;

    result<void> step()
    {
        if (steps++ != fail_at)
            return {};
        if (cancel_at_failure)
        {
            cancel_at_failure->cancel();
            return fail(reason::cancelled);
        }
        return fail(fail_by);
    }
};

class scripted_network final : public detail::network
{
public:
    explicit scripted_network(script& s) : script_(s) {}

    result<http_answer> exchange(const http_request& request) override
    {
        MODELSEC_CHECK(script_.step());
        if (script_.during_exchange)
            script_.during_exchange(request.url.str());
        if (request.url.str().ends_with(".root.json"))
            return http_answer{404, {}, {}, request.url};
        if (request.size_only)
        {
            ++script_.sizes_asked;
            const auto body = script_.bodies.find(request.url.str());
            if (body == script_.bodies.end())
                return fail(reason::not_found);
            http_answer said{206, {}, {}, request.url, body->second.size()};
            return said;
        }
        const std::string& text = request.url.display().ends_with("/endpoint") ? script_.endpoint_answer : script_.envelope;
        if (text.size() > request.body_cap)
            return fail(reason::too_large);
        return http_answer{200, {}, bytes(text.begin(), text.end()), request.url};
    }

    result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) override
    {
        std::vector<verified_file> out;
        std::uint64_t done = 0;
        for (const wanted_file& wanted : what.files)
        {
            ++script_.downloads;
            MODELSEC_CHECK(script_.step());
            // As the real one: a source whose file has another length is left for the next.
            const auto fits = std::ranges::find_if(wanted.sources, [&](const url& source) {
                const auto found = script_.bodies.find(source.str());
                return found != script_.bodies.end() && found->second.size() == wanted.expected->size_bytes;
            });
            const std::string& body = script_.bodies[(fits == wanted.sources.end() ? wanted.sources.front() : *fits).str()];
            MODELSEC_TRY(const file partial, staged.open_partial(wanted.expected->sha256));
            MODELSEC_CHECK(file_system::native().write_at(partial, 0, as_bytes(body)));
            if (script_.during_download)
                script_.during_download();
            MODELSEC_CHECK(script_.step());
            what.progress(done += body.size());
            if (what.fetched)
                *what.fetched += body.size();
            stream_verifier check(*wanted.expected);
            MODELSEC_CHECK(check.update(as_bytes(body)));
            MODELSEC_TRY(const verified_file good, check.finish());
            out.push_back(good);
        }
        return out;
    }

private:
    script& script_;
};

struct world
{
    support::temp_dir dir;
    support::signer key{"k"};
    fixed_clock time;
    client_options owner;
    fetch_options asked;
    script net;
    std::vector<event> events;

    world()
    {
        owner.store = dir / "store";
        owner.clock = std::shared_ptr<const modelsec::clock>(std::shared_ptr<const void>(), &time);
        owner.device = device_facts{std::uint64_t{1} << 40, std::uint64_t{1} << 40};
        asked.manifest.url = "https://h.example/manifest";
        pins keys;
        CHECK(keys.add(key.pin()).has_value());
        asked.trust = std::move(keys);
        asked.operation.events = [this](const event& e) { events.push_back(e); };
    }

    support::published_manifest manifest(std::uint64_t sequence, const std::string& version, const std::string& content,
                                         bool zip = false)
    {
        auto m = support::published_manifest::fresh();
        m.sequence = sequence;
        m.version = version;
        const std::string where = "https://h.example/" + version;
        net.bodies[where] = content;
        m.artifacts = {support::published_artifact::of(content, where)};
        m.artifacts[0].is_zip = zip;
        return m;
    }

    void offer(const support::published_manifest& m) { net.envelope = support::dsse_envelope(m.json(), {key}); }
    void offer(std::uint64_t sequence, const std::string& version, const std::string& content)
    {
        offer(manifest(sequence, version, content));
    }

    result<fetch_result> fetch(bool lenient = false)
    {
        events.clear();
        net.steps = 0;
        asked.operation.control = control();
        return detail::run_fetch(owner, asked, lenient,
                                 [this](http_client::environment) { return std::make_unique<scripted_network>(net); });
    }

    reason why(bool lenient = false)
    {
        const auto r = fetch(lenient);
        return r ? reason::none : r.error().why;
    }

    std::string active()
    {
        const auto pack = detail::open_active(owner, "demo");
        return pack ? pack->info().version : to_string(pack.error().why).data();
    }
};

/// Every attempt: one final event, the last one; progress from zero, upwards, to the total.
inline void check_events(const world& w)
{
    const auto final_events =
        std::count_if(w.events.begin(), w.events.end(), [](const event& e) { return e.kind == event_kind::done; });
    CHECK(final_events == 1);
    REQUIRE_FALSE(w.events.empty());
    CHECK(w.events.back().kind == event_kind::done);
    std::uint64_t last = 0;
    bool first = true;
    for (const event& e : w.events)
        if (e.kind == event_kind::progress)
        {
            CHECK((first ? e.bytes == 0 : e.bytes > last));
            CHECK(e.bytes <= e.total);
            last = e.bytes;
            first = false;
        }
}

inline const std::string body_1(100'000, '1'), body_2(1'500'000, '2');

}  // namespace fetch_scene

#endif
