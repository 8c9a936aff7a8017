// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STREAM_IPP
#define MODELSEC_DETAIL_STORE_STREAM_IPP

#include <modelsec/detail/store/stream.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

stream_verifier::stream_verifier(const artifact_file& expected) : expected_(expected)
{
    if (!expected.sha512.empty())
        sha512_.emplace(hash_algorithm::sha512);
}

result<void> stream_verifier::update(bytes_view data)
{
    // TUF 1.0 section 5.7.3: never more bytes than the signed length (CWE-400).
    if (data.size() > expected_.size_bytes - position_)
        return fail(reason::size_mismatch, "more bytes than were signed");
    if (!expected_.chunks)
    {
        whole_.update(data);
        if (sha512_)
            sha512_->update(data);
        position_ += data.size();
        return {};
    }
    const std::uint64_t chunk_size = std::max<std::uint64_t>(expected_.chunks->size_bytes, 1);
    while (!data.empty())
    {
        const std::uint64_t in_chunk = position_ % chunk_size;
        if (in_chunk == 0)
            begin_chunk();
        const auto part = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(chunk_size - in_chunk, data.size())));
        whole_.update(part);
        if (looking_)
            chunk_.update(part);
        position_ += part.size();
        data = data.subspan(part.size());
        if (looking_ && (position_ % chunk_size == 0 || position_ == expected_.size_bytes))
            MODELSEC_CHECK(end_of_chunk());
    }
    return {};
}

void stream_verifier::begin_chunk()
{
    looking_ = look_ || insist_;
    if (looking_)
        whole_before_chunk_ = whole_.clone();
    else
        skipped_ = true;
}

result<void> stream_verifier::end_of_chunk()
{
    const auto& chunks = *expected_.chunks;
    const std::uint64_t index = (position_ - 1) / std::max<std::uint64_t>(chunks.size_bytes, 1);
    // A list that is too short is a bad chunk, not an unchecked one.
    if (const auto digest = chunk_.finish_sha256(); index < chunks.sha256.size() && digest == chunks.sha256[index])
        return {};
    whole_ = std::move(whole_before_chunk_);
    position_ = index * chunks.size_bytes;
    return fail(reason::chunk_mismatch, "chunk " + std::to_string(index));
}

result<verified_file> stream_verifier::finish()
{
    if (position_ != expected_.size_bytes)
        return fail(reason::size_mismatch, "fewer bytes than were signed");
    const auto digest = whole_.finish_sha256();
    if (expected_.stands_in)
    {
        // What was signed in place of a SHA-256 decides, all of it (CWE-354): no shard may have been left out, nor the list be longer than
        // the file.
        if (skipped_)
            return look_again();
        if (!expected_.chunks && (!sha512_ || sha512_->finish() != expected_.sha512))
            return fail(reason::digest_mismatch, "the SHA-512 is not the signed one");
        const std::uint64_t shard = expected_.chunks ? std::max<std::uint64_t>(expected_.chunks->size_bytes, 1) : 1;
        if (expected_.chunks && expected_.chunks->sha256.size() != (position_ + shard - 1) / shard)
            return fail(reason::chunk_mismatch, "not as many shards as the file has");
        return verified_file(expected_.size_bytes, digest, expected_.sha256, digest_scope::whole);
    }
    if (!(digest == expected_.sha256))
    {
        if (skipped_)
            return look_again();
        return expected_.chunks ? fail(reason::chunks_contradict, "all chunks are good, the whole is " + digest.hex())
                                : fail(reason::digest_mismatch, "the bytes have " + digest.hex());
    }
    // TUF 1.0 section 5.7.3: every digest that is listed. With chunks it saw nothing, and refuses.
    if (sha512_ && sha512_->finish() != expected_.sha512)
        return fail(reason::digest_mismatch, "the SHA-512 is not the signed one");
    return verified_file(expected_.size_bytes, expected_.sha256);
}

failure stream_verifier::look_again()
{
    whole_ = hasher();
    position_ = 0;
    skipped_ = false;
    insist_ = true;
    return fail(reason::chunk_mismatch, "one that was not looked at");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
