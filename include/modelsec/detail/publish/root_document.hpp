// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_ROOT_DOCUMENT_HPP
#define MODELSEC_DETAIL_PUBLISH_ROOT_DOCUMENT_HPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/publish/signing_key.hpp>

#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// What becomes of one role of a root.
struct role_change
{
    std::vector<pin> add{};               ///< keys that may sign for it from now on
    std::optional<unsigned> threshold{};  ///< how many of them must; nothing: as before, 1 at first

    bool any() const noexcept { return !add.empty() || threshold; }
};

/// What becomes of a root: the first one is made of nothing but this.
struct root_change
{
    role_change root{};                 ///< signs roots
    role_change targets{};              ///< signs manifests
    role_change snapshot{};             ///< for TUF repositories
    role_change timestamp{};            ///< for TUF repositories
    std::vector<std::string> remove{};  ///< keys by name or id, from every role
    utc_time expires{};
};

/// A root.json (TUF 1.0 section 4.3) in a publisher's hands: made, changed and signed; members that are not known stay. A value type.
class root_document
{
public:
    /// Version 1. Timestamp and snapshot sign nothing where manifests are all there is: unless they are given keys, they have
    /// those of targets. Fails with `key_reused` if one key is for root and for targets, `bad_option` if a threshold cannot be met.
    MODELSEC_DECL static result<root_document> make(const root_change& change);
    /// A root as it lies in a file: `root_malformed`, `metadata_malformed`, `too_large`. Its signatures are not looked at: see verify().
    MODELSEC_DECL static result<root_document> parse(bytes_view text);
    /// Checks that the first root is signed by enough of its own keys and each other one follows from the one before it (TUF 1.0
    /// section 5.3): codes 20, 22, 24. The last of them. Its expiry is the caller's question.
    MODELSEC_DECL static result<root_document> verify(const std::vector<bytes>& chain);

    /// The next version, without signatures.
    MODELSEC_DECL result<root_document> next(const root_change& change) const;
    /// Adds a signature; false if it is there. The key must be one of this root's, or of the root before it: `unknown_key`.
    MODELSEC_DECL result<bool> sign(const signing_key& key, const root_document* previous = nullptr);

    /// The document as a file.
    std::string text() const { return file_.dump() + '\n'; }
    MODELSEC_DECL std::uint64_t version() const;
    MODELSEC_DECL utc_time expires() const;
    /// How many root keys must sign.
    MODELSEC_DECL unsigned threshold() const;
    /// The names of those of `by`'s root keys that signed this file.
    MODELSEC_DECL std::vector<std::string> signers(const root_document& by) const;
    /// Whether manifests that this key signs are trusted by this root.
    MODELSEC_DECL bool lets_sign_manifests(const public_key& key) const;

private:
    explicit root_document(detail::json file) : file_(std::move(file)) {}
    MODELSEC_DECL static result<root_document> build(detail::json signed_part, const root_change& change);
    MODELSEC_DECL bytes signed_bytes() const;
    /// The name that a key was given when it was made; its id if it has none.
    MODELSEC_DECL std::string name_of(const std::string& key_id) const;

    detail::json file_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/root_document.ipp>
#endif

#endif
