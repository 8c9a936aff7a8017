// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_VERIFY_PIPELINE_HPP
#define MODELSEC_VERIFY_PIPELINE_HPP

#include <modelsec/store/staging.hpp>
#include <modelsec/verify/stream.hpp>

#include <functional>
#include <memory>

MODELSEC_BEGIN_NAMESPACE

/// A piece of memory for arriving bytes, aligned for direct writes. Goes back to its pipeline's pool when it is destroyed.
class block
{
public:
    static constexpr std::size_t size_bytes = 1u << 20;

    block() = default;
    block(block&&) noexcept = default;
    block& operator=(block&&) noexcept = default;

    explicit operator bool() const noexcept { return static_cast<bool>(data_); }
    std::span<std::uint8_t> space() const noexcept { return {data_.get(), data_ ? size_bytes : 0}; }

private:
    friend class pipeline;
    std::shared_ptr<std::uint8_t> data_;
};

struct pipeline_options
{
    std::size_t blocks = 16;          ///< memory: this many MiB
    bool direct = true;               ///< write past the page cache where the file system can
    std::uint64_t sync_bytes = 8u << 20;  ///< sync and journal at least this often
};

/// What happens to the bytes of one file between the network and the disk, on two threads of its own: one hashes in order,
/// one writes. The network thread only fills blocks and hands them over:
///
///     try_take() -> fill -> put(offset, block, size) -> … -> finish()
///
/// Bytes that are in the partial already (`kept` ranges of the journal) are read back and hashed like new ones.
class pipeline
{
public:
    /// `partial` is the staged file, `expected` what it must become; both must outlive this. `on_change` is called from the
    /// worker threads whenever a block was freed or something failed; it must only wake the network thread.
    MODELSEC_DECL pipeline(file_system& files, staging& staged, const file& partial, const artifact_file& expected,
                           const pipeline_options& options, std::function<void()> on_change);
    MODELSEC_DECL ~pipeline();  ///< stops the workers; what was written is synced and journalled

    /// The ranges that still have to be fetched, from the journal.
    MODELSEC_DECL std::vector<staging::range> missing() const;

    /// A free block, or an empty one if all are in use: wait for `on_change`.
    MODELSEC_DECL block try_take();
    /// Bytes [offset, offset + size) of the file. Every put but the one at the end of the file is a multiple of 4096 long and at
    /// such an offset.
    MODELSEC_DECL void put(std::uint64_t offset, block data, std::size_t size);
    /// What went wrong in a worker so far, if anything (`disk_full`, `store_io`, `chunk_mismatch`, `size_mismatch`).
    MODELSEC_DECL std::optional<failure> problem() const;
    /// Waits until everything is hashed, written and synced. The verdict on the whole file.
    MODELSEC_DECL result<verified_file> finish();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/impl/pipeline.ipp>
#endif

#endif
