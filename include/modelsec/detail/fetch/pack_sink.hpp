// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PACK_SINK_HPP
#define MODELSEC_DETAIL_FETCH_PACK_SINK_HPP

#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/detail/fetch/block_pool.hpp>
#include <modelsec/detail/store/file_verifier.hpp>

#include <chrono>
#include <functional>
#include <memory>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Where the files of a pack grow. open() and drop() are called by one thread at a time, from any of the sink's.
class partial_files
{
public:
    struct written
    {
        std::size_t file = 0;
        range_set ranges;
    };

    virtual ~partial_files() = default;
    virtual file_system& disk() = 0;
    /// The growing file, opened once more, for reading and writing; made if it is not there.
    virtual result<file> open(std::size_t file) = 0;
    /// Forgets all of a file that is wrong, and what was noted of it.
    virtual result<void> drop(std::size_t file) = 0;
    /// Brings all of this to stable storage, then notes that it is there. By one thread at a time, but possibly beside the others.
    virtual result<void> make_durable(const std::vector<written>& what) = 0;
};

struct sink_options
{
    std::size_t blocks = 12;                     ///< memory: this many MiB
    bool direct = true;                          ///< write past the page cache where the file system can
    std::chrono::milliseconds sync_every{2000};  ///< what was put becomes durable at least so often
    std::uint64_t sync_bytes = 256u << 20;       ///< … or after so many bytes
    bool whole = true;                           ///< the whole digest of every file is required, chunks or not
    bool verity = false;                         ///< with a whole digest that of fs-verity, in the same pass
    unsigned threads = 0;                        ///< at most; 0: as many as the machine has processors
    /// Told (from any thread, with a lock held: it must only note it) that a chunk is good and on the disk, or all of a file without
    /// chunks. Perhaps more than once.
    std::function<void(std::size_t file, std::size_t chunk)> on_good{};
    /// A clock that only goes forward (injected: docs/architecture.md, rule 7).
    std::function<std::chrono::steady_clock::time_point()> now;
};

/// What happens to the bytes of a pack between the network and the disk, on a few threads that all its files share: they are
/// written, hashed as they arrive, in any order, on every core, and made durable in batches by time. The network's threads only fill
/// blocks and hand over what is in them:
///
///     try_take() -> fill -> put(file, offset, block, …) -> … -> finish()
///
/// Signed chunks are hashed each on its own; the digest of a whole file needs its bytes in order, so that what came out of order
/// and had to leave memory is read back. What is in a partial already is read back and checked once, beside the download. Where
/// chunks suffice, the whole digest is computed too as long as nobody waits for it.
class pack_sink
{
public:
    struct refusal
    {
        std::size_t file = 0;
        std::optional<byte_range> bytes;  ///< a bad chunk; nothing: all of the file, by `why`
        bool kept = false;                ///< some of that was there before
        failure why;
    };

    /// `partials` and what `files` point at must outlive this. `kept`: for each file what its journal says is there. `on_change` is
    /// called from any thread when something happened that the network may wait for; it must only wake somebody.
    MODELSEC_DECL pack_sink(partial_files& partials, const std::vector<const artifact_file*>& files,
                            std::vector<range_set> kept, const sink_options& options, std::function<void()> on_change);
    MODELSEC_DECL ~pack_sink();  ///< ends the threads; what was put is written and made durable

    /// The ranges that were neither kept nor put.
    MODELSEC_DECL range_set missing(std::size_t file) const;

    /// From now on memory for so many blocks, if that is more than before.
    MODELSEC_DECL void allow_blocks(std::size_t blocks);
    /// A free block, or null if all are in use or too much is not durable yet: wait for `on_change`.
    MODELSEC_DECL block_ptr try_take();
    /// `size` bytes that stand at `at` in the block: [offset, offset + size) of the file, which must be missing. Where `at` and
    /// `offset` are the same within a page they are written fast.
    MODELSEC_DECL void put(std::size_t file, std::uint64_t offset, block_ptr data, std::size_t at, std::size_t size);
    /// The network waits for the line, so that there is time for more than must be; or it does not.
    MODELSEC_DECL void spare_time(bool yes);

    /// What turned out wrong since the last call. Those bytes are missing again.
    MODELSEC_DECL std::vector<refusal> take_refused();
    /// How many kept bytes were read back and found good so far.
    MODELSEC_DECL std::uint64_t kept_hashed() const noexcept;
    /// What went wrong in a worker, if anything: `disk_full`, `store_io`, …
    MODELSEC_DECL std::optional<failure> problem() const;
    /// Every byte of every file was kept or put.
    MODELSEC_DECL bool all_there() const;
    /// Everything is verified, written and durable, or there is a problem: finish() will not wait.
    MODELSEC_DECL bool done() const;
    /// Waits for done(). The files, in their order; `size_mismatch` if bytes are missing.
    MODELSEC_DECL result<std::vector<verified_file>> finish();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/pack_sink.ipp>
#endif

#endif
