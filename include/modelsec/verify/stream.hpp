// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_VERIFY_STREAM_HPP
#define MODELSEC_VERIFY_STREAM_HPP

#include <modelsec/manifest/model.hpp>
#include <modelsec/verify/verified.hpp>

MODELSEC_BEGIN_NAMESPACE

/// Takes the bytes of one file in order, as they arrive, and says at the end whether they are the signed ones. Also checks
/// signed chunk digests on the way. No IO; one thread at a time.
class stream_verifier
{
public:
    /// Expects exactly the size, digest and chunks of `expected`, which must outlive this.
    MODELSEC_DECL explicit stream_verifier(const artifact_file& expected);

    /// The next bytes. `size_mismatch` as soon as there are more than were signed. `chunk_mismatch` at the end of a bad
    /// chunk: the verifier then stands where that chunk begins, as if it had never seen it, and takes the chunk again.
    [[nodiscard]] MODELSEC_DECL result<void> update(bytes_view data);
    std::uint64_t position() const noexcept { return position_; }
    /// `size_mismatch`, `digest_mismatch`, `chunks_contradict` (all chunks good and the whole wrong), or the verified file.
    [[nodiscard]] MODELSEC_DECL result<verified_file> finish();

private:
    MODELSEC_DECL result<void> end_of_chunk();

    const artifact_file& expected_;
    hasher whole_;
    hasher whole_before_chunk_;
    hasher chunk_;
    std::uint64_t position_ = 0;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/impl/stream.ipp>
#endif

#endif
