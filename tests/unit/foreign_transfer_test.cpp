// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A download whose bytes others bring: out of order, twice, wrongly, and while the application is dead.
#include "faulty_file_system.hpp"
#include "fetch_scene.hpp"
#include "tuf_publisher.hpp"

#include <modelsec/detail/store/store.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <random>

using namespace fetch_scene;

namespace {

constexpr std::uint64_t chunk = 256u << 10;
constexpr std::chrono::hours day{24};

std::string random_text(std::size_t size)
{
    std::mt19937 random(7);
    std::string out(size, '\0');
    for (char& c : out)
        c = static_cast<char>(random());
    return out;
}

const std::string weights = random_text(4 * chunk + 1000);

struct transfer_world : world
{
    std::optional<foreign_job> job;
    foreign_terms terms{day, 2 * chunk};

    explicit transfer_world(std::uint64_t chunk_bytes = chunk) { offer_weights(1, chunk_bytes); }

    void offer_weights(std::uint64_t sequence, std::uint64_t chunk_bytes)
    {
        auto m = manifest(sequence, std::to_string(sequence) + ".0", weights);
        if (chunk_bytes != 0)
            m.artifacts[0].in_chunks(weights, chunk_bytes);
        m.artifacts[0].mirrors = {"https://mirror.example/w"};
        offer(m);
    }
    network_maker maker()
    {
        return [this](http_client::environment) { return std::make_unique<scripted_network>(net); };
    }
    result<void> begin()
    {
        events.clear();
        net.steps = 0;
        auto begun = run_begin_foreign(owner, asked, maker());
        if (begun.has_error())
            return std::move(begun).error();
        job = std::move(*begun);
        return {};
    }
    result<std::optional<foreign_range>> next() { return fetch_operation(owner, asked, maker()).hand_out(*job, terms); }
    result<std::uint64_t> deliver(const std::string& id, std::string_view data)
    {
        return fetch_operation(owner, asked, maker()).take_in(*job, id, {detail::file(), as_bytes(data), data.size()});
    }
    result<std::uint64_t> deliver_file(const std::string& id, const std::string& path)
    {
        MODELSEC_TRY(const foreign_bytes brought, open_delivered(*owner.files, path));
        return fetch_operation(owner, asked, maker()).take_in(*job, id, brought);
    }
    result<void> give_back(const std::string& id, reason why)
    {
        return fetch_operation(owner, asked, maker()).give_back(*job, id, why);
    }
    std::uint64_t missing() { return fetch_operation(owner, asked, maker()).missing_bytes(*job).value(); }
    std::vector<foreign_lease> leases() { return fetch_operation(owner, asked, maker()).outstanding(*job).value(); }
    result<fetch_result> finish()
    {
        events.clear();
        const int before = net.steps;
        auto done = run_fetch(owner, asked, false, maker(), nullptr, nullptr, &*job);
        CHECK(net.steps == before);  // nobody was asked for anything
        return done;
    }
    reason finishes_by()
    {
        const auto r = finish();
        return r ? reason::none : r.error().why;
    }
    /// Everything that can be handed out.
    std::vector<foreign_range> all_ranges()
    {
        std::vector<foreign_range> out;
        for (auto r = next(); r && *r; r = next())
            out.push_back(**r);
        return out;
    }
};

std::string part(const foreign_range& r)
{
    return weights.substr(r.begin, r.size());
}

std::string write_file(const std::string& path, std::string_view content)
{
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    return path;
}

reason why_of(const result<std::uint64_t>& r)
{
    return r ? reason::none : r.error().why;
}

}  // namespace

TEST_SUITE_BEGIN("foreign transfer");

TEST_CASE("what others bring, in any order and from memory or files, becomes active at the end and not before")
{
    transfer_world w;
    REQUIRE(w.begin().has_value());
    check_events(w);
    auto ranges = w.all_ranges();
    REQUIRE(ranges.size() == 3);
    CHECK(ranges[0].url == "https://h.example/1.0");
    CHECK(ranges[0].file == "model.bin");
    CHECK(ranges[0].file_size == weights.size());
    CHECK(ranges[0].begin == 0);
    CHECK(ranges[0].end == 2 * chunk);
    CHECK(ranges[0].leased_until == w.time.now() + day);
    REQUIRE(ranges[0].headers.size() == 2);
    CHECK(ranges[0].headers[0].name == "Range");
    CHECK(ranges[0].headers[0].value.view() == "bytes=0-524287");
    CHECK(ranges[2].end == weights.size());
    CHECK(w.leases().size() == 3);
    std::reverse(ranges.begin(), ranges.end());
    for (const foreign_range& r : ranges)
    {
        CHECK(w.active() == "none_active");
        CHECK(w.finishes_by() == reason::transfer_incomplete);
        if (r.begin == 0)
            CHECK(w.deliver_file(r.id, write_file(w.dir / "brought", part(r))).value() == r.size());
        else
            CHECK(w.deliver(r.id, part(r)).value() == r.size());
    }
    CHECK(w.missing() == 0);
    CHECK(w.leases().empty());
    const auto done = w.finish();
    REQUIRE(done.has_value());
    check_events(w);
    CHECK(done->bytes_fetched == 0);
    CHECK(w.net.downloads == 0);
    CHECK(w.active() == "1.0");
    CHECK(support::read_file(done->path + "/model.bin") == weights);
    // And once more: nothing is asked for, nothing is refused.
    CHECK_FALSE(w.next().value().has_value());
    CHECK(w.deliver(ranges[0].id, part(ranges[0])).value() == 0);
    CHECK(w.finish()->already_active);
}

TEST_CASE("a range is handed out once: again when its lease ends or when it failed, then from another address")
{
    transfer_world w;
    w.terms.range_bytes = 100 * chunk;
    w.time.time += 10 * day;
    REQUIRE(w.begin().has_value());
    const auto first = w.all_ranges();
    REQUIRE(first.size() == 1);
    CHECK(first[0].headers.size() == 1);  // all of the file: no Range
    REQUIRE(w.begin().has_value());       // the application was restarted
    CHECK_FALSE(w.next().value().has_value());
    w.time.time += day - std::chrono::seconds(1);
    CHECK_FALSE(w.next().value().has_value());
    w.time.time += std::chrono::seconds(1);
    const auto second = w.all_ranges();
    REQUIRE(second.size() == 1);
    CHECK(second[0].id == first[0].id);
    CHECK(second[0].url == first[0].url);  // a lease that ends says nothing against the host

    CHECK(w.give_back(second[0].id, reason::url_expired).has_value());
    const auto third = w.all_ranges();
    REQUIRE(third.size() == 1);
    CHECK(third[0].url == first[0].url);
    CHECK(w.give_back(third[0].id, reason::connection_lost).has_value());
    const auto fourth = w.all_ranges();
    REQUIRE(fourth.size() == 1);
    CHECK(fourth[0].url == "https://mirror.example/w");

    // A clock that was ahead, and was set right: nobody waits for its leases.
    w.time.time -= std::chrono::hours(24 * 3);
    CHECK(w.all_ranges().size() == 1);
}

TEST_CASE("what is brought wrongly is refused, and just that is asked for again")
{
    transfer_world w;
    REQUIRE(w.begin().has_value());
    const auto ranges = w.all_ranges();
    REQUIRE(ranges.size() == 3);

    CHECK(why_of(w.deliver(ranges[0].id, part(ranges[0]).substr(1))) == reason::size_mismatch);
    std::string altered = part(ranges[1]);
    altered[chunk + 5] ^= 1;  // in its second chunk
    CHECK(why_of(w.deliver(ranges[1].id, altered)) == reason::chunk_mismatch);
    CHECK(w.missing() == weights.size() - chunk);  // the first chunk was good
    const auto again = w.all_ranges();
    REQUIRE(again.size() == 2);
    CHECK(again[0].id == ranges[0].id);
    CHECK(again[1].begin == 3 * chunk);
    CHECK(again[1].end == 4 * chunk);
    CHECK(again[1].url == "https://mirror.example/w");

    CHECK(why_of(w.deliver("nonsense", "x")) == reason::unknown_range);
    CHECK(why_of(w.deliver(ranges[0].id + "0", "x")) == reason::unknown_range);

    for (const foreign_range& r : again)
        CHECK(w.deliver(r.id, part(r)).value() == r.size());
    CHECK(w.deliver(ranges[2].id, part(ranges[2])).has_value());
    // Twice, and wrong the second time: what is there is not written over.
    CHECK(w.deliver(ranges[0].id, std::string(ranges[0].size(), 'x')).value() == 0);
    CHECK(w.finishes_by() == reason::none);
    CHECK(support::read_file(w.finish()->path + "/model.bin") == weights);
}

TEST_CASE("links, pipes and folders are refused, and a delivered file may change afterwards as it likes")
{
    transfer_world w;
    REQUIRE(w.begin().has_value());
    const auto ranges = w.all_ranges();
    REQUIRE(ranges.size() == 3);
    const std::string file = write_file(w.dir / "brought", part(ranges[0]));
    const std::string link = w.dir / "link", pipe = w.dir / "pipe", folder = w.dir / "folder";
    std::filesystem::create_symlink(file, link);
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    std::filesystem::create_directory(folder);
    CHECK(why_of(w.deliver_file(ranges[0].id, link)) == reason::unsafe_entry);
    CHECK(why_of(w.deliver_file(ranges[0].id, pipe)) == reason::unsafe_entry);
    CHECK(why_of(w.deliver_file(ranges[0].id, folder)) == reason::unsafe_entry);
    CHECK(why_of(w.deliver_file(ranges[0].id, w.dir / "absent")) == reason::file_unreadable);
    CHECK(w.leases().size() == 3);  // the bytes may still come

    CHECK(w.deliver_file(ranges[0].id, file).has_value());
    write_file(file, std::string(ranges[0].size(), 'x'));
    for (const foreign_range& r : {ranges[1], ranges[2]})
        CHECK(w.deliver(r.id, part(r)).has_value());
    CHECK(w.finishes_by() == reason::none);
}

TEST_CASE("a delivered file that is cut or altered while it is copied is refused, and never becomes active")
{
    for (const bool cut : {false, true})
        for (std::uint64_t call = 1; call < 200; ++call)
        {
            CAPTURE(call);
            transfer_world w(0);
            const support::temp_dir lost;
            support::faulty_file_system disk(lost.path());
            w.owner.files = &disk;
            REQUIRE(w.begin().has_value());
            const auto range = w.next();
            REQUIRE(range.has_value());
            const std::string file = write_file(w.dir / "brought", weights);
            bool ran = false;
            disk.run_at(disk.calls() + call, [&] {
                ran = true;
                if (cut)
                    CHECK(::truncate(file.c_str(), 1000) == 0);
                else
                    write_file(file, std::string(weights.size(), 'x'));
            });
            const auto taken = w.deliver_file((*range)->id, file);
            const bool while_taken = ran;
            disk.run_at(0, nullptr);
            if (taken)
                CHECK(w.finishes_by() == reason::none);
            else
            {
                CHECK(taken.error().code() == errc::digest);
                CHECK(w.finishes_by() == reason::transfer_incomplete);
                CHECK(w.next().value().has_value());
            }
            if (!while_taken)
                break;
        }
}

TEST_CASE("a file without chunks is one range; a host that knows no ranges may bring all of a file for a part of it")
{
    transfer_world plain(0);
    REQUIRE(plain.begin().has_value());
    const auto whole = plain.all_ranges();
    REQUIRE(whole.size() == 1);
    CHECK(whole[0].size() == weights.size());
    CHECK(why_of(plain.deliver(whole[0].id, std::string(weights.size(), 'x'))) == reason::digest_mismatch);
    CHECK(plain.missing() == weights.size());
    REQUIRE(plain.all_ranges().size() == 1);
    CHECK(plain.deliver(whole[0].id, weights).value() == weights.size());
    CHECK(plain.finishes_by() == reason::none);

    transfer_world chunked;
    REQUIRE(chunked.begin().has_value());
    const auto ranges = chunked.all_ranges();
    CHECK(chunked.deliver(ranges[1].id, weights).value() == weights.size());
    CHECK(chunked.leases().empty());
    CHECK(chunked.finishes_by() == reason::none);
}

TEST_CASE("a range that nobody was asked for is refused, unless it can be verified alone")
{
    const sha256_digest content = sha256(as_bytes(weights));
    const auto bring = [&](transfer_world& w, byte_range r, std::string_view data) {
        return w.deliver(foreign_id({content, r}), data);
    };
    transfer_world plain(0);
    REQUIRE(plain.begin().has_value());
    CHECK(why_of(bring(plain, {5, 6}, "x")) == reason::unknown_range);
    CHECK(plain.missing() == weights.size());
    CHECK(bring(plain, {0, weights.size()}, weights).value() == weights.size());
    CHECK(bring(plain, {5, 6}, "x").value() == 0);  // is there already
    CHECK(plain.finishes_by() == reason::none);

    transfer_world chunked;
    REQUIRE(chunked.begin().has_value());
    CHECK(why_of(bring(chunked, {chunk, chunk + 1}, "x")) == reason::unknown_range);
    CHECK(why_of(bring(chunked, {1, chunk}, weights.substr(1, chunk - 1))) == reason::unknown_range);
    CHECK(bring(chunked, {chunk, 2 * chunk}, weights.substr(chunk, chunk)).value() == chunk);
    CHECK(bring(chunked, {4 * chunk, weights.size()}, weights.substr(4 * chunk)).value() == 1000);
    CHECK(chunked.missing() == 3 * chunk);
}

TEST_CASE("a damaged file of the active pack is brought again")
{
    transfer_world w;
    REQUIRE(w.begin().has_value());
    for (const foreign_range& r : w.all_ranges())
        REQUIRE(w.deliver(r.id, part(r)).has_value());
    const auto done = w.finish();
    REQUIRE(done.has_value());
    const std::string file = done->path + "/model.bin";
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    write_file(file, std::string(weights.size(), 'x'));
    REQUIRE(w.begin().has_value());
    CHECK(w.missing() == weights.size());
    for (const foreign_range& r : w.all_ranges())
        CHECK(w.deliver(r.id, part(r)).has_value());
    CHECK(w.finishes_by() == reason::none);
    CHECK(support::read_file(w.finish()->path + "/model.bin") == weights);
}

TEST_CASE("the end checks expiry, what was accepted meanwhile, revocation and every byte again")
{
    const auto brought = [](transfer_world& w) {
        REQUIRE(w.begin().has_value());
        for (const foreign_range& r : w.all_ranges())
            REQUIRE(w.deliver(r.id, part(r)).has_value());
    };
    SUBCASE("expiry")
    {
        transfer_world w;
        brought(w);
        w.time.time += std::chrono::hours(24 * 60);
        CHECK(w.finishes_by() == reason::manifest_expired);
        CHECK(w.active() == "none_active");
    }
    SUBCASE("memory")
    {
        transfer_world w;
        brought(w);
        const auto old = w.job;
        w.offer_weights(2, chunk);
        REQUIRE(w.begin().has_value());
        w.job = old;
        CHECK(w.finishes_by() == reason::older_sequence);
        CHECK(w.next().error().why == reason::older_sequence);
        CHECK(w.active() == "none_active");
    }
    SUBCASE("revocation")
    {
        transfer_world w;
        brought(w);
        pins revoked;
        pin p = std::get<pins>(w.asked.trust).keys().front();
        p.revoked = true;
        REQUIRE(revoked.add(p).has_value());
        w.asked.trust = revoked;
        CHECK(w.finishes_by() == reason::key_revoked);
        CHECK(w.active() == "none_active");
    }
    SUBCASE("bytes that were altered in the store")
    {
        transfer_world w;
        brought(w);
        for (const auto& e : std::filesystem::recursive_directory_iterator(w.owner.store))
            if (e.path().filename().string().starts_with("partial-"))
            {
                std::fstream f(e.path(), std::ios::binary | std::ios::in | std::ios::out);
                f.seekp(static_cast<std::streamoff>(chunk + 3));
                f.put(static_cast<char>(weights[chunk + 3] ^ 1));
            }
        CHECK(w.finishes_by() == reason::chunk_mismatch);
        const auto again = w.all_ranges();
        REQUIRE(again.size() == 1);
        CHECK(again[0].begin == chunk);
        CHECK(again[0].end == 2 * chunk);
        CHECK(w.deliver(again[0].id, part(again[0])).has_value());
        CHECK(w.active() == "none_active");
        CHECK(w.finishes_by() == reason::none);
    }
}

TEST_CASE("the end of a transfer asks no host: the latest root that is stored counts, until it expires")
{
    transfer_world w;
    const support::signer k4 = support::signer::of_number(4);
    w.time.time = tuf_test::now;
    auto m = w.manifest(1, "1.0", weights);
    m.issued_at = tuf_test::now - std::chrono::hours(1);
    m.expires_at = tuf_test::now + std::chrono::hours(24 * 300);
    w.net.envelope = support::dsse_envelope(m.json(), {k4});
    const tuf_test::root_spec root;
    w.asked.trust = pinned_root{root.file(), "https://h.example/roots/"};
    int roots_asked = 0;
    w.net.during_exchange = [&](const std::string& where) { roots_asked += where.ends_with("/2.root.json"); };
    REQUIRE(w.begin().has_value());
    CHECK(roots_asked == 1);
    for (const foreign_range& r : w.all_ranges())
        REQUIRE(w.deliver(r.id, part(r)).has_value());
    w.net.fail_at = w.net.steps;  // from now on there is no network
    const utc_time begun = w.time.time;
    w.time.time += std::chrono::hours(24 * 60);
    CHECK(w.finishes_by() == reason::root_expired);
    w.time.time = begun;
    CHECK(w.finishes_by() == reason::none);
    CHECK(w.active() == "1.0");
    CHECK(roots_asked == 1);
}

namespace {

/// Whether another process could work on the model now.
bool is_model_free(const transfer_world& w)
{
    auto disk =
        store::open({w.owner.store, false, false, w.owner.policy, w.owner.files, w.owner.caps, false, w.owner.clock.get()});
    return disk && disk->lock(identifier::parse("demo").value(), std::chrono::milliseconds(0), {}).has_value();
}

}  // namespace

TEST_CASE("hosts and providers of tokens are asked while the model is free, and what is next is found again afterwards")
{
    transfer_world w;
    w.terms.range_bytes = chunk;
    REQUIRE(w.begin().has_value());
    int asked = 0;
    std::optional<foreign_range> others;
    w.owner.transport.credentials = [&](std::string_view) {
        ++asked;
        CHECK(is_model_free(w));
        if (asked == 1)  // another process takes what would have been next
            others = w.next().value();
        return std::vector<http_header>{{"Authorization", "Bearer x"}};
    };
    const auto range = w.next();
    REQUIRE(range.has_value());
    REQUIRE(range->has_value());
    REQUIRE(others.has_value());
    CHECK(asked > 1);
    CHECK(others->begin == 0);
    CHECK((*range)->begin == chunk);
    CHECK((*range)->headers[0].value.view() == "Bearer x");
    CHECK(w.leases().size() == 2);
}

TEST_CASE("an index is asked for while the model is free")
{
    transfer_world w;
    REQUIRE(w.fetch().has_value());
    CHECK(w.active() == "1.0");
    auto m = w.manifest(2, "2.0", weights + "more");
    std::string text = m.json();
    const std::string at = "\"size_bytes\"";
    const auto place = text.find(at);
    REQUIRE(place != std::string::npos);
    text.insert(place, R"("index":{"url":"https://h.example/index","sha256":")" + std::string(64, 'a') +
                           R"(","size_bytes":1000000},)");
    w.net.envelope = support::dsse_envelope(text, {w.key});
    int asked = 0;
    w.net.during_exchange = [&](const std::string& where) {
        if (!where.ends_with("/index"))
            return;
        ++asked;
        CHECK(is_model_free(w));
    };
    REQUIRE(w.begin().has_value());
    CHECK(asked == 1);
    CHECK(w.missing() == weights.size() + 4);
}

TEST_CASE("an address that fails again and again is left alone for longer and longer; when all do, it is said until when")
{
    transfer_world w;
    w.terms.range_bytes = 2 * chunk;
    REQUIRE(w.begin().has_value());
    const std::string first = "https://h.example/1.0", mirror = "https://mirror.example/w";
    const auto fails_by = [&](reason why) {
        const auto r = w.next();
        REQUIRE(r.has_value());
        REQUIRE(r->has_value());
        CHECK((*r)->begin == 0);
        REQUIRE(w.give_back((*r)->id, why).has_value());
        return (*r)->url;
    };
    const auto rests = [&](reason why, std::chrono::seconds left) {
        const auto r = w.next();
        REQUIRE(r.has_error());
        CHECK(r.error().why == why);
        CHECK(r.error().detail.find(format_rfc3339(w.time.now() + left)) != std::string::npos);
    };
    CHECK(fails_by(reason::connection_lost) == first);
    CHECK(fails_by(reason::not_found) == mirror);
    CHECK(fails_by(reason::stall) == first);
    CHECK(fails_by(reason::server_error) == mirror);
    rests(reason::stall, std::chrono::seconds(15));
    REQUIRE(w.begin().has_value());  // a restart forgets nothing
    rests(reason::stall, std::chrono::seconds(15));
    w.time.time += std::chrono::seconds(14);
    rests(reason::stall, std::chrono::seconds(1));
    w.time.time += std::chrono::seconds(1);
    CHECK(fails_by(reason::stall) == first);
    CHECK(fails_by(reason::server_error) == mirror);
    rests(reason::stall, std::chrono::seconds(30));
    w.time.time += std::chrono::seconds(30);
    CHECK(fails_by(reason::connection_lost) == first);

    // Signed bytes end it, for that address; a wrong answer counts like none.
    const auto from_mirror = w.next().value();
    REQUIRE(from_mirror.has_value());
    CHECK(from_mirror->url == mirror);
    CHECK(w.deliver(from_mirror->id, part(*from_mirror)).has_value());
    const auto next = w.next().value();
    REQUIRE(next.has_value());
    CHECK(next->url == mirror);
    CHECK(why_of(w.deliver(next->id, std::string(next->size(), 'x'))) == reason::chunk_mismatch);
    const auto again = w.next().value();
    REQUIRE(again.has_value());
    CHECK(again->url == mirror);  // the first one rests
    CHECK(w.deliver(again->id, part(*again)).has_value());
    const auto last = w.next().value();
    REQUIRE(last.has_value());
    CHECK(w.deliver(last->id, part(*last)).has_value());
    CHECK(w.finishes_by() == reason::none);
}

TEST_CASE("an address may run out of time once; one that always has when it is used counts as failing")
{
    transfer_world w;
    REQUIRE(w.begin().has_value());
    for (int i = 0; i < 5; ++i)
    {
        const auto r = w.next();
        REQUIRE(r.has_value());
        REQUIRE(r->has_value());
        REQUIRE(w.give_back((*r)->id, reason::url_expired).has_value());
        REQUIRE(w.next()->has_value());
        REQUIRE(w.give_back((*r)->id, reason::cancelled).has_value());
    }
    std::size_t handed_out = 0;
    auto r = w.next();
    for (; r && *r; r = w.next(), ++handed_out)
        REQUIRE(w.give_back((*r)->id, reason::url_expired).has_value());
    CHECK(handed_out < 8);
    REQUIRE(r.has_error());
    CHECK(r.error().why == reason::url_expired);
}

TEST_CASE("what other addresses can bring goes first; a rest is told only when nothing is on its way, and not for ever")
{
    const utc_time now{std::chrono::seconds(1'000'000)};
    artifact_file large, small;
    large.size_bytes = 5000;
    small.size_bytes = 100;
    std::vector<foreign_file> files{{&large, {}, 1}, {&small, {}, 2}};
    const auto seconds = [](utc_time t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); };
    files[0].notes.failures[0] = {2, seconds(now), reason::not_found};
    auto next = choose_foreign_range(files, 1000, now);
    REQUIRE(next.choice.has_value());
    CHECK(next.choice->file == 1);
    CHECK(next.choice->sources == std::vector<std::size_t>{0, 1});
    CHECK_FALSE(next.rest.has_value());
    files[1].notes.leases.push_back({{0, 100}, seconds(now), seconds(now) + 60, 0});
    next = choose_foreign_range(files, 1000, now);
    CHECK_FALSE(next.choice.has_value());
    CHECK_FALSE(next.rest.has_value());
    files[1].notes.synced.add({0, 100});
    next = choose_foreign_range(files, 1000, now);
    CHECK_FALSE(next.choice.has_value());
    REQUIRE(next.rest.has_value());
    CHECK(next.rest->until == now + std::chrono::seconds(15));
    CHECK(next.rest->why == reason::not_found);
    CHECK(choose_foreign_range(files, 1000, now + std::chrono::seconds(15)).choice.has_value());
    CHECK(choose_foreign_range(files, 1000, now - std::chrono::hours(48)).choice.has_value());  // its clock was wrong

    for (std::uint64_t n = 1; n < 100; ++n)
        CHECK(rest_after(n) >= rest_after(n - 1));
    CHECK(rest_after(1) == std::chrono::seconds(0));
    CHECK(rest_after(3) == std::chrono::seconds(30));
    CHECK(rest_after(UINT64_MAX) == std::chrono::hours(1));
}

TEST_CASE("neither headers nor addresses are written down, and what was handed out survives a gc for as long as its lease")
{
    transfer_world w;
    w.owner.transport.credentials = [](std::string_view) {
        return std::vector<http_header>{{"Authorization", "Bearer very-secret"}};
    };
    REQUIRE(w.begin().has_value());
    const auto ranges = w.all_ranges();
    REQUIRE_FALSE(ranges.empty());
    CHECK(ranges[0].headers[0].value.view() == "Bearer very-secret");
    for (const auto& e : std::filesystem::recursive_directory_iterator(w.owner.store))
        if (e.is_regular_file() && !e.path().string().ends_with(".json"))
        {
            const std::string text = support::read_file(e.path().string());
            CHECK(text.find("secret") == std::string::npos);
            CHECK(text.find("https") == std::string::npos);
        }
    const auto collect = [&] {
        auto disk = store::open(
            {w.owner.store, false, false, w.owner.policy, w.owner.files, w.owner.caps, false, w.owner.clock.get()});
        REQUIRE(disk.has_value());
        std::vector<std::string> removed;
        std::uint64_t bytes = 0;
        REQUIRE(disk->collect_staging(false, removed, bytes).has_value());
        return removed.size();
    };
    CHECK(collect() == 0);
    CHECK_FALSE(w.next().value().has_value());
    w.time.time += day;
    CHECK(collect() == 1);
}

TEST_CASE("ids name a range in one way only")
{
    const sha256_digest content = sha256(as_bytes("x"));
    const std::string id = foreign_id({content, {5, 70}});
    REQUIRE(parse_foreign_id(id).has_value());
    CHECK(parse_foreign_id(id)->bytes == byte_range{5, 70});
    const std::string hex = content.hex();
    for (const std::string& wrong : {hex, hex + "-5", hex + "-5-", hex + "-05-70", hex + "-5-70 ", hex + "-70-5",
                                     hex + "-5-5", hex + "--5-70", hex + "-5-99999999999999999999", hex.substr(1) + "-5-70"})
    {
        CAPTURE(wrong);
        CHECK_FALSE(parse_foreign_id(wrong).has_value());
    }
}

namespace {

/// One life of an application whose downloads another process brings: to `inbox`, for what lies in `tasks`; both survive it.
struct application
{
    explicit application(support::faulty_file_system& d) : disk(d) {}

    support::faulty_file_system& disk;
    std::uint64_t steps = 0;
    std::uint64_t die_at_step = 0;

    void step()
    {
        if (++steps == die_at_step)
            ::raise(SIGKILL);
    }

    /// 0: the model is active. 7: bytes are on their way. 9: a call failed.
    int live(transfer_world& w)
    {
        w.owner.files = &disk;
        const std::filesystem::path tasks(w.dir / "tasks"), inbox(w.dir / "inbox");
        if (!w.begin())
            return 9;
        step();
        for (const auto& e : std::filesystem::directory_iterator(inbox))
        {
            if (!w.deliver_file(e.path().filename().string(), e.path().string()))
                return 9;
            step();
            std::filesystem::remove(e.path());
            step();
        }
        const auto out = fetch_operation(w.owner, w.asked, w.maker()).outstanding(*w.job);
        if (!out)
            return 9;
        for (const foreign_lease& l : *out)
            if (!std::filesystem::exists(tasks / l.id) && !w.give_back(l.id, reason::cancelled))
                return 9;
        step();
        while (true)
        {
            const auto range = w.next();
            if (!range)
                return 9;
            step();
            if (!*range)
                break;
            write_file(tasks / (*range)->id, "");
            step();
        }
        const auto left = fetch_operation(w.owner, w.asked, w.maker()).missing_bytes(*w.job);
        if (!left)
            return 9;
        if (*left > 0)
            return 7;
        const auto done = w.finish();
        step();
        return done ? 0 : 9;
    }
};

/// The system's download service: brings what it was asked for, byte by byte from `weights`. How many bytes.
std::uint64_t serve(const transfer_world& w)
{
    std::uint64_t fetched = 0;
    std::vector<std::filesystem::path> asked;
    for (const auto& e : std::filesystem::directory_iterator(w.dir / "tasks"))
        asked.push_back(e.path());
    for (const std::filesystem::path& task : asked)
    {
        const auto name = parse_foreign_id(task.filename().string());
        REQUIRE(name.has_value());
        fetched += name->bytes.size();
        write_file(w.dir / "arriving", weights.substr(name->bytes.begin, name->bytes.size()));
        std::filesystem::rename(w.dir / "arriving", std::filesystem::path(w.dir / "inbox") / task.filename());
        std::filesystem::remove(task);
    }
    return fetched;
}

enum class death
{
    by_call,    ///< SIGKILL at a call of the file system
    by_step,    ///< SIGKILL between two calls of the library
    power_loss  ///< what was not synced is gone
};

/// The whole of a transfer by several lives, of which one dies. Whether that was reached.
bool transfer_with_death(death kind, int dying_life, std::uint64_t at)
{
    transfer_world w;
    w.terms.range_bytes = 3 * chunk;  // two ranges
    std::filesystem::create_directory(w.dir / "tasks");
    std::filesystem::create_directory(w.dir / "inbox");
    const support::temp_dir graveyard;
    std::uint64_t fetched = 0;
    bool died = false;
    int ended = -1;
    for (int life = 1; life <= 6 && ended != 0; ++life)
    {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0)
        {
            support::faulty_file_system disk(graveyard.path());
            application app(disk);
            if (life == dying_life && kind == death::by_call)
                disk.run_at(at, [] { ::raise(SIGKILL); });
            if (life == dying_life && kind == death::power_loss)
                disk.power_off_at(at, support::power_loss::unsynced);
            if (life == dying_life && kind == death::by_step)
                app.die_at_step = at;
            int code = 9;
            try
            {
                code = app.live(w);
            }
            catch (...)
            {
            }
            const bool lost = life == dying_life && kind == death::power_loss && disk.calls() >= at;
            ::_exit(lost ? 8 : code);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        const bool killed = WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 8);
        died = died || killed;
        ended = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        CHECK((killed || ended == 0 || ended == 7));
        fetched += serve(w);
    }
    CHECK(ended == 0);
    CHECK(w.active() == "1.0");
    CHECK(fetched == weights.size());  // nothing that was delivered was asked for twice
    return died;
}

// A life under a sanitizer takes five times as long: there, every fifth call is tried.
#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MODELSEC_TEST_IS_SLOW
#endif
#endif
#ifdef MODELSEC_TEST_IS_SLOW
constexpr std::uint64_t calls_apart = 5;
#else
constexpr std::uint64_t calls_apart = 1;
#endif

/// Dies in the life that asks, then in the one that takes in and makes active, at each of their events.
void die_at_every_event(death kind)
{
    const std::uint64_t apart = kind == death::by_step ? 1 : calls_apart;
    for (const int life : {1, 2})
        for (std::uint64_t at = 1;;
             at += life == 1 ? apart : 3 * apart)  // the second life makes the calls of the first, from another state
        {
            CAPTURE(life);
            CAPTURE(at);
            if (!transfer_with_death(kind, life, at))
            {
                CHECK(at > (kind == death::by_step ? 3 : 30));
                break;
            }
        }
}

}  // namespace

TEST_CASE(
    "the application is killed between any two calls while another process brings the bytes: none of them travels twice")
{
    die_at_every_event(death::by_step);
}

TEST_CASE(
    "the application is killed at every call to the disk while another process brings the bytes: none of them travels twice")
{
    die_at_every_event(death::by_call);
}

TEST_CASE("the power goes at every call to the disk while another process brings the bytes: none of them travels twice")
{
    die_at_every_event(death::power_loss);
}

TEST_SUITE_END();
