// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_SIGNING_HPP
#define MODELSEC_DETAIL_PUBLISH_SIGNING_HPP

#include <modelsec/detail/publish/publication.hpp>
#include <modelsec/detail/publish/signing_key.hpp>
#include <modelsec/detail/trust/envelope.hpp>

#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A signature over `message` as envelopes hold it.
inline result<signature> make_signature(const signing_key& key, bytes_view message)
{
    MODELSEC_TRY(bytes value, key.sign(message));
    return signature{key.id(), std::move(value)};
}

/// As the one that checks signatures sees the key.
inline candidate_key as_candidate(const signing_key& key)
{
    return {key.id(), key.public_half(), reason::none};
}

/// `key_reused` if a key or an id stands twice.
inline result<void> check_distinct(const std::vector<signing_key>& keys)
{
    for (const signing_key& one : keys)
        for (const signing_key& other : keys)
            if (&one != &other && (one.id() == other.id() || one.public_half() == other.public_half()))
                return fail(reason::key_reused, "a signing key or its id stands twice: " + one.id());
    return {};
}

/// An envelope of either format: a publisher's own file says which it is.
inline result<envelope> parse_any_envelope(std::string_view text)
{
    if (text.size() > limits{}.envelope_bytes)
        return fail(reason::too_large, "a manifest of more than 8 MiB");
    auto out = parse_envelope(as_bytes(text), envelope_format::dsse);
    if (out.has_error() && out.error().why == reason::wrong_format)
        return parse_envelope(as_bytes(text), envelope_format::pack);
    return out;
}

/// The chunk size from the wished one on at which all chunks of all files fit into one manifest: 131,072 of them, and an envelope of
/// 8 MiB, in which everything stands in base64. `too_large` if none does.
MODELSEC_DECL result<std::uint64_t> fitting_chunk(const publication& content, const std::vector<std::uint64_t>& sizes,
                                                  std::size_t signatures);

/// Gives the files that gain by it an index in publication::index_dir, whose folders are made.
MODELSEC_DECL result<void> add_indexes(publication& content);

/// The two halves of make_manifest(): between them files may be uploaded, and their addresses become known.
struct hashed_publication
{
    std::vector<file_digests> digests;                      ///< of all files, in the order of the artifacts
    std::vector<std::optional<index_reference>> indexes{};  ///< of those that have one: it was written
    std::uint64_t bytes = 0;
    std::uint64_t chunk_bytes = 0;
};
MODELSEC_DECL result<hashed_publication> hash_publication(const publication& content, const std::vector<signing_key>& keys,
                                                          const hash_options& options);
/// Whether clients that know the envelope `there` would take what is to be signed; see publication::predecessor.
MODELSEC_DECL result<void> check_predecessor(std::string_view there, const publication& content,
                                             const std::vector<file_digests>& digests);
MODELSEC_DECL result<published_manifest> sign_publication(const publication& content, const std::vector<signing_key>& keys,
                                                          const hashed_publication& hashed, const control& handle);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/publication.ipp>
#endif

#endif
