// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../support/faulty_file_system.hpp"
#include "../support/store_scene.hpp"

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

TEST_CASE("metadata that cannot be read now is a failure: to go on without it would be a way back")
{
    const temp_dir dir;
    const temp_dir graveyard;
    faulty_file_system faulty(graveyard.path());
    const store disk = open_store(dir / "store", faulty).value();
    const metadata_folder kept = disk.metadata(sha256({})).value();
    REQUIRE(kept.write("2.root.json", as_bytes("{}")).has_value());
    int failures = 0;
    for (bool failed = true; failed; failures += failed)
    {
        faulty.fail_at(faulty.calls() + static_cast<std::uint64_t>(failures) + 1, reason::store_io);
        const auto got = kept.read("2.root.json", 10);
        failed = got.has_error();
        CHECK((failed ? got.error().why == reason::store_io : got->has_value()));
    }
    CHECK(failures >= 3);
    faulty.fail_at(0, reason::none);
    CHECK(kept.read("3.root.json", 10).value() == std::nullopt);
    CHECK(kept.read("2.root.json", 1).value() == std::nullopt);
}
