// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "throwaway_ca.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <stdexcept>

namespace support {
namespace {

struct deleter
{
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
    void operator()(ASN1_TIME* p) const { ASN1_TIME_free(p); }
    void operator()(OCSP_BASICRESP* p) const { OCSP_BASICRESP_free(p); }
    void operator()(OCSP_RESPONSE* p) const { OCSP_RESPONSE_free(p); }
    void operator()(OCSP_CERTID* p) const { OCSP_CERTID_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, deleter>;

template <class T>
T* need(T* p)
{
    if (p == nullptr)
        throw std::runtime_error("OpenSSL refused to make a certificate");
    return p;
}

void need(int ok)
{
    if (ok <= 0)
        throw std::runtime_error("OpenSSL refused to make a certificate");
}

owned<EVP_PKEY> make_key(key_kind kind)
{
    return owned<EVP_PKEY>(need(kind == key_kind::rsa_2048 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")));
}

template <class Write>
std::string to_pem(Write write)
{
    const owned<BIO> out(need(BIO_new(BIO_s_mem())));
    need(write(out.get()));
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate)
{
    return to_pem([=](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

std::string pem(EVP_PKEY* key)
{
    return to_pem([=](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

void add_extension(X509* to, X509* issuer, int nid, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    const owned<X509_EXTENSION> extension(need(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())));
    need(X509_add_ext(to, extension.get(), -1));
}

std::string alternative_names(const std::vector<std::string>& hosts)
{
    std::string text;
    for (const auto& host : hosts)
    {
        const bool address = host.find_first_not_of("0123456789.") == std::string::npos;
        text += (text.empty() ? "" : ",") + std::string(address ? "IP:" : "DNS:") + host;
    }
    return text;
}

void set_name(X509_NAME* name, const std::string& common_name)
{
    need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.c_str()),
                                    -1, -1, 0));
}

owned<X509> start_certificate(EVP_PKEY* key, const certificate_wish& wish)
{
    owned<X509> made(need(X509_new()));
    need(X509_set_version(made.get(), X509_VERSION_3));
    std::uint64_t serial = 0;
    need(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial));
    need(ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial >> 1));
    need(X509_gmtime_adj(X509_getm_notBefore(made.get()), static_cast<long>(wish.not_before.count())));
    need(X509_gmtime_adj(X509_getm_notAfter(made.get()), static_cast<long>(wish.not_after.count())));
    need(X509_set_pubkey(made.get(), key));
    set_name(X509_get_subject_name(made.get()), wish.common_name);
    return made;
}

void add_leaf_extensions(X509* leaf, X509* issuer, const certificate_wish& wish)
{
    add_extension(leaf, issuer, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(leaf, issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment");
    add_extension(leaf, issuer, NID_ext_key_usage, wish.for_client ? "clientAuth" : "serverAuth");
    add_extension(leaf, issuer, NID_subject_key_identifier, "hash");
    if (wish.must_staple)
        add_extension(leaf, issuer, NID_tlsfeature, "status_request");
    if (!wish.hosts.empty())
        add_extension(leaf, issuer, NID_subject_alt_name, alternative_names(wish.hosts));
}

owned<X509> read_pem(const std::string& certificate)
{
    const owned<BIO> in(need(BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size()))));
    return owned<X509>(need(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)));
}

owned<ASN1_TIME> from_now(std::chrono::seconds offset)
{
    return owned<ASN1_TIME>(need(X509_gmtime_adj(nullptr, static_cast<long>(offset.count()))));
}

}  // namespace

struct throwaway_ca::state
{
    owned<EVP_PKEY> key;
    owned<X509> certificate;
    std::string text;
};

throwaway_ca::throwaway_ca(const std::string& common_name, key_kind kind) : state_(std::make_unique<state>())
{
    certificate_wish wish;
    wish.common_name = common_name;
    wish.not_before = std::chrono::hours(-24 * 30);
    wish.not_after = std::chrono::hours(24 * 30);
    state_->key = make_key(kind);
    state_->certificate = start_certificate(state_->key.get(), wish);
    X509* ca = state_->certificate.get();
    set_name(X509_get_issuer_name(ca), common_name);
    add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca, ca, NID_subject_key_identifier, "hash");
    need(X509_sign(ca, state_->key.get(), EVP_sha256()));
    state_->text = pem(ca);
}

throwaway_ca::~throwaway_ca() = default;
throwaway_ca::throwaway_ca(throwaway_ca&&) noexcept = default;

const std::string& throwaway_ca::certificate() const noexcept
{
    return state_->text;
}

identity throwaway_ca::issue(const certificate_wish& wish) const
{
    const auto key = make_key(wish.key);
    const auto leaf = start_certificate(key.get(), wish);
    need(X509_set_issuer_name(leaf.get(), X509_get_subject_name(state_->certificate.get())));
    add_leaf_extensions(leaf.get(), state_->certificate.get(), wish);
    add_extension(leaf.get(), state_->certificate.get(), NID_authority_key_identifier, "keyid:always");
    need(X509_sign(leaf.get(), state_->key.get(), EVP_sha256()));
    return {pem(leaf.get()), pem(key.get())};
}

std::string throwaway_ca::staple(const std::string& certificate, const staple_wish& wish) const
{
    const auto leaf = read_pem(certificate);
    const owned<OCSP_BASICRESP> answer(need(OCSP_BASICRESP_new()));
    const owned<OCSP_CERTID> id(need(OCSP_cert_to_id(EVP_sha1(), leaf.get(), state_->certificate.get())));
    const auto from = from_now(wish.from), then = from_now(std::chrono::hours(-2));
    const auto until = wish.until ? from_now(*wish.until) : owned<ASN1_TIME>();
    const bool revoked = wish.status == staple_wish::revoked;
    need(OCSP_basic_add1_status(answer.get(), id.get(),
                                revoked                               ? V_OCSP_CERTSTATUS_REVOKED
                                : wish.status == staple_wish::unknown ? V_OCSP_CERTSTATUS_UNKNOWN
                                                                      : V_OCSP_CERTSTATUS_GOOD,
                                OCSP_REVOKED_STATUS_NOSTATUS, revoked ? then.get() : nullptr, from.get(), until.get())
             ? 1
             : 0);
    need(OCSP_basic_sign(answer.get(), state_->certificate.get(), state_->key.get(), EVP_sha256(), nullptr, 0));
    const owned<OCSP_RESPONSE> whole(need(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, answer.get())));
    unsigned char* der = nullptr;
    const int size = i2d_OCSP_RESPONSE(whole.get(), &der);
    need(size);
    std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
}

identity throwaway_ca::self_signed(const certificate_wish& wish)
{
    const auto key = make_key(wish.key);
    const auto leaf = start_certificate(key.get(), wish);
    set_name(X509_get_issuer_name(leaf.get()), wish.common_name);
    add_leaf_extensions(leaf.get(), leaf.get(), wish);
    need(X509_sign(leaf.get(), key.get(), EVP_sha256()));
    return {pem(leaf.get()), pem(key.get())};
}

std::string throwaway_ca::spki_pin(const std::string& certificate)
{
    const auto read = read_pem(certificate);
    unsigned char* der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(read.get()), &der);
    need(size);
    unsigned char digest[32];
    need(EVP_Digest(der, static_cast<std::size_t>(size), digest, nullptr, EVP_sha256(), nullptr));
    OPENSSL_free(der);
    unsigned char text[45];
    EVP_EncodeBlock(text, digest, sizeof digest);
    return reinterpret_cast<const char*>(text);
}

}  // namespace support
