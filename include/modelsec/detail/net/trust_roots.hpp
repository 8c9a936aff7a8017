// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_TRUST_ROOTS_HPP
#define MODELSEC_DETAIL_NET_TRUST_ROOTS_HPP

#include <modelsec/detail/base/openssl.hpp>
#include <modelsec/detail/net/options.hpp>
#include <modelsec/error.hpp>

#include <string>
#include <string_view>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Certificates are read from files of at most this size.
inline constexpr std::size_t trust_file_bytes = 16u << 20;

/// "CERTIFICATE" and the names that OpenSSL has for it.
MODELSEC_DECL bool is_certificate_label(std::string_view label) noexcept;
/// Of one PEM object; null if it is none.
MODELSEC_DECL openssl_ptr<X509, X509_free> read_certificate(std::string_view pem);

/// Puts every certificate of a PEM text into `store`. `trust_store`, with `name` in the detail, if there is none, or one that is
/// damaged.
MODELSEC_DECL result<void> add_pem_roots(X509_STORE* store, std::string_view text, const std::string& name);
/// The same for a file, or for a folder: of that, files named as OpenSSL and Android name them (the hash of the subject and a
/// number), and `*.pem`, `*.crt`. The hash itself is not looked at: there are two ways to make it. `file_unreadable`.
MODELSEC_DECL result<void> add_roots_at(X509_STORE* store, const std::string& path);
/// The first of these that holds a certificate: files, then folders. False if none does.
MODELSEC_DECL bool add_first_roots(X509_STORE* store, const std::vector<std::string>& files,
                                   const std::vector<std::string>& folders);

/// Fills `store` with whom `options` believe: the CA that is given, else what the environment names if that is wanted, else the
/// system's roots.
MODELSEC_DECL result<void> add_trust_roots(X509_STORE* store, const tls_options& options);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/trust_roots.ipp>
#endif

#endif
