// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"
#include "unpack.hpp"

// Directory, local headers and inflate, with a digest that is right for every input: what is unpacked stays below the cap, has
// safe names and is what it is said to be.
MODELSEC_FUZZ_TARGET(zip)
{
    static constexpr std::uint64_t cap = 1u << 20;
    support::unpack_options options;
    options.extracted_bytes = cap;
    options.caps.zip_entries = 64;
    options.caps.zip_directory_bytes = 64u << 10;
    const auto got = support::unpack(std::string(modelsec::as_text(input)), options);

    std::uint64_t bytes = 0;
    for (const auto& [path, content] : got.tree)
    {
        const std::string as_part = "/" + path + "/";  // "..x" is a name like any other
        fuzz::require(path.front() != '/' && as_part.find("/../") == std::string::npos, "names are safe");
        bytes += content.size();
    }
    fuzz::require(bytes <= cap, "the cap holds");
    if (got.why != modelsec::reason::none)
        return;
    fuzz::require(got.synced, "all is synced");
    fuzz::require(!got.placed.empty(), "a good archive has a file");
    for (const auto& placed : got.placed)
    {
        const auto& content = got.tree.at(placed.path.str());
        fuzz::require(placed.content.size() == content.size(), "sizes are right");
        fuzz::require(placed.content.sha256() == modelsec::sha256(modelsec::as_bytes(content)), "digests are right");
    }
}
