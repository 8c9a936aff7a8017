// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/store/journal.hpp>

#include <algorithm>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

/// Gives every line its checksum: no fuzzer guesses SHA-256.
std::string with_checksums(std::string_view text)
{
    std::string out;
    while (!text.empty())
    {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        out.append(line).append(" ").append(sha256(as_bytes(line)).hex().substr(0, 16)).append("\n");
    }
    return out;
}

}  // namespace

MODELSEC_FUZZ_TARGET(journal)
{
    const std::string text = fuzz::choose(input, 2) == 0 ? std::string(as_text(input)) : with_checksums(as_text(input));
    const journal read = journal::parse(as_bytes(text));
    fuzz::require(read.whole_bytes <= text.size(), "no more is read than is there");
    fuzz::require(read.synced.empty() || read.synced.ranges().back().end <= read.size, "no range beyond the end");
    for (std::size_t i = 0; i < read.synced.ranges().size(); ++i)
    {
        const byte_range r = read.synced.ranges()[i];
        fuzz::require(!r.empty(), "no empty range");
        fuzz::require(i == 0 || read.synced.ranges()[i - 1].end < r.begin, "ranges in order, neither touching");
    }
    const journal again = journal::parse(as_bytes(text).first(read.whole_bytes));
    fuzz::require(
        again.size == read.size && again.synced.ranges() == read.synced.ranges() && again.whole_bytes == read.whole_bytes,
        "a torn tail changes nothing");
}
