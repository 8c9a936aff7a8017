// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_VERITY_HPP
#define MODELSEC_DETAIL_BASE_VERITY_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/digest.hpp>

#include <cstdint>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The digest by which Linux knows a file under fs-verity: SHA-256 of a descriptor with the file's size and the root of a Merkle tree
/// of SHA-256 over blocks of 4096 bytes, without salt (Documentation/filesystems/fsverity.rst). Takes a file's bytes from the first to the
/// last; memory: one block a level of the tree, at most 8. Not for two threads at once.
class verity_hasher
{
public:
    static constexpr std::size_t block_bytes = 4096;

    MODELSEC_DECL void update(bytes_view data);
    /// Once, after the last byte.
    MODELSEC_DECL sha256_digest finish();
    /// One that has taken the same bytes.
    MODELSEC_DECL verity_hasher clone() const;

private:
    struct level
    {
        bytes block;              ///< the beginning of the next block
        std::uint64_t taken = 0;  ///< digests that went into this level so far
        sha256_digest last;
    };

    MODELSEC_DECL void close_block(std::size_t height);

    hasher hash_;                ///< of one block at a time: between two blocks it has nothing
    bytes data_;                 ///< the beginning of the next block of the file
    std::vector<level> levels_;  ///< of digests: the first is of the file's blocks
    std::uint64_t size_ = 0;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/verity.ipp>
#endif

#endif
