// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_TLS_HPP
#define MODELSEC_DETAIL_NET_TLS_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/openssl.hpp>
#include <modelsec/detail/net/options.hpp>
#include <modelsec/detail/net/url.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Who is believed, and how: made once per operation and kind of origin, then a source of SSL objects.
class tls_context
{
public:
    /// `home`: for the manifest's origin, which alone sees the client certificate and must show a pinned key. Fails with
    /// `trust_store` or `bad_option`.
    MODELSEC_DECL static result<tls_context> make(const tls_options& options, bool home);

    /// An SSL object for a connection to `peer`, which verifies its chain and name as of `now`.
    MODELSEC_DECL result<openssl_ptr<SSL, SSL_free>> open(const url& peer, utc_time now) const;
    /// After the handshake, before anything is sent: is a pinned key in the verified chain, and what does the stapled OCSP answer say?
    MODELSEC_DECL result<void> check_peer(SSL* ssl, utc_time now) const;

private:
    result<void> check_pins(const SSL* ssl) const;
    result<void> check_ocsp(SSL* ssl, utc_time now) const;

    openssl_ptr<SSL_CTX, SSL_CTX_free> context_;
    std::vector<sha256_digest> pins_;
    ocsp_policy ocsp_ = ocsp_policy::off;
};

/// Before any server is asked: can all that was named be used? `file_unreadable` names the file, `trust_store`.
MODELSEC_DECL result<void> check_tls_options(const tls_options& options);

/// Adds the roots that the operating system trusts to `store`; false if there are none to be found.
MODELSEC_DECL bool add_system_roots(X509_STORE* store);
/// An environment variable; nothing if it is unset or empty, or if this process has more rights than its caller.
MODELSEC_DECL std::optional<std::string> roots_variable(const char* name);
/// What stands between the folders of SSL_CERT_DIR.
MODELSEC_DECL char roots_separator() noexcept;

/// Why a chain was refused (a value of SSL_get_verify_result).
MODELSEC_DECL reason certificate_reason(long verify_result) noexcept;

enum class tls_phase
{
    handshake,   ///< not done
    unanswered,  ///< done, but TLS 1.3 lets the server refuse the client's certificate only now
    open         ///< the server has said something inside the connection
};

/// What a TLS failure was: looks at the verdict on the chain and takes OpenSSL's error queue. Once the connection is open,
/// alerts and bad records are a matter of the line (10).
MODELSEC_DECL failure tls_failure(const SSL* ssl, tls_phase phase);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/tls.ipp>

#include <modelsec/detail/base/platform.hpp>
#include MODELSEC_SYSTEM_ROOTS_BODY
#endif

#endif
