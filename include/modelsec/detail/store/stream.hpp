// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STREAM_HPP
#define MODELSEC_DETAIL_STORE_STREAM_HPP

#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/store/verified.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Takes the bytes of one file in order, as they arrive, and says at the end whether they are the signed ones. Also checks
/// signed chunk digests on the way. No IO; one thread at a time.
///
/// The digest of the whole file decides; those of the chunks say which part is bad, at the price of hashing every byte a
/// second time. Whoever cannot afford that may leave them out with look_at_chunks(false): if the whole turns out bad,
/// finish() goes back to the first byte and wants them all again, every chunk looked at. A signed SHA-512 is checked beside the
/// SHA-256 (TUF 1.0 section 5.7.3), of a file without chunk digests.
class stream_verifier
{
public:
    /// Expects exactly the size, digest and chunks of `expected`, which must outlive this.
    MODELSEC_DECL explicit stream_verifier(const artifact_file& expected);

    /// The next bytes. `size_mismatch` as soon as there are more than were signed. `chunk_mismatch` at the end of a bad
    /// chunk: the verifier then stands where that chunk begins, as if it had never seen it, and takes the chunk again.
    [[nodiscard]] MODELSEC_DECL result<void> update(bytes_view data);
    std::uint64_t position() const noexcept { return position_; }
    /// From the next chunk on, compare its digest or not.
    void look_at_chunks(bool yes) noexcept { look_ = yes; }
    /// `size_mismatch`, `digest_mismatch`, `chunks_contradict` (all chunks good and the whole wrong), or the verified file.
    /// `chunk_mismatch` with position() 0 if a chunk that was not looked at is bad: update() takes all bytes again.
    [[nodiscard]] MODELSEC_DECL result<verified_file> finish();

private:
    MODELSEC_DECL void begin_chunk();
    MODELSEC_DECL result<void> end_of_chunk();
    MODELSEC_DECL failure look_again();

    const artifact_file& expected_;
    hasher whole_;
    std::optional<hasher> sha512_;
    hasher whole_before_chunk_;
    hasher chunk_;
    std::uint64_t position_ = 0;
    bool look_ = true;
    bool looking_ = true;   ///< at the present chunk
    bool skipped_ = false;  ///< some chunk was not looked at
    bool insist_ = false;   ///< the whole was bad: none is skipped any more
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/stream.ipp>
#endif

#endif
