// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Stores that others own: baked into an image by root, on a volume that Kubernetes prepared, written by version 0.1.
#include "command.hpp"

#include "../support/other_process.hpp"

#include <openssl/evp.h>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
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
        CHECK((st.st_mode & 0777) == (folder ? 0755 : 0644));
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
