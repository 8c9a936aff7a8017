// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_FILE_VERIFIER_IPP
#define MODELSEC_DETAIL_STORE_FILE_VERIFIER_IPP

#include <modelsec/detail/store/file_verifier.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

void range_hash::update(bytes_view data)
{
    data = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(data.size(), range_.end - position_)));
    sha256_.update(data);
    if (sha512_)
        sha512_->update(data);
    if (verity_)
        verity_->update(data);
    position_ += data.size();
}

range_hash range_hash::clone() const
{
    range_hash out(range_);
    out.position_ = position_;
    out.sha256_ = sha256_.clone();
    if (sha512_)
        out.sha512_ = sha512_->clone();
    if (verity_)
        out.verity_ = verity_->clone();
    return out;
}

file_verifier::file_verifier(const artifact_file& expected, bool verity) : expected_(&expected), verity_(verity)
{
    if (!expected.chunks || expected.chunks->size_bytes == 0 || expected.size_bytes == 0)
        return;
    const std::uint64_t size = expected.chunks->size_bytes;
    const std::uint64_t count = (expected.size_bytes - 1) / size + 1;
    good_.resize(static_cast<std::size_t>(count));
    suffice_ = expected.chunks->sha256.size() == count && expected.sha512.empty() && !expected.stands_in;
}

byte_range file_verifier::chunk(std::size_t index) const
{
    const std::uint64_t begin = index * expected_->chunks->size_bytes;
    return {begin, std::min(begin + expected_->chunks->size_bytes, expected_->size_bytes)};
}

range_hash file_verifier::begin_whole() const
{
    range_hash out({0, expected_->size_bytes});
    if (!expected_->sha512.empty())
        out.sha512_.emplace(hash_algorithm::sha512);
    if (verity_)
        out.verity_.emplace();
    return out;
}

range_hash file_verifier::begin_chunk(std::size_t index) const
{
    return range_hash(chunk(index));
}

bool file_verifier::check_chunk(std::size_t index, range_hash done)
{
    // A list that is too short is a bad chunk, not an unchecked one (CWE-354).
    const auto& digests = expected_->chunks->sha256;
    const bool good = done.complete() && done.range() == chunk(index) && index < digests.size() &&
                      done.sha256_.finish_sha256() == digests[index];
    if (good && !good_[index])
    {
        good_[index] = true;
        ++good_count_;
    }
    return good;
}

result<verified_file> file_verifier::check_whole(range_hash done) const
{
    // TUF 1.0 section 5.7.3: the length and the digest are the signed ones.
    if (!done.complete() || !(done.range() == byte_range{0, expected_->size_bytes}))
        return fail(reason::size_mismatch, "fewer bytes than were signed");
    const auto digest = done.sha256_.finish_sha256();
    const auto verity = done.verity_ ? std::optional(done.verity_->finish()) : std::nullopt;
    // TUF 1.0 section 5.7.3: every digest that is listed.
    if (done.sha512_ && done.sha512_->finish() != expected_->sha512)
        return fail(reason::digest_mismatch, "the SHA-512 is not the signed one");
    // What was signed in place of a SHA-256 decides, all of it (CWE-354); the digest is what the store knows the file by from now on.
    if (expected_->stands_in)
    {
        if (good_.empty() && expected_->sha512.empty())
            return fail(reason::digest_mismatch, "nothing was signed that the bytes could be matched against");
        if (!good_.empty() && (!all_good() || expected_->chunks->sha256.size() != good_.size()))
            return fail(reason::chunk_mismatch, "a shard that was not looked at yet");
        return verified_file(expected_->size_bytes, digest, expected_->sha256, digest_scope::whole, verity);
    }
    if (!(digest == expected_->sha256))
    {
        if (good_.empty())
            return fail(reason::digest_mismatch, "the bytes have " + digest.hex());
        return all_good() ? fail(reason::chunks_contradict, "all chunks are good, the whole is " + digest.hex())
                          : fail(reason::chunk_mismatch, "a chunk that was not looked at yet");
    }
    return verified_file(expected_->size_bytes, digest, digest, digest_scope::whole, verity);
}

result<verified_file> file_verifier::by_chunks() const
{
    if (!suffice_ || !all_good())
        return fail(reason::size_mismatch, "not every byte was matched against a signed chunk");
    return verified_file(expected_->size_bytes, expected_->sha256, digest_scope::chunks);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
