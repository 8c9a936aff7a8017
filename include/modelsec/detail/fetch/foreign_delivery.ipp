// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FOREIGN_DELIVERY_IPP
#define MODELSEC_DETAIL_FETCH_FOREIGN_DELIVERY_IPP

#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/fetch/foreign_delivery.hpp>
#include <modelsec/detail/fetch/pack_sink.hpp>
#include <modelsec/detail/fetch/staged_partials.hpp>
#include <modelsec/detail/store/file_verifier.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t delivery_block = std::size_t{1} << 20;

/// CWE-59, CWE-367: the descriptor that is looked at is the one that is copied from; what its name leads to later does not matter, and
/// a link is none of ours to follow.
result<foreign_bytes> open_delivered(file_system& files, const std::string& path)
{
    MODELSEC_TRY(file from, open_delivered_file(path));
    MODELSEC_TRY(const file_info what, files.info(from));
    if (what.kind != file_kind::regular)
        return fail(reason::unsafe_entry, "what was delivered is no regular file: " + path);
    return foreign_bytes{std::move(from), {}, what.size};
}

/// Bytes [at, at + into.size()) of what was brought.
inline result<void> read_delivered(file_system& fs, const foreign_bytes& brought, std::uint64_t at,
                                   std::span<std::uint8_t> into)
{
    if (!brought.from)
    {
        const bytes_view part = brought.memory.subspan(static_cast<std::size_t>(at), into.size());
        std::copy(part.begin(), part.end(), into.begin());
        return {};
    }
    MODELSEC_TRY(const std::size_t got, fs.read_at(brought.from, at, into));
    return got == into.size() ? result<void>()
                              : fail(reason::size_mismatch, "the delivered file was cut while it was copied");
}

/// Whether all of an empty partial could share the blocks of the delivered file.
inline result<bool> share_delivered(file_system& fs, const foreign_bytes& brought, const file& to)
{
    if (!brought.from)
        return false;
    auto shared = fs.clone(brought.from, to);
    if (shared.has_error() || !*shared)
        return false;
    MODELSEC_TRY(const file_info made, fs.info(to));
    if (made.size == brought.size)
        return true;
    MODELSEC_CHECK(fs.truncate(to, 0));
    return fail(reason::size_mismatch, "the delivered file changed its length while it was taken");
}

/// Feeds a part of the partial to its digest, from our own inode (docs/architecture.md, rule 2).
inline result<range_hash> hash_partial(file_system& fs, const file& partial, range_hash hash, std::span<std::uint8_t> space,
                                       const control& handle)
{
    while (!hash.complete())
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        const auto left = hash.range().end - hash.position();
        const auto part = space.first(static_cast<std::size_t>(std::min<std::uint64_t>(space.size(), left)));
        MODELSEC_TRY(const std::size_t got, fs.read_at(partial, hash.position(), part));
        if (got == 0)
            return fail(reason::store_io, "a partial was cut");
        hash.update(bytes_view(part).first(got));
    }
    return hash;
}

/// The chunks that are there by now, had a part among the `fresh` bytes, and are not the signed ones.
inline result<range_set> wrong_chunks(file_system& fs, const file& partial, const artifact_file& expected,
                                      const range_set& fresh, const range_set& there, std::span<std::uint8_t> space,
                                      const control& handle)
{
    range_set wrong;
    file_verifier verifier(expected);
    std::optional<std::size_t> last;
    for (const byte_range& r : fresh.ranges())
        for (std::size_t c = verifier.chunk_at(r.begin); c < verifier.chunks() && verifier.chunk(c).begin < r.end; ++c)
        {
            if (last == c || !there.covers(verifier.chunk(c)))
                continue;
            last = c;
            MODELSEC_TRY(range_hash done, hash_partial(fs, partial, verifier.begin_chunk(c), space, handle));
            if (!verifier.check_chunk(c, std::move(done)))
                wrong.add(verifier.chunk(c));
        }
    return wrong;
}

result<std::uint64_t> take_delivery(staging& staged, const artifact_file& expected, byte_range asked,
                                    const foreign_bytes& brought, const control& handle)
{
    const byte_range all{0, expected.size_bytes};
    if (brought.size != asked.size() && brought.size != all.size())
        return fail(reason::size_mismatch,
                    std::to_string(brought.size) + " bytes were delivered in place of " + std::to_string(asked.size()));
    const byte_range came = brought.size == asked.size() ? asked : all;
    MODELSEC_TRY(const auto journalled, staged.journal(expected.sha256, expected.size_bytes));
    range_set there, fresh(came);
    for (const byte_range& r : journalled)
    {
        there.add(r);
        fresh.subtract(r);
    }
    if (fresh.empty())
        return std::uint64_t{0};

    file_system& fs = staged.files();
    bytes space(static_cast<std::size_t>(std::min<std::uint64_t>(delivery_block, came.size())));
    MODELSEC_TRY(file to, staged.open_partial(expected.sha256));
    bool shared = false;
    if (came == all && there.empty())
    {
        MODELSEC_TRY(const file_info old, fs.info(to));
        if (old.size != 0)  // bytes that nobody vouches for
        {
            MODELSEC_CHECK(staged.drop_partial(expected.sha256));
            MODELSEC_TRY(to, staged.open_partial(expected.sha256));
        }
        MODELSEC_TRY(shared, share_delivered(fs, brought, to));
    }
    if (!shared)
        for (const byte_range& r : fresh.ranges())
            for (std::uint64_t at = r.begin; at < r.end;)
            {
                if (handle.cancelled())
                    return fail(reason::cancelled);
                const auto part =
                    std::span(space).first(static_cast<std::size_t>(std::min<std::uint64_t>(space.size(), r.end - at)));
                MODELSEC_CHECK(read_delivered(fs, brought, at - came.begin, part));
                MODELSEC_CHECK(fs.write_at(to, at, part));
                at += part.size();
            }
    for (const byte_range& r : fresh.ranges())
        there.add(r);

    // TUF 1.0 section 5.7.3, as far as it can be told by now; all of it is hashed again before anything becomes active.
    range_set good = fresh;
    std::optional<failure> refused;
    if (expected.chunks && expected.chunks->size_bytes > 0)
    {
        MODELSEC_TRY(const range_set wrong, wrong_chunks(fs, to, expected, fresh, there, space, handle));
        for (const byte_range& r : wrong.ranges())
        {
            good.subtract(r);
            if (!refused)
                refused = fail(reason::chunk_mismatch,
                               "bytes " + std::to_string(r.begin) + " to " + std::to_string(r.end) + " as delivered");
        }
        if (refused)
            MODELSEC_CHECK(staged.forget(expected.sha256, expected.size_bytes, wrong));
    }
    else if (there.covers(all))
    {
        const file_verifier verifier(expected);
        MODELSEC_TRY(range_hash done, hash_partial(fs, to, verifier.begin_whole(), space, handle));
        if (auto verdict = verifier.check_whole(std::move(done)); verdict.has_error())
        {
            // Nothing says which of its bytes are wrong.
            to = {};
            MODELSEC_CHECK(staged.drop_partial(expected.sha256));
            return std::move(verdict).error();
        }
    }
    if (!good.empty())
    {
        MODELSEC_CHECK(staged.sync_partials({expected.sha256}));
        MODELSEC_CHECK(staged.add_to_journal({{expected.sha256, expected.size_bytes, good}}));
    }
    if (refused)
        return std::move(*refused);
    return good.size();
}

result<std::vector<verified_file>> verify_partials(const download_request& what, staging& staged, const control& handle)
{
    std::vector<range_set> kept;
    std::vector<const artifact_file*> expected;
    std::uint64_t total = 0, shown = 0;
    for (const wanted_file& f : what.files)
    {
        total += f.expected->size_bytes;
        MODELSEC_TRY(const auto ranges, staged.journal(f.expected->sha256, f.expected->size_bytes));
        range_set there;
        for (const byte_range& r : ranges)
            there.add(r);
        const range_set missing = there.missing_of({0, f.expected->size_bytes});
        if (!missing.empty())
            return fail(reason::transfer_incomplete, std::to_string(missing.size()) + " bytes of " +
                                                         (f.expected->name ? f.expected->name->str() : "the archive"));
        kept.push_back(std::move(there));
        expected.push_back(f.expected);
    }
    std::vector<pack_sink::refusal> refused;
    {
        staged_partials partials(staged, what.files);
        std::mutex mutex;
        std::condition_variable changed;
        sink_options how;
        how.direct = what.direct;
        how.whole = what.whole;
        how.verity = what.verity;
        how.now = [] { return steady_time(); };  // nothing is put: nothing waits to be made durable
        pack_sink sink(partials, expected, std::move(kept), how, [&] {
            const std::lock_guard lock(mutex);
            changed.notify_all();
        });
        while (!sink.done() && refused.empty())
        {
            if (handle.cancelled())
                return fail(reason::cancelled);
            {
                std::unique_lock lock(mutex);
                changed.wait_for(lock, std::chrono::milliseconds(100));
            }
            refused = sink.take_refused();
            // No step is wider than twice this, and the end is told when it is verified.
            constexpr std::uint64_t step = std::uint64_t{256} << 10;
            const std::uint64_t done = std::min(sink.kept_hashed(), std::max<std::uint64_t>(total, 1) - 1);
            while (what.progress && done >= shown + step)
            {
                shown = done - shown < 2 * step ? done : shown + step;
                what.progress(shown);
            }
        }
        if (refused.empty())
        {
            auto files = sink.finish();
            for (; files && what.progress && shown < total; what.progress(shown))
                shown = std::min(shown + (std::uint64_t{256} << 10), total);
            return files;
        }
    }
    // The journal is this thread's again: the sink's have ended.
    for (const pack_sink::refusal& r : refused)
    {
        const artifact_file& f = *what.files[r.file].expected;
        MODELSEC_CHECK(staged.forget(f.sha256, f.size_bytes, range_set(r.bytes.value_or(byte_range{0, f.size_bytes}))));
    }
    return std::move(refused.front().why);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
