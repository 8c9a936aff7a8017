// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_DIGEST_HPP
#define MODELSEC_DETAIL_BASE_DIGEST_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>

#include <array>
#include <memory>
#include <optional>

MODELSEC_BEGIN_NAMESPACE

enum class hash_algorithm
{
    sha256,  ///< FIPS 180-4; the digest of artifacts
    sha512,  ///< FIPS 180-4; accepted beside it in TUF targets
    sha384   ///< FIPS 180-4; of what a P-384 key signed
};

/// A SHA-256 digest: 32 bytes. Equality takes the same time for every pair.
class sha256_digest
{
public:
    static constexpr std::size_t size_bytes = 32;

    sha256_digest() noexcept : bytes_{} {}
    explicit sha256_digest(const std::array<std::uint8_t, size_bytes>& raw) noexcept : bytes_(raw) {}

    /// 64 hex digits of either case; else nothing.
    MODELSEC_DECL static std::optional<sha256_digest> from_hex(std::string_view text);
    /// Exactly 32 raw bytes; else nothing.
    MODELSEC_DECL static std::optional<sha256_digest> from_bytes(bytes_view raw);

    bytes_view view() const noexcept { return bytes_; }
    MODELSEC_DECL std::string hex() const;

    MODELSEC_DECL friend bool operator==(const sha256_digest& a, const sha256_digest& b) noexcept;

private:
    std::array<std::uint8_t, size_bytes> bytes_;
};

/// Hashes a stream by OpenSSL's EVP (which uses the processor's SHA instructions). Not for two threads at once.
class hasher
{
public:
    MODELSEC_DECL explicit hasher(hash_algorithm algorithm = hash_algorithm::sha256);
    MODELSEC_DECL hasher(hasher&&) noexcept;
    MODELSEC_DECL hasher& operator=(hasher&&) noexcept;
    MODELSEC_DECL ~hasher();
    /// Another one that has seen the same bytes.
    MODELSEC_DECL hasher clone() const;

    MODELSEC_DECL void update(bytes_view data);
    /// The digest (32, 48 or 64 bytes). The hasher is ready for a new stream afterwards.
    MODELSEC_DECL bytes finish();
    /// The same for a hasher of SHA-256.
    MODELSEC_DECL sha256_digest finish_sha256();

private:
    struct context;
    std::unique_ptr<context> context_;
};

MODELSEC_DECL sha256_digest sha256(bytes_view data);
MODELSEC_DECL bytes sha384(bytes_view data);
MODELSEC_DECL bytes sha512(bytes_view data);

/// What is known of an artifact: its digests by one algorithm or several. No member is what nobody computed.
struct artifact_digests
{
    std::optional<sha256_digest> sha256{};
    bytes sha384{};  ///< 48 bytes
    bytes sha512{};  ///< 64 bytes

    /// All of them, of an artifact in memory.
    MODELSEC_DECL static artifact_digests of(bytes_view artifact);
    /// Whether this algorithm's digest is known, and is this one.
    MODELSEC_DECL bool match(hash_algorithm algorithm, bytes_view digest) const noexcept;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/digest.ipp>
#endif

#endif
