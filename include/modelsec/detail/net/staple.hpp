// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_STAPLE_HPP
#define MODELSEC_DETAIL_NET_STAPLE_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/openssl.hpp>
#include <modelsec/error.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Judges the OCSP answer (DER; empty: there was none) that a server stapled to its handshake, about the first certificate of the
/// `chain` that was verified against `trusted` (RFC 6960 section 3.2): signed by the issuer or by whom it names, about this very
/// certificate, of the present. `certificate_revoked`, `staple_invalid`; `staple_missing` where one is needed: by policy
/// (`required`) or because the certificate itself says so (RFC 7633). Sets the time of `trusted`.
MODELSEC_DECL result<void> check_staple(bytes_view staple, STACK_OF(X509) * chain, X509_STORE* trusted, utc_time now,
                                        bool required);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/staple.ipp>
#endif

#endif
