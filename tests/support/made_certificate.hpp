// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_MADE_CERTIFICATE_HPP
#define MODELSEC_TESTS_SUPPORT_MADE_CERTIFICATE_HPP

#include "model_scene.hpp"

#include <modelsec/detail/trust/sigstore/certificate.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <functional>
#include <memory>
#include <stdexcept>

namespace support {

/// A certificate that OpenSSL made, with its key; valid from 2020 to 2049.
class made_certificate
{
public:
    /// Self-signed without `issuer`. Usages as in OpenSSL's configuration; empty: it says none. Ed25519 unless `own` is given.
    made_certificate(const std::string& name, const made_certificate* issuer, const char* constraints,
                     const std::string& usage, const std::string& extended, std::shared_ptr<EVP_PKEY> own = nullptr)
        : key(own ? std::move(own)
                  : std::shared_ptr<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free)),
          x509(X509_new(), X509_free)
    {
        const made_certificate& by = issuer ? *issuer : *this;
        static long serial = 0;
        must(X509_set_version(x509.get(), X509_VERSION_3) == 1);
        must(ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), ++serial) == 1);
        must(ASN1_TIME_set_string_X509(X509_getm_notBefore(x509.get()), "200101000000Z") == 1);
        must(ASN1_TIME_set_string_X509(X509_getm_notAfter(x509.get()), "491231235959Z") == 1);
        must(X509_set_pubkey(x509.get(), key.get()) == 1);
        must(X509_NAME_add_entry_by_txt(X509_get_subject_name(x509.get()), "CN", MBSTRING_UTF8,
                                        reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0) == 1);
        must(X509_set_issuer_name(x509.get(), X509_get_subject_name(by.x509.get())) == 1);
        extend(NID_basic_constraints, constraints);
        extend(NID_key_usage, usage);
        extend(NID_ext_key_usage, extended);
        must(X509_sign(x509.get(), by.key.get(), nullptr) > 0);
    }

    modelsec::bytes der() const
    {
        modelsec::bytes out(static_cast<std::size_t>(i2d_X509(x509.get(), nullptr)));
        unsigned char* at = out.data();
        i2d_X509(x509.get(), &at);
        return out;
    }
    modelsec::detail::certificate parsed() const { return modelsec::detail::certificate::der(der()).value(); }
    std::string pem() const
    {
        return written([&](BIO* to) { return PEM_write_bio_X509(to, x509.get()); });
    }
    modelsec::public_key public_half() const
    {
        return modelsec::public_key::pem(written([&](BIO* to) { return PEM_write_bio_PUBKEY(to, key.get()); })).value();
    }
    /// By an Ed25519 key.
    modelsec::result<modelsec::bytes> sign(modelsec::bytes_view message) const
    {
        const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> ctx(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        modelsec::bytes out(64);
        std::size_t size = out.size();
        must(EVP_DigestSignInit(ctx.get(), nullptr, nullptr, nullptr, key.get()) == 1);
        must(EVP_DigestSign(ctx.get(), out.data(), &size, message.data(), message.size()) == 1);
        return out;
    }

    std::shared_ptr<EVP_PKEY> key;
    std::shared_ptr<X509> x509;

private:
    static void must(bool done)
    {
        if (!done)
            throw std::runtime_error("OpenSSL makes no such certificate");
    }

    void extend(int nid, const std::string& value)
    {
        if (value.empty())
            return;
        const std::unique_ptr<X509_EXTENSION, void (*)(X509_EXTENSION*)> made(
            X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()), X509_EXTENSION_free);
        must(made && X509_add_ext(x509.get(), made.get(), -1) == 1);
    }

    static std::string written(const std::function<int(BIO*)>& write)
    {
        const std::unique_ptr<BIO, void (*)(BIO*)> memory(BIO_new(BIO_s_mem()), BIO_free_all);
        must(write(memory.get()) == 1);
        char* text = nullptr;
        const long size = BIO_get_mem_data(memory.get(), &text);
        return std::string(text, static_cast<std::size_t>(size));
    }
};

/// A root that signs models' certificates, and a certificate below it.
inline made_certificate made_root(const std::string& name)
{
    return {name, nullptr, "critical,CA:TRUE", "critical,keyCertSign", ""};
}

inline made_certificate made_leaf(const made_certificate& issuer, std::shared_ptr<EVP_PKEY> own = nullptr)
{
    return {"leaf", &issuer, "critical,CA:FALSE", "critical,digitalSignature", "codeSigning", std::move(own)};
}

/// The bundle around a payload, signed by a certificate's key over `signed_bytes`, or over DSSE's encoding.
inline modelsec::detail::json certified_bundle(std::string_view payload, const made_certificate& by,
                                               modelsec::bytes_view signed_bytes = {})
{
    using modelsec::detail::json;
    const std::string type = "application/vnd.in-toto+json";
    const std::string pae = "DSSEv1 " + std::to_string(type.size()) + ' ' + type + ' ' + std::to_string(payload.size()) +
                            ' ' + std::string(payload);
    const modelsec::bytes value = by.sign(signed_bytes.empty() ? modelsec::as_bytes(pae) : signed_bytes).value();
    json chain{{"certificates", json::array{json{{"rawBytes", modelsec::to_base64(by.der())}}}}};
    return json{
        {"mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"},
        {"verificationMaterial", json{{"x509CertificateChain", std::move(chain)}, {"tlogEntries", json::array()}}},
        {"dsseEnvelope", json{{"payload", base64(payload)},
                              {"payloadType", type},
                              {"signatures", json::array{json{{"sig", modelsec::to_base64(value)}, {"keyid", ""}}}}}}};
}

}  // namespace support

#endif
