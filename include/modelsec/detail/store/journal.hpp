// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_JOURNAL_HPP
#define MODELSEC_DETAIL_STORE_JOURNAL_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/error.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Bytes of a partial that somebody outside of this library was asked to bring, and until when nobody else is.
struct range_lease
{
    byte_range bytes;
    std::uint64_t from = 0;    ///< wall clock, seconds since 1970
    std::uint64_t until = 0;   ///< the same
    std::uint64_t source = 0;  ///< which of the file's signed addresses was given: 0 is the first, 1 the first mirror

    friend bool operator==(const range_lease&, const range_lease&) = default;
};

/// What the latest ranges that a source was asked for came to.
struct source_trouble
{
    std::uint64_t times = 0;    ///< in a row without good bytes, that the source is to blame for
    std::uint64_t at = 0;       ///< the last of them: wall clock, seconds since 1970
    reason why = reason::none;  ///< the last of them

    friend bool operator==(const source_trouble&, const source_trouble&) = default;
};

/// Not after its end, and not before it began either (save what clocks differ by): a clock that was years ahead must not keep bytes from
/// being asked for until then.
MODELSEC_DECL bool is_running(const range_lease& lease, utc_time now) noexcept;

/// What a journal says of one partial.
struct partial_notes
{
    std::uint64_t size = 0;               ///< of the whole file
    range_set synced;                     ///< on stable storage
    std::optional<relative_path> placed;  ///< it was on its way to this place in the pack folder
    std::optional<std::uint64_t> number;  ///< by which lines name it; none before it was written down
    std::vector<range_lease> leases{};    ///< one a range; those whose time is over among them
    std::map<std::uint64_t, source_trouble>
        failures{};  ///< by source, of those that failed since they last brought good bytes
};

/// What the one journal beside a pack's partials says: which of their bytes are on stable storage. Text, appended to line by line,
/// each line with a checksum: what a power cut left of the last ones is not believed. It holds no URL and no state of a hash; the
/// bytes that it vouches for are hashed again before they count.
///
///     modelsec-journal-2
///     file <number> <size> <hex of the digest>
///     synced <number> <begin> <end>
///     placed <number> <path>
///     dropped <number>
///     leased <number> <begin> <end> <from> <until> <source>
///     returned <number> <begin> <end>
///     failed <number> <source> <times> <at> <reason>
///     good <number> <source>
///
/// A `leased` line takes the place of an earlier one of the same range, a `failed` line that of an earlier one of the same source. Bytes that were dropped stay leased.
///
/// Version 0.1 wrote one `modelsec-journal-1 <size>` a partial, with lines that name no number.
struct journal
{
    std::map<std::string, partial_notes> files;  ///< by the hex of their digest
    std::uint64_t next_number = 0;
    std::size_t whole_bytes = 0;  ///< of the text up to its last whole line; 0: there is no journal

    MODELSEC_DECL static journal parse(bytes_view text);
    /// The journal of one partial, as version 0.1 wrote it.
    MODELSEC_DECL static std::optional<partial_notes> parse_single(bytes_view text);

    MODELSEC_DECL static std::string first_line();
    /// Lines for what is new, which is noted here too.
    MODELSEC_DECL std::string note_synced(const std::string& digest, std::uint64_t size, const range_set& ranges);
    MODELSEC_DECL std::string note_placed(const std::string& digest, const relative_path& path);
    MODELSEC_DECL std::string note_dropped(const std::string& digest);
    MODELSEC_DECL std::string note_lease(const std::string& digest, std::uint64_t size, const range_lease& lease);
    /// No line if there is no such lease.
    MODELSEC_DECL std::string note_returned(const std::string& digest, byte_range bytes);
    MODELSEC_DECL std::string note_failed(const std::string& digest, std::uint64_t source, const source_trouble& trouble);
    /// No line if nothing was said against the source.
    MODELSEC_DECL std::string note_good(const std::string& digest, std::uint64_t source);
    /// The same knowledge as a new text.
    MODELSEC_DECL std::string rewritten();

private:
    MODELSEC_DECL std::string line_for_file(const std::string& digest, partial_notes& notes);
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/journal.ipp>
#endif

#endif
