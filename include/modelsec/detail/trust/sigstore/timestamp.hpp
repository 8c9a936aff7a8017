// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_TIMESTAMP_HPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_TIMESTAMP_HPP

#include <modelsec/detail/trust/sigstore/trusted_root.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// When an authority saw a signature: RFC 3161 and RFC 5816, by one of the authorities within its own window. `timestamp_invalid`.
MODELSEC_DECL result<utc_time> verify_timestamp(bytes_view response, bytes_view signature,
                                                const std::vector<certificate_authority>& authorities);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/sigstore/timestamp.ipp>
#endif

#endif
