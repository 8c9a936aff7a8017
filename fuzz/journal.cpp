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

void require_sound(const partial_notes& notes)
{
    fuzz::require(notes.synced.empty() || notes.synced.ranges().back().end <= notes.size, "no range beyond the end");
    for (std::size_t i = 0; i < notes.synced.ranges().size(); ++i)
    {
        const byte_range r = notes.synced.ranges()[i];
        fuzz::require(!r.empty(), "no empty range");
        fuzz::require(i == 0 || notes.synced.ranges()[i - 1].end < r.begin, "ranges in order, neither touching");
    }
}

bool same(const journal& a, const journal& b)
{
    const auto equal = [](const auto& x, const auto& y) {
        return x.first == y.first && x.second.size == y.second.size &&
               x.second.synced.ranges() == y.second.synced.ranges() &&
               x.second.placed.has_value() == y.second.placed.has_value() && x.second.leases == y.second.leases &&
               x.second.failures == y.second.failures;
    };
    return std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(), equal);
}

}  // namespace

MODELSEC_FUZZ_TARGET(journal)
{
    const std::string text = fuzz::choose(input, 2) == 0 ? std::string(as_text(input)) : with_checksums(as_text(input));
    journal read = journal::parse(as_bytes(text));
    fuzz::require(read.whole_bytes <= text.size(), "no more is read than is there");
    for (const auto& [digest, notes] : read.files)
        require_sound(notes);
    const journal again = journal::parse(as_bytes(text).first(read.whole_bytes));
    fuzz::require(same(again, read) && again.whole_bytes == read.whole_bytes, "a torn tail changes nothing");
    const std::string anew = read.rewritten();
    fuzz::require(same(journal::parse(as_bytes(anew)), read), "what is written anew says the same");
    if (const auto single = journal::parse_single(as_bytes(text)))
        require_sound(*single);
}
