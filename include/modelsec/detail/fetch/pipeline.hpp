// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PIPELINE_HPP
#define MODELSEC_DETAIL_FETCH_PIPELINE_HPP

#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/store/stream.hpp>

#include <functional>
#include <memory>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class block_pool;

/// How a block's memory goes back.
struct block_return
{
    std::shared_ptr<block_pool> pool;
    bool filled = false;  ///< it was put
    MODELSEC_DECL void operator()(std::uint8_t* data) const noexcept;
};

/// A piece of memory for arriving bytes, aligned for direct writes. Goes back to its pipeline's pool when it is destroyed.
class block
{
public:
    static constexpr std::size_t size_bytes = 1u << 20;

    block() = default;

    explicit operator bool() const noexcept { return static_cast<bool>(data_); }
    std::span<std::uint8_t> space() const noexcept { return {data_.get(), data_ ? size_bytes : 0}; }

private:
    friend class pipeline;
    friend class block_pool;
    std::unique_ptr<std::uint8_t, block_return> data_;
};

struct pipeline_options
{
    std::size_t blocks = 12;                  ///< memory: this many MiB
    bool direct = true;                       ///< write past the page cache where the file system can
    std::uint64_t sync_bytes = 4u << 20;      ///< sync and journal at least this often
    std::uint64_t at_risk_bytes = 16u << 20;  ///< the most that may be in memory or not yet journalled: what a crash costs
    /// Bytes that come faster than this (a second) show that this machine is the limit and not the line. Signed chunks are
    /// then only looked at if the digest of the whole file, which decides, turns out wrong.
    std::uint64_t check_chunks_up_to = 256u << 20;
};

/// Where the ranges that are on disk for sure are written down; called from a worker thread, after they were synced.
using journal_writer = std::function<result<void>(byte_range)>;

/// What happens to the bytes of one file between the network and the disk, on two threads of its own: one hashes in order,
/// one writes. The network thread only fills blocks and hands them over:
///
///     try_take() -> fill -> put(offset, block, size) -> … -> finish()
///
/// Bytes that are in the partial already are read back and hashed like new ones; so are bytes that arrived out of order and
/// had to leave memory before the hash could reach them.
class pipeline
{
public:
    /// `partial` is the staged file, `expected` what it must become, `kept` what its journal says is there; the first
    /// three must outlive this. `on_change` is called from the worker threads when something happened that the network
    /// thread may wait for; it must only wake that thread.
    MODELSEC_DECL pipeline(file_system& files, const file& partial, const artifact_file& expected, const range_set& kept,
                           journal_writer journal, const pipeline_options& options, std::function<void()> on_change);
    MODELSEC_DECL ~pipeline();  ///< stops the workers; what was put is written, synced and journalled

    /// The ranges that were neither kept nor put.
    MODELSEC_DECL range_set missing() const;

    /// From now on memory for so many blocks, if that is more than before.
    MODELSEC_DECL void allow_blocks(std::size_t blocks);
    /// A free block, or an empty one if all are in use: wait for `on_change`.
    MODELSEC_DECL block try_take();
    /// Bytes [offset, offset + size) of the file, which must be missing. Puts at multiples of 4096, and of such a length
    /// unless they end the file, are written fast.
    MODELSEC_DECL void put(std::uint64_t offset, block data, std::size_t size);

    /// The signed chunks that turned out bad since the last call. They are missing again.
    MODELSEC_DECL std::vector<byte_range> take_refused();
    /// How many kept bytes were read back and hashed so far.
    MODELSEC_DECL std::uint64_t kept_hashed() const noexcept;
    /// What went wrong in a worker, if anything: `disk_full`, `store_io`, …
    MODELSEC_DECL std::optional<failure> problem() const;
    /// finish() will not wait.
    MODELSEC_DECL bool done() const;
    /// Waits until everything is hashed, written and synced. The verdict on the whole file; `size_mismatch` if bytes are
    /// missing.
    MODELSEC_DECL result<verified_file> finish();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/pipeline.ipp>
#endif

#endif
