// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/base/file_system/file_system.hpp>

#include <modelsec/detail/base/file_system/failure_posix.ipp>
#include <modelsec/detail/store/store.hpp>

#include "../support/other_process.hpp"
#include "../support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

using namespace modelsec;

using namespace modelsec::detail;
using support::temp_dir;

namespace {

file_system& fs = file_system::native();

/// The umask for as long as this lives.
class with_umask
{
public:
    explicit with_umask(mode_t mask) : old_(::umask(mask)) {}
    ~with_umask() { ::umask(old_); }

private:
    mode_t old_;
};

template <class T>
reason why(const result<T>& r)
{
    return r.has_error() ? r.error().why : reason::none;
}

mode_t mode_of(const std::string& path)
{
    struct stat st
    {
    };
    REQUIRE(::lstat(path.c_str(), &st) == 0);
    return st.st_mode & 07777;
}

void write(const file& f, std::string_view text)
{
    REQUIRE(fs.write_at(f, 0, as_bytes(text)).has_value());
}

}  // namespace

TEST_CASE("folders are 0700 and files 0600 whatever the umask")
{
    for (const mode_t mask : {0000, 0022, 0077, 0777})
    {
        CAPTURE(mask);
        const temp_dir dir;
        const with_umask now(mask);
        const auto root = fs.open_root(dir / "x/y/store", true);
        REQUIRE(root.has_value());
        const auto folder = fs.open_folder(*root, "folder", true);
        REQUIRE(folder.has_value());
        REQUIRE(fs.open_file(*folder, "file", open_mode::create_new).has_value());
        for (const char* made : {"x", "x/y", "x/y/store", "x/y/store/folder"})
            CHECK(mode_of(dir / made) == 0700);
        CHECK(mode_of(dir / "x/y/store/folder/file") == 0600);
    }
}

TEST_CASE("a root that is not there is made only if asked to")
{
    const temp_dir dir;
    const auto absent = fs.open_root(dir / "store", false);
    REQUIRE(absent.has_value());
    CHECK_FALSE(static_cast<bool>(*absent));
    const auto made = fs.open_root(dir / "store", true);
    REQUIRE(made.has_value());
    CHECK(static_cast<bool>(*made));
    CHECK(fs.absolute_path(*made).value() == dir / "store");
    CHECK(why(fs.open_root("", true)) == reason::bad_option);
    CHECK(why(fs.open_root(dir / "nothing/..", true)) == reason::store_layout);
}

TEST_CASE("a root reached by a link is resolved once, and a dangling link is refused")
{
    const temp_dir dir;
    REQUIRE(fs.open_root(dir / "real", true).has_value());
    REQUIRE(::symlink("real", (dir / "link").c_str()) == 0);
    const auto root = fs.open_root(dir / "link", false);
    REQUIRE(root.has_value());
    CHECK(fs.absolute_path(*root).value() == dir / "real");
    REQUIRE(::symlink("nowhere", (dir / "dangling").c_str()) == 0);
    CHECK(why(fs.open_root(dir / "dangling", true)) == reason::store_layout);
    dir.write("plain", "");
    CHECK(why(fs.open_root(dir / "plain", true)) == reason::store_layout);
}

TEST_CASE("a root that others may write to, or that stands where others may write, is refused")
{
    const temp_dir dir;
    REQUIRE(::mkdir((dir / "open").c_str(), 0700) == 0);
    REQUIRE(::chmod((dir / "open").c_str(), 0707) == 0);
    CHECK(why(fs.open_root(dir / "open", true)) == reason::store_permissions);
    CHECK(why(fs.open_root(dir / "open/store", true)) == reason::store_permissions);
    REQUIRE(::chmod((dir / "open").c_str(), 01707) == 0);
    CHECK(why(fs.open_root(dir / "open", true)) == reason::store_permissions);
    CHECK(fs.open_root(dir / "open/store", true).has_value());  // sticky, like /tmp
}

TEST_CASE("a folder of somebody else is refused" * doctest::skip(::geteuid() != 0))
{
    const temp_dir dir;
    REQUIRE(::mkdir((dir / "theirs").c_str(), 0755) == 0);
    REQUIRE(::mkdir((dir / "theirs/mine").c_str(), 0700) == 0);
    REQUIRE(::chown((dir / "theirs").c_str(), 12345, 12345) == 0);
    CHECK(why(fs.open_root(dir / "theirs", true)) == reason::store_permissions);
    CHECK(why(fs.open_root(dir / "theirs/mine", true)) == reason::store_permissions);
    const auto root = fs.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    CHECK(why(fs.open_folder(*root, "theirs", false)) == reason::store_permissions);
    dir.write("file", "x");
    REQUIRE(::chown((dir / "file").c_str(), 12345, 12345) == 0);
    CHECK(why(fs.open_file(*root, "file", open_mode::read)) == reason::store_permissions);
}

TEST_CASE("a folder that a foreign group may write to is told apart" * doctest::skip(::geteuid() != 0))
{
    const temp_dir dir;
    REQUIRE(::mkdir((dir / "shared").c_str(), 0700) == 0);
    REQUIRE(::chmod((dir / "shared").c_str(), 0770) == 0);
    CHECK(fs.info(fs.open_root(dir / "shared", false).value()).value().group_writes);  // root's group is not private
    REQUIRE(::chmod((dir / "shared").c_str(), 0750) == 0);
    CHECK_FALSE(fs.info(fs.open_root(dir / "shared", false).value()).value().group_writes);
    REQUIRE(::chmod((dir / "shared").c_str(), 0770) == 0);
    REQUIRE(::chown((dir / "shared").c_str(), 0, 12345) == 0);
    CHECK(fs.info(fs.open_root(dir / "shared", false).value()).value().group_writes);
    CHECK(why(fs.open_root(dir / "shared/store", true)) == reason::store_permissions);
}

TEST_CASE("links, pipes, folders and files with a second name are not opened as files")
{
    const temp_dir dir;
    const auto root = fs.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    dir.write("plain", "x");
    REQUIRE(::symlink("plain", (dir / "link").c_str()) == 0);
    REQUIRE(::mkfifo((dir / "pipe").c_str(), 0600) == 0);
    REQUIRE(::mkdir((dir / "folder").c_str(), 0700) == 0);
    for (const auto mode : {open_mode::read, open_mode::read_write})
        for (const char* name : {"link", "pipe", "folder"})
        {
            CAPTURE(name);
            CHECK(why(fs.open_file(*root, name, mode)) == reason::store_layout);
        }
    CHECK(fs.open_file(*root, "plain", open_mode::read).value());
    REQUIRE(::link((dir / "plain").c_str(), (dir / "second").c_str()) == 0);
    CHECK(why(fs.open_file(*root, "plain", open_mode::read)) == reason::store_layout);
    CHECK(why(fs.open_folder(*root, "link", true)) == reason::store_layout);
    CHECK(why(fs.open_folder(*root, "plain", true)) == reason::store_layout);
    REQUIRE(::symlink("folder", (dir / "folder-link").c_str()) == 0);
    CHECK(why(fs.open_folder(*root, "folder-link", true)) == reason::store_layout);
    REQUIRE(::chmod((dir / "folder").c_str(), 0702) == 0);
    CHECK(why(fs.open_folder(*root, "folder", false)) == reason::store_permissions);
}

TEST_CASE("a name that is a path is refused everywhere")
{
    const temp_dir dir;
    const auto root = fs.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    for (const std::string& name :
         {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a\0b", 3)})
    {
        CHECK(fs.open_folder(*root, name, true).has_error());
        CHECK(fs.open_file(*root, name, open_mode::create_new).has_error());
        CHECK(fs.info_at(*root, name).has_error());
        CHECK(fs.remove_file(*root, name).has_error());
        CHECK(fs.rename(*root, name, *root, "x").has_error());
        CHECK(fs.rename(*root, "x", *root, name).has_error());
    }
}

TEST_CASE("presence and absence are answers, not failures")
{
    const temp_dir dir;
    const auto root = fs.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    CHECK_FALSE(static_cast<bool>(fs.open_file(*root, "f", open_mode::read).value()));
    CHECK_FALSE(static_cast<bool>(fs.open_folder(*root, "d", false).value()));
    CHECK(fs.info_at(*root, "f").value().links == 0);
    CHECK(static_cast<bool>(fs.open_file(*root, "f", open_mode::create_new).value()));
    CHECK_FALSE(static_cast<bool>(fs.open_file(*root, "f", open_mode::create_new).value()));
    CHECK(fs.remove_file(*root, "f").has_value());
    CHECK(fs.remove_file(*root, "f").has_value());
    CHECK(fs.remove_folder(*root, "d").has_value());
}

TEST_CASE("what is written is read again, and a short read means the end")
{
    const temp_dir dir;
    const auto root = fs.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    const auto f = fs.open_file(*root, "f", open_mode::create_new);
    REQUIRE(f.has_value());
    CHECK(fs.reserve(*f, 1 << 20).has_value());
    CHECK(fs.info(*f).value().size == 0);
    write(*f, "hello world");
    bytes into(100);
    CHECK(fs.read_at(*f, 6, into).value() == 5);
    CHECK(as_text(bytes_view(into).first(5)) == "world");
    CHECK(fs.read_at(*f, 50, into).value() == 0);
    CHECK(fs.truncate(*f, 5).has_value());
    CHECK(fs.info(*f).value().size == 5);
    CHECK(fs.sync(*f).has_value());
    CHECK(fs.sync(*root).has_value());
    CHECK(fs.free_space(*root).value() > 0);
}

TEST_CASE("rename and link replace nothing, replace does")
{
    const temp_dir dir;
    const auto root = fs.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    dir.write("a", "a");
    dir.write("b", "b");
    REQUIRE(::mkdir((dir / "d").c_str(), 0700) == 0);
    REQUIRE(::mkdir((dir / "empty").c_str(), 0700) == 0);
    CHECK_FALSE(fs.rename(*root, "a", *root, "b").value());
    CHECK_FALSE(fs.rename(*root, "d", *root, "empty").value());
    CHECK_FALSE(fs.link(*root, "a", *root, "b").value());
    CHECK(fs.rename(*root, "absent", *root, "c").has_error());
    CHECK(fs.link(*root, "a", *root, "c").value());
    CHECK(fs.info_at(*root, "c").value().links == 2);
    CHECK(fs.rename(*root, "c", *root, "e").value());
    CHECK(fs.replace(*root, "a", *root, "b").has_value());
    CHECK(support::read_file(dir / "b") == "a");
    CHECK(fs.list(*root).value().size() == 4);
}

TEST_CASE("a lock excludes other open files, also of the same process, until it is closed")
{
    const temp_dir dir;
    const auto root = fs.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    dir.write("lock", "");
    const auto reader = fs.open_file(*root, "lock", open_mode::read).value();
    {
        const auto owner = fs.open_file(*root, "lock", open_mode::read_write).value();
        CHECK(fs.try_lock(owner, lock_kind::exclusive).value());
        CHECK_FALSE(fs.try_lock(reader, lock_kind::shared).value());
    }
    CHECK(fs.try_lock(reader, lock_kind::shared).value());
    const auto another = fs.open_file(*root, "lock", open_mode::read).value();
    CHECK(fs.try_lock(another, lock_kind::shared).value());
    CHECK_FALSE(fs.try_lock(another, lock_kind::exclusive).value());
}

TEST_CASE("a lock ends with the process that took it, whatever children of it have the same open file")
{
    const temp_dir dir;
    const auto root = fs.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    dir.write("lock", "");
    int wait[2];
    REQUIRE(::pipe(wait) == 0);
    const auto other = fs.open_file(*root, "lock", open_mode::read).value();
    pid_t child = -1;
    {
        auto owner = fs.open_file(*root, "lock", open_mode::read_write).value();
        REQUIRE(fs.try_lock(owner, lock_kind::exclusive).value());
        file moved = std::move(owner);  // the lock goes along
        child = ::fork();
        if (child == 0)
        {
            ::close(wait[1]);
            char byte = 0;
            (void)!::read(wait[0], &byte, 1);  // until the parent has closed its end
            ::_exit(0);
        }
        CHECK_FALSE(fs.try_lock(other, lock_kind::exclusive).value());
        // A child's end of the file is not its parent's: what goes there is not given back here.
        CHECK(support::in_child([&] {
                  const file inherited = std::move(moved);
                  return std::string("gone");
              }) == "gone");
        CHECK_FALSE(fs.try_lock(other, lock_kind::exclusive).value());
    }
    CHECK(fs.try_lock(other, lock_kind::exclusive).value());  // though the child lives
    ::close(wait[0]);
    ::close(wait[1]);
    int status = 0;
    CHECK(::waitpid(child, &status, 0) == child);
}

TEST_CASE("a link on the way to the store is followed only if this user or root owns it" * doctest::skip(::geteuid() != 0))
{
    const temp_dir dir;
    REQUIRE(::mkdir((dir / "sticky").c_str(), 01777) == 0);
    REQUIRE(::chmod((dir / "sticky").c_str(), 01777) == 0);
    REQUIRE(::mkdir((dir / "real").c_str(), 0700) == 0);
    const auto link = [&](const std::string& target, const char* name, uid_t owner) {
        REQUIRE(::symlink(target.c_str(), (dir / name).c_str()) == 0);
        REQUIRE(::lchown((dir / name).c_str(), owner, owner) == 0);
    };
    link(dir / "real", "sticky/mine", 0);
    link(dir / "real", "sticky/theirs", 12345);
    link("theirs", "sticky/to-theirs", 0);
    link("../sticky/mine", "sticky/to-mine", 0);
    CHECK(fs.open_root(dir / "sticky/mine", false).has_value());
    CHECK(fs.absolute_path(fs.open_root(dir / "sticky/to-mine/store", true).value()).value() == dir / "real/store");
    for (const char* name : {"sticky/theirs", "sticky/theirs/store", "sticky/to-theirs", "sticky/theirs/../store"})
        for (const bool create : {false, true})
        {
            CAPTURE(name);
            CHECK(why(fs.open_root(dir / name, create)) == reason::store_permissions);
        }
    // Not followed either where others could replace it.
    REQUIRE(::chmod((dir / "sticky").c_str(), 0777) == 0);
    CHECK(why(fs.open_root(dir / "sticky/mine", false)) == reason::store_permissions);
    REQUIRE(::symlink("loop", (dir / "loop").c_str()) == 0);
    CHECK(why(fs.open_root(dir / "loop", true)) == reason::store_layout);
    REQUIRE(::chdir(dir.path().c_str()) == 0);
    CHECK(fs.absolute_path(fs.open_root("./real/../real", false).value()).value() == dir / "real");
    REQUIRE(::chdir("/") == 0);
}

TEST_CASE("a file system that counts no blocks is not full")
{
    const auto blockless = file(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    CHECK(fs.free_space(blockless).value() == file_system::unknown_space);
    const temp_dir dir;
    const auto root = fs.open_root(dir.path(), false);
    CHECK(fs.free_space(*root).value() != file_system::unknown_space);
}

TEST_CASE("what the system refuses is told by its own reason, with the place in the detail")
{
    const temp_dir dir;
    const auto root = fs.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    const auto tells = [&](const auto& outcome, reason expected, const std::string& place) {
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().why == expected);
        CAPTURE(outcome.error().detail);
        CHECK(outcome.error().detail.find(place) != std::string::npos);
    };
    tells(fs.open_folder(*root, std::string(300, 'x'), true), reason::path_too_long, dir.path());
    tells(fs.open_root("/" + std::string(5000, 'x'), true), reason::path_too_long, "/xxx");

    const std::string child = support::in_child([&]() -> std::string {
        std::string out;
        const auto note = [&](const auto& outcome) {
            out += outcome ? "none\n" : std::string(to_string(outcome.error().why)) + ' ' + outcome.error().detail + '\n';
        };
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{1024, 1024};
        ::setrlimit(RLIMIT_FSIZE, &small);
        const auto f = fs.open_file(*root, "big", open_mode::create_new);
        note(fs.write_at(*f, 0, bytes(2048)));
        const rlimit few{3, 3};
        ::setrlimit(RLIMIT_NOFILE, &few);
        note(fs.open_file(*root, "one-more", open_mode::create_new));
        return out;
    });
    CHECK(child.starts_with("file_too_big write: "));
    CHECK(child.find(dir / "big") != std::string::npos);
    CHECK(child.find("too_many_open_files open: ") != std::string::npos);
    CHECK(child.find(dir / "one-more") != std::string::npos);
    for (const int code : {EROFS, EXDEV, EFBIG, EMFILE, ENFILE, ENAMETOOLONG, EACCES, EPERM, ENOSPC, EDQUOT})
        CHECK(posix_failure(code, "call", "/place").why != reason::store_io);
    CHECK(posix_failure(EIO, "call", "/place").why == reason::store_io);
}

TEST_CASE("a path that is too long for the system is told with the folder")
{
    // Deeper than any path says; only relative to the folder it stands in can it be reached.
    const temp_dir dir;
    const std::string part(200, 'x');
    const std::string said = support::in_child([&]() -> std::string {
        std::string out;
        if (::chdir(dir.path().c_str()) != 0)
            return "no folder";
        for (int i = 0; i < 25; ++i)
            if (::mkdir(part.c_str(), 0700) != 0 || ::chdir(part.c_str()) != 0)
                return "too deep";
        const auto deep = store::open({"here", true});
        out += deep ? "none" : std::string(to_string(deep.error().why)) + ' ' + deep.error().detail;
        for (int i = 0; i < 25; ++i)
            if (::chdir("..") != 0 || ::rmdir(part.c_str()) != 0)
                return "not removed";
        return out;
    });
    CHECK_MESSAGE(said.starts_with("path_too_long "), said);
    CHECK_MESSAGE(said.ends_with(": here"), said);
    const auto seen = fs.info_of("/" + std::string(300, 'x'));
    REQUIRE(seen.has_error());
    CHECK(seen.error().why == reason::path_too_long);
    CHECK(seen.error().detail.find("/xxx") != std::string::npos);
}

TEST_CASE("on a disk that cannot be written to, that is what is told, and what is there can be read" *
          doctest::skip(::geteuid() != 0))
{
    const temp_dir dir;
    const std::string told = support::in_child([&]() -> std::string {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("none", dir.path().c_str(), "tmpfs", 0, "mode=0700") != 0)
            return "not tried";
        const auto root = fs.open_root(dir / "store", true);
        (void)fs.open_folder(*root, "there", true);
        if (::mount("none", dir.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0)
            return "not tried";
        const auto made = fs.open_folder(*root, "new", true);
        const auto there = fs.open_folder(*root, "there", true);
        const auto again = fs.open_root(dir / "store", true);
        return std::string(made ? "none" : to_string(made.error().why)) + (there && *there && again ? " readable" : "") +
               ' ' + (made ? "" : made.error().detail);
    });
    if (told == "not tried")
    {
        MESSAGE("not tried: this user cannot mount");
        return;
    }
    CHECK(told.starts_with("read_only_disk readable mkdir: "));
    CHECK(told.find(dir / "store/new") != std::string::npos);
}

TEST_CASE("a mount inside the store is found by asking the kernel, also one of the same disk" *
          doctest::skip(::geteuid() != 0))
{
    const temp_dir dir;
    const std::string told = support::in_child([&]() -> std::string {
        const auto root = fs.open_root(dir / "store", true);
        const auto a = fs.open_folder(*root, "a", true), b = fs.open_folder(*root, "b", true);
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount((dir / "store/b").c_str(), (dir / "store/b").c_str(), nullptr, MS_BIND, nullptr) != 0)
            return "not tried";
        const auto inside = fs.open_root(dir / "store", false);  // as this namespace has it
        const auto one = fs.open_folder(*inside, "a", false), mounted = fs.open_folder(*inside, "b", false);
        const auto moved = fs.rename(*one, "nothing", *mounted, "nothing");
        return moved ? "none" : std::string(to_string(moved.error().why));
    });
    CHECK((told == "other_disk" || told == "not tried"));
}

TEST_CASE("a store that is shared for reading is 0755 and 0644, and is read by others who lock and write nothing" *
          doctest::skip(::geteuid() != 0))
{
    const temp_dir dir;
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    const auto old = ::umask(077);
    const auto root = fs.open_root(dir / "store", true, store_policy::shared_read);
    const auto folder = fs.open_folder(*root, "folder", true);
    const auto made = fs.open_file(*folder, "file", open_mode::create_new);
    ::umask(old);
    CHECK(fs.info(*root)->mode == 0755);
    CHECK(fs.info(*folder)->mode == 0755);
    CHECK(fs.info(*made)->mode == 0644);
    REQUIRE(fs.try_lock(*made, lock_kind::exclusive).value());
    const auto seen = [&](store_policy policy, bool create) {
        return support::as_user(1000, 1000, {}, [&]() -> std::string {
            const auto theirs = fs.open_root(dir / "store", create, policy);
            if (!theirs)
                return std::string(to_string(theirs.error().why));
            const auto below = fs.open_folder(*theirs, "folder", false);
            const auto content = fs.open_file(*below, "file", open_mode::read);
            if (!content || !*content)
                return "refused";
            const auto fresh = fs.open_file(*below, "new", open_mode::create_new);
            return std::string("read ") + (fs.try_lock(*content, lock_kind::exclusive).value() ? "" : "locked ") +
                   (fresh ? "made" : to_string(fresh.error().why).data());
        });
    };
    CHECK(seen(store_policy::shared_read, false) == "read store_permissions");
    CHECK(seen(store_policy::owner_only, false) == "read store_permissions");  // root's word counts without one's own
    CHECK(seen(store_policy::shared_read, true) == "store_permissions");
    REQUIRE(::chmod((dir / "store").c_str(), 0700) == 0);
    CHECK(seen(store_policy::shared_read, false) == "not_readable");
    CHECK(seen(store_policy::owner_only, false) == "not_readable");
    // A third one's is read by policy only.
    REQUIRE(::chmod((dir / "store").c_str(), 0755) == 0);
    for (const char* name : {"store", "store/folder", "store/folder/file"})
        REQUIRE(::chown((dir / name).c_str(), 2000, 2000) == 0);
    CHECK(seen(store_policy::owner_only, false) == "store_permissions");
    CHECK(seen(store_policy::shared_read, false) == "read store_permissions");
    REQUIRE(::chown((dir / "store/folder/file").c_str(), 3000, 3000) == 0);
    CHECK(seen(store_policy::shared_read, false) == "refused");
    REQUIRE(::chmod((dir / "store").c_str(), 0775) == 0);
    CHECK(seen(store_policy::shared_read, false) == "store_permissions");
}

TEST_CASE("of many threads that create one file, one wins")
{
    const temp_dir dir;
    const auto root = fs.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    std::atomic<int> winners{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            const auto made = fs.open_file(*root, "f", open_mode::create_new);
            winners += made && *made ? 1 : 0;
        });
    for (auto& t : threads)
        t.join();
    CHECK(winners == 1);
}
