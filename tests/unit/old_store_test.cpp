// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Stores that others wrote: version 0.1 of this library, and the pack manager of apps that are deployed. Under tests/vectors.
#include "fetch_scene.hpp"

#include "../support/store_scene.hpp"

#include <modelsec/client.hpp>

#include <sys/stat.h>

using namespace modelsec;
using namespace modelsec::detail;
using support::id;
using support::names_in;
using support::read_file;
namespace fs = std::filesystem;

namespace {

const std::string vectors = MODELSEC_SOURCE_DIR "/tests/vectors/";
constexpr const char* their_pin = "v1=5DpIl9bSAc3w9Ej2G542QLTOCEC0s8sATRtgWyy57ds=";

/// A copy of a tree, with the modes that version control does not keep.
void copy_tree(const std::string& from, const std::string& to, mode_t folders, mode_t files)
{
    fs::copy(from, to, fs::copy_options::recursive);
    REQUIRE(::chmod(to.c_str(), folders) == 0);
    for (const auto& entry : fs::recursive_directory_iterator(to))
        REQUIRE(::chmod(entry.path().c_str(), entry.is_directory() ? folders : files) == 0);
}

/// Who asks for what they signed.
struct old_world : fetch_scene::world
{
    explicit old_world(const std::string& store, mode_t folders, mode_t files)
    {
        time.time = parse_rfc3339("2026-12-01T00:00:00Z").value();
        copy_tree(vectors + store, owner.store, folders, files);
        pins keys;
        REQUIRE(keys.add(their_pin).has_value());
        asked.trust = keys;
    }

    void ask(const std::string& model, const std::string& file)
    {
        asked.model_id = model;
        asked.manifest.url.clear();
        asked.manifest.file = file;
        asked.tier.clear();
    }
};

const model_status& status_of(const std::vector<model_status>& all, const std::string& model)
{
    const auto found = std::find_if(all.begin(), all.end(), [&](const model_status& m) { return m.model_id == model; });
    REQUIRE(found != all.end());
    return *found;
}

}  // namespace

TEST_SUITE_BEGIN("old stores");

TEST_CASE("a store of version 0.1 is read as that version read it")
{
    const old_world w("store-0.1", 0700, 0600);
    client c(w.owner);
    const auto all = c.status();
    REQUIRE(all.size() == 3);
    const model_status& acme = status_of(all, "acme");
    CHECK(acme.active->version == "1.0.0");
    CHECK_FALSE(acme.last_good.has_value());
    CHECK(acme.sequence == 2);
    REQUIRE(acme.rejected.size() == 1);
    CHECK(acme.rejected[0].version == "2.0.0");
    CHECK(acme.bytes == 10'000);
    const model_status& old = status_of(all, "old");
    CHECK(old.active->version == "0.9");
    CHECK(old.sequence == 7);
    CHECK(old.bytes == 5'000);
    const model_status& slow = status_of(all, "slow");
    CHECK_FALSE(slow.active.has_value());
    CHECK(slow.sequence == 3);
    // Reading changed nothing.
    CHECK(names_in(w.owner.store + "/.modelsec/state").size() == 7);
    CHECK(names_in(w.owner.store + "/.modelsec") == std::set<std::string>{"envelopes", "locks", "staging", "state"});
}

TEST_CASE("a store of version 0.1 is upgraded by its first write, and forgets nothing")
{
    old_world w("store-0.1", 0700, 0600);
    // Copied, so hashed again and remembered: the first write.
    CHECK(client(w.owner).open("acme").info().version == "1.0.0");
    const auto disk = support::open_store(w.owner.store, file_system::native(), false);
    const auto state = disk->state(id("acme"));
    REQUIRE(state.has_value());
    const std::string text =
        read_file(w.owner.store + "/.modelsec/state/acme." + std::to_string(state->generation) + ".json");
    CHECK(text.starts_with("{\"schema\":2,"));
    CHECK(state->memory.sequence == 2);
    CHECK(state->memory.history.size() == 2);

    const std::string envelopes = w.owner.store + "/.modelsec/envelopes/";
    const std::string first = envelopes + "1eca73f58ecb46a8b85c0699bb72478730f7f3975ecdf4a11a11c9f7ad66af5e.json";
    const std::string second = envelopes + "aa439e636425c931078148ed2078c6d2eafdf57534f6d86cc230a939f1870d93.json";
    w.ask("acme", first);
    CHECK(w.why() == reason::older_sequence);
    w.ask("acme", second);
    CHECK(w.why() == reason::rejected);
    CHECK(client(w.owner).open("old").info().version == "0.9");
    CHECK(client(w.owner).verify("acme").version == "1.0.0");
    CHECK(client(w.owner).gc().skipped.empty());
    CHECK(status_of(client(w.owner).status(), "acme").rejected.size() == 1);
    w.ask("acme", first);
    CHECK(w.why() == reason::older_sequence);
}

TEST_CASE("a root that the pack manager of deployed apps left is adopted: from the disk alone what the manifest proves")
{
    old_world w("store-avrai/local_llm", 0755, 0644);
    w.asked.format = envelope_format::pack;
    w.asked.platforms = {"android_gguf"};
    w.ask("llama3_1_8b_instruct", vectors + "store-avrai/llama.manifest.json");
    CHECK(client(w.owner).status().empty());
    const std::string before = read_file(w.owner.store + "/llama3_1_8b_instruct/1.0.0/model.gguf");
    const auto done = w.fetch();
    REQUIRE_MESSAGE(done.has_value(), done.error().detail);
    CHECK(w.net.downloads == 0);
    CHECK(w.net.steps == 0);
    CHECK(done->version == "1.0.0");
    CHECK(read_file(done->path + "/model.gguf") == before);
    CHECK(std::count_if(w.events.begin(), w.events.end(), [](const event& e) { return e.why == reason::memory_lost; }) == 1);
    CHECK(names_in(w.owner.store + "/.modelsec/aside") == std::set<std::string>{"llama3_1_8b_instruct.1"});
    // The other model is as it was.
    CHECK(fs::exists(w.owner.store + "/small3b/2.0.0/Model.mlmodelc/weights/weight.bin"));
    const auto all = client(w.owner).status();
    REQUIRE(all.size() == 2);
    CHECK_FALSE(status_of(all, "small3b").active.has_value());
    client(w.owner).gc();
    CHECK(fs::exists(w.owner.store + "/small3b/2.0.0/Model.mlmodelc/weights/weight.bin"));
}

TEST_CASE("an unpacked archive of a deployed app is downloaded again, and the old folder is set aside after that")
{
    old_world w("store-avrai/local_llm", 0755, 0644);
    w.asked.format = envelope_format::pack;
    w.asked.platforms = {"macos_coreml_zip"};
    w.ask("small3b", vectors + "store-avrai/small3b.manifest.json");
    w.net.fail_at = 0;
    CHECK(w.why() == reason::connection_lost);
    CHECK(fs::exists(w.owner.store + "/small3b/2.0.0/Model.mlmodelc/weights/weight.bin"));
    w.net.fail_at = -1;
    w.net.bodies["https://models.invalid/small3b.zip"] = read_file(vectors + "store-avrai/small3b.zip");
    const auto done = w.fetch();
    REQUIRE_MESSAGE(done.has_value(), done.error().detail);
    CHECK(w.net.downloads == 2);
    CHECK(fs::exists(done->path + "/Model.mlmodelc/weights/weight.bin"));
    CHECK(names_in(w.owner.store + "/small3b") == std::set<std::string>{fs::path(done->path).filename()});
    CHECK(fs::exists(w.owner.store + "/.modelsec/aside/small3b.1/2.0.0/Model.mlmodelc/weights/weight.bin"));
}

TEST_SUITE_END();
