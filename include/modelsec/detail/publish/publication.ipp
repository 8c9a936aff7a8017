// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_PUBLICATION_IPP
#define MODELSEC_DETAIL_PUBLISH_PUBLICATION_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/net/credentials.hpp>
#include <modelsec/detail/publish/encrypt_file.hpp>
#include <modelsec/detail/publish/index_file.hpp>
#include <modelsec/detail/publish/publication.hpp>
#include <modelsec/detail/publish/signing.hpp>
#include <modelsec/detail/source/locator.hpp>
#include <modelsec/detail/store/archive/archive.hpp>

#include <algorithm>
#include <filesystem>

MODELSEC_BEGIN_NAMESPACE

bool is_secret_word(std::string_view word)
{
    const auto long_as = [&](std::string_view prefix, std::size_t least) {
        return word.starts_with(prefix) && word.size() >= least;
    };
    if (word.starts_with("hf_"))
        return long_as("hf_", 30);  // "hf_tokenizer.json" is a name
    return detail::is_storage_credential(word) || long_as("eyJ", 30) || long_as("sk-", 20) || long_as("hk_", 16) ||
           long_as("ghp_", 30) || long_as("github_pat_", 30) || long_as("glpat-", 20) || long_as("xox", 20);
}

namespace detail {

inline bool has_secret_word(std::string_view text)
{
    while (!text.empty())
    {
        const std::size_t end = std::min(text.find_first_of(" /:;,=&?#@\"'"), text.size());
        if (is_secret_word(text.substr(0, end)))
            return true;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

/// The file's place in the pack.
inline std::string name_of(const file_to_publish& file)
{
    return file.name.empty() ? std::filesystem::path(file.path).filename().string() : file.name;
}

/// Where clients get its index.
inline std::string index_address(const file_to_publish& file)
{
    return file.index_url.empty() ? file.url + std::string(index_suffix) : file.index_url;
}

/// Whether the artifact is described by `files`: several of them, or one in a folder.
inline bool has_file_list(const artifact_to_publish& artifact)
{
    return artifact.files.size() > 1 ||
           (!artifact.files.empty() && name_of(artifact.files.front()).find('/') != std::string::npos);
}

/// Public, and something that clients can resolve.
inline result<void> check_address(const std::string& locator)
{
    MODELSEC_CHECK(check_public_text(locator));
    MODELSEC_CHECK(resolve_locator(locator));
    return {};
}

inline result<void> check_artifact(const artifact_to_publish& artifact)
{
    MODELSEC_CHECK(check_public_text(artifact.platform));
    if (artifact.platform.empty() || artifact.files.empty())
        return fail(reason::bad_option, "an artifact has a platform, and at least one file");
    if (artifact.is_zip && artifact.files.size() != 1)
        return fail(reason::bad_option, "an archive is the only file of its artifact");
    if (artifact.files.size() > limits{}.files)
        return fail(reason::too_large, "more than " + std::to_string(limits{}.files) + " files for " + artifact.platform);
    path_set places;
    for (const file_to_publish& file : artifact.files)
    {
        const std::string place = name_of(file);
        MODELSEC_CHECK(check_public_text(place));
        MODELSEC_TRY(const relative_path parsed, relative_path::parse(place));
        MODELSEC_CHECK(places.add_file(parsed));
        MODELSEC_CHECK(check_address(file.url));
        if (file.index_path.empty() && !file.index_url.empty())
            return fail(reason::bad_option, "an index has a file, not only an address");
        if (!file.index_path.empty() && file.index_url.empty() && file.url.starts_with("oci://"))
            return fail(reason::bad_option, "beside a file of a registry lies nothing: its index has an address of its own");
        if (!file.index_path.empty())
            MODELSEC_CHECK(check_address(index_address(file)));
        if (file.mirrors.size() > limits{}.mirrors)
            return fail(reason::too_large, "more than " + std::to_string(limits{}.mirrors) + " mirrors for " + place);
        for (const std::string& mirror : file.mirrors)
            MODELSEC_CHECK(check_address(mirror));
    }
    return {};
}

/// All that can be said against a publication without reading its files.
inline result<void> check_publication(const publication& content, const std::vector<signing_key>& keys)
{
    MODELSEC_CHECK(identifier::parse(content.model_id));
    MODELSEC_CHECK(identifier::parse(content.version));
    for (const std::string* text : {&content.model_id, &content.version, &content.tier, &content.family})
        MODELSEC_CHECK(check_public_text(*text));
    const bool dsse = content.format == envelope_format::dsse;
    if (dsse && (!content.sequence || !content.expires_at))
        return fail(reason::bad_option, "a manifest has a sequence and an expiry");
    if (content.sequence && *content.sequence > limits::max_integer)
        return fail(reason::bad_option, "a sequence is at most 2^53-1");
    if (content.expires_at &&
        (*content.expires_at <= content.issued_at || *content.expires_at - content.issued_at > limits{}.manifest_lifetime))
        return fail(reason::bad_option, "a manifest expires after it was issued, at most 400 days later");
    if (keys.empty() || keys.size() > limits{}.signatures || (!dsse && keys.size() != 1))
        return fail(reason::bad_option,
                    dsse ? "1 to 32 keys sign a manifest" : "a pack envelope holds exactly one signature");
    MODELSEC_CHECK(check_distinct(keys));
    if (content.chunk_bytes < limits::chunk_min_bytes || content.chunk_bytes > limits::chunk_max_bytes)
        return fail(reason::bad_option, "a chunk has 256 KiB to 64 MiB");
    if (content.artifacts.empty() || content.artifacts.size() > limits{}.artifacts)
        return fail(reason::bad_option, "a manifest has 1 to 256 artifacts");
    std::vector<std::string> platforms;
    for (const artifact_to_publish& a : content.artifacts)
    {
        if (std::find(platforms.begin(), platforms.end(), a.platform) != platforms.end())
            return fail(reason::bad_option, "the platform " + a.platform + " stands twice");
        platforms.push_back(a.platform);
        MODELSEC_CHECK(check_artifact(a));
    }
    return {};
}

result<std::uint64_t> fitting_chunk(const publication& content, const std::vector<std::uint64_t>& sizes,
                                    std::size_t signatures)
{
    static constexpr std::size_t digest_text = 47, member_text = 160;
    const limits caps;
    std::size_t other = 4096 + 512 * signatures;
    for (const artifact_to_publish& a : content.artifacts)
        for (const file_to_publish& f : a.files)
        {
            other += member_text + f.url.size() + name_of(f).size() +
                     (f.index_path.empty() ? 0 : member_text + index_address(f).size());
            for (const std::string& mirror : f.mirrors)
                other += mirror.size() + 3;
        }
    for (std::uint64_t chunk = content.chunk_bytes; chunk <= limits::chunk_max_bytes; chunk *= 2)
    {
        std::uint64_t count = 0;
        for (const std::uint64_t size : sizes)
            if (size > chunk)
                count += size / chunk + (size % chunk != 0);
        if (count <= caps.chunks_per_file && (other + count * digest_text) / 3 * 4 < caps.envelope_bytes)
            return chunk;
    }
    return fail(reason::too_large, "the manifest would be larger than clients take: fewer or smaller files");
}

/// The members that a single file and an element of `files` have in common.
inline json describe_file(const file_to_publish& file, const file_digests& digests,
                          const std::optional<index_reference>& index, std::uint64_t chunk_bytes)
{
    json out{{"url", file.url}, {"sha256", digests.sha256.hex()}, {"size_bytes", digests.size_bytes}};
    if (file.encryption)
        out.set("encryption", describe_encryption(*file.encryption));
    if (!file.mirrors.empty())
        out.set("mirrors", json::array(file.mirrors.begin(), file.mirrors.end()));
    if (index)
        out.set("index",
                json{{"url", index_address(file)}, {"sha256", index->sha256.hex()}, {"size_bytes", index->size_bytes}});
    if (digests.chunks.empty())  // the digest of a single chunk is that of the file
        return out;
    json::array chunks;
    chunks.reserve(digests.chunks.size());
    for (const sha256_digest& d : digests.chunks)
        chunks.emplace_back(to_base64(d.view()));
    out.set("chunks", json{{"size_bytes", chunk_bytes}, {"sha256_b64", std::move(chunks)}});
    return out;
}

/// How many bytes an archive unpacks to, by what clients do with it: checksums, local headers, names, sizes.
inline result<std::uint64_t> unpacked_bytes(const std::string& path, const file_digests& digests, const control& handle)
{
    MODELSEC_TRY(const file opened, open_local_file(path));
    extraction how;
    how.archive_bytes = digests.size_bytes;
    how.archive_sha256 = digests.sha256;
    how.extracted_bytes = limits::max_integer;
    return check_zip(file_system::native(), opened, how, limits{}, handle);
}

inline result<json> describe_artifact(const artifact_to_publish& artifact, const file_digests* digests,
                                      const std::optional<index_reference>* indexes, std::uint64_t chunk_bytes,
                                      const control& handle)
{
    json out{{"platform", artifact.platform}, {"is_zip", artifact.is_zip}};
    if (artifact.is_zip)
    {
        MODELSEC_TRY(const std::uint64_t unpacked, unpacked_bytes(artifact.files.front().path, *digests, handle));
        out.set("extracted_bytes", unpacked);
    }
    if (!has_file_list(artifact))
    {
        out.set("file_name", name_of(artifact.files.front()));
        json only = describe_file(artifact.files.front(), *digests, *indexes, chunk_bytes);
        for (auto& [key, value] : *only.as_object())
            out.set(key, std::move(value));
        return out;
    }
    json::array files;
    for (const file_to_publish& file : artifact.files)
    {
        json described = describe_file(file, *digests++, *indexes++, chunk_bytes);
        described.set("name", name_of(file));
        files.push_back(std::move(described));
    }
    out.set("files", std::move(files));
    return out;
}

inline json payload_of(const publication& content, json::array artifacts)
{
    json out{{"schema", 1}, {"model_id", content.model_id}, {"version", content.version}};
    if (content.sequence)
        out.set("sequence", *content.sequence);
    if (content.root_version)
        out.set("root_version", *content.root_version);
    if (content.expires_at)
    {
        out.set("issued_at", format_rfc3339(content.issued_at));
        out.set("expires_at", format_rfc3339(*content.expires_at));
    }
    if (!content.tier.empty())
        out.set("tier", content.tier);
    if (!content.family.empty())
        out.set("family", content.family);
    if (content.context_len)
        out.set("context_len", *content.context_len);
    if (content.needs.min_ram_mb != 0 || content.needs.min_free_disk_mb != 0)
        out.set("min_device",
                json{{"min_ram_mb", content.needs.min_ram_mb}, {"min_free_disk_mb", content.needs.min_free_disk_mb}});
    out.set("artifacts", std::move(artifacts));
    return out;
}

/// What a client with these keys would say of it.
inline result<manifest> accept_manifest(std::string_view text, envelope_format format,
                                        const std::vector<candidate_key>& keys, unsigned threshold)
{
    if (text.size() > limits{}.envelope_bytes)
        return fail(reason::too_large, "the manifest is larger than clients take");
    MODELSEC_TRY(envelope read, parse_envelope(as_bytes(text), format));
    MODELSEC_TRY(const verified_payload payload, verify_envelope(std::move(read), keys, threshold));
    MODELSEC_TRY(manifest out, parse_manifest(payload));
    for (const artifact& a : out.artifacts)
        for (const artifact_file& f : a.files)
            if (!f.url.empty())
                MODELSEC_CHECK(resolve_locator(f.url));
    return out;
}

/// A payload signed by every key and accepted as clients would.
inline result<std::string> sign_payload(const json& payload, envelope_format format, const std::vector<signing_key>& keys)
{
    const std::string said = payload.dump();
    envelope e = make_envelope(format, as_bytes(said));
    std::vector<candidate_key> candidates;
    for (const signing_key& key : keys)
    {
        MODELSEC_TRY(signature s, make_signature(key, e.signed_bytes));
        e.signatures.push_back(std::move(s));
        candidates.push_back(as_candidate(key));
    }
    std::string text = write_envelope(e) + '\n';
    MODELSEC_CHECK(accept_manifest(text, format, candidates, static_cast<unsigned>(keys.size())));
    return text;
}

}  // namespace detail

result<void> check_public_text(const std::string& text)
{
    const std::size_t scheme = text.find("://");
    if (scheme != std::string::npos)
    {
        const std::size_t begin = scheme + 3;
        const std::string_view authority = std::string_view(text).substr(begin, text.find_first_of("/?#", begin) - begin);
        if (authority.find('@') != std::string_view::npos || text.find_first_of("?#", begin) != std::string::npos)
            return fail(reason::secret_in_metadata, "a URL with user, query or fragment");
    }
    for (const std::string_view home : {"/home/", "/Users/", "/root/", "\\Users\\", "~/"})
        if (text.find(home) != std::string::npos)
            return fail(reason::secret_in_metadata, "a home folder");
    if (detail::has_secret_word(text))
        return fail(reason::secret_in_metadata, "something that looks like a token");
    return {};
}

namespace detail {

result<void> add_indexes(publication& content)
{
    namespace fs = std::filesystem;
    if (content.index_dir.empty())
        return {};
    for (artifact_to_publish& artifact : content.artifacts)
        for (file_to_publish& file : artifact.files)
        {
            if (!file.index_path.empty() || artifact.is_zip || file.encryption || file.url.starts_with("oci://"))
                continue;
            MODELSEC_TRY(const std::uint64_t size, size_of_file(file.path));
            if (size < index_least_file)
                continue;
            const std::string place =
                (content.artifacts.size() > 1 ? artifact.platform + '/' : std::string()) + name_of(file);
            MODELSEC_CHECK(relative_path::parse(place));
            const fs::path to = fs::path(content.index_dir) / (place + std::string(index_suffix));
            std::error_code failed;
            fs::create_directories(to.parent_path(), failed);
            if (failed)
                return fail(reason::file_unreadable, to.parent_path().string() + ": " + failed.message());
            file.index_path = to.string();
        }
    return {};
}

/// Identifies an artifact's bytes as clients do.
inline result<sha256_digest> digest_of_content(const artifact_to_publish& artifact, const file_digests* digests)
{
    modelsec::artifact out;
    out.is_zip = artifact.is_zip;
    for (const file_to_publish& file : artifact.files)
    {
        artifact_file& one = out.files.emplace_back();
        one.size_bytes = digests->size_bytes;
        one.sha256 = digests->sha256;
        ++digests;
        if (artifact.is_zip)
            continue;
        MODELSEC_TRY(one.name, relative_path::parse(name_of(file)));
    }
    return out.content_digest();
}

// docs/manifest.md, Memory and time: what clients ask of a manifest that comes after another one.
result<void> check_predecessor(std::string_view there, const publication& content, const std::vector<file_digests>& digests)
{
    const auto before = parse_any_envelope(there);
    const auto payload =
        before ? parse_json(before->payload(), limits{}.json_depth) : result<json>(fail(reason::json_malformed));
    if (!payload || payload->string_at("model_id") != std::string_view(content.model_id))
        return {};
    const auto sequence = payload->size_at("sequence");
    if (!sequence || !content.sequence || *sequence < *content.sequence)
        return {};
    if (*sequence > *content.sequence)
        return fail(reason::older_sequence,
                    "the manifest that is there has the sequence " + std::to_string(*sequence) + ": go above it");
    const auto known = parse_known_artifacts(before->payload());
    if (!known)
        return {};  // which no client takes
    const file_digests* next = digests.data();
    for (const artifact_to_publish& artifact : content.artifacts)
    {
        MODELSEC_TRY(const sha256_digest now, digest_of_content(artifact, next));
        next += artifact.files.size();
        for (const modelsec::artifact& old : *known)
            if (old.platform == artifact.platform && !(old.content_digest() == now))
                return fail(reason::equivocation, "the manifest that is there has the sequence " +
                                                      std::to_string(*sequence) + " too, and other bytes for " +
                                                      artifact.platform + ": raise the sequence");
    }
    return {};
}

result<hashed_publication> hash_publication(const publication& content, const std::vector<signing_key>& keys,
                                            const hash_options& options)
{
    MODELSEC_CHECK(check_publication(content, keys));
    std::vector<std::string> paths;
    std::vector<std::uint64_t> sizes;
    hashed_publication out;
    for (const artifact_to_publish& artifact : content.artifacts)
        for (const file_to_publish& file : artifact.files)
        {
            MODELSEC_TRY(const std::uint64_t size, size_of_file(file.path));
            paths.push_back(file.path);
            sizes.push_back(size);
            out.bytes += size;
        }
    MODELSEC_TRY(out.chunk_bytes, fitting_chunk(content, sizes, keys.size()));
    MODELSEC_TRY(out.digests, hash_files(paths, out.chunk_bytes, options));
    MODELSEC_CHECK(check_predecessor(content.predecessor, content, out.digests));
    const file_digests* digests = out.digests.data();
    for (const artifact_to_publish& artifact : content.artifacts)
        for (const file_to_publish& file : artifact.files)
        {
            out.indexes.emplace_back();
            if (!file.index_path.empty())
            {
                MODELSEC_TRY(out.indexes.back(), write_content_index(file.path, digests->size_bytes, digests->sha256,
                                                                     file.index_path, index_address(file), options.handle));
            }
            ++digests;
        }
    return out;
}

result<published_manifest> sign_publication(const publication& content, const std::vector<signing_key>& keys,
                                            const hashed_publication& hashed, const control& handle)
{
    MODELSEC_CHECK(check_publication(content, keys));
    published_manifest out;
    out.bytes = hashed.bytes;
    out.files = hashed.digests.size();
    out.chunk_bytes = hashed.chunk_bytes;
    out.cached = static_cast<std::uint64_t>(
        std::count_if(hashed.digests.begin(), hashed.digests.end(), [](const file_digests& d) { return d.cached; }));
    json::array artifacts;
    const file_digests* next = hashed.digests.data();
    const std::optional<index_reference>* index = hashed.indexes.data();
    for (const artifact_to_publish& artifact : content.artifacts)
    {
        MODELSEC_TRY(json described, describe_artifact(artifact, next, index, out.chunk_bytes, handle));
        artifacts.push_back(std::move(described));
        next += artifact.files.size();
        index += artifact.files.size();
    }
    MODELSEC_TRY(out.text, sign_payload(payload_of(content, std::move(artifacts)), content.format, keys));
    return out;
}

}  // namespace detail

result<published_manifest> make_manifest(const publication& content, const std::vector<signing_key>& keys,
                                         const hash_options& options)
{
    publication whole = content;
    MODELSEC_CHECK(detail::add_indexes(whole));
    MODELSEC_TRY(const detail::hashed_publication hashed, detail::hash_publication(whole, keys, options));
    return detail::sign_publication(whole, keys, hashed, options.handle);
}

result<bool> add_signature(std::string& manifest, const signing_key& key)
{
    MODELSEC_TRY(detail::envelope e, detail::parse_envelope(as_bytes(manifest), envelope_format::dsse));
    for (const detail::signature& s : e.signatures)
        if (key.public_half().verify(e.signed_bytes, s.value))
            return false;
    MODELSEC_TRY(detail::signature more, detail::make_signature(key, e.signed_bytes));
    e.signatures.push_back(std::move(more));
    std::string signed_text = detail::write_envelope(e) + '\n';
    MODELSEC_CHECK(detail::accept_manifest(signed_text, envelope_format::dsse, {detail::as_candidate(key)}, 1));
    manifest = std::move(signed_text);
    return true;
}

result<std::string> renew_manifest(std::string_view manifest, const renewal& change, const std::vector<signing_key>& keys)
{
    MODELSEC_TRY(detail::envelope e, detail::parse_any_envelope(manifest));
    const envelope_format format = e.format;
    if (keys.empty() || (format == envelope_format::pack && keys.size() != 1))
        return fail(reason::bad_option, "a pack envelope holds exactly one signature, any other at least one");
    MODELSEC_CHECK(detail::check_distinct(keys));
    std::vector<detail::candidate_key> known;
    if (change.signed_by)
        known = change.signed_by->candidates(change.issued_at);
    else
        for (const signing_key& key : keys)
            known.push_back(detail::as_candidate(key));
    MODELSEC_TRY(const detail::verified_payload verified,
                 detail::verify_envelope(std::move(e), known, change.signed_by ? change.signed_by->threshold() : 1));
    MODELSEC_TRY(const modelsec::manifest before, detail::parse_manifest(verified));
    MODELSEC_TRY(detail::json payload, detail::parse_json(verified.data(), limits{}.json_depth));

    const std::uint64_t sequence = change.sequence.value_or(before.sequence.value_or(0) + 1);
    if (before.sequence && sequence <= *before.sequence)
        return fail(reason::older_sequence, "the sequence must be above " + std::to_string(*before.sequence));
    if (sequence > limits::max_integer)
        return fail(reason::bad_option, "a sequence is at most 2^53-1");
    if (before.issued_at && change.issued_at < *before.issued_at)
        return fail(reason::clock_went_back, "the manifest was issued later than now");
    payload.set("sequence", sequence);
    payload.set("issued_at", format_rfc3339(change.issued_at));
    payload.set("expires_at", format_rfc3339(change.expires_at));
    if (change.root_version)
        payload.set("root_version", *change.root_version);
    return detail::sign_payload(payload, format, keys);
}

result<manifest_summary> summarize_manifest(std::string_view manifest)
{
    MODELSEC_TRY(const detail::envelope e, detail::parse_any_envelope(manifest));
    MODELSEC_TRY(const detail::json payload, detail::parse_json(e.payload(), limits{}.json_depth));
    manifest_summary out;
    out.model_id = payload.string_at("model_id").value_or("");
    out.version = payload.string_at("version").value_or("");
    out.sequence = payload.size_at("sequence");
    if (const auto time = payload.string_at("expires_at"))
        out.expires_at = parse_rfc3339(*time);
    return out;
}

result<manifest_summary> verify_manifest(std::string_view manifest, const pins& signers, utc_time now)
{
    MODELSEC_TRY(detail::envelope e, detail::parse_any_envelope(manifest));
    MODELSEC_TRY(const detail::verified_payload verified,
                 detail::verify_envelope(std::move(e), signers.candidates(now), signers.threshold()));
    MODELSEC_TRY(const modelsec::manifest read, detail::parse_manifest(verified));
    // Freeze attack: TUF 1.0 section 5.4.4 and its like. Times ahead are signs of a wrong clock, which would make expiry worthless.
    if (read.issued_at && *read.issued_at > now + limits{}.clock_skew)
        return fail(reason::issued_in_future);
    if (read.expires_at && *read.expires_at <= now)
        return fail(reason::manifest_expired);
    return manifest_summary{read.model_id.str(), read.version.str(), read.sequence, read.expires_at};
}

MODELSEC_END_NAMESPACE

#endif
