// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_KEY_IPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_KEY_IPP

#include <modelsec/detail/base/openssl.hpp>
#include <modelsec/detail/base/pem.hpp>
#include <modelsec/detail/manifest/model_key.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline failure not_a_model_key(const char* detail)
{
    return fail(reason::bad_option, detail);
}

inline const char* signing_digest(key_type type)
{
    switch (type)
    {
    case key_type::ed25519: return nullptr;
    case key_type::ecdsa_p384: return "SHA2-384";
    case key_type::ecdsa_p521: return "SHA2-512";
    default: return "SHA2-256";
    }
}

}  // namespace detail

result<model_key> model_key::pem(std::string_view text)
{
    std::string_view found;
    while (const auto block = found.empty() ? detail::next_pem(text) : std::nullopt)
        if (block->label.ends_with("PRIVATE KEY"))
            found = block->text;
    OSSL_LIB_CTX* const context = detail::openssl_library::instance().context();
    const detail::openssl_ptr<BIO, BIO_free_all> from(BIO_new_mem_buf(found.data(), static_cast<int>(found.size())));
    std::shared_ptr<EVP_PKEY> key(
        from ? PEM_read_bio_PrivateKey_ex(from.get(), nullptr, &detail::no_passphrase, nullptr, context, nullptr) : nullptr,
        &EVP_PKEY_free);
    if (!key)
        return detail::not_a_model_key("no private key in PEM, or one with a passphrase");
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key.get(), &der);
    const bytes spki(der, der + std::max(size, 0));
    OPENSSL_free(der);
    auto half = public_key::spki(spki);
    if (half.has_error() || half->type() == key_type::rsa_pss)
        return detail::not_a_model_key("models are signed by ECDSA (P-256, P-384, P-521) or Ed25519");
    return model_key(std::move(key), std::move(*half));
}

result<bytes> model_key::sign(bytes_view message) const
{
    OSSL_LIB_CTX* const context = detail::openssl_library::instance().context();
    const detail::openssl_ptr<EVP_MD_CTX, EVP_MD_CTX_free> ctx(EVP_MD_CTX_new());
    std::size_t size = 0;
    if (!ctx ||
        EVP_DigestSignInit_ex(ctx.get(), nullptr, detail::signing_digest(public_.type()), context, nullptr, key_.get(),
                              nullptr) != 1 ||
        EVP_DigestSign(ctx.get(), nullptr, &size, message.data(), message.size()) != 1)
        return fail(reason::internal_error, "OpenSSL cannot sign");
    bytes out(size);
    if (EVP_DigestSign(ctx.get(), out.data(), &size, message.data(), message.size()) != 1)
        return fail(reason::internal_error, "OpenSSL cannot sign");
    out.resize(size);
    return out;
}

MODELSEC_END_NAMESPACE

#endif
