// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/base/file_system/file_system.hpp>

#include "../support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
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
