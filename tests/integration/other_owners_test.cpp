// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Stores that others own: baked into an image by root, on a volume that Kubernetes prepared, written by version 0.1.
#include "command.hpp"

#include "../support/other_process.hpp"

#include <openssl/evp.h>

#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <csignal>
#include <fcntl.h>
#include <sched.h>

using namespace integration;
namespace fs = std::filesystem;

namespace {

const bool is_root = ::geteuid() == 0;
constexpr uid_t somebody = 1000;

/// What a client of another user makes of the store: "open VERSION, verify …, …".
std::string look(const modelsec::client_options& options)
{
    modelsec::client client(options);
    modelsec::error_code ec;
    modelsec::diagnostics diag;
    const auto word = [&](const std::string& good) { return ec ? std::string(to_string(diag.why)) : good; };
    const auto pack = client.open("demo", ec, diag);
    std::string out = "open " + word(pack.info().version);
    const auto status = client.status(ec, diag);
    out += ", status " + word(std::to_string(status.size()));
    client.verify("demo", ec, diag);
    out += ", verify " + word("good");
    modelsec::fetch_options offline;
    offline.model_id = "demo";
    offline.offline = true;
    const auto ensured = client.ensure(offline, ec, diag);
    out += ", ensure " + word(ensured.version);
    return out;
}

constexpr const char* all_good = "open 1.0.0, status 1, verify good, ensure 1.0.0";

/// Where another user may get at a world's store and certificates.
void let_in(const world& w)
{
    REQUIRE(::chmod(w.place.path().c_str(), 0755) == 0);
    REQUIRE(::chmod((w.place / "ca.pem").c_str(), 0644) == 0);
}

void for_all(const std::string& root, const std::function<void(const std::string&, bool folder)>& what)
{
    what(root, true);
    for (const auto& entry : fs::recursive_directory_iterator(root))
        what(entry.path(), entry.is_directory());
}

/// What only the owner of a shared store can open: locks, what grows, what was set aside.
bool is_private(const std::string& path)
{
    return path.find("/.modelsec/locks") != path.npos || path.find("/.modelsec/staging") != path.npos;
}

/// Another user who has locked all that he can open below a folder, for as long as this lives.
class locking_stranger
{
public:
    explicit locking_stranger(const std::string& root)
    {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        child_ = ::fork();
        if (child_ == 0)
        {
            unsigned locked = 0;
            const bool other = ::setgroups(0, nullptr) == 0 && ::setresgid(somebody, somebody, somebody) == 0 &&
                               ::setresuid(somebody, somebody, somebody) == 0;
            const auto lock = [&](const std::string& path) {
                const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW);
                locked += fd >= 0 && ::flock(fd, LOCK_EX | LOCK_NB) == 0 ? 1 : 0;
            };
            std::error_code ignored;
            lock(root);
            for (fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, ignored), end;
                 other && !ignored && at != end; at.increment(ignored))
                lock(at->path());
            (void)!::write(ends[1], &locked, sizeof locked);
            while (true)
                ::pause();
        }
        ::close(ends[1]);
        REQUIRE(::read(ends[0], &locked, sizeof locked) == sizeof locked);
        ::close(ends[0]);
    }
    ~locking_stranger()
    {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }

    unsigned locked = 0;

private:
    pid_t child_;
};

/// As kubelet prepares a volume: chgrp -R and chmod -R g+rwX,g+s.
void apply_fs_group(const std::string& root, gid_t group)
{
    for_all(root, [&](const std::string& path, bool folder) {
        struct stat st
        {
        };
        REQUIRE(::stat(path.c_str(), &st) == 0);
        REQUIRE(::lchown(path.c_str(), static_cast<uid_t>(-1), group) == 0);
        const mode_t execute = folder || (st.st_mode & S_IXUSR) != 0 ? S_IXGRP : 0;
        REQUIRE(::chmod(path.c_str(), (st.st_mode & 07777) | S_IRGRP | S_IWGRP | S_ISGID | execute) == 0);
    });
}

}  // namespace

TEST_CASE(
    "a store that root shares for reading is read by any user, who locks and writes nothing, also on a read-only mount" *
    doctest::skip(!is_root))
{
    world w;
    auto said = w.manifest("content");
    said.artifacts[0].url += "?X-Amz-Signature=1";  // readers need what was signed, whatever addresses it holds
    w.publish(said);
    let_in(w);
    auto options = w.options();
    options.policy = modelsec::store_policy::shared_read;
    modelsec::client owner(options);
    const auto old = ::umask(077);
    REQUIRE(fetch(owner, w.request()).code == errc::ok);
    ::umask(old);
    for_all(w.store(), [](const std::string& path, bool folder) {
        struct stat st
        {
        };
        REQUIRE(::stat(path.c_str(), &st) == 0);
        CAPTURE(path);
        const mode_t shared = folder ? 0755 : 0644, own = folder ? 0700 : 0600;
        CHECK((st.st_mode & 0777) == (is_private(path) ? own : shared));
    });
    const auto before = tree(w.store());
    CHECK(support::as_user(somebody, somebody, {}, [&] { return look(options); }) == all_good);
    CHECK(support::as_user(somebody, somebody, {}, [&] { return look(w.options()); }) == all_good);
    CHECK(tree(w.store()) == before);
    // While the owner holds the model's lock and the pack.
    const std::string read_only = support::in_child([&]() -> std::string {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount(w.store().c_str(), w.store().c_str(), nullptr, MS_BIND, nullptr) != 0 ||
            ::mount(nullptr, w.store().c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0)
            return "not tried";
        const std::string mine = look(options);
        return support::as_user(somebody, somebody, {}, [&] { return look(options); }) + "; " + mine;
    });
    CHECK((read_only == "not tried" || read_only == std::string(all_good) + "; " + all_good));

    // Others cannot fetch into it, and a store that is not shared says what would have to be done.
    CHECK(support::as_user(somebody, somebody, {}, [&] {
              modelsec::client other(options);
              modelsec::error_code ec;
              modelsec::diagnostics diag;
              other.fetch(w.request(), ec, diag);
              return std::string(to_string(diag.why));
          }) == "store_permissions");
    REQUIRE(::chmod(w.store().c_str(), 0700) == 0);
    CHECK(support::as_user(somebody, somebody, {}, [&] { return look(options); }) ==
          "open not_readable, status not_readable, verify not_readable, ensure not_readable");
    CHECK(modelsec::hint(reason::not_readable).find("folder") != std::string_view::npos);
    CHECK(modelsec::hint(reason::not_readable).find("shared_read") != std::string_view::npos);
}

TEST_CASE("a stranger who locks all that he can open of a shared store keeps its owner from nothing" *
          doctest::skip(!is_root))
{
    world w;
    w.release("first");
    let_in(w);
    auto options = w.options();
    options.policy = modelsec::store_policy::shared_read;
    options.audit.enabled = true;
    modelsec::client owner(options);
    REQUIRE(fetch(owner, w.request()).code == errc::ok);
    w.release("second", 2, "2.0.0", "/second.bin");
    REQUIRE(fetch(owner, w.request()).code == errc::ok);
    // As an earlier version left it: the owner's next operation closes it.
    for_all(w.store(), [](const std::string& path, bool folder) {
        if (is_private(path))
            REQUIRE(::chmod(path.c_str(), folder ? 0755 : 0644) == 0);
    });
    CHECK(owner.open("demo").info().version == "2.0.0");

    const locking_stranger stranger(w.store());
    CHECK(stranger.locked > 10);
    const auto lines = owner.audit().size();
    CHECK(owner.open("demo").info().version == "2.0.0");
    w.release("third", 3, "3.0.0", "/third.bin");
    CHECK(fetch(owner, w.request()).code == errc::ok);
    modelsec::rollback_options back;
    back.model_id = "demo";
    CHECK(owner.rollback(back).version == "2.0.0");
    w.release("fourth", 4, "4.0.0", "/fourth.bin");
    CHECK(fetch(owner, w.request()).code == errc::ok);
    owner.verify("demo");
    const auto removed = owner.gc().removed;
    for (const char* pack : {"demo/1.0.0", "demo/3.0.0"})
        CHECK_MESSAGE(std::ranges::find(removed, pack) != removed.end(), pack);
    CHECK(owner.audit().size() == lines + 5);
    CHECK(support::as_user(somebody, somebody, {}, [&] { return look(options); }) ==
          "open 4.0.0, status 1, verify good, ensure 4.0.0");
}

TEST_CASE("what a reader may not read of a shared store is no damage, and neither is what its owner may not" *
          doctest::skip(!is_root))
{
    world w;
    w.release("content");
    let_in(w);
    auto options = w.options();
    options.policy = modelsec::store_policy::shared_read;
    modelsec::client owner(options);
    REQUIRE(fetch(owner, w.request()).code == errc::ok);
    const std::string pack = owner.open("demo").info().path;
    const std::string file = pack + "/model.bin";
    const auto reader = [&] { return support::as_user(somebody, somebody, {}, [&] { return look(options); }); };
    constexpr const char* kept_out = "open not_readable, status 1, verify not_readable, ensure not_readable";
    const std::pair<std::string, mode_t> withheld[] = {{file, 0600}, {pack, 0700}, {pack, 0744}, {pack, 0711}};
    for (const auto& [path, mode] : withheld)
    {
        CAPTURE(path);
        CAPTURE(mode);
        const mode_t before = path == file ? 0644 : 0755;
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        CHECK(reader() == kept_out);
        CHECK(support::as_user(somebody, somebody, {}, [&] {
                  modelsec::error_code ec;
                  modelsec::diagnostics diag;
                  (void)modelsec::client(options).verify("demo", ec, diag);
                  return diag.detail;
              }).find(pack) != std::string::npos);
        REQUIRE(::chmod(path.c_str(), before) == 0);
        CHECK(reader() == all_good);
    }

    // Their owner's own: told by the same words to who reads, and brought anew by who may write.
    const std::string mine = w.place / "mine";
    fs::create_directory(mine);
    REQUIRE(::chown(mine.c_str(), somebody, somebody) == 0);
    auto own = w.options();
    own.store = mine;
    const auto as_owner = [&](const std::function<std::string(modelsec::client&)>& what) {
        return support::as_user(somebody, somebody, {}, [&] {
            modelsec::client client(own);
            return what(client);
        });
    };
    const auto fetching = [&](modelsec::client& c) { return fetch(c, w.request()).result.version; };
    REQUIRE(as_owner(fetching) == "1.0.0");
    REQUIRE(::chmod((mine + "/demo/1.0.0/model.bin").c_str(), 0) == 0);
    CHECK(as_owner([&](modelsec::client&) { return look(own); }) ==
          "open access_denied, status 1, verify access_denied, ensure access_denied");
    CHECK(as_owner(fetching) == "1.0.0");
    CHECK(as_owner([&](modelsec::client&) { return look(own); }) == all_good);
}

TEST_CASE("41 says where the store is and which option helps; doctor looks at it as the options say" *
          doctest::skip(!is_root))
{
    world w;
    w.release("content");
    let_in(w);
    REQUIRE(fetch(w).code == errc::ok);
    const auto as_somebody = [](std::vector<std::string> arguments) {
        return support::as_user(somebody, somebody, {}, [&] {
            const auto r = support::run(command(arguments));
            return std::to_string(r.exit_code) + ' ' + r.out + r.err;
        });
    };
    const std::string said = as_somebody({"path", "demo", "--store", w.store()});
    CHECK_MESSAGE(said.starts_with("41 "), said);
    CHECK_MESSAGE(said.find("--shared-read") != said.npos, said);
    CHECK_MESSAGE(said.find("--volume") != said.npos, said);
    CHECK_MESSAGE(said.find(w.store()) != said.npos, said);

    const std::string mounted = w.place / "mounted";
    fs::create_directory(mounted);
    ::chmod(mounted.c_str(), 0777);
    const std::string refused = as_somebody({"doctor", "--store", mounted});
    CHECK_MESSAGE(refused.find("store_permissions") != refused.npos, refused);
    CHECK_MESSAGE(refused.find("--volume") != refused.npos, refused);
    const std::string good = as_somebody({"doctor", "--store", mounted, "--volume"});
    CHECK_MESSAGE(good.find("ok       store") != good.npos, good);
    REQUIRE(fs::remove_all(w.store()) > 0);
    modelsec::client_options options = w.options();
    options.policy = modelsec::store_policy::shared_read;
    modelsec::client owner(options);
    REQUIRE(fetch(owner, w.request()).code == errc::ok);
    const std::string shared = as_somebody({"doctor", "--store", w.store(), "--shared-read"});
    CHECK_MESSAGE(shared.find("ok       store") != shared.npos, shared);
}

TEST_CASE("lost+found, or another folder that keeps this user out, is no model" * doctest::skip(!is_root))
{
    world w;
    w.release("content");
    let_in(w);
    fs::create_directory(w.store());
    ::chmod(w.store().c_str(), 0777);
    for (const char* name : {"lost+found", "elses"})
    {
        fs::create_directory(w.store() + '/' + name);
        std::ofstream(w.store() + '/' + name + "/#12") << "found";
        ::chmod((w.store() + '/' + name).c_str(), 0700);
    }
    auto options = w.options();
    options.policy = modelsec::store_policy::volume;
    CHECK(support::as_user(somebody, somebody, {}, [&]() -> std::string {
              modelsec::client client(options);
              client.fetch(w.request());
              const auto repaired = client.repair({});
              return std::to_string(client.status().size()) + " known, " + std::to_string(client.gc().skipped.size()) +
                     " skipped, " + std::to_string(repaired.models.size()) +
                     " looked after: " + std::string(to_string(repaired.models.front().why));
          }) == "1 known, 0 skipped, 1 looked after: none");

    // Root can look into it, and takes nothing from it: it is fsck's.
    const std::string roots = w.place / "roots";
    auto mine = w.options();
    mine.store = roots;
    modelsec::client client(mine);
    REQUIRE(fetch(client, w.request()).code == errc::ok);
    fs::create_directory(roots + "/lost+found");
    std::ofstream(roots + "/lost+found/#12") << "found";
    CHECK(client.status().size() == 1);
    CHECK(client.repair({}).models.size() == 1);
    client.gc();
    CHECK(fs::exists(roots + "/lost+found/#12"));
}

TEST_CASE("a private store is shared from a fetch with that policy on, with all that readers need, and stays shared")
{
    world w;
    const std::string large(3'000'000, 'b');
    auto said = w.manifest("content");
    w.publish(said);
    modelsec::client owner(w.options());
    REQUIRE(fetch(owner, w.request()).code == errc::ok);
    const auto modes = [&](mode_t folder_bits, mode_t file_bits) {
        std::string odd;
        for_all(w.store(), [&](const std::string& path, bool folder) {
            struct stat st
            {
            };
            REQUIRE(::stat(path.c_str(), &st) == 0);
            if ((st.st_mode & 0777) != (folder ? folder_bits : file_bits) && !is_private(path))
                odd += path.substr(w.store().size()) + ' ';
        });
        return odd;
    };
    CHECK(modes(0700, 0600) == "");
    let_in(w);
    const auto others = [&] {
        return is_root ? support::as_user(somebody, somebody, {}, [&] { return look(w.options()); }) : look(w.options());
    };

    // What is active already, and what began before.
    support::fault cut;
    cut.cut_at = large.size() / 2;
    w.web.fail("/next.bin", cut);
    w.release(large, 2, "2.0.0", "/next.bin");
    REQUIRE(fetch(owner, w.request()).code == errc::network);
    w.web.heal("/next.bin");
    auto shared = w.options();
    shared.policy = modelsec::store_policy::shared_read;
    modelsec::client sharer(shared);
    SUBCASE("as it is")
    {
        said.sequence = 3;
        w.publish(said);
        const auto o = fetch(sharer, w.request());
        CHECK(o.result.already_active);
        CHECK(others() == all_good);
        CHECK(modes(0755, 0644).find("/demo/") == std::string::npos);
        CHECK(modes(0755, 0644).find("/state/") == std::string::npos);
        CHECK(modes(0755, 0644).find("/envelopes/") == std::string::npos);
    }
    SUBCASE("with a partial that was begun before")
    {
        const auto o = fetch(sharer, w.request());
        CHECK(o.code == errc::ok);
        CHECK(o.result.bytes_fetched < large.size());
        CHECK(modes(0755, 0644) == "");
        CHECK(others() == "open 2.0.0, status 1, verify good, ensure 2.0.0");
        // Whoever does not say so again takes nothing from the readers.
        modelsec::rollback_options back;
        back.model_id = "demo";
        CHECK(owner.rollback(back).version == "1.0.0");
        CHECK(others() == all_good);
        w.release("third", 3, "3.0.0", "/third.bin");
        CHECK(fetch(owner, w.request()).code == errc::ok);
        CHECK(others() == "open 3.0.0, status 1, verify good, ensure 3.0.0");
        CHECK(modes(0755, 0644) == "");
    }
    SUBCASE("by repair, without a network")
    {
        CHECK(sharer.repair({}).models.size() == 1);
        CHECK(others() == all_good);
    }
}

TEST_CASE("on a volume that is mine alone a store works before and after kubelet applied an fsGroup" *
          doctest::skip(!is_root))
{
    world w;
    w.release("content");
    let_in(w);
    fs::create_directory(w.store());
    ::chmod(w.store().c_str(), 0777);  // root's, as mounted
    auto options = w.options();
    options.policy = modelsec::store_policy::volume;
    const auto run = [&](const std::function<std::string(modelsec::client&)>& what,
                         modelsec::store_policy policy = modelsec::store_policy::volume) {
        return support::as_user(somebody, somebody, {2000}, [&] {
            auto mine = options;
            mine.policy = policy;
            modelsec::client client(mine);
            try
            {
                return what(client);
            }
            catch (const modelsec::error& e)
            {
                return std::string(to_string(e.get_diagnostics().why)) + ": " + e.get_diagnostics().detail;
            }
        });
    };
    const auto fetching = [&](modelsec::client& c) { return c.fetch(w.request()).version; };
    CHECK(run(fetching) == "1.0.0");
    struct stat st
    {
    };
    REQUIRE(::stat((w.store() + "/.modelsec").c_str(), &st) == 0);
    CHECK((st.st_mode & 0777) == 0700);
    CHECK(st.st_uid == somebody);

    apply_fs_group(w.store(), 2000);
    const auto refused = run(fetching, modelsec::store_policy::owner_only);
    CHECK(refused.starts_with("store_permissions: "));
    CHECK(refused.find(w.store()) != std::string::npos);  // the folder at fault
    CHECK(run([](modelsec::client& c) { return c.open("demo").info().version; }) == "1.0.0");
    w.release("newer content", 2, "2.0.0");
    CHECK(run(fetching) == "2.0.0");
    apply_fs_group(w.store(), 2000);
    CHECK(run([](modelsec::client& c) {
              modelsec::rollback_options back;
              back.model_id = "demo";
              return c.rollback(back).version;
          }) == "1.0.0");
    CHECK(run([](modelsec::client& c) { return c.verify("demo").version; }) == "1.0.0");
    CHECK(run([](modelsec::client& c) { return std::to_string(c.gc().skipped.size()); }) == "0");

    // Others must not be able to write below it, and links are refused as everywhere.
    ::chmod((w.store() + "/demo").c_str(), 02777);
    CHECK(run([](modelsec::client& c) { return c.open("demo").info().version; }).starts_with("store_permissions: "));
    ::chmod((w.store() + "/demo").c_str(), 02770);
    fs::rename(w.store() + "/demo", w.store() + "/elsewhere");
    fs::create_directory_symlink("elsewhere", w.store() + "/demo");
    CHECK(run([](modelsec::client& c) { return c.open("demo").info().version; }).starts_with("store_layout: "));
}

TEST_CASE("on a volume the files of another user are read, and adopted by copy" * doctest::skip(!is_root))
{
    world w;
    w.release("content");
    let_in(w);
    fs::create_directory(w.store());
    ::chmod(w.store().c_str(), 0777);
    auto options = w.options();
    options.policy = modelsec::store_policy::volume;
    const auto as = [&](uid_t user, const std::function<std::string(modelsec::client&)>& what) {
        return support::as_user(user, user, {2000}, [&] {
            modelsec::client client(options);
            try
            {
                return what(client);
            }
            catch (const modelsec::error& e)
            {
                return std::string(to_string(e.get_diagnostics().why)) + ": " + e.get_diagnostics().detail;
            }
        });
    };
    const auto fetching = [&](modelsec::client& c) { return c.fetch(w.request()).version; };
    REQUIRE(as(1000, fetching) == "1.0.0");
    CHECK(as(3000, [](modelsec::client& c) { return c.open("demo").info().version; }).starts_with("not_readable: "));
    apply_fs_group(w.store(), 2000);
    CHECK(as(3000, [](modelsec::client& c) { return c.open("demo").info().version; }) == "1.0.0");
    const auto downloads = w.web.count("/model.bin");
    CHECK(as(3000, fetching) == "1.0.0");
    CHECK(w.web.count("/model.bin") == downloads);
    const std::string path = as(3000, [](modelsec::client& c) { return c.open("demo").info().path; });
    struct stat st
    {
    };
    REQUIRE(::stat((path + "/model.bin").c_str(), &st) == 0);
    CHECK(st.st_uid == 3000);
    CHECK(as(3000, [&](modelsec::client& c) {
              return c.fetch(w.request()).already_active ? std::string("active") : "again";
          }) == "active");
}

TEST_CASE("the partial of a store of version 0.1 is resumed, and its memory holds")
{
    // What the store's README says its bytes are: AES-128-CTR of zeros, key 3.
    constexpr std::size_t size = 9'000'000, kept = 4'194'304, partial = 5'242'880;
    std::string content(size, '\0');
    std::array<unsigned char, 16> key{}, iv{};
    key.back() = 3;
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    auto* const bytes = reinterpret_cast<unsigned char*>(content.data());
    int written = 0;
    REQUIRE(EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ctr(), nullptr, key.data(), iv.data()) == 1);
    REQUIRE(EVP_EncryptUpdate(cipher.get(), bytes, &written, bytes, static_cast<int>(size)) == 1);
    REQUIRE(modelsec::sha256(modelsec::as_bytes(content)).hex() ==
            "0175df9952b179fac20580496ddb1ed29a028b01d9af0370cc6010147c60ed58");

    world w;
    fs::copy(MODELSEC_SOURCE_DIR "/tests/vectors/store-0.1", w.store(), fs::copy_options::recursive);
    const std::string staging =
        w.store() + "/.modelsec/staging/0175df9952b179fac20580496ddb1ed29a028b01d9af0370cc6010147c60ed58/";
    std::ofstream(staging + "partial-0175df9952b179fac20580496ddb1ed29a028b01d9af0370cc6010147c60ed58", std::ios::binary)
        << content.substr(0, partial);
    for_all(w.store(), [](const std::string& path, bool folder) { ::chmod(path.c_str(), folder ? 0700 : 0600); });

    w.key = support::signer("new");
    auto offer = w.manifest(content, "/slow.bin", 2);
    offer.model_id = "slow";
    w.publish(offer);
    auto asked = w.request();
    asked.model_id = "slow";
    auto keys = pins_of({w.key});
    REQUIRE(keys.add("v1=5DpIl9bSAc3w9Ej2G542QLTOCEC0s8sATRtgWyy57ds=").has_value());  // who vouched for what is remembered
    asked.trust = keys;
    CHECK(fetch(w, asked).why == reason::older_sequence);
    offer.sequence = 4;
    w.publish(offer);
    const auto done = fetch(w, asked);
    CHECK(done.code == errc::ok);
    CHECK(w.web.sent("/slow.bin") <= size - kept);
    CHECK(done.result.bytes_fetched == size - kept);
    CHECK(active_version(w, "slow") == "1.0.0");
    CHECK(active_version(w, "acme") == "1.0.0");
    CHECK(active_version(w, "old") == "0.9");
}
