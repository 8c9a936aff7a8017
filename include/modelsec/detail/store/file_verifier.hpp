// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_FILE_VERIFIER_HPP
#define MODELSEC_DETAIL_STORE_FILE_VERIFIER_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/detail/base/verity.hpp>
#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/store/verified.hpp>
#include <modelsec/error.hpp>

#include <optional>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The digest of a part of a file, growing in order. One thread at a time; different parts on different threads.
class range_hash
{
public:
    byte_range range() const noexcept { return range_; }
    std::uint64_t position() const noexcept { return position_; }  ///< the next byte that it takes
    bool complete() const noexcept { return position_ == range_.end; }
    /// The bytes from position() on; no more than the range has.
    MODELSEC_DECL void update(bytes_view data);
    MODELSEC_DECL range_hash clone() const;

private:
    friend class file_verifier;
    explicit range_hash(byte_range r) : range_(r), position_(r.begin) {}

    byte_range range_;
    std::uint64_t position_;
    hasher sha256_;
    std::optional<hasher> sha512_;
    std::optional<verity_hasher> verity_;
};

/// Says whether the bytes of one file are the signed ones, whatever the order in which its parts are hashed: every byte is matched
/// against the digest of the whole, or every byte against its chunk's, by the same signature. Knows which chunks were good; the
/// hashing itself is done by whoever holds the range_hash. Not thread-safe.
class file_verifier
{
public:
    /// `expected` must outlive this. With `verity` the fs-verity digest of a whole is computed beside the others.
    MODELSEC_DECL explicit file_verifier(const artifact_file& expected, bool verity = false);

    /// Chunks could decide: they are there, for every byte, and no digest was signed beside them that only the whole can match.
    bool chunks_suffice() const noexcept { return suffice_; }
    std::size_t chunks() const noexcept { return good_.size(); }  ///< 0: the file has none
    MODELSEC_DECL byte_range chunk(std::size_t index) const;
    std::size_t chunk_at(std::uint64_t position) const
    {
        return static_cast<std::size_t>(position / expected_->chunks->size_bytes);
    }
    bool good(std::size_t chunk) const { return good_[chunk]; }
    bool all_good() const noexcept { return good_count_ == good_.size() && !good_.empty(); }

    MODELSEC_DECL range_hash begin_whole() const;
    MODELSEC_DECL range_hash begin_chunk(std::size_t index) const;
    /// Compares a complete chunk. Bad ones stay unproven.
    MODELSEC_DECL bool check_chunk(std::size_t index, range_hash done);
    /// Compares a complete whole: `digest_mismatch`, or `chunks_contradict` if all chunks were good (the publisher contradicts
    /// itself); while chunks are missing a mismatch is theirs to find: `chunk_mismatch`.
    MODELSEC_DECL result<verified_file> check_whole(range_hash done) const;
    /// The file, by its chunks alone. `size_mismatch` unless all are good.
    MODELSEC_DECL result<verified_file> by_chunks() const;

private:
    const artifact_file* expected_;
    std::vector<bool> good_;
    std::size_t good_count_ = 0;
    bool suffice_ = false;
    bool verity_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/file_verifier.ipp>
#endif

#endif
