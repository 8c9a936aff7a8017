// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// fs-verity by a kernel that is played: what it answers, what it measures, and that nobody has a file open for writing then.
#include "faulty_file_system.hpp"
#include "fetch_scene.hpp"

#include <modelsec/client.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/file_system/system_linux.ipp>
#include <modelsec/detail/base/verity.hpp>
#include <modelsec/detail/store/store.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#ifdef MODELSEC_LIBFSVERITY
#include <libfsverity.h>
#endif

using namespace fetch_scene;

namespace {

/// Whether this process has the file open for writing anywhere.
bool is_written_to(const struct stat& what)
{
    for (const auto& e : std::filesystem::directory_iterator("/proc/self/fd"))
    {
        const int fd = std::stoi(e.path().filename().string());
        struct stat st
        {
        };
        const int flags = ::fcntl(fd, F_GETFL);
        if (flags >= 0 && ::fstat(fd, &st) == 0 && st.st_ino == what.st_ino && st.st_dev == what.st_dev &&
            (flags & O_ACCMODE) != O_RDONLY && (flags & O_PATH) == 0)
            return true;
    }
    return false;
}

/// The real disk, and a kernel with fs-verity above it.
class verity_disk : public support::faulty_file_system
{
public:
    explicit verity_disk(const std::string& graveyard) : faulty_file_system(graveyard) {}

    int refuse = 0;                       ///< errno of the next requests
    bool measure_wrong = false;           ///< another digest than that of the bytes
    bool block_changed = false;           ///< the kernel refuses to read what is under fs-verity
    std::function<void()> before_enable;  ///< what somebody does in the last moment
    std::uint64_t reads = 0;              ///< of files under fs-verity
    std::uint64_t enabled = 0, measured = 0;

    result<file> open_file(const file& at, const std::string& name, open_mode mode) override
    {
        struct stat st
        {
        };
        const bool writes = mode == open_mode::read_write || mode == open_mode::lock;
        if (writes && ::fstatat(at.native(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && sealed_.contains(st.st_ino))
            return fail(reason::access_denied, "EPERM");
        return faulty_file_system::open_file(at, name, mode);
    }
    result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        struct stat st
        {
        };
        const bool sealed = ::fstat(f.native(), &st) == 0 && sealed_.contains(st.st_ino);
        reads += sealed ? 1 : 0;
        if (sealed && block_changed)
            return fail(reason::store_io, "read: Input/output error");
        return faulty_file_system::read_at(f, offset, into);
    }
    result<void> remove_file(const file& at, const std::string& name) override
    {
        struct stat st
        {
        };
        if (::fstatat(at.native(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink == 1)
            sealed_.erase(st.st_ino);  // the number may be another file's soon
        return faulty_file_system::remove_file(at, name);
    }
    result<verity_answer> enable_verity(const file& f) override
    {
        MODELSEC_CHECK(step());
        if (before_enable)
            before_enable();
        if (refuse != 0)
            return verity_answer_of(refuse, "here");
        struct stat st
        {
        };
        REQUIRE(::fstat(f.native(), &st) == 0);
        if (sealed_.contains(st.st_ino))
            return verity_answer_of(EEXIST, "here");
        if (is_written_to(st))
            return verity_answer_of(ETXTBSY, "here");
        verity_hasher digest;
        bytes block(100'000);
        for (std::uint64_t at = 0;;)
        {
            const std::size_t got = file_system::native().read_at(f, at, block).value();
            if (got == 0)
                break;
            digest.update(bytes_view(block).first(got));
            at += got;
        }
        sealed_[st.st_ino] = digest.finish();
        ++enabled;
        return verity_answer::enabled;
    }
    result<std::optional<sha256_digest>> measure_verity(const file& f) override
    {
        MODELSEC_CHECK(step());
        struct stat st
        {
        };
        REQUIRE(::fstat(f.native(), &st) == 0);
        const auto found = sealed_.find(st.st_ino);
        if (found == sealed_.end())
            return std::optional<sha256_digest>();
        ++measured;
        return std::optional(measure_wrong ? sha256(found->second.view()) : found->second);
    }

private:
    std::map<ino_t, sha256_digest> sealed_;
};

struct verity_world : world
{
    support::temp_dir graveyard;
    verity_disk disk{graveyard.path()};

    explicit verity_world(verity_policy policy = verity_policy::required)
    {
        owner.files = &disk;
        owner.verity = policy;
        offer(1, "1.0", body_1);
    }

    bool says_verity()
    {
        for (const model_status& m : client(owner).status())
            if (m.model_id == "demo" && m.active)
                return m.active->fs_verity;
        return false;
    }
    std::string path()
    {
        const auto pack = detail::open_active(owner, "demo");
        REQUIRE(pack.has_value());
        return pack->info().path + "/model.bin";
    }
    reason opens_by()
    {
        const auto pack = detail::open_active(owner, "demo");
        return pack ? reason::none : pack.error().why;
    }
    reason verifies_by(bool whole)
    {
        model_options what("demo");
        what.whole = whole;
        const auto r = verify_active(owner, what);
        return r ? reason::none : r.error().why;
    }
    int warnings(reason why) const
    {
        return static_cast<int>(
            std::ranges::count_if(events, [&](const event& e) { return e.kind == event_kind::warning && e.why == why; }));
    }
};

/// A pack that others bring, as in a download that really notes what came: its last step fails, and is repeated.
struct verity_transfer : verity_world
{
    std::optional<foreign_job> job;

    verity_transfer()
    {
        const auto maker = [this](http_client::environment) { return std::make_unique<scripted_network>(net); };
        auto begun = run_begin_foreign(owner, asked, maker);
        REQUIRE(begun.has_value());
        job = std::move(*begun);
        const auto range = fetch_operation(owner, asked, maker).hand_out(*job, {std::chrono::hours(1), 1u << 20});
        REQUIRE(range.has_value());
        REQUIRE(range->has_value());
        REQUIRE(fetch_operation(owner, asked, maker)
                    .take_in(*job, (*range)->id, {detail::file(), as_bytes(body_1), body_1.size()})
                    .has_value());
    }
    reason finish()
    {
        const auto r = run_fetch(
            owner, asked, false, [this](http_client::environment) { return std::make_unique<scripted_network>(net); },
            nullptr, nullptr, &*job);
        return r ? reason::none : r.error().why;
    }
};

void change_times(const std::string& path)
{
    REQUIRE(::chmod(path.c_str(), 0400) == 0);
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
}

}  // namespace

TEST_SUITE_BEGIN("fs-verity");

TEST_CASE("the fs-verity digest of known files, in pieces of any size")
{
    CHECK(verity_hasher().finish().hex() == "3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95");
    std::string text;
    for (std::size_t i = 0; text.size() < 600'000; ++i)
        text += std::to_string(i);
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{4096}, std::size_t{4097}, std::size_t{128 * 4096}, std::size_t{128 * 4096 + 1}})
    {
        verity_hasher whole, pieces;
        CHECK(pieces.clone().finish() == verity_hasher().finish());
        whole.update(as_bytes(std::string_view(text).substr(0, size)));
        for (std::size_t at = 0; at < size; at += 777)
        {
            pieces.update(as_bytes(std::string_view(text).substr(at, std::min<std::size_t>(777, size - at))));
            pieces = pieces.clone();
        }
        CHECK(whole.finish() == pieces.finish());
    }
}

#ifdef MODELSEC_LIBFSVERITY
TEST_CASE("the fs-verity digest is the one that libfsverity computes, for trees of one to four levels")
{
    const std::size_t one = 4096, two = 128 * one, three = 128 * two;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, one - 1, one, one + 1, 2 * one, two - 1, two, two + 1,
                                   5 * two + 7, three - 1, three, three + 1})
    {
        CAPTURE(size);
        std::string content(size, '\0');
        for (std::size_t i = 0; i < size; i += 61)
            content[i] = static_cast<char>(i / 61);
        struct source
        {
            const std::string& text;
            std::size_t at = 0;
        } from{content};
        libfsverity_merkle_tree_params how{};
        how.version = 1;
        how.hash_algorithm = FS_VERITY_HASH_ALG_SHA256;
        how.file_size = size;
        how.block_size = 4096;
        libfsverity_digest* theirs = nullptr;
        const auto read = [](void* s, void* into, std::size_t count) {
            auto& at = *static_cast<source*>(s);
            at.text.copy(static_cast<char*>(into), count, at.at);
            at.at += count;
            return 0;
        };
        REQUIRE(libfsverity_compute_digest(&from, read, &how, &theirs) == 0);
        verity_hasher ours;
        ours.update(as_bytes(content));
        CHECK(to_hex(ours.finish().view()) == to_hex({theirs->digest, theirs->digest_size}));
        ::free(theirs);
    }
}
#endif

TEST_CASE("a pack under fs-verity is opened and verified without one read, whatever its times say; a copy of it is hashed")
{
    verity_world w;
    REQUIRE(w.fetch().has_value());
    check_events(w);
    CHECK(w.disk.enabled == 1);
    CHECK(w.says_verity());
    const std::string path = w.path();
    change_times(path);
    const std::uint64_t before = w.disk.measured;
    w.disk.reads = 0;
    CHECK(w.opens_by() == reason::none);
    CHECK(w.disk.measured == before + 1);
    CHECK(w.verifies_by(false) == reason::none);
    CHECK(w.disk.reads == 0);
    CHECK(w.verifies_by(true) == reason::none);
    CHECK(w.disk.reads > 0);
    CHECK(w.says_verity());

    // Restored from a backup: the kernel guards nothing any more, and nobody believes it does.
    std::filesystem::copy_file(path, path + ".new");
    REQUIRE(std::filesystem::remove(path));
    std::filesystem::rename(path + ".new", path);
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    CHECK(w.says_verity());  // status asks no file
    CHECK(w.opens_by() == reason::none);
    CHECK_FALSE(w.says_verity());
    std::ofstream(path, std::ios::binary) << std::string(body_1.size(), 'x');
    CHECK(w.opens_by() == reason::pack_damaged);
}

TEST_CASE("a block that the disk changed under fs-verity is damage of the file, where it is read")
{
    verity_world w;
    REQUIRE(w.fetch().has_value());
    w.disk.block_changed = true;
    CHECK(w.opens_by() == reason::none);  // reads nothing
    CHECK(w.verifies_by(true) == reason::pack_damaged);
    w.disk.block_changed = false;
    CHECK(w.verifies_by(true) == reason::none);
}

TEST_CASE("every file of an archive is under fs-verity; of many, opening reads none, and what was exchanged later is found")
{
    verity_world w;
    std::vector<support::zip_member> members;
    for (int i = 0; i < 40; ++i)
        members.push_back({"layer/" + std::to_string(i) + "/part.bin", std::string(static_cast<std::size_t>(i) * 300, 'p')});
    w.offer(w.manifest(1, "1.0", support::zip_of(members), true));
    REQUIRE(w.fetch().has_value());
    check_events(w);
    CHECK(w.disk.enabled == members.size());
    CHECK(w.says_verity());
    w.disk.reads = 0;
    const auto pack = detail::open_active(w.owner, "demo");
    REQUIRE(pack.has_value());
    CHECK(pack->map("layer/39/part.bin").has_value());
    CHECK(w.disk.reads == 0);
    const std::string path = pack->info().path + "/layer/38/part.bin";
    std::ofstream(path + ".new", std::ios::binary) << std::string(38 * 300, 'x');
    std::filesystem::rename(path + ".new", path);
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    CHECK(pack->map("layer/38/part.bin").error().why == reason::pack_damaged);
}

TEST_CASE("fs-verity is over with a cancel: between two files, and while one is read")
{
    verity_world w;
    w.disk.before_enable = [&] { w.asked.operation.control.cancel(); };
    CHECK(w.why() == reason::cancelled);  // this network hashes nothing for fs-verity: the file is read
    CHECK(w.active() == "none_active");

    verity_transfer known;
    known.asked.operation.control.cancel();
    known.disk.before_enable = [] { FAIL("asked of the kernel after the cancel"); };
    CHECK(known.finish() == reason::cancelled);
    known.disk.before_enable = nullptr;
    known.asked.operation.control = control();
    CHECK(known.finish() == reason::none);
    CHECK(known.says_verity());
}

TEST_CASE("what was hashed when it came is not read again for fs-verity; a copy of what the store has is, once")
{
    verity_transfer w;
    CHECK(w.finish() == reason::none);
    CHECK(w.disk.enabled == 1);
    CHECK(w.disk.reads == 0);
    CHECK(w.says_verity());

    auto m = w.manifest(1, "1.0", body_1);
    m.model_id = "other";
    w.offer(m);
    REQUIRE(w.fetch().has_value());
    CHECK(w.net.downloads == 0);
    CHECK(w.disk.enabled == 2);
}

TEST_CASE("what another file measures is no reason to trust this one")
{
    verity_world w;
    REQUIRE(w.fetch().has_value());
    const std::string path = w.path();
    std::ofstream(path + ".new", std::ios::binary) << std::string(body_1.size(), 'x');
    REQUIRE(std::filesystem::remove(path));
    std::filesystem::rename(path + ".new", path);
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    {
        const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        const file sealed(fd);
        CHECK(w.disk.enable_verity(sealed).value() == verity_answer::enabled);
    }
    CHECK(w.opens_by() == reason::pack_damaged);
    CHECK(w.verifies_by(false) == reason::pack_damaged);
}

TEST_CASE("a kernel that measures another digest than that of the verified bytes makes nothing active")
{
    verity_transfer w;
    w.disk.measure_wrong = true;
    CHECK(w.finish() == reason::verity_mismatch);
    CHECK(w.active() == "none_active");
    CHECK(code_of(reason::verity_mismatch) == errc::digest);
    w.disk.measure_wrong = false;
    CHECK(w.finish() == reason::none);
    CHECK(w.active() == "1.0");
    CHECK(w.says_verity());
}

TEST_CASE(
    "where kernel or disk has no fs-verity a pack becomes active without, and that is told; where it must have it, not")
{
    for (const int code : {EOPNOTSUPP, ENOTTY, ENOPKG, EINVAL, EPERM})
    {
        CAPTURE(code);
        verity_world wanted(verity_policy::wanted);
        wanted.disk.refuse = code;
        REQUIRE(wanted.fetch().has_value());
        check_events(wanted);
        CHECK(wanted.warnings(reason::verity_unsupported) == 1);
        CHECK_FALSE(wanted.says_verity());
        CHECK(wanted.active() == "1.0");

        verity_transfer required;
        required.disk.refuse = code;
        CHECK(required.finish() == reason::verity_unsupported);
        CHECK(required.active() == "none_active");
        required.disk.refuse = 0;
        CHECK(required.finish() == reason::none);
    }
    verity_world off(verity_policy::off);
    REQUIRE(off.fetch().has_value());
    CHECK(off.disk.enabled == 0);
    CHECK_FALSE(off.says_verity());
    verity_world other(verity_policy::wanted);
    other.disk.refuse = EIO;
    CHECK(other.why() == reason::store_io);
    CHECK(other.active() == "none_active");
}

TEST_CASE("a file that somebody writes to is not put under fs-verity: busy, nothing is active, and nothing of it is lost")
{
    for (const int code : {EBUSY, ETXTBSY})
    {
        verity_transfer w;
        w.disk.refuse = code;
        CHECK(w.finish() == reason::verity_busy);
        CHECK(w.active() == "none_active");
        w.disk.refuse = 0;
        CHECK(w.finish() == reason::none);
    }
    CHECK(code_of(reason::verity_busy) == errc::busy);
    // A writer of the test's own, really open.
    verity_transfer w;
    file writer;
    w.disk.before_enable = [&] {
        for (const auto& e : std::filesystem::recursive_directory_iterator(w.owner.store))
            if (e.path().filename() == "model.bin")
                writer = file(::open(e.path().c_str(), O_RDWR | O_CLOEXEC));
    };
    CHECK(w.finish() == reason::verity_busy);
    w.disk.before_enable = nullptr;
    writer = {};
    CHECK(w.finish() == reason::none);
}

namespace {

/// As somebody does who may write there.
void spoil_model_in(const std::string& store)
{
    for (const auto& e : std::filesystem::recursive_directory_iterator(store))
        if (e.path().filename() == "model.bin")
            std::fstream(e.path(), std::ios::binary | std::ios::in | std::ios::out).put('x');
}

}  // namespace

TEST_CASE("bytes that change between their verification and fs-verity are found, and never become active")
{
    verity_world w;
    w.disk.before_enable = [&] { spoil_model_in(w.owner.store); };
    CHECK(w.why() == reason::digest_mismatch);
    CHECK(w.active() == "none_active");
    w.disk.before_enable = nullptr;
    CHECK(w.why() == reason::none);

    verity_transfer known;  // where the digest of fs-verity came with the other one, too
    known.disk.before_enable = [&] { spoil_model_in(known.owner.store); };
    CHECK(known.finish() == reason::digest_mismatch);
    CHECK(known.active() == "none_active");
}

TEST_CASE("what is under fs-verity is collected, adopted, set aside and rolled back to like anything else")
{
    verity_world w;
    REQUIRE(w.fetch().has_value());
    w.offer(2, "2.0", body_2);
    REQUIRE(w.fetch().has_value());
    w.offer(3, "3.0", "third");
    REQUIRE(w.fetch().has_value());
    gc_options collect;
    const auto report = run_gc(w.owner, collect);
    REQUIRE(report.has_value());
    CHECK(report->removed.size() == 1);

    rollback_options back;
    back.model_id = "demo";
    REQUIRE(run_rollback(w.owner, back).has_value());
    CHECK(w.active() == "2.0");
    CHECK(w.says_verity());

    // The same bytes under another name: adopted by copy, and a file of their own under fs-verity.
    auto m = w.manifest(1, "2.0", body_2);
    m.model_id = "other";
    w.offer(m);
    w.net.downloads = 0;
    REQUIRE(w.fetch().has_value());
    CHECK(w.net.downloads == 0);
    CHECK(w.disk.enabled == 4);
    CHECK(detail::open_active(w.owner, "other").has_value());

    // The state is lost: the pack is found, adopted and set aside.
    int states = 0;
    for (const auto& e : std::filesystem::directory_iterator(w.owner.store + "/.modelsec/state"))
        if (e.path().filename().string().starts_with("demo."))
            states += std::filesystem::remove(e.path());
    REQUIRE(states > 0);
    w.offer(4, "4.0", body_2);
    REQUIRE(w.fetch().has_value());
    CHECK(w.says_verity());
    remove_options all;
    all.model_id = "demo";
    REQUIRE(run_remove(w.owner, all).has_value());
    CHECK(w.active() == "none_active");
}

TEST_CASE("an activation with fs-verity that ends at any call to the disk leaves what the next one can use")
{
    int failed = 0;
    for (std::uint64_t call = 1; call < 400; ++call)
    {
        verity_transfer w;
        w.disk.fail_at(w.disk.calls() + call, reason::store_io);
        const reason first = w.finish();
        w.disk.fail_at(0, reason::store_io);
        if (first == reason::none)
        {
            CHECK(failed > 20);
            return;
        }
        ++failed;
        CAPTURE(call);
        const reason second = w.finish();
        CHECK(second == reason::none);
        CHECK(w.says_verity());
    }
    FAIL("it never came to an end");
}

TEST_SUITE_END();

// By the kernel itself: scripts/verity.sh gives the folder.
TEST_SUITE_BEGIN("fs-verity of this kernel");

TEST_CASE(
    "a pack is put under fs-verity by the kernel, cannot be written to, and can be replaced, rolled back to and collected" *
    doctest::skip(std::getenv("MODELSEC_VERITY_FOLDER") == nullptr))
{
    const char* const folder = std::getenv("MODELSEC_VERITY_FOLDER");
    REQUIRE(folder != nullptr);
    world w;
    w.owner.store = std::string(folder) + "/store";
    w.owner.verity = verity_policy::required;
    w.offer(1, "1.0", body_1);
    REQUIRE(w.fetch().has_value());
    const auto first = detail::open_active(w.owner, "demo");
    REQUIRE(first.has_value());
    CHECK(first->info().fs_verity);
    const std::string path = first->info().path + "/model.bin";
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    CHECK(::open(path.c_str(), O_RDWR | O_CLOEXEC) < 0);
    CHECK(errno == EPERM);
    const file content(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(content);
    verity_hasher expected;
    expected.update(as_bytes(body_1));
    CHECK(file_system::native().measure_verity(content).value() == std::optional(expected.finish()));
    CHECK(file_system::native().enable_verity(content).value() == verity_answer::enabled);
    {
        const std::string writable = std::string(folder) + "/writable";
        const file writer(::open(writable.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        const file reader(::open(writable.c_str(), O_RDONLY | O_CLOEXEC));
        CHECK(file_system::native().enable_verity(reader).value() == verity_answer::busy);
        CHECK_FALSE(file_system::native().measure_verity(reader).value().has_value());
    }
    model_options all("demo");
    all.whole = true;
    CHECK(verify_active(w.owner, all).has_value());
    w.offer(2, "2.0", body_2);
    REQUIRE(w.fetch().has_value());
    rollback_options back;
    back.model_id = "demo";
    REQUIRE(run_rollback(w.owner, back).has_value());
    CHECK(w.active() == "1.0");
    CHECK(run_gc(w.owner, {}).value().removed.size() == 1);
}

TEST_SUITE_END();
