// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fetch_scene.hpp"

using namespace fetch_scene;

TEST_SUITE_BEGIN("fetch");

TEST_CASE("a fetch makes a model active, and a second one finds it so without an artifact request")
{
    world w;
    w.offer(1, "1.0", body_1);
    const auto first = w.fetch();
    REQUIRE(first.has_value());
    CHECK(first->bytes_fetched == body_1.size());
    CHECK_FALSE(first->already_active);
    check_events(w);
    CHECK(support::read_file(first->path + "/model.bin") == body_1);

    w.net.downloads = 0;
    const auto second = w.fetch();
    REQUIRE(second.has_value());
    CHECK(second->already_active);
    CHECK(second->path == first->path);
    CHECK(w.net.downloads == 0);
    check_events(w);
}

TEST_CASE("a failure or a cancel at any step leaves the active model as it was, and the next fetch succeeds")
{
    for (const bool cancel : {false, true})
        for (int step = 0; step < 3; ++step)
        {
            CAPTURE(step);
            CAPTURE(cancel);
            world w;
            w.offer(1, "1.0", body_1);
            REQUIRE(w.fetch().has_value());
            w.offer(2, "2.0", body_2);
            w.net.fail_at = step;
            w.net.cancel_at_failure = cancel ? &w.asked.operation.control : nullptr;
            CHECK(w.why() == (cancel ? reason::cancelled : reason::connection_lost));
            check_events(w);
            CHECK(w.events.back().code == (cancel ? errc::cancelled : errc::network));
            CHECK(w.active() == "1.0");
            w.net.fail_at = -1;
            CHECK(w.why() == reason::none);
            CHECK(w.active() == "2.0");
        }
}

TEST_CASE("a cancel between the last byte and activation is a cancel")
{
    world w;
    w.offer(1, "1.0", body_1);
    w.net.during_download = [&] { w.asked.operation.control.cancel(); };
    CHECK(w.why() == reason::cancelled);
    CHECK(w.active() == "none_active");
}

TEST_CASE("a sequence is raised before any artifact byte, and stays raised when the download fails")
{
    world w;
    w.offer(5, "5.0", body_1);
    w.net.fail_at = 1;
    CHECK(w.why() == reason::connection_lost);
    w.net.fail_at = -1;
    w.offer(4, "4.0", body_2);
    CHECK(w.why() == reason::older_sequence);
    w.offer(5, "5.0", body_1);
    CHECK(w.why() == reason::none);
}

TEST_CASE("a failed download never rejects: the same pack is welcome the next time")
{
    world w;
    w.offer(1, "1.0", body_1);
    const std::string good = std::exchange(w.net.bodies["https://h.example/1.0"], std::string(body_1.size(), 'x'));
    CHECK(w.why() == reason::digest_mismatch);
    const auto status = detail::read_status(w.owner);
    REQUIRE(status.has_value());
    REQUIRE(status->size() == 1);
    CHECK(status->front().rejected.empty());
    w.net.bodies["https://h.example/1.0"] = good;
    CHECK(w.why() == reason::none);
    CHECK(w.active() == "1.0");
}

TEST_CASE("a dry run changes nothing and says what would be")
{
    world w;
    w.asked.dry_run = true;
    w.offer(5, "5.0", body_1);
    const auto dry = w.fetch();
    REQUIRE(dry.has_value());
    CHECK(dry->version == "5.0");
    CHECK_FALSE(dry->already_active);
    CHECK(w.net.downloads == 0);
    CHECK_FALSE(std::filesystem::exists(w.owner.store));
    w.asked.dry_run = false;
    w.offer(4, "4.0", body_1);
    CHECK(w.why() == reason::none);
}

TEST_CASE("offline asks nobody: what is active, or nothing")
{
    world w;
    w.asked.offline = true;
    w.asked.model_id = "demo";
    CHECK(w.why() == reason::none_active);
    w.asked.offline = false;
    w.offer(1, "1.0", body_1);
    REQUIRE(w.fetch().has_value());
    w.asked.offline = true;
    w.time.time += std::chrono::hours(24 * 365);  // expiry gates activation, not use
    const auto r = w.fetch();
    REQUIRE(r.has_value());
    CHECK(r->already_active);
    CHECK(w.net.steps == 0);
}

TEST_CASE("ensure is content with what is active where the network fails, and only there")
{
    world w;
    w.asked.model_id = "demo";
    w.offer(1, "1.0", body_1);
    w.net.fail_at = 0;
    CHECK(w.why(true) == reason::connection_lost);  // nothing is active yet
    w.net.fail_at = -1;
    REQUIRE(w.fetch(true).has_value());
    for (const reason why : {reason::connection_lost, reason::host_mismatch, reason::server_error, reason::rate_limited})
    {
        w.net.fail_at = 0;
        w.net.fail_by = why;
        const auto r = w.fetch(true);
        REQUIRE(r.has_value());
        CHECK(r->stale);
        CHECK(r->version == "1.0");
        check_events(w);
        CHECK(w.events.back().why == why);
    }
    w.net.fail_by = reason::unauthorized;
    CHECK(w.why(true) == reason::unauthorized);
    w.net.fail_at = -1;
    w.net.envelope = "{}";
    CHECK(w.why(true) == reason::envelope_malformed);
}

TEST_CASE(
    "ensure waits for a manifest as long as it may, then does with what is active and says why; a download has its own time")
{
    struct moving_clock final : modelsec::clock
    {
        fixed_clock wall;
        steady_time steady{std::chrono::hours(1)};
        utc_time now() const override { return wall.now(); }
        steady_time steady_now() const override { return steady; }
    } time;
    /// A server that takes its time.
    struct late_network final : detail::network
    {
        scripted_network inner;
        moving_clock& time;
        std::optional<steady_time> due;
        std::chrono::seconds manifest_takes, files_take;

        late_network(script& s, moving_clock& c, std::optional<steady_time> until, int manifest, int files)
            : inner(s), time(c), due(until), manifest_takes(manifest), files_take(files)
        {
        }
        result<void> wait(std::chrono::seconds how_long)
        {
            if (due && time.steady + how_long >= *due)
            {
                time.steady = *due;
                return fail(reason::deadline);
            }
            time.steady += how_long;
            return {};
        }
        result<http_answer> exchange(const http_request& request) override
        {
            MODELSEC_CHECK(wait(manifest_takes));
            return inner.exchange(request);
        }
        result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) override
        {
            MODELSEC_CHECK(wait(files_take));
            return inner.fetch_files(what, staged);
        }
        void set_deadline(std::optional<steady_time> until) override { due = until; }
    };

    world w;
    w.asked.model_id = "demo";
    w.owner.clock = std::shared_ptr<const modelsec::clock>(std::shared_ptr<const void>(), &time);
    const auto run = [&](int manifest, int files, bool lenient) {
        w.events.clear();
        w.net.steps = 0;
        w.asked.operation.control = control();
        return detail::run_fetch(w.owner, w.asked, lenient, [&](http_client::environment env) {
            return std::make_unique<late_network>(w.net, time, env.deadline, manifest, files);
        });
    };
    w.offer(1, "1.0", body_1);
    {
        const auto r = run(11, 0, true);  // nothing is active yet
        REQUIRE(r.has_error());
        CHECK(r.error().why == reason::manifest_late);
        CHECK(r.error().code() == errc::network);
    }
    REQUIRE(run(9, 3600, true).has_value());  // in time; the download may take an hour
    w.offer(2, "2.0", body_2);
    {
        const auto r = run(11, 0, true);
        REQUIRE(r.has_value());
        CHECK(r->stale);
        CHECK(r->stale_why == reason::manifest_late);
        CHECK(r->version == "1.0");
        check_events(w);
    }
    // fetch() knows of no such time, and its own deadline is told as what it is.
    w.asked.operation.deadline = std::chrono::seconds(5);
    {
        const auto r = run(11, 0, true);
        REQUIRE(r.has_value());
        CHECK(r->stale_why == reason::deadline);
    }
    w.asked.operation.deadline.reset();
    w.owner.caps.fallback_after = std::chrono::milliseconds(0);
    REQUIRE(run(3600, 0, true).has_value());
    CHECK(w.active() == "2.0");
    w.owner.caps.fallback_after = std::chrono::seconds(10);
    w.offer(3, "3.0", body_1);
    REQUIRE(run(3600, 0, false).has_value());
    CHECK(w.active() == "3.0");
}

TEST_CASE("a request that cannot be meant is a usage error, before anything is asked")
{
    const auto why = [](const std::function<void(world&)>& change) {
        world w;
        w.offer(1, "1.0", body_1);
        change(w);
        const reason r = w.why();
        CHECK(w.net.steps == 0);
        check_events(w);
        return r;
    };
    CHECK(why([](world& w) { w.asked.trust = std::monostate(); }) == reason::trust_source_missing);
    CHECK(why([](world& w) { w.asked.trust = pins(); }) == reason::trust_source_missing);
    CHECK(why([](world& w) { std::get<pins>(w.asked.trust).set_threshold(2); }) == reason::bad_option);
    CHECK(why([](world& w) { w.asked.manifest.url.clear(); }) == reason::bad_option);
    CHECK(why([](world& w) { w.asked.manifest.file = "also"; }) == reason::bad_option);
    CHECK(why([](world& w) { w.asked.manifest.url = "http://h.example/m"; }) == reason::plain_http);
    CHECK(why([](world& w) { w.asked.format = envelope_format::pack; }) == reason::model_required);
    CHECK(why([](world& w) { w.asked.model_id = "../x"; }) == reason::bad_option);
    CHECK(why([](world& w) { w.owner.store.clear(); }) == reason::bad_option);
    CHECK(why([](world& w) {
              w.asked.manifest.headers = {{"Authorization", "Bearer hf_abc"}};
          }) == reason::storage_credentials);
    CHECK(why([](world& w) { w.asked.offline = true; }) == reason::model_required);
}

TEST_CASE("what a device lacks, a platform without an artifact and another model are refused")
{
    world w;
    auto m = w.manifest(1, "1.0", body_1);
    m.min_ram_mb = 8192;
    w.offer(m);
    w.owner.device = device_facts{4'000'000'000, 1'000'000'000'000};
    CHECK(w.why() == reason::min_ram);
    w.owner.device = device_facts{8'192'000'000, 1'000'000'000'000};
    w.asked.platforms = {"elsewhere"};
    CHECK(w.why() == reason::no_artifact);
    w.asked.platforms.clear();
    w.asked.model_id = "other";
    CHECK(w.why() == reason::model_mismatch);
    CHECK(w.net.downloads == 0);
}

TEST_CASE("an archive is unpacked at the top of its pack, and a bad one is refused with nothing left of it")
{
    world w;
    const std::string good = support::zip_of({{"a.bin", "aaa"}, {"dir/b.bin", "bb"}});
    w.offer(w.manifest(1, "1.0", good, true));
    const auto r = w.fetch();
    REQUIRE(r.has_value());
    CHECK(support::read_file(r->path + "/a.bin") == "aaa");
    CHECK(support::read_file(r->path + "/dir/b.bin") == "bb");
    CHECK(w.events.size() > 3);

    w.offer(w.manifest(2, "2.0", support::zip_of({{"../a.bin", "aaa"}}), true));
    CHECK(w.why() == reason::unsafe_name);
    w.offer(w.manifest(3, "3.0", "this is no archive", true));
    CHECK(w.why() == reason::unsafe_archive);
    CHECK(w.active() == "1.0");
}

TEST_CASE("after a rollback the pack that was left does not come back by itself")
{
    world w;
    w.offer(1, "1.0", body_1);
    REQUIRE(w.fetch().has_value());
    w.offer(2, "2.0", body_2);
    REQUIRE(w.fetch().has_value());
    const auto back = detail::run_rollback(w.owner, {"demo", w.asked.trust});
    REQUIRE(back.has_value());
    CHECK(back->version == "1.0");
    CHECK(w.active() == "1.0");
    CHECK(w.why() == reason::rejected);
    CHECK(detail::run_rollback(w.owner, {"demo", {}}).error().why == reason::no_last_good);
    w.offer(3, "2.1", body_2 + "fixed");
    CHECK(w.why() == reason::none);
}

TEST_CASE("a rollback asks trust again: a pack whose key was revoked does not come back")
{
    world w;
    w.offer(1, "1.0", body_1);
    REQUIRE(w.fetch().has_value());
    w.offer(2, "2.0", body_2);
    REQUIRE(w.fetch().has_value());
    pins revoked;
    pin p = std::get<pins>(w.asked.trust).keys().front();
    p.revoked = true;
    REQUIRE(revoked.add(p).has_value());
    CHECK(detail::run_rollback(w.owner, {"demo", revoked}).error().why == reason::key_revoked);
    CHECK(w.active() == "2.0");
}

TEST_CASE("a server that varies the envelope around one statement does not fill the disk")
{
    world w;
    w.offer(1, "1.0", body_1);
    const std::string text = w.net.envelope;
    for (int i = 0; i < 5; ++i)
    {
        CHECK(w.why() == reason::none);
        w.net.envelope = text + std::string(static_cast<std::size_t>(i) + 1, ' ');
    }
    const std::filesystem::directory_iterator kept(w.owner.store + "/.modelsec/envelopes"), end;
    CHECK(std::distance(kept, end) == 1);
}

TEST_CASE("an encrypted artifact is refused where nothing here knows the scheme")
{
    world w;
    json doc = parse_json(as_bytes(w.manifest(1, "1.0", body_1).json())).value();
    json artifact = doc.find("artifacts")->as_array()->front();
    artifact.set("encryption", json{{"scheme", "rot13-stream"},
                                    {"chunk_bytes", 65536},
                                    {"key_id", "k"},
                                    {"plain_sha256", std::string(64, 'a')},
                                    {"plain_size_bytes", 1}});
    doc.set("artifacts", json::array{std::move(artifact)});
    w.net.envelope = support::dsse_envelope(doc.dump(), {w.key});
    CHECK(w.why() == reason::encrypted);
    CHECK(w.net.downloads == 0);
}

TEST_CASE("the deadline of an attempt holds for all of it")
{
    world w;
    w.offer(1, "1.0", body_1);
    w.asked.operation.deadline = std::chrono::milliseconds(1);
    w.net.during_download = [] { std::this_thread::sleep_for(std::chrono::milliseconds(3)); };
    CHECK(w.why() == reason::deadline);
    CHECK(w.active() == "none_active");
}

TEST_CASE("two different packs under one sequence are equivocation; the same one again is fine")
{
    world w;
    w.offer(1, "1.0", body_1);
    REQUIRE(w.fetch().has_value());
    w.offer(1, "1.0", body_2);
    CHECK(w.why() == reason::equivocation);
    w.offer(1, "1.0", body_1);
    CHECK(w.why() == reason::none);
    w.offer(2, "1.0", body_2);
    CHECK(w.why() == reason::none);  // the same version with other bytes is another pack
    CHECK(w.active() == "1.0");
}

namespace {

/// A world whose manifests are pack envelopes.
struct pack_world : world
{
    pack_world()
    {
        asked.model_id = "demo";
        asked.format = envelope_format::pack;
    }

    void offer_pack(const std::string& version, const std::string& content, std::optional<std::uint64_t> sequence = {},
                    std::optional<utc_time> issued_at = {}, const support::signer* by = nullptr)
    {
        auto m = support::published_manifest::bare();
        m.version = version;
        m.sequence = sequence;
        m.issued_at = issued_at;
        const std::string where = "https://h.example/" + version;
        net.bodies[where] = content;
        m.artifacts = {support::published_artifact::of(content, where)};
        net.envelope = support::pack_envelope(m.json(), by ? *by : key);
    }

    std::ptrdiff_t warnings(reason about) const
    {
        return std::count_if(events.begin(), events.end(),
                             [&](const event& e) { return e.kind == event_kind::warning && e.why == about; });
    }
};

}  // namespace

TEST_CASE("a pack envelope after a DSSE manifest is a downgrade")
{
    pack_world w;
    w.offer_pack("1.0", body_1);
    CHECK(w.why() == reason::none);
    w.asked.format = envelope_format::dsse;
    w.offer(1, "3.0", body_1 + "3");
    CHECK(w.why() == reason::none);
    w.asked.format = envelope_format::pack;
    w.offer_pack("4.0", body_2 + "4");
    CHECK(w.why() == reason::format_downgrade);
}

TEST_CASE("where nothing orders the packs, a replayed one locks out none, and the owner is warned")
{
    pack_world w;
    w.offer_pack("1", body_1);
    CHECK(w.why() == reason::none);
    CHECK(w.warnings(reason::unordered) == 1);
    w.offer_pack("3", body_1 + "3");
    CHECK(w.why() == reason::none);
    w.offer_pack("2", body_2);  // the host's replay
    CHECK(w.why() == reason::none);
    w.offer_pack("3", body_1 + "3");
    CHECK(w.why() == reason::none);
    CHECK(w.active() == "3");
    CHECK(w.warnings(reason::unordered) == 1);
    w.asked.dry_run = true;
    CHECK(w.why() == reason::none);
    CHECK(w.warnings(reason::unordered) == 1);
    w.asked.dry_run = false;
    w.asked.require_order = true;
    CHECK(w.why() == reason::unordered);
    CHECK(w.active() == "3");
}

TEST_CASE("in pack as in DSSE, sequence or lacking it the time of issue decides, and neither is given up again")
{
    pack_world w;
    const utc_time noon = w.time.time - std::chrono::hours(20);
    w.offer_pack("1", body_1, {}, noon);
    CHECK(w.why() == reason::none);
    CHECK(w.warnings(reason::unordered) == 0);
    w.offer_pack("2", body_2, {}, noon);
    CHECK(w.why() == reason::equivocation);
    w.offer_pack("0", body_2, {}, noon - std::chrono::seconds(1));
    CHECK(w.why() == reason::older_issue);
    w.offer_pack("2", body_2);
    CHECK(w.why() == reason::order_lost);
    w.offer_pack("2", body_2, {}, noon + std::chrono::seconds(1));
    CHECK(w.why() == reason::none);

    w.offer_pack("3", body_1 + "3", 7);
    CHECK(w.why() == reason::none);
    w.offer_pack("4", body_1 + "4", {}, noon + std::chrono::hours(1));
    CHECK(w.why() == reason::order_lost);
    w.offer_pack("4", body_1 + "4", 6);
    CHECK(w.why() == reason::older_sequence);
    w.offer_pack("4", body_1 + "4", 7);
    CHECK(w.why() == reason::equivocation);
    CHECK(w.active() == "3");
}

TEST_CASE("when a thief's key is revoked, what it put in the way falls, and honest bytes signed anew are welcome")
{
    for (const bool ordered : {false, true})
    {
        CAPTURE(ordered);
        pack_world w;
        const support::signer stolen("old"), fresh("new");
        pins both;
        REQUIRE(both.add(stolen.pin()).has_value());
        w.asked.trust = both;
        const auto number = [&](std::uint64_t n) { return ordered ? std::optional(n) : std::nullopt; };
        w.offer_pack("1", body_1, number(1), {}, &stolen);
        REQUIRE(w.why() == reason::none);
        w.offer_pack("evil", body_2, number(900), {}, &stolen);
        REQUIRE(w.why() == reason::none);

        pin revoked = both.keys().front();
        revoked.revoked = true;
        pins later;
        REQUIRE(later.add(revoked).has_value());
        REQUIRE(later.add(fresh.pin()).has_value());
        w.asked.trust = later;
        w.offer_pack("1", body_1, number(2), {}, &fresh);
        CHECK(w.why() == reason::none);
        CHECK(w.active() == "1");
    }
}

TEST_CASE("a rollback with trust asks whether keys that are valid now vouch for the bytes, whatever the pack came by")
{
    world w;
    const support::signer fresh("new");
    w.offer(1, "1.0", body_1);
    REQUIRE(w.fetch().has_value());
    const auto again = w.manifest(1, "1.0", body_1);
    w.offer(2, "2.0", body_2);
    REQUIRE(w.fetch().has_value());

    pin revoked = std::get<pins>(w.asked.trust).keys().front();
    revoked.revoked = true;
    pins later;
    REQUIRE(later.add(revoked).has_value());
    REQUIRE(later.add(fresh.pin()).has_value());
    CHECK(detail::run_rollback(w.owner, {"demo", later}).error().code() == errc::signature);

    // The publisher signs the old pack anew, by the new key: accepted, then left for another one.
    w.asked.trust = later;
    auto renewed = again;
    renewed.sequence = 3;
    w.net.envelope = support::dsse_envelope(renewed.json(), {fresh});
    REQUIRE(w.fetch().has_value());
    CHECK(w.active() == "1.0");
    w.net.envelope = support::dsse_envelope(w.manifest(4, "4.0", body_2 + "4").json(), {fresh});
    REQUIRE(w.fetch().has_value());
    CHECK(detail::run_rollback(w.owner, {"demo", later}).has_value());
    CHECK(w.active() == "1.0");
}

TEST_CASE("a manifest that expires while a long download runs is not activated")
{
    world w;
    w.offer(1, "1.0", body_1);
    w.net.during_download = [&] { w.time.time += std::chrono::hours(24 * 60); };
    CHECK(w.why() == reason::manifest_expired);
    CHECK(w.active() == "none_active");
}

TEST_CASE("what is active but was damaged is fetched again")
{
    world w;
    w.offer(1, "1.0", body_1);
    const auto r = w.fetch();
    REQUIRE(r.has_value());
    std::ofstream(r->path + "/model.bin", std::ios::binary | std::ios::in) << "X";
    CHECK(w.active() == "pack_damaged");
    w.net.downloads = 0;
    CHECK(w.why() == reason::none);
    CHECK(w.net.downloads == 1);
    CHECK(w.active() == "1.0");
}

TEST_SUITE_END();
