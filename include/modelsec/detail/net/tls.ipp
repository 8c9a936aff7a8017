// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_TLS_IPP
#define MODELSEC_DETAIL_NET_TLS_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/pem.hpp>
#include <modelsec/detail/net/staple.hpp>
#include <modelsec/detail/net/tls.hpp>
#include <modelsec/detail/net/trust_roots.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What one socket read may bring in. Fewer system calls and waits than with one record of 16 KiB each; with much more the
/// ciphertext no longer stays in the processor's cache (measured: 256 KiB costs 40 % more user time).
inline constexpr std::size_t tls_read_buffer_bytes = 64u << 10;

/// The text of OpenSSL's oldest error, for the owner; the queue is empty afterwards.
inline std::string tls_error_text()
{
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* text = code ? ERR_reason_error_string(code) : nullptr;
    return text ? text : "no further detail";
}

/// NIST SP 800-52r2, RFC 9325: TLS 1.2 at least, forward secrecy and authenticated encryption only, security level 2
/// whatever the system's configuration says.
inline bool tls_harden(SSL_CTX* context)
{
    constexpr std::array<unsigned char, 9> http11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_clear_options(context, SSL_CTX_get_options(context));
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    // Resumption would skip the verification of the chain.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, tls_read_buffer_bytes);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
           // AES-128 first: as strong as the rest of the connection, and less work a byte.
           SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") ==
               1 &&
           SSL_CTX_set_alpn_protos(context, http11.data(), static_cast<unsigned>(http11.size())) == 0;
}

/// The client certificate and its key, if there are any.
inline result<void> tls_use_certificate(SSL_CTX* context, const tls_options& options)
{
    const bool has_certificate = !options.certificate_file.empty() || !options.certificate_pem.empty();
    const bool has_key = !options.private_key_file.empty() || !options.private_key_pem.empty();
    if (has_certificate != has_key)
        return fail(reason::bad_option, "a client certificate needs its private key, and the key its certificate");
    if ((!options.certificate_file.empty() && !options.certificate_pem.empty()) ||
        (!options.private_key_file.empty() && !options.private_key_pem.empty()))
        return fail(reason::bad_option, "a client certificate and its key come from files or from memory, not from both");
    if (!has_certificate)
        return {};

    bytes file;
    secret key_file;
    if (!options.certificate_file.empty())
    {
        MODELSEC_TRY(file, read_local_file(options.certificate_file, trust_file_bytes));
    }
    if (!options.private_key_file.empty())
    {
        MODELSEC_TRY(key_file, read_local_secret(options.private_key_file));
    }
    const std::string& certificate_name =
        options.certificate_file.empty() ? "the client certificate" : options.certificate_file;
    const std::string& key_name =
        options.private_key_file.empty() ? "the client certificate's key" : options.private_key_file;
    std::string_view chain = options.certificate_file.empty() ? std::string_view(options.certificate_pem) : as_text(file);
    bool leaf = true;
    while (const auto block = next_pem(chain))
    {
        if (!is_certificate_label(block->label))
            continue;
        const auto one = read_certificate(block->text);
        if (!one || (leaf ? SSL_CTX_use_certificate(context, one.get()) : SSL_CTX_add1_chain_cert(context, one.get())) != 1)
            return fail(reason::trust_store, certificate_name + ": " + tls_error_text());
        leaf = false;
    }
    if (leaf)
        return fail(reason::trust_store, certificate_name + ": no certificate in PEM");

    std::string_view text = options.private_key_file.empty() ? options.private_key_pem.view() : key_file.reveal_text();
    openssl_ptr<EVP_PKEY, EVP_PKEY_free> key;
    while (const auto block = key ? std::nullopt : next_pem(text))
        if (block->label.ends_with("PRIVATE KEY"))
        {
            const openssl_ptr<BIO, BIO_free_all> in(
                BIO_new_mem_buf(block->text.data(), static_cast<int>(block->text.size())));
            key.reset(in ? PEM_read_bio_PrivateKey_ex(in.get(), nullptr, no_passphrase, nullptr,
                                                      openssl_library::instance().context(), nullptr)
                         : nullptr);
            if (!key)
                break;
        }
    if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
        return fail(reason::trust_store, key_name + ": " + tls_error_text());
    return {};
}

result<void> check_tls_options(const tls_options& options)
{
    const bool named = !options.ca_file.empty() || !options.ca_pem.empty() || !options.certificate_file.empty() ||
                       !options.certificate_pem.empty() || !options.private_key_file.empty() ||
                       !options.private_key_pem.empty() || options.roots_from_environment || !options.spki_pins.empty();
    if (!named)
        return {};
    MODELSEC_CHECK(tls_context::make(options, true));
    return {};
}

result<tls_context> tls_context::make(const tls_options& options, bool home)
{
    // No openssl.cnf and no OPENSSL_CONF: a system-wide default could weaken what is set here, or load code.
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    ERR_clear_error();
    tls_context out;
    out.ocsp_ = options.ocsp;
    OSSL_LIB_CTX* const library = openssl_library::instance().context();
    out.context_.reset(SSL_CTX_new_ex(library, nullptr, TLS_client_method()));
    SSL_CTX* const context = out.context_.get();
    if (!context || !tls_harden(context))
        return fail(reason::internal_error, "TLS context: " + tls_error_text());

    MODELSEC_CHECK(add_trust_roots(SSL_CTX_get_cert_store(context), options));
    ERR_clear_error();
    if (!home)
        return out;

    MODELSEC_CHECK(tls_use_certificate(context, options));
    for (const std::string& pin : options.spki_pins)
    {
        const auto raw = from_base64(pin);
        const auto digest = raw ? sha256_digest::from_bytes(*raw) : std::nullopt;
        if (!digest)
            return fail(reason::bad_option, "a pinned key is the base64 of 32 bytes");
        out.pins_.push_back(*digest);
    }
    return out;
}

result<openssl_ptr<SSL, SSL_free>> tls_context::open(const url& peer, utc_time now) const
{
    openssl_ptr<SSL, SSL_free> ssl(SSL_new(context_.get()));
    if (!ssl)
        return fail(reason::out_of_memory, "TLS connection: " + tls_error_text());
    X509_VERIFY_PARAM* const param = SSL_get0_param(ssl.get());
    // RFC 9525 section 6: the name must be in subjectAltName; a wildcard is a whole label; the subject's common name is
    // none.
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_VERIFY_PARAM_set_time(param, static_cast<std::time_t>(now.time_since_epoch().count()));
    const bool named = peer.host_is_address()
                           ? X509_VERIFY_PARAM_set1_ip_asc(param, peer.host().c_str()) == 1
                           : X509_VERIFY_PARAM_set1_host(param, peer.dns_name().data(), peer.dns_name().size()) == 1 &&
                                 SSL_set_tlsext_host_name(ssl.get(), std::string(peer.dns_name()).c_str()) == 1;
    if (!named)
        return fail(reason::internal_error, "TLS host name: " + tls_error_text());
    if (ocsp_ != ocsp_policy::off && SSL_set_tlsext_status_type(ssl.get(), TLSEXT_STATUSTYPE_ocsp) != 1)
        return fail(reason::internal_error, "TLS status request: " + tls_error_text());
    return ssl;
}

result<void> tls_context::check_peer(SSL* ssl, utc_time now) const
{
    MODELSEC_CHECK(check_pins(ssl));
    return ocsp_ == ocsp_policy::off ? result<void>() : check_ocsp(ssl, now);
}

inline result<void> tls_context::check_ocsp(SSL* ssl, utc_time now) const
{
    const unsigned char* raw = nullptr;
    const long size = SSL_get_tlsext_status_ocsp_resp(ssl, &raw);  // -1: none
    const bytes_view staple(raw, raw && size > 0 ? static_cast<std::size_t>(size) : 0);
    X509_STORE* const trusted = SSL_CTX_get_cert_store(context_.get());
    return check_staple(staple, SSL_get0_verified_chain(ssl), trusted, now, ocsp_ == ocsp_policy::required);
}

inline result<void> tls_context::check_pins(const SSL* ssl) const
{
    if (pins_.empty())
        return {};
    // RFC 7469 section 2.6: the chain that was built to a trusted root, not what the server happened to send.
    const STACK_OF(X509)* const chain = SSL_get0_verified_chain(ssl);
    for (int i = 0; i < sk_X509_num(chain); ++i)
    {
        unsigned char* raw = nullptr;
        const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(sk_X509_value(chain, i)), &raw);
        if (size <= 0)
            continue;
        const sha256_digest digest = sha256(bytes_view(raw, static_cast<std::size_t>(size)));
        OPENSSL_free(raw);
        if (std::find(pins_.begin(), pins_.end(), digest) != pins_.end())
            return {};
    }
    return fail(reason::spki_mismatch, "no key of the chain is pinned");
}

reason certificate_reason(long verify_result) noexcept
{
    switch (verify_result)
    {
    case X509_V_ERR_CERT_HAS_EXPIRED: return reason::certificate_expired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return reason::certificate_not_yet_valid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return reason::host_mismatch;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return reason::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return reason::unknown_ca;
    case X509_V_ERR_CERT_REVOKED: return reason::certificate_revoked;
    default: return reason::certificate_invalid;
    }
}

failure tls_failure(const SSL* ssl, tls_phase phase)
{
    const unsigned long error = ERR_peek_error();
    const int why = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
    if (why == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    {
        ERR_clear_error();
        return fail(reason::connection_lost, "the connection ended without notice");
    }
    const long verdict = SSL_get_verify_result(ssl);
    if (why == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK)
    {
        ERR_clear_error();
        // A machine whose clock is wrong meets expired certificates everywhere: the detail lets that be seen.
        std::string detail = X509_verify_cert_error_string(verdict);
        if (verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID)
            detail += "; the clock says " + format_rfc3339(utc_time(std::chrono::seconds(
                                                X509_VERIFY_PARAM_get_time(SSL_get0_param(const_cast<SSL*>(ssl))))));
        return fail(certificate_reason(verdict), std::move(detail));
    }
    const std::string text = tls_error_text();
    // A line that corrupts bytes breaks the record's authentication, here or at the peer.
    const bool alert = why >= SSL_AD_REASON_OFFSET;
    if (phase == tls_phase::open || (phase == tls_phase::unanswered && !alert) || why == SSL_R_SSLV3_ALERT_BAD_RECORD_MAC)
        return fail(reason::connection_lost, text);
    switch (why)
    {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return fail(reason::tls_version, text);
    default: return fail(reason::tls_handshake, text);
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
