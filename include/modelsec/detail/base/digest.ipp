// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_DIGEST_IPP
#define MODELSEC_DETAIL_BASE_DIGEST_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/openssl.hpp>

#include <sodium.h>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE

std::optional<sha256_digest> sha256_digest::from_hex(std::string_view text)
{
    if (text.size() != 2 * size_bytes)
        return std::nullopt;
    const auto raw = modelsec::from_hex(text);
    return raw ? from_bytes(*raw) : std::nullopt;
}

std::optional<sha256_digest> sha256_digest::from_bytes(bytes_view raw)
{
    if (raw.size() != size_bytes)
        return std::nullopt;
    sha256_digest out;
    std::copy(raw.begin(), raw.end(), out.bytes_.begin());
    return out;
}

std::string sha256_digest::hex() const
{
    return to_hex(bytes_);
}

bool operator==(const sha256_digest& a, const sha256_digest& b) noexcept
{
    return sodium_memcmp(a.bytes_.data(), b.bytes_.data(), sha256_digest::size_bytes) == 0;
}

struct hasher::context
{
    detail::openssl_ptr<EVP_MD_CTX, EVP_MD_CTX_free> evp{EVP_MD_CTX_new()};
    const EVP_MD* md = nullptr;

    void start()
    {
        if (!evp || !md || EVP_DigestInit_ex2(evp.get(), md, nullptr) != 1)
            throw error(fail(reason::out_of_memory, "OpenSSL gives no digest context"));
    }
};

hasher::hasher(hash_algorithm algorithm) : context_(std::make_unique<context>())
{
    const auto& lib = detail::openssl_library::instance();
    context_->md = algorithm == hash_algorithm::sha256   ? lib.sha256()
                   : algorithm == hash_algorithm::sha384 ? lib.sha384()
                                                         : lib.sha512();
    context_->start();
}

hasher::hasher(hasher&&) noexcept = default;
hasher& hasher::operator=(hasher&&) noexcept = default;
hasher::~hasher() = default;

hasher hasher::clone() const
{
    hasher out;
    out.context_->md = context_->md;
    if (EVP_MD_CTX_copy_ex(out.context_->evp.get(), context_->evp.get()) != 1)
        throw error(fail(reason::out_of_memory, "EVP_MD_CTX_copy_ex"));
    return out;
}

void hasher::update(bytes_view data)
{
    if (EVP_DigestUpdate(context_->evp.get(), data.data(), data.size()) != 1)
        throw error(fail(reason::internal_error, "EVP_DigestUpdate"));
}

bytes hasher::finish()
{
    bytes out(static_cast<std::size_t>(EVP_MD_get_size(context_->md)));
    if (EVP_DigestFinal_ex(context_->evp.get(), out.data(), nullptr) != 1)
        throw error(fail(reason::internal_error, "EVP_DigestFinal_ex"));
    context_->start();
    return out;
}

sha256_digest hasher::finish_sha256()
{
    return sha256_digest::from_bytes(finish()).value();
}

sha256_digest sha256(bytes_view data)
{
    hasher h(hash_algorithm::sha256);
    h.update(data);
    return h.finish_sha256();
}

bytes sha384(bytes_view data)
{
    hasher h(hash_algorithm::sha384);
    h.update(data);
    return h.finish();
}

bytes sha512(bytes_view data)
{
    hasher h(hash_algorithm::sha512);
    h.update(data);
    return h.finish();
}

artifact_digests artifact_digests::of(bytes_view artifact)
{
    return {modelsec::sha256(artifact), modelsec::sha384(artifact), modelsec::sha512(artifact)};
}

bool artifact_digests::match(hash_algorithm algorithm, bytes_view digest) const noexcept
{
    const bytes_view known = algorithm == hash_algorithm::sha384   ? bytes_view(sha384)
                             : algorithm == hash_algorithm::sha512 ? bytes_view(sha512)
                             : sha256                              ? sha256->view()
                                                                   : bytes_view();
    return !known.empty() && known.size() == digest.size() && sodium_memcmp(known.data(), digest.data(), known.size()) == 0;
}

MODELSEC_END_NAMESPACE

#endif
