// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_ENVELOPE_HPP
#define MODELSEC_DETAIL_TRUST_ENVELOPE_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>
#include <modelsec/limits.hpp>

#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

enum class envelope_format
{
    dsse,  ///< DSSE 1.0: t of n signatures over the payload's type and bytes
    pack   ///< one Ed25519 signature over the payload's bytes, as deployed apps are served today
};

namespace detail {

using modelsec::envelope_format;

struct signature
{
    std::string key_id;
    bytes value;
};

/// Who claims to have signed what. Nothing in here is trusted yet: `payload` goes to no parser before check_threshold.
struct envelope
{
    envelope_format format = envelope_format::dsse;
    bytes
        signed_bytes;  ///< what the signatures are over: the payload itself, or its pre-authentication encoding, which ends with it
    std::size_t payload_size = 0;
    std::vector<signature> signatures;

    /// What was said, byte by byte: the very bytes that the signatures are over.
    bytes_view payload() const noexcept { return bytes_view(signed_bytes).last(payload_size); }
};

/// The payload type of manifests in DSSE; compared exactly (DSSE protocol, step 4).
inline constexpr std::string_view manifest_payload_type = "application/vnd.modelsec.manifest.v1+json";

/// DSSE's pre-authentication encoding: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body.
MODELSEC_DECL bytes dsse_pae(std::string_view payload_type, bytes_view payload);

/// An envelope that nobody has signed yet. `payload_type` counts in DSSE only.
MODELSEC_DECL envelope make_envelope(envelope_format format, bytes_view payload,
                                     std::string_view payload_type = manifest_payload_type);

/// Reads an envelope of the expected format. An envelope of the other format is `wrong_format` (50), anything else that is
/// not exactly an envelope is `envelope_malformed` (24). `payload_type` counts in DSSE only.
MODELSEC_DECL result<envelope> parse_envelope(bytes_view text, envelope_format expected, const limits& caps = {},
                                              std::string_view payload_type = manifest_payload_type);

/// Writes an envelope as JSON text.
MODELSEC_DECL std::string write_envelope(const envelope& e, std::string_view payload_type = manifest_payload_type);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/envelope.ipp>
#endif

#endif
