// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/base/encoding.hpp>

#include "../support/store_scene.hpp"

#include <doctest/doctest.h>
#include <modelsec/detail/store/with_active.hpp>

#include <chrono>
#include <sys/stat.h>
#include <thread>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

namespace {

file_system& fs = file_system::native();
const pack_content one{{"model.gguf", "weights, version one"}};
const pack_content two{{"a/one.bin", "first half"}, {"a/b/two.bin", "other half"}};
const pack_content three{{"model.gguf", "weights, version three"}};

template <class T>
reason why(const result<T>& r)
{
    return r.has_error() ? r.error().why : reason::none;
}

struct scene
{
    temp_dir dir;
    std::string path = dir / "store";

    result<pack_info> install(const activation& how, const pack_content& content, std::string_view model = "m") const
    {
        return support::install(fs, path, model, how, content);
    }
    store disk() const { return open_store(path, fs).value(); }
    model_state state(std::string_view model = "m") const { return disk().state(id(model)).value(); }
    std::string inner(std::string_view name) const { return path + "/.modelsec/" + std::string(name); }
};

void write_over(const std::string& path, std::string_view text)
{
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    REQUIRE(out.write(text.data(), static_cast<std::streamsize>(text.size())).flush());
}

}  // namespace

TEST_CASE("a store that is not there is not made by reading it")
{
    const scene s;
    CHECK(why(open_store(s.path, fs, false)) == reason::none_active);
    CHECK_FALSE(std::filesystem::exists(s.path));
    REQUIRE(::mkdir(s.path.c_str(), 0700) == 0);
    CHECK(why(open_store(s.path, fs, false)) == reason::none_active);
    CHECK(names_in(s.path).empty());
    REQUIRE(open_store(s.path, fs).has_value());
    CHECK(open_store(s.path, fs, false).has_value());
    CHECK(s.disk().models().value().empty());
    CHECK(s.state().generation == 0);
}

TEST_CASE("a verified pack becomes active in a folder named by its version, and can be opened")
{
    const scene s;
    const auto info = s.install(how_to_activate("1.0", 7), one);
    REQUIRE(info.has_value());
    CHECK(info->path == s.path + "/m/1.0");
    CHECK(info->version == "1.0");
    CHECK(info->sequence == 7);
    CHECK(info->bytes == one[0].second.size());
    CHECK(read_file(s.path + "/m/1.0/model.gguf") == one[0].second);
    CHECK(names_in(s.inner("staging")).empty());

    const auto state = s.state();
    CHECK(state.memory.active_digests.size() == 1);
    const auto pack = s.disk().open_files(id("m"), *state.active);
    REQUIRE(pack.has_value());
    REQUIRE(pack->only_file() != nullptr);
    bytes content(100);
    CHECK(fs.read_at(*pack->only_file()->content->open().value(), 0, content).value() == one[0].second.size());
    CHECK(pack->find("model.gguf") == pack->only_file());
    CHECK(pack->find("other") == nullptr);
    CHECK(s.disk().models().value() == std::vector{id("m")});
}

TEST_CASE("everything in the store is the user's alone under umask 000")
{
    const mode_t old = ::umask(0);
    const scene s;
    REQUIRE(s.install(how_to_activate("1", 1), one).has_value());
    REQUIRE(s.install(how_to_activate("2", 2), two).has_value());
    REQUIRE(s.disk().keep_envelope(as_bytes("{}")).has_value());
    ::umask(old);
    std::size_t seen = 0;
    for (const auto& e : std::filesystem::recursive_directory_iterator(s.path))
    {
        CAPTURE(e.path().string());
        struct stat st
        {
        };
        REQUIRE(::lstat(e.path().c_str(), &st) == 0);
        CHECK((st.st_mode & 07777) == (e.is_directory() ? 0700u : 0600u));
        ++seen;
    }
    CHECK(seen > 10);
}

TEST_CASE("in a store that is shared for reading, what was signed is there for all readers, whatever addresses it holds")
{
    const temp_dir dir;
    store_options options;
    options.path = dir / "store";
    options.create = true;
    options.policy = store_policy::shared_read;
    const store shared = store::open(options).value();
    const std::string raw = R"({"payloadType":"application/vnd.modelsec.manifest.v1+json","payload":")" +
                            to_base64(as_bytes(std::string(R"({"url":"https://h.example/m?X-Amz-Signature=1"})"))) +
                            R"(","signatures":[{"keyid":"k","sig":")" + to_base64(bytes(64)) + R"("}]})";
    const std::string kept = dir / ("store/.modelsec/envelopes/" + sha256(as_bytes(raw)).hex() + ".json");
    const auto mode = [&] {
        struct stat st
        {
        };
        REQUIRE(::stat(kept.c_str(), &st) == 0);
        return st.st_mode & 07777;
    };
    REQUIRE(shared.keep_envelope(as_bytes(raw)).has_value());
    CHECK(mode() == 0644);
    // One that was written before the store was shared.
    REQUIRE(::chmod(kept.c_str(), 0600) == 0);
    REQUIRE(shared.keep_envelope(as_bytes(raw)).has_value());
    CHECK(mode() == 0644);
    CHECK(shared.read_envelope(sha256(as_bytes(raw))).has_value());
}

TEST_CASE("an upgrade keeps the last good pack, rollback returns to it and bars the one that is left")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1", 1), one).has_value());
    CHECK(why(roll_back(fs, s.path, "m")) == reason::no_last_good);
    REQUIRE(s.install(how_to_activate("2", 2), two).has_value());
    CHECK(s.state().last_good->version == id("1"));
    CHECK(s.state().superseded.size() == 1);

    const auto back = roll_back(fs, s.path, "m");
    REQUIRE(back.has_value());
    CHECK(back->active->version == id("1"));
    CHECK_FALSE(back->last_good.has_value());
    REQUIRE(back->rejected.size() == 1);
    CHECK(back->rejected[0].version == id("2"));
    CHECK(back->superseded.empty());
    CHECK(why(roll_back(fs, s.path, "m")) == reason::no_last_good);
    CHECK(why(s.install(how_to_activate("2", 3), two)) == reason::rejected);
    CHECK(s.install(how_to_activate("3", 3), three).has_value());
}

TEST_CASE("rollback goes to the pack that was hashed for it, or nowhere")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1", 1), one).has_value());
    REQUIRE(s.install(how_to_activate("2", 2), two).has_value());
    const pack_record hashed = *s.state().last_good;
    REQUIRE(s.install(how_to_activate("3", 3), three).has_value());  // meanwhile
    const auto disk = open_store(s.path, fs, false);
    REQUIRE(disk.has_value());
    const auto lock = disk->lock(id("m"), std::chrono::milliseconds(0), {});
    REQUIRE(lock.has_value());
    CHECK(why(disk->roll_back(*lock, id("m"), hashed, noon())) == reason::lock_timeout);
    CHECK(s.state().active->version == id("3"));
    CHECK(disk->roll_back(*lock, id("m"), *s.state().last_good, noon()).has_value());
    CHECK(s.state().active->version == id("2"));
}

TEST_CASE("what the memory forbids by then is not activated")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1", 5), one).has_value());
    CHECK(why(s.install(how_to_activate("2", 5), two)) == reason::equivocation);
    REQUIRE(s.disk()
                .update(id("m"),
                        [](model_state& state) -> result<bool> {
                            state.memory.sequence = 6;
                            return true;
                        })
                .has_value());
    CHECK(why(s.install(how_to_activate("2", 5), two)) == reason::older_sequence);
    CHECK(s.state().active->version == id("1"));
    CHECK(s.disk().partial_bytes(id("m")).value() == 20);  // kept
    CHECK(s.install(how_to_activate("2", 6), two).has_value());
}

TEST_CASE("the same version with other bytes is another pack, in a folder with a suffix")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1"), one).has_value());
    const auto other = s.install(how_to_activate("1"), three);
    REQUIRE(other.has_value());
    const std::string suffix = artifact_of(three).content_digest().hex().substr(0, 12);
    CHECK(other->path == s.path + "/m/1~" + suffix);
    CHECK(s.state().last_good->folder == "1");
}

TEST_CASE("a pack that is activated again, since its files were damaged, does not become its own last good")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1"), one).has_value());
    REQUIRE(s.install(how_to_activate("2"), two).has_value());
    for (int i = 0; i < 4; ++i)
    {
        write_over(s.state().active->folder == "2" ? s.path + "/m/2/a/one.bin"
                                                   : s.path + "/m/" + s.state().active->folder + "/a/one.bin",
                   "XXXXX half");
        CHECK(why(s.disk().open_files(id("m"), *s.state().active)) == reason::pack_damaged);
        REQUIRE(s.install(how_to_activate("2"), two).has_value());
        CHECK(s.disk().open_files(id("m"), *s.state().active).has_value());
        CHECK(s.state().last_good->version == id("1"));
        CHECK(s.state().superseded.size() == 1);
    }
    REQUIRE(collect(fs, s.path, "m").has_value());
    CHECK(names_in(s.path + "/m").size() == 2);
}

TEST_CASE("damage of every kind is found by open and by hashing again")
{
    const std::pair<const char*, std::function<void(const std::string&)>> damages[] = {
        {"other bytes", [](const std::string& p) { write_over(p + "/a/one.bin", "FIRST half"); }},
        {"longer", [](const std::string& p) { write_over(p + "/a/one.bin", "first half and more"); }},
        {"shorter", [](const std::string& p) { write_over(p + "/a/one.bin", "first"); }},
        {"missing", [](const std::string& p) { std::filesystem::remove(p + "/a/b/two.bin"); }},
        {"missing folder", [](const std::string& p) { std::filesystem::remove_all(p + "/a/b"); }},
        {"all missing", [](const std::string& p) { std::filesystem::remove_all(p); }},
        {"one too many", [](const std::string& p) { write_over(p + "/a/extra.bin", "x"); }},
        {"a link instead",
         [](const std::string& p) {
             std::filesystem::rename(p + "/a/one.bin", p + "/../../elsewhere");
             std::filesystem::create_symlink(p + "/../../elsewhere", p + "/a/one.bin");
         }},
        {"a linked folder",
         [](const std::string& p) {
             std::filesystem::rename(p + "/a", p + "/../../elsewhere");
             std::filesystem::create_symlink(p + "/../../elsewhere", p + "/a");
         }},
        {"writable by all", [](const std::string& p) { ::chmod((p + "/a/one.bin").c_str(), 0666); }},
    };
    for (const auto& [name, damage] : damages)
    {
        CAPTURE(name);
        const scene s;
        REQUIRE(s.install(how_to_activate("2"), two).has_value());
        damage(s.path + "/m/2");
        const auto state = s.state();
        CHECK(why(s.disk().open_files(id("m"), *state.active)) == reason::pack_damaged);
        CHECK(why(s.disk().hash_again(id("m"), *state.active, {}, {})) == reason::pack_damaged);
    }
}

TEST_CASE("files that were only touched are hashed again and found good")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("2"), two).has_value());
    const std::string file = s.path + "/m/2/a/one.bin";
    std::filesystem::copy_file(file, s.path + "/copy");
    std::filesystem::rename(s.path + "/copy", file);
    const std::uint64_t before = s.state().generation;
    CHECK(s.disk().open_active(id("m")).has_value());
    CHECK(s.state().generation == before + 1);
    CHECK(s.disk().open_active(id("m")).has_value());
    CHECK(s.disk().hash_again(id("m"), *s.state().active, {}, {}).has_value());
    CHECK(s.state().generation == before + 1);  // what it is known by now is remembered: hashed once, not for ever
    std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now());
    CHECK(s.disk().hash_again(id("m"), *s.state().active, {}, {}).has_value());
    CHECK(s.state().generation == before + 2);
}

TEST_CASE("a pack that was replaced and collected since the state was read is no damage")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1"), one).has_value());
    std::vector<std::string> asked;
    const store disk = s.disk();
    const auto opened = modelsec::detail::with_active(disk, id("m"), [&](const pack_record& pack) {
        asked.push_back(pack.version.str());
        for (const char* next : {"2", "3"})  // two upgrades, so that not even the last good one is the first
            if (asked.size() == 1)
                REQUIRE(s.install(how_to_activate(next), two).has_value());
        std::filesystem::remove_all(s.path + "/m/1");
        return disk.open_files(id("m"), pack);
    });
    REQUIRE(opened.has_value());
    CHECK(opened->info().version == "3");
    CHECK(asked == std::vector<std::string>{"1", "3"});

    std::filesystem::remove_all(s.path + "/m/3");
    CHECK(why(disk.open_active(id("m"))) == reason::pack_damaged);
}

TEST_CASE("with chunk digests all processors hash again, and the digest of the whole has the last word")
{
    const scene s;
    const std::string text(3'000'007, 'y');
    REQUIRE(s.install(how_to_activate("1"), {{"big.bin", text}}).has_value());
    const auto state = s.state();
    chunk_digests chunks{256u << 10, {}};
    for (std::size_t at = 0; at < text.size(); at += 256u << 10)
        chunks.sha256.push_back(sha256(as_bytes(std::string_view(text).substr(at, 256u << 10))));
    const auto look = [&](const file_record&) { return &chunks; };
    std::uint64_t seen = 0;
    const auto again = [&](const control& handle = {}) {
        return s.disk().hash_again(
            id("m"), *state.active, handle,
            [&](std::uint64_t n) {
                CHECK(n > seen);
                seen = n;
            },
            look);
    };
    CHECK(again().has_value());
    CHECK(seen == text.size());
    control handle;
    handle.cancel();
    CHECK(why(again(handle)) == reason::cancelled);

    std::swap(chunks.sha256.front(), chunks.sha256.back());
    seen = 0;
    CHECK(again().has_value());  // a wrong list is no damage
    std::fstream(s.path + "/m/1/big.bin", std::ios::in | std::ios::out).put('x');
    seen = 0;
    CHECK(why(again()) == reason::pack_damaged);
}

TEST_CASE(
    "where all chunks are good and the whole is not, the publisher contradicts himself: the pack is left for last good")
{
    const scene s;
    const std::string text(1'000'003, 'z');
    REQUIRE(s.install(how_to_activate("1"), one).has_value());
    REQUIRE(s.install(how_to_activate("2"), {{"big.bin", text}}).has_value());
    chunk_digests chunks{256u << 10, {}};
    for (std::size_t at = 0; at < text.size(); at += 256u << 10)
        chunks.sha256.push_back(sha256(as_bytes(std::string_view(text).substr(at, 256u << 10))));
    const auto look = [&](const file_record&) { return &chunks; };
    // As a pack is recorded that its chunks decided, under a whole digest that is another.
    pack_record pack = *s.state().active;
    std::vector<file_record> files(pack.files.begin(), pack.files.end());
    files[0].decided_by = digest_scope::chunks;
    files[0].sha256 = sha256(as_bytes(std::string_view("something else")));
    pack.files = files;
    const store disk = s.disk();
    CHECK(disk.hash_again(id("m"), pack, {}, {}, look).has_value());
    CHECK(why(disk.hash_again(id("m"), pack, {}, {}, look, hash_scope::whole)) == reason::chunks_contradict);
    CHECK(why(disk.hash_again(id("m"), pack, {}, {}, {}, hash_scope::whole)) == reason::pack_damaged);
    // What is right under both is only right, and known by its whole digest from then on.
    REQUIRE(disk.update(id("m"),
                        [](model_state& now) -> result<bool> {
                            file_record file = now.active->files[0];
                            file.decided_by = digest_scope::chunks;
                            now.active->files = std::vector<file_record>{std::move(file)};
                            return true;
                        })
                .has_value());
    CHECK(disk.hash_again(id("m"), *s.state().active, {}, {}, look, hash_scope::whole).has_value());
    CHECK(s.state().active->files[0].decided_by == digest_scope::whole);

    std::optional lock(disk.lock(id("m"), std::chrono::milliseconds(0), {}).value());
    const auto after = disk.leave_contradicted(*lock, id("m"), pack, noon());
    REQUIRE(after.has_value());
    REQUIRE(after->active.has_value());
    CHECK(after->active->version.str() == "1");
    CHECK_FALSE(after->last_good.has_value());
    REQUIRE(after->rejected.size() == 1);
    CHECK(after->rejected[0].version.str() == "2");
    // Once more changes nothing: it is not active any more.
    CHECK(disk.leave_contradicted(*lock, id("m"), pack, noon())->active->version.str() == "1");
    lock.reset();
    CHECK(why(s.install(how_to_activate("2"), {{"big.bin", text}})) == reason::rejected);
}

TEST_CASE("many files are hashed again on all processors, and the one that is damaged is named")
{
    const scene s;
    pack_content many;
    for (int i = 0; i < 100; ++i)
        many.emplace_back("part/" + std::to_string(i) + ".bin", std::string(static_cast<std::size_t>(40'000 + i), 'p'));
    REQUIRE(s.install(how_to_activate("1"), many).has_value());
    const auto pack = s.disk().open_files(id("m"), *s.state().active);
    REQUIRE(pack.has_value());
    for (const auto& [path, text] : many)
        REQUIRE((pack->find(path) != nullptr && pack->find(path)->path == path && pack->find(path)->size == text.size()));
    for (const char* none : {"", "part", "part/", "part/100.bin", "part/7.bin/", "part/7.bi", "zzz"})
        CHECK(pack->find(none) == nullptr);
    std::uint64_t hashed = 0;
    CHECK(s.disk().hash_again(id("m"), *s.state().active, {}, [&](std::uint64_t n) { hashed = n; }).has_value());
    CHECK(hashed == 100u * 40'000 + 99 * 100 / 2);
    std::fstream(s.path + "/m/1/part/77.bin", std::ios::in | std::ios::out).put('x');
    const auto found = s.disk().hash_again(id("m"), *s.state().active, {}, {});
    REQUIRE(found.has_error());
    CHECK(found.error().why == reason::pack_damaged);
    CHECK(found.error().detail.find("part/77.bin") != std::string::npos);
}

TEST_CASE("hashing again reports progress and can be cancelled")
{
    const scene s;
    const pack_content big{{"big.bin", std::string(9'000'000, 'x')}, {"empty.bin", ""}};
    REQUIRE(s.install(how_to_activate("1"), big).has_value());
    const auto state = s.state();
    std::vector<std::uint64_t> seen;
    CHECK(s.disk().hash_again(id("m"), *state.active, {}, [&](std::uint64_t n) { seen.push_back(n); }).has_value());
    REQUIRE_FALSE(seen.empty());
    CHECK(std::is_sorted(seen.begin(), seen.end()));
    CHECK(seen.back() == 9'000'000);
    control handle;
    const auto stopped = s.disk().hash_again(id("m"), *state.active, handle, [&](std::uint64_t) { handle.cancel(); });
    CHECK(why(stopped) == reason::cancelled);
}

TEST_CASE("only the highest generation counts: what is damaged or of a later version is told, not skipped")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1"), one).has_value());
    REQUIRE(s.install(how_to_activate("1"), one, "other").has_value());
    const auto good = s.state();
    const auto name = [&](std::uint64_t n) { return s.inner("state/m." + std::to_string(n) + ".json"); };
    const std::string text = read_file(name(good.generation));
    const auto put = [&](std::uint64_t n, const std::string& content) {
        write_over(name(n), content);
        ::chmod(name(n).c_str(), 0600);
    };
    put(good.generation + 3, text.substr(0, text.size() / 2));
    CHECK(why(s.disk().state(id("m"))) == reason::state_damaged);
    put(good.generation + 4, text);  // whole, but of another number
    CHECK(why(s.disk().state(id("m"))) == reason::state_damaged);
    CHECK(why(s.install(how_to_activate("2"), two)) == reason::state_damaged);
    CHECK(why(s.disk().open_active(id("m"))) == reason::state_damaged);

    std::string later = text;
    later.replace(later.find("\"schema\":2"), 10, "\"schema\":3");
    const std::string body = later.substr(0, later.rfind(",\"checksum\""));
    put(good.generation + 5, body + ",\"checksum\":\"" + sha256(as_bytes(body)).hex() + "\"}");
    CHECK(why(s.disk().state(id("m"))) == reason::newer_schema);
    CHECK(why(s.install(how_to_activate("2"), two)) == reason::newer_schema);
    const auto lock = s.disk().lock(id("m"), {}, {});
    REQUIRE(lock.has_value());
    CHECK(why(s.disk().repair(*lock, id("m"))) == reason::newer_schema);  // not this version's to repair
    CHECK(std::filesystem::exists(name(good.generation + 5)));

    // Others are not affected.
    CHECK(s.install(how_to_activate("2"), two, "other").has_value());
    CHECK(s.state("other").active->version == id("2"));
}

TEST_CASE(
    "a state with a second name, as a writer that ended too early or a backup of hard links gives it one, is read all the "
    "same")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1"), one).has_value());
    const std::string name = s.inner("state/m." + std::to_string(s.state().generation) + ".json");
    std::filesystem::create_hard_link(name, s.inner("state/.new~m~1-2-3"));
    std::filesystem::create_hard_link(name, s.dir / "backup");
    CHECK(s.state().active->version == id("1"));
    REQUIRE(s.install(how_to_activate("2"), two).has_value());
    CHECK_FALSE(std::filesystem::exists(s.inner("state/.new~m~1-2-3")));
    CHECK(s.state().active->version == id("2"));
    CHECK(std::filesystem::exists(s.dir / "backup"));
}

TEST_CASE("planted links in the store's own folders are refused")
{
    for (const char* planted : {"state", "staging", "envelopes", "locks"})
    {
        CAPTURE(planted);
        const scene s;
        REQUIRE(s.install(how_to_activate("1"), one).has_value());
        std::filesystem::rename(s.inner(planted), s.dir / "elsewhere");
        std::filesystem::create_directory_symlink(s.dir / "elsewhere", s.inner(planted));
        CHECK(why(open_store(s.path, fs)) == reason::store_layout);
    }
    const scene s;
    REQUIRE(s.install(how_to_activate("1"), one).has_value());
    std::filesystem::create_symlink("/etc/passwd", s.inner("locks/x.lock"));
    CHECK(why(s.disk().lock(id("x"), {}, {})) == reason::store_layout);
    std::filesystem::create_directory_symlink(s.dir.path(), s.path + "/linked");
    CHECK(s.install(how_to_activate("1"), one, "linked").has_error());
    CHECK(names_in(s.dir.path()) == std::set<std::string>{"store"});
}

TEST_CASE("model ids that differ only in case do not share a store")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1"), one, "Model").has_value());
    CHECK(why(s.disk().state(id("model"))) == reason::unsafe_name);
    CHECK(why(s.install(how_to_activate("1"), one, "MODEL")) == reason::unsafe_name);
    CHECK(s.install(how_to_activate("2"), two, "Model").has_value());
}

TEST_CASE("a model whose id begins like another one's is another model")
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1"), one, "m").has_value());
    REQUIRE(s.install(how_to_activate("2"), two, "m.1").has_value());
    CHECK(s.state("m").active->version == id("1"));
    CHECK(s.state("m.1").active->version == id("2"));
    CHECK(s.disk().models().value().size() == 2);
}

TEST_CASE("one operation works on a model at a time; waiting ends by timeout or cancellation")
{
    const scene s;
    const store disk = s.disk();
    using std::chrono::milliseconds;
    {
        const auto held = disk.lock(id("m"), milliseconds(0), {});
        REQUIRE(held.has_value());
        CHECK(why(disk.lock(id("m"), milliseconds(20), {})) == reason::lock_timeout);
        CHECK(why(disk.lock(id("M"), milliseconds(0), {})) == reason::lock_timeout);
        CHECK(disk.lock(id("other"), milliseconds(0), {}).has_value());
        CHECK(read_file(s.inner("locks/m.lock")) == std::to_string(detail::process_number()) + "\n");

        control handle;
        std::thread canceller([&] {
            std::this_thread::sleep_for(milliseconds(10));
            handle.cancel();
        });
        const auto begin = std::chrono::steady_clock::now();
        CHECK(why(disk.lock(id("m"), std::chrono::minutes(1), handle)) == reason::cancelled);
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
        canceller.join();
    }
    CHECK(disk.lock(id("m"), milliseconds(0), {}).has_value());
}

TEST_CASE("an envelope is kept by its digest, and read back only if it still has it")
{
    const scene s;
    const store disk = s.disk();
    const std::string raw = R"({"payload": "x"})";
    const auto digest = sha256(as_bytes(raw));
    REQUIRE(disk.keep_envelope(as_bytes(raw)).has_value());
    REQUIRE(disk.keep_envelope(as_bytes(raw)).has_value());
    CHECK(as_text(disk.read_envelope(digest).value()) == raw);
    write_over(s.inner("envelopes/" + digest.hex() + ".json"), "altered");
    CHECK(why(disk.read_envelope(digest)) == reason::state_unreadable);
    REQUIRE(disk.keep_envelope(as_bytes(raw)).has_value());
    CHECK(disk.read_envelope(digest).has_value());
    CHECK(why(disk.read_envelope(sha256(as_bytes("other")))) == reason::state_unreadable);
}

TEST_CASE("update lets the change decide on the newest state, and leaves no temporary files")
{
    const scene s;
    const store disk = s.disk();
    CHECK(why(disk.update(id("m"), [](model_state&) -> result<bool> { return fail(reason::rejected); })) ==
          reason::rejected);
    CHECK(disk.update(id("m"), [](model_state&) -> result<bool> { return false; })->generation == 0);
    for (std::uint64_t n = 1; n < 9; ++n)
        CHECK(disk.update(id("m"), [](model_state&) -> result<bool> { return true; })->generation == n);
    CHECK(names_in(s.inner("state")) == std::set<std::string>{"m.6.json", "m.7.json", "m.8.json"});
}

TEST_CASE("a root that its group may write to is accepted only by policy" * doctest::skip(::geteuid() != 0))
{
    const scene s;
    REQUIRE(s.install(how_to_activate("1"), one).has_value());
    REQUIRE(::chown(s.path.c_str(), 0, 12345) == 0);
    REQUIRE(::chmod(s.path.c_str(), 0770) == 0);
    store_options options;
    options.path = s.path;
    CHECK(why(store::open(options)) == reason::store_permissions);
    options.group_shared = true;
    CHECK(store::open(options).has_value());
}

TEST_CASE("a pack folder that is not the pack that was verified is not activated")
{
    const scene s;
    const store disk = s.disk();
    const auto lock = disk.lock(id("m"), {}, {});
    REQUIRE(lock.has_value());
    const std::string folder = s.inner("staging/") + artifact_of(two).content_digest().hex();
    const auto attempt = [&](const std::function<void(const std::string&)>& change) {
        staging staged = disk.stage(id("m"), artifact_of(two).content_digest()).value();
        const auto pack = stage_all(fs, staged, two);
        REQUIRE(pack.has_value());
        change(folder + "/pack");
        return disk.activate(*lock, id("m"), std::move(staged), *pack, how_to_activate("2"));
    };
    CHECK(why(attempt([](const std::string& p) { write_over(p + "/extra", "x"); })) == reason::store_layout);
    CHECK(why(attempt([](const std::string& p) { std::filesystem::remove(p + "/a/one.bin"); })) == reason::store_layout);
    CHECK(why(attempt([](const std::string& p) { std::filesystem::resize_file(p + "/a/one.bin", 3); })) ==
          reason::size_mismatch);
    CHECK(why(attempt([](const std::string& p) { std::filesystem::remove_all(p); })) == reason::store_layout);
    CHECK_FALSE(disk.state(id("m")).value().active.has_value());
    CHECK(attempt([](const std::string&) {}).has_value());
}
