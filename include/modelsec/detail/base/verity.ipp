// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_VERITY_IPP
#define MODELSEC_DETAIL_BASE_VERITY_IPP

#include <modelsec/detail/base/verity.hpp>

#include <algorithm>
#include <array>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Hashes what is in the block below level `height` of digests (the file's own block for 0), filled up with zeros, and puts its digest
/// into that level.
void verity_hasher::close_block(std::size_t height)
{
    bytes& block = height == 0 ? data_ : levels_[height - 1].block;
    block.resize(block_bytes);
    hash_.update(block);
    const sha256_digest digest = hash_.finish_sha256();
    block.clear();
    if (levels_.size() == height)
        levels_.emplace_back();
    level& above = levels_[height];
    above.block.insert(above.block.end(), digest.view().begin(), digest.view().end());
    above.last = digest;
    ++above.taken;
    if (above.block.size() == block_bytes)
        close_block(height + 1);
}

void verity_hasher::update(bytes_view data)
{
    size_ += data.size();
    while (!data.empty())
    {
        const std::size_t part = std::min(block_bytes - data_.size(), data.size());
        data_.insert(data_.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(part));
        data = data.subspan(part);
        if (data_.size() == block_bytes)
            close_block(0);
    }
}

verity_hasher verity_hasher::clone() const
{
    verity_hasher out;
    out.data_ = data_;
    out.levels_ = levels_;
    out.size_ = size_;
    return out;
}

sha256_digest verity_hasher::finish()
{
    if (!data_.empty())
        close_block(0);
    sha256_digest root;  // of an empty file: zeros
    for (std::size_t height = 0; height < levels_.size(); ++height)
    {
        if (levels_[height].taken == 1)
        {
            root = levels_[height].last;
            break;
        }
        if (!levels_[height].block.empty())
            close_block(height + 1);
    }
    // struct fsverity_descriptor, little-endian: version, algorithm (1: SHA-256), log2 of the block, length of the salt, of a signature;
    // then the file's size, the root and the salt; the rest is zeros.
    std::array<std::uint8_t, 256> descriptor{};
    descriptor[0] = 1;
    descriptor[1] = 1;
    descriptor[2] = 12;
    for (std::size_t i = 0; i < 8; ++i)
        descriptor[8 + i] = static_cast<std::uint8_t>(size_ >> (8 * i));
    std::copy(root.view().begin(), root.view().end(), descriptor.begin() + 16);
    return sha256(descriptor);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
