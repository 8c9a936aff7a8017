// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_CERTIFICATE_IPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_CERTIFICATE_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/openssl.hpp>
#include <modelsec/detail/base/pem.hpp>
#include <modelsec/detail/trust/sigstore/certificate.hpp>

#include <openssl/core_names.h>
#include <openssl/ct.h>
#include <openssl/decoder.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline OSSL_LIB_CTX* sigstore_context()
{
    return openssl_library::instance().context();
}

inline void free_x509_stack(STACK_OF(X509) * list)
{
    sk_X509_pop_free(list, X509_free);
}
using x509_stack = openssl_ptr<STACK_OF(X509), free_x509_stack>;

inline void free_names(GENERAL_NAMES* names)
{
    GENERAL_NAMES_free(names);
}

inline void free_scts(STACK_OF(SCT) * list)
{
    SCT_LIST_free(list);
}

inline std::optional<utc_time> time_of(const ASN1_TIME* time)
{
    std::tm parts{};
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1)
        return std::nullopt;
    const std::chrono::year_month_day day(std::chrono::year(parts.tm_year + 1900),
                                          std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
                                          std::chrono::day(static_cast<unsigned>(parts.tm_mday)));
    if (!day.ok())
        return std::nullopt;
    return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) + std::chrono::minutes(parts.tm_min) +
           std::chrono::seconds(parts.tm_sec);
}

inline bool is_supported_key(EVP_PKEY* key)
{
    if (EVP_PKEY_is_a(key, "ED25519"))
        return true;
    if (EVP_PKEY_is_a(key, "RSA"))
        return EVP_PKEY_get_bits(key) >= 2048 && EVP_PKEY_get_bits(key) <= 8192;
    std::array<char, 64> curve{};
    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) == 1 &&
           (std::string_view(curve.data()) == "prime256v1" || std::string_view(curve.data()) == "secp384r1" ||
            std::string_view(curve.data()) == "secp521r1");
}

inline result<verifying_key> supported_key(std::shared_ptr<EVP_PKEY> key)
{
    if (!key || !is_supported_key(key.get()))
        return fail(reason::bad_option, "neither an ECDSA, an Ed25519 nor a sound RSA key");
    return verifying_key(std::move(key));
}

result<verifying_key> verifying_key::der(bytes_view spki)
{
    const unsigned char* at = spki.data();
    std::shared_ptr<EVP_PKEY> key(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(spki.size()), sigstore_context(), nullptr),
                                  &EVP_PKEY_free);
    if (!key)
    {
        EVP_PKEY* decoded = nullptr;
        const openssl_ptr<OSSL_DECODER_CTX, OSSL_DECODER_CTX_free> decoder(OSSL_DECODER_CTX_new_for_pkey(
            &decoded, "DER", "type-specific", "RSA", EVP_PKEY_PUBLIC_KEY, sigstore_context(), nullptr));
        at = spki.data();
        std::size_t left = spki.size();
        if (decoder && OSSL_DECODER_from_data(decoder.get(), &at, &left) == 1)
            key.reset(decoded, &EVP_PKEY_free);
    }
    if (key && at != spki.data() + spki.size())
        return fail(reason::bad_option, "bytes behind a key");
    return supported_key(std::move(key));
}

result<verifying_key> verifying_key::of(x509_st* cert)
{
    return supported_key(std::shared_ptr<EVP_PKEY>(X509_get_pubkey(cert), &EVP_PKEY_free));
}

bytes verifying_key::spki() const
{
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &der);
    bytes out(der, der + std::max(size, 0));
    OPENSSL_free(der);
    return out;
}

inline bool verify_by_digest(EVP_PKEY* key, const char* digest, bytes_view message, bytes_view signature)
{
    const openssl_ptr<EVP_MD_CTX, EVP_MD_CTX_free> ctx(EVP_MD_CTX_new());
    return ctx && EVP_DigestVerifyInit_ex(ctx.get(), nullptr, digest, sigstore_context(), nullptr, key, nullptr) == 1 &&
           EVP_DigestVerify(ctx.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

bool verifying_key::verify(bytes_view message, bytes_view signature, bool any_digest) const
{
    if (EVP_PKEY_is_a(key_.get(), "ED25519"))
        return verify_by_digest(key_.get(), nullptr, message, signature);
    const int bits = EVP_PKEY_is_a(key_.get(), "EC") ? EVP_PKEY_get_bits(key_.get()) : 256;
    const char* own = bits > 384 ? "SHA2-512" : bits > 256 ? "SHA2-384" : "SHA2-256";
    return verify_by_digest(key_.get(), own, message, signature) ||
           (any_digest && bits > 256 && verify_by_digest(key_.get(), "SHA2-256", message, signature));
}

inline bool verify_hashed(EVP_PKEY* key, const EVP_MD* algorithm, bytes_view digest, bytes_view signature)
{
    const openssl_ptr<EVP_PKEY_CTX, EVP_PKEY_CTX_free> ctx(EVP_PKEY_CTX_new_from_pkey(sigstore_context(), key, nullptr));
    if (!ctx || EVP_PKEY_verify_init(ctx.get()) != 1 || EVP_PKEY_CTX_set_signature_md(ctx.get(), algorithm) != 1)
        return false;
    if (EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_PKCS1_PADDING) != 1)
        return false;
    return EVP_PKEY_verify(ctx.get(), signature.data(), signature.size(), digest.data(), digest.size()) == 1;
}

bool verifying_key::verify_digest(const artifact_digests& message, bytes_view signature) const
{
    if (EVP_PKEY_is_a(key_.get(), "ED25519"))
        return false;
    const openssl_library& lib = openssl_library::instance();
    const int bits = EVP_PKEY_is_a(key_.get(), "EC") ? EVP_PKEY_get_bits(key_.get()) : 256;
    const bytes_view own = bits > 384 ? bytes_view(message.sha512) : bits > 256 ? bytes_view(message.sha384) : bytes_view();
    if (!own.empty() && verify_hashed(key_.get(), bits > 384 ? lib.sha512() : lib.sha384(), own, signature))
        return true;
    return message.sha256 && verify_hashed(key_.get(), lib.sha256(), message.sha256->view(), signature);
}

result<certificate> certificate::der(bytes_view raw)
{
    static constexpr std::size_t largest = 64u << 10;
    X509* made = X509_new_ex(sigstore_context(), nullptr);
    const unsigned char* at = raw.data();
    if (raw.size() > largest || !made || !d2i_X509(&made, &at, static_cast<long>(raw.size())))
    {
        X509_free(made);  // null after a failed d2i
        return fail(reason::bundle_malformed, "not a certificate");
    }
    std::shared_ptr<X509> x509(made, &X509_free);
    // X.690 section 10: one encoding. What is compared byte by byte must not have another.
    unsigned char* again = nullptr;
    const int size = i2d_X509(made, &again);
    const bool same = size >= 0 && std::equal(again, again + size, raw.begin(), raw.end());
    OPENSSL_free(again);
    if (at != raw.data() + raw.size() || !same)
        return fail(reason::bundle_malformed, "a certificate with bytes behind it, or not in DER");
    return certificate(std::move(x509), std::make_shared<const bytes>(raw.begin(), raw.end()));
}

result<std::vector<certificate>> certificate::pem(std::string_view text)
{
    static constexpr std::size_t most = 64;
    std::vector<certificate> out;
    if (text.size() > (4u << 20))
        return fail(reason::bad_option, "a file of certificates that is too large");
    while (const auto block = next_pem(text))
    {
        if (block->label != "CERTIFICATE")
            return fail(reason::bad_option, "a PEM block that is no certificate");
        const openssl_ptr<BIO, BIO_free_all> from(BIO_new_mem_buf(block->text.data(), static_cast<int>(block->text.size())));
        char* name = nullptr;
        char* header = nullptr;
        unsigned char* data = nullptr;
        long size = 0;
        if (!from || PEM_read_bio(from.get(), &name, &header, &data, &size) != 1)
            return fail(reason::bad_option, "a certificate that cannot be read");
        auto parsed = der({data, static_cast<std::size_t>(size)});
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(data);
        if (!parsed)
            return fail(reason::bad_option, std::move(parsed.error().detail));
        if (out.size() == most)
            return fail(reason::bad_option, "too many certificates");
        out.push_back(std::move(*parsed));
    }
    if (out.empty())
        return fail(reason::bad_option, "no certificate in PEM");
    return out;
}

result<verifying_key> certificate::key() const
{
    return verifying_key::of(x509_.get());
}

result<verifying_key> certificate::certified_key() const
{
    auto own = key();
    if (!own)
        return fail(reason::chain_invalid, "a certificate for a key of another kind than ECDSA, Ed25519 or sound RSA");
    return own;
}

std::optional<time_window> certificate::validity() const
{
    const auto begin = time_of(X509_get0_notBefore(x509_.get())), end = time_of(X509_get0_notAfter(x509_.get()));
    return begin && end ? std::optional(time_window{*begin, end}) : std::nullopt;
}

bool certificate::self_signed() const
{
    return X509_self_signed(x509_.get(), 1) == 1;
}

bool certificate::may_sign() const
{
    const std::uint32_t usage = X509_get_key_usage(x509_.get());
    return usage != UINT32_MAX && (usage & KU_DIGITAL_SIGNATURE) != 0;
}

bool certificate::may_not_sign() const
{
    const std::uint32_t usage = X509_get_key_usage(x509_.get());
    return usage != UINT32_MAX && (usage & KU_DIGITAL_SIGNATURE) == 0;
}

bool certificate::for_code_signing() const
{
    const std::uint32_t usage = X509_get_extended_key_usage(x509_.get());
    return usage != UINT32_MAX && (usage & XKU_CODE_SIGN) != 0;
}

bool certificate::for_other_uses() const
{
    const std::uint32_t usage = X509_get_extended_key_usage(x509_.get());
    return usage != UINT32_MAX && (usage & (XKU_CODE_SIGN | XKU_ANYEKU)) == 0;
}

inline std::string text_of(const ASN1_STRING* text)
{
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

inline bool is_oid(const ASN1_OBJECT* object, std::string_view dotted)
{
    std::array<char, 64> text{};
    const int size = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
    return size > 0 && std::string_view(text.data()) == dotted;
}

std::vector<std::string> certificate::identities() const
{
    static constexpr std::string_view fulcio_other_name = "1.3.6.1.4.1.57264.1.7";
    std::vector<std::string> out;
    const openssl_ptr<GENERAL_NAMES, free_names> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509_.get(), NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i)
    {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_URI || name->type == GEN_EMAIL)
            out.push_back(text_of(name->type == GEN_URI ? name->d.uniformResourceIdentifier : name->d.rfc822Name));
        else if (name->type == GEN_OTHERNAME && is_oid(name->d.otherName->type_id, fulcio_other_name) &&
                 name->d.otherName->value->type == V_ASN1_UTF8STRING)
            out.push_back(text_of(name->d.otherName->value->value.utf8string));
    }
    return out;
}

std::optional<std::string> certificate::oidc_issuer() const
{
    std::optional<std::string> first, second;
    for (int i = 0; i < X509_get_ext_count(x509_.get()); ++i)
    {
        X509_EXTENSION* extension = X509_get_ext(x509_.get(), i);
        const bool v1 = is_oid(X509_EXTENSION_get_object(extension), "1.3.6.1.4.1.57264.1.1");
        const bool v2 = is_oid(X509_EXTENSION_get_object(extension), "1.3.6.1.4.1.57264.1.8");
        if (!v1 && !v2)
            continue;
        if ((v1 ? first : second).has_value())
            return std::nullopt;  // RFC 5280 section 4.2: no extension twice
        const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
        if (v1)
        {
            first = text_of(value);
            continue;
        }
        const unsigned char* at = ASN1_STRING_get0_data(value);
        const unsigned char* const end = at + ASN1_STRING_length(value);
        const openssl_ptr<ASN1_UTF8STRING, ASN1_UTF8STRING_free> text(
            d2i_ASN1_UTF8STRING(nullptr, &at, static_cast<long>(end - at)));
        if (!text || at != end)
            return std::nullopt;
        second = text_of(text.get());
    }
    if (first && second && *first != *second)
        return std::nullopt;
    return second ? second : first;
}

inline bool add_all(STACK_OF(X509) * list, const std::vector<certificate>& certificates)
{
    return std::ranges::all_of(certificates, [&](const certificate& c) {
        X509_up_ref(c.native());
        if (sk_X509_push(list, c.native()) > 0)
            return true;
        X509_free(c.native());
        return false;
    });
}

/// RFC 5280 section 4.1.2.5: notAfter itself is within the validity; OpenSSL counts that second as expired.
inline int forgive_last_second(int ok, X509_STORE_CTX* ctx)
{
    if (ok != 0 || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_CERT_HAS_EXPIRED)
        return ok;
    const X509* const at_fault = X509_STORE_CTX_get_current_cert(ctx);
    const auto end = at_fault ? time_of(X509_get0_notAfter(at_fault)) : std::nullopt;
    const std::time_t at = X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(ctx));
    if (!end || static_cast<std::time_t>(end->time_since_epoch().count()) != at)
        return ok;
    X509_STORE_CTX_set_error(ctx, X509_V_OK);
    return 1;
}

inline openssl_ptr<X509_STORE, X509_STORE_free> store_of(const std::vector<certificate>& anchors, utc_time at)
{
    openssl_ptr<X509_STORE, X509_STORE_free> store(X509_STORE_new());
    for (const certificate& c : anchors)
        if (store && X509_STORE_add_cert(store.get(), c.native()) != 1)
            store.reset();
    if (store)
    {
        X509_VERIFY_PARAM* param = X509_STORE_get0_param(store.get());
        X509_VERIFY_PARAM_set_time(param, static_cast<std::time_t>(at.time_since_epoch().count()));
        // What is listed as trusted is trusted, be it a root or not; nobody else is.
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_depth(param, 8);
        X509_STORE_set_verify_cb(store.get(), &forgive_last_second);
    }
    return store;
}

boost::system::result<std::vector<certificate>, chain_fault> verify_chain(const certificate& leaf,
                                                                          const std::vector<certificate>& helpers,
                                                                          const std::vector<certificate>& anchors,
                                                                          utc_time at)
{
    const auto store = store_of(anchors, at);
    const x509_stack untrusted(sk_X509_new_null());
    const openssl_ptr<X509_STORE_CTX, X509_STORE_CTX_free> ctx(X509_STORE_CTX_new_ex(sigstore_context(), nullptr));
    if (!store || !untrusted || !ctx || !add_all(untrusted.get(), helpers) ||
        X509_STORE_CTX_init(ctx.get(), store.get(), leaf.native(), untrusted.get()) != 1)
        return chain_fault::untrusted;
    if (X509_verify_cert(ctx.get()) != 1)
    {
        const int why = X509_STORE_CTX_get_error(ctx.get());
        return why == X509_V_ERR_CERT_HAS_EXPIRED || why == X509_V_ERR_CERT_NOT_YET_VALID ? chain_fault::outside_window
                                                                                          : chain_fault::untrusted;
    }
    std::vector<certificate> out;
    STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(ctx.get());
    for (int i = 0; i < sk_X509_num(chain); ++i)
    {
        unsigned char* der = nullptr;
        const int size = i2d_X509(sk_X509_value(chain, i), &der);
        auto one = certificate::der({der, static_cast<std::size_t>(std::max(size, 0))});
        OPENSSL_free(der);
        if (!one)
            return chain_fault::untrusted;
        out.push_back(std::move(*one));
    }
    return out;
}

inline void put_number(bytes& out, std::uint64_t value, int size)
{
    for (int i = size - 1; i >= 0; --i)
        out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

/// RFC 6962 section 3.2: what a log signs of a precertificate is the final certificate without the timestamps.
inline std::optional<bytes> precertificate(const certificate& leaf)
{
    const openssl_ptr<X509, X509_free> copy(X509_dup(leaf.native()));
    const int at = copy ? X509_get_ext_by_NID(copy.get(), NID_ct_precert_scts, -1) : -1;
    if (at < 0)
        return std::nullopt;
    X509_EXTENSION_free(X509_delete_ext(copy.get(), at));
    if (X509_get_ext_by_NID(copy.get(), NID_ct_precert_scts, -1) >= 0)
        return std::nullopt;
    unsigned char* der = nullptr;
    const int size = i2d_re_X509_tbs(copy.get(), &der);
    std::optional<bytes> out;
    if (size > 0)
        out.emplace(der, der + size);
    OPENSSL_free(der);
    return out;
}

inline bool verify_sct(SCT* sct, bytes_view entry, const std::vector<certificate_log>& logs)
{
    unsigned char* data = nullptr;
    std::size_t size = SCT_get0_log_id(sct, &data);
    const bytes_view log_id(data, size);
    const auto log = std::ranges::find_if(logs, [&](const certificate_log& l) { return std::ranges::equal(l.id, log_id); });
    const std::uint64_t milliseconds = SCT_get_timestamp(sct);
    const utc_time when{std::chrono::seconds(static_cast<std::int64_t>(milliseconds / 1000))};
    // SHA-256 with ECDSA or RSA: RFC 6962 section 2.1.4; the one version there is.
    const int kind = SCT_get_signature_nid(sct);
    if (log == logs.end() || !log->window.holds(when) || SCT_get_version(sct) != SCT_VERSION_V1 ||
        (kind != NID_ecdsa_with_SHA256 && kind != NID_sha256WithRSAEncryption))
        return false;
    bytes message{0, 0};  // v1, certificate_timestamp
    put_number(message, milliseconds, 8);
    put_number(message, 1, 2);  // precert_entry
    message.insert(message.end(), entry.begin(), entry.end());
    size = SCT_get0_extensions(sct, &data);
    put_number(message, size, 2);
    message.insert(message.end(), data, data + size);
    size = SCT_get0_signature(sct, &data);
    return log->key.verify(message, {data, size});
}

result<void> verify_embedded_scts(const std::vector<certificate>& chain, const std::vector<certificate_log>& logs)
{
    static constexpr int most = 8;
    const auto unproved = [](const char* detail) { return fail(reason::log_proof, detail); };
    if (chain.size() < 2)
        return unproved("a certificate without an issuer cannot have been logged");
    const openssl_ptr<STACK_OF(SCT), free_scts> list(
        static_cast<STACK_OF(SCT)*>(X509_get_ext_d2i(chain[0].native(), NID_ct_precert_scts, nullptr, nullptr)));
    if (!list || sk_SCT_num(list.get()) < 1 || sk_SCT_num(list.get()) > most)
        return unproved("the certificate has no timestamp of a certificate log");
    const auto body = precertificate(chain[0]);
    MODELSEC_TRY(const verifying_key issuer, chain[1].certified_key());
    if (!body || body->size() >= (1u << 24))
        return unproved("the certificate has no one form without its timestamps");
    bytes entry;
    const sha256_digest issuer_key = sha256(issuer.spki());
    entry.insert(entry.end(), issuer_key.view().begin(), issuer_key.view().end());
    put_number(entry, body->size(), 3);
    entry.insert(entry.end(), body->begin(), body->end());
    for (int i = 0; i < sk_SCT_num(list.get()); ++i)
        if (!verify_sct(sk_SCT_value(list.get(), i), entry, logs))
            return unproved("a timestamp of the certificate is by no trusted certificate log");
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
