// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_STATEMENT_HPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_STATEMENT_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/detail/trust/key.hpp>
#include <modelsec/detail/trust/threshold.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

// OpenSSF Model Signing 1.0: what a signature bundle says about a model's files. No IO.

enum class serialization_method
{
    files,  ///< one digest a file
    shards  ///< one digest for each piece of `shard_bytes` of a file, so that one file is hashed on several threads
};

/// A file's place below a model's folder as POSIX has it, byte by byte: colons, case twins and blanks included. Nothing but its parts
/// is looked at (none empty, `.` or `..`; at most 32, of 255 bytes each; no NUL), so that it cannot leave the folder (CWE-22); what is
/// to be activated in a store needs a portable name besides.
class model_path
{
public:
    /// `unsafe_name` (31).
    MODELSEC_DECL static result<model_path> parse(std::string_view text);

    const std::string& str() const noexcept { return text_; }

    friend bool operator==(const model_path&, const model_path&) = default;
    friend auto operator<=>(const model_path&, const model_path&) = default;

private:
    explicit model_path(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// How a model's files were turned into digests; a verifier must do the same.
struct model_serialization
{
    serialization_method method = serialization_method::files;
    std::uint64_t shard_bytes = 1'000'000'000;  ///< of `shards`: every piece but a file's last has this size
    bool follow_links = false;                  ///< symbolic links to files count as the files; without: none may be there
    std::vector<model_path> ignored;            ///< files and folders that are not looked at
};

struct signed_model_file
{
    std::optional<model_path> path;      ///< nothing: the model is one file, whatever its name
    std::uint64_t size = 0;              ///< in bytes; known of `shards` only
    std::vector<sha256_digest> digests;  ///< of the file, or of each of its shards
};

struct model_statement
{
    sha256_digest subject{};  ///< over the digests of all files: what the statement is about
    std::string model_name;   ///< for people: the last part of the model's path when it was signed; binds nothing
    model_serialization serialization;
    std::vector<signed_model_file> files;  ///< at least one; all without a path, or all with one
};

/// What a bundle calls a key: hex SHA-256 of the public key's PEM block, as model-signing does.
MODELSEC_DECL std::string model_key_hint(const public_key& key);

/// Verifies a bundle by this one key (ECDSA on P-256, P-384 or P-521, or Ed25519), then reads what was signed, from the very
/// bytes that were verified. `budget`: of several tries together, else limits::signature_message_bytes for this one. Codes: 2 (`bad_option`: another kind of key), 20 (`bad_signature`; `unknown_key`: the bundle names
/// another key), 24 (`bundle_malformed`, `envelope_malformed`, `too_large`), 31 (`unsafe_name`), 50 (`hash_unsupported`).
MODELSEC_DECL result<model_statement> verify_bundle(bytes_view bundle, const public_key& key, const limits& caps = {},
                                                    detail::signature_budget* budget = nullptr);

/// Signs a message with the private half of a key, wherever that is kept: the raw Ed25519 signature, or ECDSA's in DER over the
/// digest of its curve (SHA-256, SHA-384, SHA-512).
using message_signer = std::function<result<bytes>(bytes_view message)>;

/// Writes and signs a bundle, then verifies it like everybody will. `model.files` are sorted by path. With `certificates` (DER, the
/// signer's own first, then what leads to a CA that verifiers know) they stand in the bundle in place of the key's hint; `bad_option` if
/// the first is not for the key.
MODELSEC_DECL result<std::string> sign_bundle(model_statement model, const public_key& key, const message_signer& sign,
                                              const limits& caps = {}, const std::vector<bytes>& certificates = {});

namespace detail {
// The statement alone, for verify_bundle and for tests: whoever calls these has a signature to check first.
MODELSEC_DECL result<model_statement> parse_model_statement(bytes_view payload, const limits& caps);
/// By path, as they are signed.
MODELSEC_DECL void sort_files(model_statement& model);
/// The digest of all files' digests in their order (OMS 1.0 section 6.5.1).
MODELSEC_DECL sha256_digest subject_of(const model_statement& model);
MODELSEC_DECL std::string write_model_statement(const model_statement& model);
/// A model's bundle that names another key is not what the caller thinks it is: `unknown_key`. The hint decides nothing else; an empty one
/// names none.
MODELSEC_DECL result<void> check_key_hint(std::string_view hint, const public_key& key);
/// What releases 0.2 and 0.3 of model-signing signed in place of DSSE's encoding.
MODELSEC_DECL bytes historic_pae(bytes_view payload);
}  // namespace detail

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/manifest/model_statement.ipp>
#endif

#endif
