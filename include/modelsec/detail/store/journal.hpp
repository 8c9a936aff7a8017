// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_JOURNAL_HPP
#define MODELSEC_DETAIL_STORE_JOURNAL_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/range_set.hpp>

#include <optional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What the journal beside a partial says: which of its bytes are on stable storage. Text, appended to line by line, each line
/// with a checksum: what a power cut left of the last line is not believed. It holds no URL and no state of a hash; the bytes
/// that it vouches for are hashed again before they count.
struct journal
{
    std::uint64_t size = 0;  ///< of the whole file; 0: there is no journal
    range_set synced;
    std::optional<relative_path> placed;  ///< the partial was on its way to this place in the pack folder
    std::size_t whole_bytes = 0;          ///< of the text up to its last whole line

    MODELSEC_DECL static journal parse(bytes_view text);

    // The lines.
    MODELSEC_DECL static std::string first_line(std::uint64_t size);
    MODELSEC_DECL static std::string synced_line(byte_range r);
    MODELSEC_DECL static std::string placed_line(const relative_path& path);
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/journal.ipp>
#endif

#endif
