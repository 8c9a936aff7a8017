// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/manifest/content_index.hpp>

using namespace modelsec;

using namespace modelsec::detail;

MODELSEC_FUZZ_TARGET(index)
{
    // The size of the file: what the index says, or something else.
    std::uint64_t size = 0;
    const bool fitting = fuzz::choose(input, 4) != 0;
    for (std::size_t at = 10; fitting && at + 36 <= input.size(); at += 36)
        size += std::uint64_t{input[at]} << 24 | std::uint64_t{input[at + 1]} << 16 | std::uint64_t{input[at + 2]} << 8 |
                input[at + 3];
    const auto index = parse_content_index(input, size);
    if (index)
    {
        std::uint64_t sum = 0;
        bytes again = write_index_head(index->average_bytes);
        for (const content_chunk& c : index->chunks)
        {
            fuzz::require(c.size_bytes > 0 && c.size_bytes / 4 <= index->average_bytes,
                          "pieces have a length that can be held");
            sum += c.size_bytes;
            append_index_chunk(again, c);
        }
        fuzz::require(sum == size, "the pieces are the file");
        fuzz::require(as_text(again) == as_text(input), "what is written anew is the same");
    }
    // Whatever the bytes are, they are cut to the end.
    const content_cutter cutter(64u << 10);
    for (bytes_view rest = input; !rest.empty();)
    {
        const std::size_t piece = cutter.cut(rest);
        fuzz::require(piece > 0 && piece <= rest.size() && piece <= cutter.longest(), "a piece is a part of what is left");
        rest = rest.subspan(piece);
    }
}
