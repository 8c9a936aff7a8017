// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_LOCATOR_HPP
#define MODELSEC_DETAIL_SOURCE_LOCATOR_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/net/url.hpp>

#include <string>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Where locators other than https lead.
struct locator_options
{
    std::string hugging_face = "https://huggingface.co";
};

/// Turns a manifest's locator into the URL to ask:
///  * `https://…` itself;
///  * `hf://ORG/REPO@COMMIT/PATH` into that Hub's `/ORG/REPO/resolve/COMMIT/PATH`, percent-encoded (PATH is written as it is, blanks
///    and letters of any script included); the commit has 40 hex digits, anything else could be moved under us
///    (`mutable_revision`);
///  * `oci://HOST/REPOSITORY@sha256:HEX` into that blob's address; a tag is `mutable_revision` too.
/// `http:` is `plain_http`; every other scheme `scheme_not_allowed` (50); what is no scheme by RFC 3986 is `bad_url`.
MODELSEC_DECL result<url> resolve_locator(std::string_view locator, const locator_options& options = {});

/// The same for an address in a signed manifest: a malformed one is its publisher's fault (`manifest_malformed`).
MODELSEC_DECL result<url> resolve_signed(std::string_view locator, const locator_options& options = {});
/// Whether a mirror of a signed manifest of which this was said is left out (`bad_mirror`), since the other addresses are good: it is
/// none, of a kind that is not for downloads, or names what can be moved under us. One by plain http is none of them: that is 50 anywhere.
MODELSEC_DECL bool is_bad_mirror(const failure& problem) noexcept;

/// Reads the answer of a `url_endpoint`: `{"url": "https://…"}`, or Supabase's `{"signedURL": "/object/…"}`, which is relative to
/// `/storage/v1` of the endpoint's own origin. `bad_response` if it is neither.
MODELSEC_DECL result<url> read_endpoint_answer(bytes_view body, const url& endpoint);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/source/locator.ipp>
#endif

#endif
