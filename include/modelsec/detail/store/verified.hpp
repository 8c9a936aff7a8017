// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_VERIFIED_HPP
#define MODELSEC_DETAIL_STORE_VERIFIED_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/rare_digest.hpp>

#include <cstdint>
#include <utility>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class stream_verifier;
class file_verifier;
class zip_extractor;

/// Which signed digests every byte of a file was matched against.
enum class digest_scope
{
    whole,  ///< that of the whole file
    chunks  ///< those of its chunks; the whole one was not computed yet
};

/// The knowledge that a stream of bytes had the signed size and digest. Only a verifier can make one.
class verified_file
{
public:
    std::uint64_t size() const noexcept { return size_; }
    const sha256_digest& sha256() const noexcept { return sha256_; }
    /// artifact_file::sha256: the digest of the bytes or, of a file that was signed in shards, what stands for these.
    const sha256_digest& signed_as() const noexcept { return signed_as_; }
    digest_scope decided_by() const noexcept { return decided_by_; }
    /// The fs-verity digest of the same bytes, where it was computed in the same pass.
    const rare_digest& verity() const noexcept { return verity_; }

private:
    friend class stream_verifier;
    friend class file_verifier;
    friend class zip_extractor;
    verified_file(std::uint64_t size, const sha256_digest& digest, digest_scope by = digest_scope::whole)
        : verified_file(size, digest, digest, by)
    {
    }
    verified_file(std::uint64_t size, const sha256_digest& digest, const sha256_digest& signed_as, digest_scope by,
                  rare_digest verity = {})
        : size_(size), sha256_(digest), signed_as_(signed_as), decided_by_(by), verity_(std::move(verity))
    {
    }
    std::uint64_t size_;
    sha256_digest sha256_;
    sha256_digest signed_as_;
    digest_scope decided_by_;
    rare_digest verity_;
};

/// A verified file and its place in a pack.
struct placed_file
{
    relative_path path;
    verified_file content;
};

/// The knowledge that every file of a staged folder is, byte for byte, what a trusted manifest says: all that the store
/// activates. Made only by make_verified_pack (pack.hpp).
class verified_pack
{
public:
    const std::vector<placed_file>& files() const noexcept { return files_; }
    const sha256_digest& artifact() const noexcept { return artifact_; }

private:
    friend struct pack_maker;
    verified_pack(std::vector<placed_file> files, const sha256_digest& artifact)
        : files_(std::move(files)), artifact_(artifact)
    {
    }
    std::vector<placed_file> files_;
    sha256_digest artifact_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
