// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Damaged and lost state, names that look like the store's own, and files that are there already.
#include "fetch_scene.hpp"

#include "../support/faulty_file_system.hpp"
#include "../support/store_scene.hpp"

#include <modelsec/client.hpp>
#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/store/layout.hpp>

#include <sys/stat.h>

using namespace modelsec;
using namespace modelsec::detail;
using fetch_scene::body_1;
using fetch_scene::body_2;
using support::id;
using support::names_in;
using support::read_file;
namespace fs = std::filesystem;

namespace {

const support::pack_content content{{"model.gguf", "weights"}};

void put(const std::string& path, std::string_view text)
{
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    REQUIRE(out.write(text.data(), static_cast<std::streamsize>(text.size())).flush());
}

std::size_t memory_lost(const fetch_scene::world& w)
{
    return static_cast<std::size_t>(std::count_if(w.events.begin(), w.events.end(), [](const event& e) {
        return e.kind == event_kind::warning && e.why == reason::memory_lost && e.model_id == "demo";
    }));
}

std::string inner(const fetch_scene::world& w, const std::string& name)
{
    return w.owner.store + "/.modelsec/" + name;
}

std::string newest_state(const fetch_scene::world& w, const std::string& model = "demo")
{
    const auto disk = support::open_store(w.owner.store, file_system::native(), false);
    return inner(w, "state/" + model + '.' + std::to_string(disk->state(id(model))->generation) + ".json");
}

}  // namespace

TEST_SUITE_BEGIN("store: repair");

TEST_CASE("a model id that looks like a temporary file's name is a model like any other")
{
    const support::temp_dir dir;
    const std::string path = dir / "store";
    file_system& files = file_system::native();
    const std::string odd[] = {"demo.new-1", "demo.new-1-2-3", "demo.new-1-2-3.json", "demo.json",
                               "demo.1",     "demo.1.json",    "demo.lock",           "demo.new-1-2-3.4"};
    for (const std::string& model : odd)
        REQUIRE(support::install(files, path, model, support::how_to_activate("1", 5), content).has_value());
    // Every step that cleans up after a crash of "demo" leaves them alone, and so do they each other.
    REQUIRE(support::install(files, path, "demo", support::how_to_activate("1", 9), content).has_value());
    CHECK(support::collect(files, path, "demo").has_value());
    const auto disk = support::open_store(path, files, false);
    REQUIRE(disk.has_value());
    for (const std::string& model : odd)
    {
        CAPTURE(model);
        REQUIRE(support::collect(files, path, model).has_value());
        const auto state = disk->state(id(model));
        REQUIRE(state.has_value());
        CHECK(state->active.has_value());
        CHECK(disk->open_active(id(model)).has_value());
    }
    CHECK(disk->models()->size() == std::size(odd) + 1);
}

TEST_CASE("what a writer of version 0.1 left is cleaned away, what only looks like that is not")
{
    CHECK(stem_of_temporary("m.new-1-2-3") == "m");
    CHECK(stem_of_temporary("m.new-1.new-1-22-333") == "m.new-1");
    CHECK(stem_of_temporary(".new~m~1-2-3") == "m");
    CHECK(stem_of_temporary(".new~1-2-3") == "");
    for (const char* other : {"m.new-1-2-3.json", "m.new-1", "m.new-1-2", "m.new-1-2-3-4", "m.new-1--3", "m.new-1-2-",
                              "m.new-1-2-3.4.json", "m", "m.1.json", ".new-", "m.new-a-2-3"})
    {
        CAPTURE(other);
        CHECK_FALSE(stem_of_temporary(other).has_value());
    }
}

TEST_CASE("one unreadable model fails neither status nor gc nor a fetch of the others, and is told of")
{
    fetch_scene::world w;
    w.offer(3, "1.0", body_1);
    REQUIRE(w.why() == reason::none);
    REQUIRE(support::install(file_system::native(), w.owner.store, "bad", support::how_to_activate("1", 5), content)
                .has_value());
    put(newest_state(w, "bad"), "{}");
    client c(w.owner);
    const auto status = c.status();
    REQUIRE(status.size() == 2);
    CHECK(status[0].model_id == "bad");
    CHECK(status[0].why == reason::state_damaged);
    CHECK_FALSE(status[0].active.has_value());
    CHECK(status[1].why == reason::none);
    CHECK(status[1].active->version == "1.0");
    const auto cleaned = c.gc();
    CHECK(cleaned.skipped == std::vector<std::string>{"bad"});
    CHECK(fs::exists(w.owner.store + "/bad/1/model.gguf"));
    w.offer(4, "2.0", body_2);
    CHECK(w.why() == reason::none);
    error_code ec;
    diagnostics diag;
    (void)c.open("bad", ec, diag);
    CHECK(diag.why == reason::state_damaged);
}

TEST_CASE("where no model was named, an unreadable one keeps nobody from the one that is good and vouched for")
{
    fetch_scene::world w;
    w.offer(3, "1.0", body_1);
    REQUIRE(w.why() == reason::none);
    for (const char* id : {"bad", "worse"})
    {
        REQUIRE(support::install(file_system::native(), w.owner.store, id, support::how_to_activate("1", 5), content)
                    .has_value());
        put(newest_state(w, id), "{}");
    }
    REQUIRE(w.asked.model_id.empty());
    w.net.fail_at = 0;
    const auto r = w.fetch(true);
    REQUIRE(r.has_value());
    CHECK(r->model_id == "demo");
    CHECK(r->version == "1.0");
    CHECK(r->stale);
    CHECK(r->stale_why == reason::connection_lost);
    // Nobody vouches for the one that can be read, or that one cannot be read either: the network's failure is what is told.
    const auto trust = std::exchange(w.asked.trust, [] {
        pins keys;
        REQUIRE(keys.add(support::signer("another publisher").pin()).has_value());
        return keys;
    }());
    CHECK(w.why(true) == reason::connection_lost);
    w.asked.trust = trust;
    put(newest_state(w), "{}");
    CHECK(w.why(true) == reason::connection_lost);
}

TEST_CASE(
    "repair steps back to the highest whole state with the highest memory that envelopes prove, and says what may be "
    "forgotten")
{
    fetch_scene::world w;
    w.offer(3, "1.0", body_1);
    REQUIRE(w.why() == reason::none);
    const std::string before = read_file(newest_state(w));
    w.offer(8, "2.0", body_2);
    REQUIRE(w.why() == reason::none);
    const std::uint64_t damaged =
        support::open_store(w.owner.store, file_system::native(), false)->state(id("demo"))->generation;
    const std::string newest = newest_state(w);
    put(newest, read_file(newest).substr(0, 100));
    w.offer(9, "3.0", "newer");
    CHECK(w.why() == reason::state_damaged);
    CHECK(w.active() == "state_damaged");

    std::vector<event> told;
    repair_options how;
    how.operation.events = [&](const event& e) { told.push_back(e); };
    client c(w.owner);
    const repair_report report = c.repair(how);
    REQUIRE(report.models.size() == 1);
    const model_repair& done = report.models[0];
    CHECK(done.found == reason::state_damaged);
    CHECK(done.why == reason::none);
    CHECK(done.forgotten_changes == 1);
    CHECK(done.sequence == 8);
    REQUIRE(told.size() == 1);
    CHECK(told[0].why == reason::memory_lost);
    CHECK(support::open_store(w.owner.store, file_system::native(), false)->state(id("demo"))->generation > damaged);
    // What was remembered is remembered: an older one than the highest accepted is no way back.
    w.offer(7, "1.5", "older");
    CHECK(w.why() == reason::older_sequence);
    w.offer(9, "3.0", "newer");
    CHECK(w.why() == reason::none);
    CHECK(w.active() == "3.0");
    CHECK(c.repair().models[0].found == reason::none);
}

TEST_CASE("a damaged state is repaired by itself only where that was asked for, and that is told")
{
    fetch_scene::world w;
    w.offer(3, "1.0", body_1);
    REQUIRE(w.why() == reason::none);
    const auto damage = [&] {
        const std::string newest = newest_state(w);
        put(newest, "{");
    };
    damage();
    CHECK(w.why() == reason::state_damaged);
    CHECK(memory_lost(w) == 0);
    w.owner.automatic_repair = true;
    CHECK(w.why() == reason::none);
    CHECK(memory_lost(w) == 1);
    fetch_scene::check_events(w);
    CHECK(w.active() == "1.0");
    w.offer(2, "0.9", "older");
    CHECK(w.why() == reason::older_sequence);
    CHECK(memory_lost(w) == 0);
    damage();
    w.asked.offline = true;
    w.asked.model_id = "demo";
    CHECK(w.why() == reason::none);
    CHECK(memory_lost(w) == 1);
    damage();
    CHECK(w.active() == "1.0");
}

TEST_CASE("a repair that fails at any call leaves a store that the next repair mends")
{
    for (std::uint64_t call = 1;; ++call)
    {
        CAPTURE(call);
        fetch_scene::world w;
        w.offer(3, "1.0", body_1);
        REQUIRE(w.why() == reason::none);
        w.offer(5, "2.0", body_2);
        REQUIRE(w.why() == reason::none);
        put(newest_state(w), "{");
        const std::string grave = w.dir / "grave";
        fs::create_directory(grave);
        support::faulty_file_system faulty(grave);
        faulty.power_off_at(call, support::power_loss::unsynced);
        client_options owner = w.owner;
        owner.files = &faulty;
        (void)guarded([&] { return run_repair(owner, {}); });
        const bool done = faulty.calls() < call;
        const auto again = guarded([&] { return run_repair(w.owner, {}); });
        REQUIRE(again.has_value());
        w.offer(4, "1.5", "older");
        CHECK(w.why() == reason::older_sequence);
        w.offer(5, "2.0", body_2);
        CHECK(w.why() == reason::none);
        CHECK(w.active() == "2.0");
        if (done)
            break;
        REQUIRE(call < 2000);
        call += call / 10;
    }
}

TEST_CASE(
    "what a signed manifest proves of files without a state is adopted without a download, by copy; the rest is set aside "
    "after that")
{
    fetch_scene::world w;
    const std::string left = w.owner.store + "/demo/0.9/deep/er/some.file";
    put(left, body_1);
    put(w.owner.store + "/demo/0.9/other.bin", "something else");
    put(w.owner.store + "/demo/1.0/model.bin", "the name of the new version is taken");
    ::chmod(left.c_str(), 0666);
    const auto old_inode = [&] {
        struct stat st
        {
        };
        REQUIRE(::stat(left.c_str(), &st) == 0);
        return st.st_ino;
    }();

    w.offer(5, "1.0", body_2);
    w.net.fail_at = 1;
    CHECK(w.why() == reason::connection_lost);  // not these bytes: nothing is moved before the pack is active
    w.net.fail_at = -1;
    CHECK(memory_lost(w) == 1);
    CHECK(fs::exists(left));
    client(w.owner).gc();
    CHECK(fs::exists(left));
    w.offer(4, "1.0", body_1);
    CHECK(w.why() == reason::older_sequence);  // remembered from the first word on

    w.offer(6, "1.0", body_1);
    const int downloads = w.net.downloads;
    const auto done = w.fetch();
    REQUIRE(done.has_value());
    CHECK(w.net.downloads == downloads);
    CHECK(done->bytes_fetched == 0);
    CHECK(memory_lost(w) == 0);
    fetch_scene::check_events(w);
    const auto pack = open_active(w.owner, "demo");
    REQUIRE(pack.has_value());
    const auto file = file_system::native().info(*pack->only_file()->content->open().value());
    CHECK(file->inode != old_inode);
    CHECK(file->links == 1);
    CHECK(file->mode == 0600);
    CHECK(read_file(pack->info().path + "/model.bin") == body_1);
    CHECK(names_in(w.owner.store + "/demo") == std::set<std::string>{fs::path(pack->info().path).filename()});
    CHECK(names_in(inner(w, "aside")) == std::set<std::string>{"demo.1"});
    CHECK(read_file(inner(w, "aside/demo.1/0.9/deep/er/some.file")) == body_1);
    CHECK(read_file(inner(w, "aside/demo.1/1.0/model.bin")) == "the name of the new version is taken");

    const auto removed = client(w.owner).gc().removed;
    CHECK(std::count(removed.begin(), removed.end(), ".modelsec/aside/demo.1") == 1);
    CHECK(names_in(inner(w, "aside")).empty());
    CHECK(open_active(w.owner, "demo").has_value());
}

TEST_CASE("for a store that lost its state a minimum sequence still holds")
{
    fetch_scene::world w;
    put(w.owner.store + "/demo/1.0/model.bin", body_1);
    w.offer(5, "1.0", body_1);
    w.asked.min_sequence = 6;
    CHECK(w.why() == reason::below_min_sequence);
    CHECK(fs::exists(w.owner.store + "/demo/1.0/model.bin"));
}

TEST_CASE("for a store that lost its state a required order still holds")
{
    fetch_scene::world w;
    put(w.owner.store + "/demo/1.0/model.bin", body_1);
    auto m = support::published_manifest::bare();
    m.version = "1.0";
    m.sequence = std::nullopt;
    m.issued_at = std::nullopt;
    m.artifacts = {support::published_artifact::of(body_1, "https://h.example/1.0")};
    w.net.envelope = support::pack_envelope(m.json(), w.key);
    w.asked.model_id = "demo";
    w.asked.format = envelope_format::pack;
    w.asked.require_order = true;
    CHECK(w.why() == reason::unordered);
    CHECK(w.net.downloads == 0);
    CHECK(w.active() == "none_active");
    CHECK(fs::exists(w.owner.store + "/demo/1.0/model.bin"));
    w.asked.require_order = false;
    CHECK(w.why() == reason::none);
    CHECK(w.net.downloads == 0);
}

TEST_CASE("a file that was put there by hand, or is in another model's pack, is not fetched again")
{
    fetch_scene::world w;
    REQUIRE(
        support::install(file_system::native(), w.owner.store, "other", support::how_to_activate("1"), {{"x.bin", body_1}})
            .has_value());
    w.offer(1, "1.0", body_1);
    CHECK(w.why() == reason::none);
    CHECK(w.net.downloads == 0);
    put(w.owner.store + "/demo/by-hand.bin", body_2);
    w.offer(2, "2.0", body_2);
    CHECK(w.why() == reason::none);
    CHECK(w.net.downloads == 0);
    std::uint64_t sequence = 3;
    for (const char* place : {"/hand/by-hand.bin", "/by-hand.bin"})
    {
        const std::string text = std::string("third, at ") + place;
        put(w.owner.store + place, text);
        w.offer(sequence++, "3.0", text);
        CHECK(w.why() == reason::none);
        CHECK(w.net.downloads == 0);
        CHECK(read_file(w.owner.store + place) == text);
    }
    // The same size and the very name are not enough.
    put(w.owner.store + "/hand/fourth.bin", "FOURTH");
    w.offer(5, "4.0", "fourth");
    CHECK(w.why() == reason::none);
    CHECK(w.net.downloads == 1);
}

TEST_CASE("an adoption that fails at any call costs a download at most")
{
    for (std::uint64_t call = 1;; ++call)
    {
        CAPTURE(call);
        fetch_scene::world w;
        put(w.owner.store + "/demo/0.9/model.bin", body_1);
        const std::string grave = w.dir / "grave";
        fs::create_directory(grave);
        support::faulty_file_system faulty(grave);
        faulty.power_off_at(call, support::power_loss::unsynced);
        w.owner.files = &faulty;
        w.offer(5, "1.0", body_1);
        (void)w.fetch();
        const bool done = faulty.calls() < call;
        w.owner.files = &file_system::native();
        REQUIRE(w.why() == reason::none);
        CHECK(w.active() == "1.0");
        client(w.owner).gc();  // whatever the crash left for the next one to do
        CHECK(names_in(w.owner.store + "/demo").size() == 1);
        if (done)
            break;
        REQUIRE(call < 2000);
        call += call / 10;
    }
}

TEST_CASE("one content under many names is copied out of the store once")
{
    const support::temp_dir dir;
    const std::string path = dir / "store";
    file_system& files = file_system::native();
    REQUIRE(support::install(files, path, "other", support::how_to_activate("1"), {{"x.bin", "weights"}, {"y.bin", "more"}})
                .has_value());
    const store disk = support::open_store(path, files).value();
    support::pack_content many{{"more.bin", "more"}};
    for (int i = 0; i < 100; ++i)
        many.emplace_back("copy-" + std::to_string(i), "weights");
    const artifact wanted = support::artifact_of(many);
    staging staged = disk.stage(id("m"), wanted.content_digest()).value();
    const auto found = disk.adopt(id("m"), staged, wanted, {});
    REQUIRE(found.has_value());
    CHECK(found->size() == 2);
}

TEST_CASE("repair adopts what the newest kept manifest proves, and sets nothing aside where nothing is active")
{
    fetch_scene::world w;
    w.offer(3, "1.0", body_1);
    REQUIRE(w.why() == reason::none);
    put(w.owner.store + "/stranger/2.0/model.bin", "left by somebody");
    put(w.owner.store + "/demo/0.9/model.bin", "no part of any pack");
    for (const std::string& name : names_in(inner(w, "state")))
        fs::remove(inner(w, "state/" + name));
    client c(w.owner);
    CHECK(c.status().size() == 2);
    const repair_report report = c.repair();
    REQUIRE(report.models.size() == 2);
    CHECK(report.models[0].model_id == "demo");
    CHECK(report.models[0].found == reason::memory_lost);
    CHECK(report.models[0].adopted);
    CHECK(report.models[0].sequence == 3);
    CHECK(report.models[0].active->version == "1.0");
    CHECK(report.models[1].found == reason::memory_lost);
    CHECK_FALSE(report.models[1].active.has_value());
    // Aside once a pack is active, never before (docs/manifest.md, Store): until then it may be all that there is of one.
    CHECK(report.models[0].set_aside.size() == 2);
    CHECK(report.models[0].candidates.empty());
    CHECK(report.models[1].set_aside.empty());
    CHECK(report.models[1].candidates == std::vector<std::string>{"stranger/2.0"});
    CHECK(read_file(w.owner.store + "/stranger/2.0/model.bin") == "left by somebody");
    CHECK(w.active() == "1.0");
    const repair_report again = c.repair();
    CHECK(again.models[0].set_aside.empty());
    CHECK(again.models[1].found == reason::none);
    CHECK(again.models[1].candidates == std::vector<std::string>{"stranger/2.0"});
    w.offer(2, "0.9", "older");
    CHECK(w.why() == reason::older_sequence);

    // By keys that do not vouch for it any more, nothing is adopted.
    for (const std::string& name : names_in(inner(w, "state")))
        fs::remove(inner(w, "state/" + name));
    repair_options judged;
    pins others;
    REQUIRE(others.add(support::signer("other").pin()).has_value());
    judged.trust = others;
    judged.model_id = "demo";
    const repair_report refused = c.repair(judged);
    REQUIRE(refused.models.size() == 1);
    CHECK_FALSE(refused.models[0].adopted);
    CHECK(w.active() == "none_active");
    CHECK(refused.models[0].set_aside.empty());
    CHECK(refused.models[0].candidates.size() == 1);
    // What stays there is no loss: a fetch finds it.
    w.offer(4, "1.0", body_1);
    const int downloads = w.net.downloads;
    CHECK(w.why() == reason::none);
    CHECK(w.net.downloads == downloads);
}

TEST_CASE("repair of what is not there, or of a root without a store, does no harm")
{
    fetch_scene::world w;
    CHECK(client(w.owner).repair().models.empty());
    CHECK_FALSE(fs::exists(w.owner.store));
    put(w.owner.store + "/demo/1.0/model.bin", body_1);
    CHECK(client(w.owner).status().empty());
    const repair_report report = client(w.owner).repair();
    REQUIRE(report.models.size() == 1);
    CHECK(report.models[0].set_aside.empty());  // nothing is active: it stays a candidate
    CHECK(report.models[0].candidates == std::vector<std::string>{"demo/1.0"});
    CHECK(client(w.owner).gc().removed.empty());
    CHECK(read_file(w.owner.store + "/demo/1.0/model.bin") == body_1);
    w.offer(1, "1.0", body_1);
    CHECK(w.why() == reason::none);
    CHECK(w.net.downloads == 0);
}

TEST_CASE("of a zip model that lost its state repair and gc take nothing away, and a fetch adopts what its manifest proves")
{
    fetch_scene::world w;
    const std::string archive = support::zip_of({{"a/weights.bin", body_1}, {"config.json", "{}"}});
    w.offer(w.manifest(3, "1.0", archive, true));
    REQUIRE(w.why() == reason::none);
    for (const std::string& name : names_in(inner(w, "state")))
        fs::remove(inner(w, "state/" + name));

    client c(w.owner);
    const repair_report report = c.repair();
    REQUIRE(report.models.size() == 1);
    CHECK(report.models[0].found == reason::memory_lost);
    CHECK(report.models[0].sequence == 3);
    CHECK_FALSE(report.models[0].active.has_value());
    CHECK(report.models[0].set_aside.empty());
    CHECK(report.models[0].candidates == std::vector<std::string>{"demo/1.0"});
    for (int i = 0; i < 2; ++i)
        CHECK(c.gc().removed.empty());
    CHECK(read_file(w.owner.store + "/demo/1.0/a/weights.bin") == body_1);

    // The publisher offers the unpacked file too.
    w.offer(4, "2.0", body_1);
    const int downloads = w.net.downloads;
    CHECK(w.why() == reason::none);
    CHECK(w.net.downloads == downloads);
    CHECK(w.active() == "2.0");
    CHECK(read_file(inner(w, "aside/demo.1/1.0/a/weights.bin")) == body_1);
    const auto removed = c.gc().removed;
    CHECK(std::count(removed.begin(), removed.end(), ".modelsec/aside/demo.1") == 1);
    CHECK(names_in(inner(w, "aside")).empty());
}

TEST_CASE("gc spares what was set aside of a model of which nothing is active; its owner removes it with the model")
{
    fetch_scene::world w;
    w.offer(1, "1.0", body_1);
    REQUIRE(w.why() == reason::none);
    // As earlier versions of `repair` left it: all set aside, nothing active.
    put(inner(w, "aside/other.1/1.0/model.bin"), body_2);
    put(inner(w, "aside/demo.other.7/model.bin"), "another one, whose id begins like the first");
    put(inner(w, "aside/demo.1/0.9/model.bin"), "of a model with an active pack");
    for (const char* folder : {"", "/other.1", "/other.1/1.0", "/demo.other.7", "/demo.1", "/demo.1/0.9"})
        REQUIRE(::chmod(inner(w, std::string("aside") + folder).c_str(), 0700) == 0);
    client c(w.owner);
    CHECK(c.gc({.dry_run = true}).removed == std::vector<std::string>{".modelsec/aside/demo.1"});
    CHECK(c.gc().removed == std::vector<std::string>{".modelsec/aside/demo.1"});
    CHECK(names_in(inner(w, "aside")) == std::set<std::string>{"other.1", "demo.other.7"});

    put(inner(w, "aside/demo.2/0.9/model.bin"), "set aside again");
    for (const char* folder : {"/demo.2", "/demo.2/0.9"})
        REQUIRE(::chmod(inner(w, std::string("aside") + folder).c_str(), 0700) == 0);
    remove_options gone;
    gone.model_id = "demo";
    const auto removed = c.remove(gone).removed;
    CHECK(std::count(removed.begin(), removed.end(), ".modelsec/aside/demo.2") == 1);
    CHECK(names_in(inner(w, "aside")) == std::set<std::string>{"other.1", "demo.other.7"});

    w.offer(2, "2.0", body_2);
    const int downloads = w.net.downloads;
    CHECK(w.why() == reason::none);
    CHECK(w.net.downloads == downloads);
}

TEST_CASE("a file with several names is adopted by copy, by hand or of another model's pack, and keeps them")
{
    fetch_scene::world w;
    const auto facts = [](const std::string& path) {
        struct stat st
        {
        };
        REQUIRE(::stat(path.c_str(), &st) == 0);
        return st;
    };
    REQUIRE(
        support::install(file_system::native(), w.owner.store, "other", support::how_to_activate("1"), {{"x.bin", body_1}})
            .has_value());
    put(w.owner.store + "/demo/by-hand.bin", body_2);
    const std::string backup = w.dir / "backup";
    fs::copy(w.owner.store, backup, fs::copy_options::recursive | fs::copy_options::create_hard_links);

    std::uint64_t sequence = 1;
    for (const auto& [place, text] :
         {std::pair<std::string, std::string>("/other/1/x.bin", body_1), {"/demo/by-hand.bin", body_2}})
    {
        CAPTURE(place);
        const auto before = facts(backup + place);
        REQUIRE(before.st_nlink == 2);
        w.offer(sequence, std::to_string(sequence) + ".0", text);
        ++sequence;
        CHECK(w.why() == reason::none);
        CHECK(w.net.downloads == 0);
        const auto pack = open_active(w.owner, "demo");
        REQUIRE(pack.has_value());
        const auto made = file_system::native().info(*pack->only_file()->content->open().value());
        CHECK(made->links == 1);
        CHECK(made->inode != before.st_ino);
        // What is written through the other name reaches no pack.
        put(backup + place, std::string(text.size(), 'x'));
        CHECK(read_file(pack->info().path + "/model.bin") == text);
        CHECK(w.active() == std::to_string(sequence - 1) + ".0");
        CHECK(facts(backup + place).st_ino == before.st_ino);
    }
}

TEST_CASE("a backup made of hard links leaves the store usable, and its other names keep what they had")
{
    fetch_scene::world w;
    w.offer(1, "1.0", body_1);
    REQUIRE(w.why() == reason::none);
    const std::string backup = w.dir / "backup";
    fs::copy(w.owner.store, backup, fs::copy_options::recursive | fs::copy_options::create_hard_links);
    CHECK(w.active() == "1.0");
    CHECK(client(w.owner).verify("demo").version == "1.0");
    w.offer(2, "2.0", body_2);
    CHECK(w.why() == reason::none);
    CHECK(w.active() == "2.0");
    rollback_options back;
    back.model_id = "demo";
    CHECK(client(w.owner).rollback(back).version == "1.0");
    // The backup is what it was, and as good a store.
    client_options other = w.owner;
    other.store = backup;
    CHECK(client(other).open("demo").info().version == "1.0");
    // Bytes that were changed through the other name are found.
    put(backup + "/demo/1.0/model.bin", std::string(body_1.size(), 'x'));
    CHECK(w.active() == "pack_damaged");
}

TEST_CASE("a cache tag is put into the store only by option, and only once")
{
    fetch_scene::world w;
    w.offer(1, "1.0", body_1);
    REQUIRE(w.why() == reason::none);
    CHECK_FALSE(fs::exists(w.owner.store + "/CACHEDIR.TAG"));
    w.owner.cache_tag = true;
    REQUIRE(w.why() == reason::none);
    CHECK(read_file(w.owner.store + "/CACHEDIR.TAG").starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
    put(w.owner.store + "/CACHEDIR.TAG", "mine");
    REQUIRE(w.why() == reason::none);
    CHECK(read_file(w.owner.store + "/CACHEDIR.TAG") == "mine");
    CHECK(client(w.owner).status().size() == 1);
}

TEST_SUITE_END();
