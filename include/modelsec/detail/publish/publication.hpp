// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_PUBLICATION_HPP
#define MODELSEC_DETAIL_PUBLISH_PUBLICATION_HPP

#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/publish/hash_files.hpp>
#include <modelsec/detail/publish/signing_key.hpp>
#include <modelsec/detail/trust/envelope.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// A local file and where it will be had.
struct file_to_publish
{
    std::string path;
    std::string url;  ///< https, hf://ORG/REPO@COMMIT/PATH or oci://HOST/REPO@sha256:HEX
    std::vector<std::string> mirrors{};
    std::string name{};  ///< its place in the pack, with `/` between folders; empty: the path's last part
    /// Where the list of its content-defined chunks is written. With it, clients that hold another version fetch what is new in this
    /// one (docs/manifest.md, Index).
    std::string index_path{};
    std::string index_url{};  ///< where clients get that list; empty: at the file's `url` with `.msindex` after it
    std::optional<encryption_info> encryption{};  ///< if `path` is the cipher text of the file, as encrypt_file() makes it
};

/// What one platform gets: one file, an archive, or several files that become active together.
struct artifact_to_publish
{
    std::string platform;
    std::vector<file_to_publish> files{};
    bool is_zip = false;  ///< the one file is a zip archive, which clients unpack
};

/// What a manifest will say.
struct publication
{
    envelope_format format = envelope_format::dsse;
    std::string model_id;
    std::string version;
    std::string tier{};
    std::string family{};
    std::optional<std::uint64_t> context_len{};
    device_needs needs{};
    std::optional<std::uint64_t> sequence{};      ///< must be there in DSSE
    std::optional<std::uint64_t> root_version{};  ///< clients that know no root so new refuse it
    utc_time issued_at{};
    std::optional<utc_time> expires_at{};  ///< must be there in DSSE; at most 400 days after `issued_at`
    std::uint64_t chunk_bytes = 4u << 20;  ///< enlarged until all chunk digests fit into a manifest
    std::vector<artifact_to_publish> artifacts{};
    /// Where an index is written for every file that gains by one and has none yet: by its place in the pack, below its platform where
    /// there are several, and `.msindex`. Files of 1 MiB or more do; archives, which clients do not keep, cipher text, which is another
    /// one each time, and files of a registry, where nothing lies beside them, do not. Empty: nowhere.
    std::string index_dir{};
    /// The envelope that clients get now, whose place this one takes; empty: none is known. It need not verify. If it is of this model
    /// and has a higher sequence (`older_sequence`), or the same one with other bytes for a platform (`equivocation`), clients that know it would
    /// refuse the new one (22), so nothing is signed or uploaded: raise the sequence.
    std::string predecessor{};
};

/// A signed manifest, and what went into it.
struct published_manifest
{
    std::string text;          ///< the envelope, as it is served
    std::uint64_t bytes = 0;   ///< of all files
    std::uint64_t files = 0;   ///< how many they are
    std::uint64_t cached = 0;  ///< of them were not read: the digest cache knew them
    std::uint64_t chunk_bytes = 0;
};

/// Whether a word has the form of a token: of the Hugging Face Hub, Amazon, GitHub, GitLab, Slack, Hokusai, of one that begins with
/// `sk-`, or of a JWT. What is published is refused by it, and `modelsec scan` looks for it.
MODELSEC_DECL bool is_secret_word(std::string_view word);

/// Refuses what must not stand in a manifest that anybody can read: user or query in a URL, tokens, a home folder
/// (`secret_in_metadata`; CWE-200).
MODELSEC_DECL result<void> check_public_text(const std::string& text);

/// Hashes the files and signs, with every key, what is to be said about them. Names, addresses and texts are looked at before hours of
/// hashing; archives are unpacked into nothing by the client's own code; the envelope is then verified and parsed like clients do
/// it: what they would refuse is not published. Codes: 2, 3, 20, 24, 31, 50. Blocks; cancel by `options.handle`.
MODELSEC_DECL result<published_manifest> make_manifest(const publication& content, const std::vector<signing_key>& keys,
                                                       const hash_options& options = {});

/// Adds one more signature to a DSSE manifest; false if this key has signed it already.
MODELSEC_DECL result<bool> add_signature(std::string& manifest, const signing_key& key);

/// What renew_manifest() changes.
struct renewal
{
    std::optional<std::uint64_t> sequence{};  ///< nothing: one more than before
    utc_time issued_at{};
    utc_time expires_at{};
    std::optional<std::uint64_t> root_version{};  ///< nothing: as before
    /// Whose signature the manifest must bear already; null: one of the keys that sign again. Else whoever can alter a file could
    /// have anything signed.
    const pins* signed_by = nullptr;
};

/// The same pack with a new sequence and expiry: no file is read. Everything else that the manifest says stays, members that are not
/// known included. `older_sequence` if the sequence is not higher; 20 if nobody known has signed it.
MODELSEC_DECL result<std::string> renew_manifest(std::string_view manifest, const renewal& change,
                                                 const std::vector<signing_key>& keys);

/// What a manifest says of itself, for telling; nothing is verified.
struct manifest_summary
{
    std::string model_id;
    std::string version;
    std::optional<std::uint64_t> sequence;
    std::optional<utc_time> expires_at;
};
MODELSEC_DECL result<manifest_summary> summarize_manifest(std::string_view manifest);

/// The same of a manifest that a client would believe at `now`: enough of `signers` have signed it, it is understood as a whole, and it has
/// not expired. Codes: 20, 21, 24. What only a client knows (its store's memory, its platform) is not asked.
MODELSEC_DECL result<manifest_summary> verify_manifest(std::string_view manifest, const pins& signers, utc_time now);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/publication.ipp>
#endif

#endif
