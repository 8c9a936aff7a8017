// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FOREIGN_PLAN_HPP
#define MODELSEC_DETAIL_FETCH_FOREIGN_PLAN_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/net/options.hpp>
#include <modelsec/detail/store/journal.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// Bytes of a file that a transport outside of the library is asked to bring (foreign_transfer).
struct foreign_range
{
    /// Names the range for as long as the transfer lasts, in this process and in those after it. At most 120 letters, digits and `-`: fit
    /// for the description of a system's download task.
    std::string id{};
    std::string file{};                  ///< its place in the pack, with `/`; empty: an archive
    std::string url{};                   ///< https; with its query, which may be a secret
    std::vector<http_header> headers{};  ///< to be sent to the URL's origin and to nobody else: values are secrets
    std::uint64_t begin = 0;             ///< the range in the file: its first byte …
    std::uint64_t end = 0;               ///< … and one past its last
    std::uint64_t file_size = 0;         ///< of the whole file, as signed
    utc_time leased_until{};             ///< nobody else is asked for these bytes before

    /// Bytes that are expected.
    std::uint64_t size() const noexcept { return end - begin; }
};

/// A range that was handed out and neither came nor failed. What is not durable is not here: URL and headers.
struct foreign_lease
{
    std::string id{};
    std::string file{};  ///< as in foreign_range
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    utc_time until{};
};

namespace detail {

/// Which bytes of which content an id names.
struct foreign_name
{
    sha256_digest content;
    byte_range bytes;
};

/// `<64 hex digits>-<begin>-<end>`.
MODELSEC_DECL std::string foreign_id(const foreign_name& name);
/// Nothing for what is no id: not written as foreign_id() does, or an empty range.
MODELSEC_DECL std::optional<foreign_name> parse_foreign_id(std::string_view id);

/// What is to be done with one file of a pack that others bring.
struct foreign_file
{
    const artifact_file* expected = nullptr;
    partial_notes notes;      ///< `synced`: what is there
    std::size_t sources = 1;  ///< how many addresses were signed for it
};

struct foreign_choice
{
    std::size_t file = 0;
    byte_range bytes;
    std::vector<std::size_t> sources{};  ///< of the file's addresses those that may be asked now, the best first
};

/// Bytes are missing and nobody is asked for them, as all addresses of their files failed lately.
struct foreign_rest
{
    utc_time until{};           ///< when the first of them may be asked again
    reason why = reason::none;  ///< why that one failed last
};

/// What is to be asked for, or when; neither: all is there or on its way.
struct foreign_next
{
    std::optional<foreign_choice> choice{};
    std::optional<foreign_rest> rest{};
};

/// For how long a source is left alone that failed so often in a row: not at all after the first time, then for 15 seconds, twice as long
/// each time, at most an hour.
MODELSEC_DECL std::chrono::seconds rest_after(std::uint64_t failures) noexcept;

/// The bytes to be asked for next: missing, and nobody's by a lease that runs. The largest file comes first. Where there are signed
/// chunks a range ends with one, and has about `range_bytes`, or one chunk if that is more: so it can be verified by itself. A file
/// without chunks is asked for in one range, as only all of it can be verified. A file all of whose addresses rest waits until one of them
/// may be asked again; a rest is told only where nothing is on its way. No IO, no clock.
MODELSEC_DECL foreign_next choose_foreign_range(const std::vector<foreign_file>& files, std::uint64_t range_bytes,
                                                utc_time now);

/// The addresses of a file that do not rest, by number, the one that failed least often first.
MODELSEC_DECL std::vector<std::size_t> order_of_sources(const foreign_file& file, utc_time now);

/// What is noted against a source when a range of it failed by `why`; nothing if the source is not to blame. An address may run out of
/// time once: if it does so again, the next one would too.
MODELSEC_DECL std::optional<source_trouble> trouble_after(const partial_notes& notes, std::uint64_t source, reason why,
                                                          utc_time now);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/foreign_plan.ipp>
#endif

#endif
