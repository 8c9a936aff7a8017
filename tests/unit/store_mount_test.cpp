// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fetch_scene.hpp"

#include "../support/faulty_file_system.hpp"

using namespace modelsec;
using namespace modelsec::detail;
using fetch_scene::body_1;

namespace {

/// Nothing can be renamed into folders whose path begins so, but from there: a mount.
struct mounted_disk final : support::faulty_file_system
{
    using faulty_file_system::faulty_file_system;
    std::string mount;

    result<bool> rename(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        const auto inside = [&](const file& folder) { return native().absolute_path(folder).value().starts_with(mount); };
        if (!mount.empty() && inside(from) != inside(to))
            return fail(reason::other_disk, "rename: as planned");
        return faulty_file_system::rename(from, name, to, target);
    }
};

}  // namespace

TEST_CASE("a mount inside the store is told with its folder before a byte of the model is asked for")
{
    for (const std::string& mount : {std::string("/.modelsec/staging"), std::string("/demo")})
    {
        CAPTURE(mount);
        fetch_scene::world w;
        const std::string grave = w.dir / "grave";
        std::filesystem::create_directory(grave);
        mounted_disk disk(grave);
        w.owner.files = &disk;
        std::filesystem::create_directory(w.owner.store);
        std::filesystem::permissions(w.owner.store, std::filesystem::perms::owner_all);
        const std::string root = std::filesystem::canonical(w.owner.store);
        if (mount == "/demo")
        {
            w.offer(1, "0.9", "the one before");
            REQUIRE(w.why() == reason::none);
        }
        const int downloads = w.net.downloads;
        disk.mount = root + mount;
        w.offer(2, "1.0", body_1);
        const auto refused = w.fetch();
        REQUIRE(refused.has_error());
        CHECK(refused.error().why == reason::other_disk);
        CHECK(w.net.downloads == downloads);
        CHECK(refused.error().detail ==
              root + "/.modelsec/staging and " + root + (mount == "/demo" ? "/demo" : "") + " are not on one mount");
        disk.mount.clear();
        CHECK(w.why() == reason::none);
    }
}
