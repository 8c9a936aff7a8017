// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_PARSE_IPP
#define MODELSEC_DETAIL_MANIFEST_PARSE_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/base/time_span.hpp>
#include <modelsec/detail/manifest/parse.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline failure manifest_failure(std::string what)
{
    return fail(reason::manifest_malformed, std::move(what));
}

/// Reads one level of a manifest. An absent optional member is fine, one of the wrong type never is.
class manifest_reader
{
public:
    manifest_reader(json_view object, const limits& caps) : object_(object), caps_(caps) {}

    std::optional<json_view> optional(std::string_view key) const { return object_.present(key); }

    result<std::string> text(std::string_view key, bool required) const
    {
        if (!optional(key) && !required)
            return std::string();
        const auto s = object_.string_at(key);
        if (!s || (required && s->empty()))
            return wrong(key);
        return std::string(*s);
    }

    result<std::optional<std::uint64_t>> size(std::string_view key, bool required) const
    {
        if (!optional(key) && !required)
            return std::optional<std::uint64_t>();
        const auto n = object_.size_at(key);
        if (!n)
            return wrong(key);
        return n;
    }

    result<std::optional<utc_time>> time(std::string_view key, bool required) const
    {
        if (!optional(key) && !required)
            return std::optional<utc_time>();
        const auto s = object_.string_at(key);
        const auto t = s ? parse_rfc3339(*s) : std::nullopt;
        if (!t)
            return wrong(key);
        return t;
    }

    result<bool> flag(std::string_view key) const
    {
        if (!optional(key))
            return false;
        const auto b = object_.bool_at(key);
        return b ? result<bool>(*b) : wrong(key);
    }

    result<sha256_digest> digest(std::string_view key) const
    {
        const auto s = object_.string_at(key);
        const auto d = s ? sha256_digest::from_hex(*s) : std::nullopt;
        return d ? result<sha256_digest>(*d) : wrong(key);
    }

    result<std::vector<std::string>> texts(std::string_view key, std::size_t cap) const
    {
        std::vector<std::string> out;
        if (!optional(key))
            return out;
        const auto list = object_.array_at(key);
        if (!list || list->size() > cap)
            return wrong(key);
        for (const json_view element : *list)
        {
            const auto s = element.as_string();
            if (!s)
                return wrong(key);
            out.emplace_back(*s);
        }
        return out;
    }

    failure wrong(std::string_view key) const { return manifest_failure("missing or wrong: " + std::string(key)); }

    result<artifact> whole_artifact() const;

private:
    result<artifact_file> file_content() const;
    result<std::optional<chunk_digests>> chunks(std::uint64_t size) const;
    result<std::optional<encryption_info>> encryption(std::uint64_t cipher_size) const;
    result<std::optional<index_reference>> index() const;
    result<std::vector<artifact_file>> several_files(json_view::array list, bool located) const;
    result<void> extras(artifact& out) const;

    json_view object_;
    const limits& caps_;
};

inline result<std::optional<chunk_digests>> manifest_reader::chunks(std::uint64_t size) const
{
    const auto v = optional("chunks");
    if (!v)
        return std::optional<chunk_digests>();
    chunk_digests out;
    const auto chunk = v->size_at("size_bytes");
    const auto list = v->array_at("sha256_b64");
    if (!chunk || *chunk < limits::chunk_min_bytes || *chunk > limits::chunk_max_bytes || !list)
        return wrong("chunks");
    out.size_bytes = *chunk;
    const std::uint64_t count = (size + *chunk - 1) / *chunk;
    if (list->size() != count || count > caps_.chunks_per_file)
        return manifest_failure("chunks: not one digest for each chunk");
    out.sha256.reserve(list->size());
    for (const json_view element : *list)
    {
        const auto text = element.as_string();
        std::array<std::uint8_t, sha256_digest::size_bytes> raw;
        if (!text || !from_base64(*text, raw))
            return wrong("chunks");
        out.sha256.emplace_back(raw);
    }
    return std::optional(std::move(out));
}

inline result<std::optional<encryption_info>> manifest_reader::encryption(std::uint64_t cipher_size) const
{
    const auto e = optional("encryption");
    if (!e)
        return std::optional<encryption_info>();
    const manifest_reader reader(*e, caps_);
    encryption_info out;
    MODELSEC_TRY(out.scheme, reader.text("scheme", true));
    if (out.scheme != encryption_info::stream_scheme)
        return std::optional(std::move(out));  // refused by whoever wants to fetch it
    MODELSEC_TRY(const auto chunk, reader.size("chunk_bytes", true));
    MODELSEC_TRY(out.key_id, reader.text("key_id", true));
    MODELSEC_TRY(out.plain_sha256, reader.digest("plain_sha256"));
    MODELSEC_TRY(const auto plain, reader.size("plain_size_bytes", true));
    MODELSEC_TRY(const std::string prefix, reader.text("nonce_prefix_b64", true));
    if (*chunk == 0 || *chunk > limits::chunk_max_bytes || !from_base64(prefix, out.nonce_prefix))
        return wrong("encryption");
    out.chunk_bytes = static_cast<std::uint32_t>(*chunk);
    out.plain_size_bytes = *plain;
    // The nonce has 32 bits for the chunk's number, and every byte of the cipher text belongs to a chunk.
    if (out.chunks() > (std::uint64_t{1} << 32) || out.cipher_size_bytes() != cipher_size)
        return manifest_failure("encryption: the sizes do not fit");
    if (const auto list = reader.optional("recipients"))
    {
        const auto recipients = reader.object_.array_at("recipients");
        if (!recipients || recipients->size() > caps_.keys)
            return wrong("recipients");
        for (const json_view element : *recipients)
        {
            const auto id = element.string_at("key_id"), wrapped = element.string_at("wrapped_key_b64");
            auto raw = wrapped ? from_base64(*wrapped) : std::nullopt;
            if (!id || !raw || raw->size() != encryption_info::wrapped_key_bytes)
                return wrong("recipients");
            out.recipients.push_back({std::string(*id), std::move(*raw)});
        }
    }
    return std::optional(std::move(out));
}

inline result<std::optional<index_reference>> manifest_reader::index() const
{
    const auto v = optional("index");
    if (!v)
        return std::optional<index_reference>();
    const manifest_reader reader(*v, caps_);
    index_reference out;
    MODELSEC_TRY(out.url, reader.text("url", true));
    MODELSEC_TRY(out.sha256, reader.digest("sha256"));
    MODELSEC_TRY(const auto size, reader.size("size_bytes", true));
    if (*size == 0 || *size > caps_.index_bytes)
        return wrong("index");
    out.size_bytes = *size;
    return std::optional(std::move(out));
}

/// What a single file and an element of `files` have in common.
inline result<artifact_file> manifest_reader::file_content() const
{
    artifact_file out;
    MODELSEC_TRY(const auto size, this->size("size_bytes", true));
    MODELSEC_TRY(out.sha256, digest("sha256"));
    MODELSEC_TRY(out.url, text("url", false));
    MODELSEC_TRY(out.mirrors, texts("mirrors", caps_.mirrors));
    out.size_bytes = *size;
    MODELSEC_TRY(out.chunks, chunks(out.size_bytes));
    MODELSEC_TRY(out.encryption, encryption(out.size_bytes));
    MODELSEC_TRY(out.index, index());
    // docs/manifest.md: size 0 only for a truly empty file, whose digest everybody knows.
    if (out.size_bytes == 0 && !(out.sha256 == sha256({})))
        return manifest_failure("size 0 for a file that is not empty");
    return out;
}

inline result<std::vector<artifact_file>> manifest_reader::several_files(json_view::array list, bool located) const
{
    if (list.size() > caps_.files)
        return manifest_failure("too many files");
    std::vector<artifact_file> out;
    path_set paths;
    std::uint64_t sum = 0;
    for (const json_view element : list)
    {
        const manifest_reader reader(element, caps_);
        MODELSEC_TRY(artifact_file file, reader.file_content());
        MODELSEC_TRY(const std::string name, reader.text("name", true));
        MODELSEC_TRY(relative_path path, relative_path::parse(name));
        MODELSEC_CHECK(paths.add_file(path));
        if (file.url.empty() && !located)
            return reader.wrong("url");
        file.name = std::move(path);
        sum += file.size_bytes;
        if (sum > limits::max_integer)
            return manifest_failure("the sizes add up to too much");
        out.push_back(std::move(file));
    }
    return out;
}

inline result<void> manifest_reader::extras(artifact& out) const
{
    if (const auto e = optional("url_endpoint"))
    {
        const auto body = e->find("body");
        const auto address = e->string_at("url");
        if (!address || address->empty() || (body && !body->is_object()))
            return wrong("url_endpoint");
        out.endpoint = url_endpoint{std::string(*address), body ? copy_json(*body).dump() : "{}"};
    }
    return {};
}

inline result<artifact> manifest_reader::whole_artifact() const
{
    artifact out;
    MODELSEC_TRY(out.platform, text("platform", true));
    MODELSEC_TRY(out.is_zip, flag("is_zip"));
    MODELSEC_TRY(out.extracted_bytes, size("extracted_bytes", false));
    MODELSEC_TRY(out.oci, text("oci", false));
    if (out.is_zip && !out.oci.empty())
        return manifest_failure("an archive is no OCI artifact");
    MODELSEC_CHECK(extras(out));
    const auto list = object_.array_at("files");
    if (optional("files") && !list)
        return wrong("files");
    if (list && !list->empty())
    {
        // One place says what the bytes are: with several files the artifact itself has no digest, size or address.
        if (out.is_zip || optional("sha256") || optional("size_bytes") || optional("url") || optional("chunks") ||
            optional("encryption"))
            return manifest_failure("one file or several, not both");
        MODELSEC_TRY(out.files, several_files(*list, !out.oci.empty()));
        return out;
    }
    MODELSEC_TRY(artifact_file file, file_content());
    MODELSEC_TRY(const std::string file_name, text("file_name", true));
    MODELSEC_TRY(name safe, name::parse(file_name));
    if (file.url.empty() && !out.endpoint && out.oci.empty())
        return wrong("url");
    if (out.is_zip && file.encryption)
        return manifest_failure("an encrypted archive");
    if (!out.is_zip)
        file.name = relative_path(std::move(safe));
    out.files.push_back(std::move(file));
    return out;
}

inline result<void> read_times(const manifest_reader& reader, bool dsse, const limits& caps, manifest& out)
{
    MODELSEC_TRY(out.sequence, reader.size("sequence", dsse));
    MODELSEC_TRY(out.root_version, reader.size("root_version", false));
    MODELSEC_TRY(out.issued_at, reader.time("issued_at", dsse));
    MODELSEC_TRY(out.expires_at, reader.time("expires_at", dsse));
    if (out.issued_at && out.expires_at &&
        (*out.expires_at <= *out.issued_at || is_later_by_more(*out.issued_at, *out.expires_at, caps.manifest_lifetime)))
        return manifest_failure("it lives for less than a second, or for longer than allowed");
    return {};
}

inline result<void> read_needs(const manifest_reader& reader, const limits& caps, manifest& out)
{
    const auto needs = reader.optional("min_device");
    if (!needs)
        return {};
    if (!needs->is_object())
        return reader.wrong("min_device");
    const manifest_reader inner(*needs, caps);
    MODELSEC_TRY(const auto ram, inner.size("min_ram_mb", false));
    MODELSEC_TRY(const auto disk, inner.size("min_free_disk_mb", false));
    out.needs = {ram.value_or(0), disk.value_or(0)};
    return {};
}

result<verified_payload> verify_envelope(envelope e, const std::vector<candidate_key>& keys, unsigned threshold,
                                         signature_budget* budget)
{
    const auto rule = e.format == envelope_format::pack ? key_id_rule::binds : key_id_rule::hint;
    MODELSEC_TRY(threshold_verdict verdict, check_threshold(keys, threshold, rule, e.signed_bytes, e.signatures, budget));
    return verified_payload(std::move(e), std::move(verdict.key_ids));
}

result<manifest> parse_manifest(const verified_payload& payload, const limits& caps)
{
    const auto document = json_document::parse(payload.data(), caps.json_depth);
    if (!document)
        return manifest_failure(document.error().detail);
    if (!document->root().is_object())
        return manifest_failure("not an object");
    const bool dsse = payload.format() == envelope_format::dsse;
    const manifest_reader reader(document->root(), caps);
    MODELSEC_TRY(const auto schema, reader.size("schema", dsse));
    if (schema && *schema != 1)
        return manifest_failure("a schema that is not understood");
    MODELSEC_TRY(const std::string model_id, reader.text("model_id", true));
    MODELSEC_TRY(identifier id, identifier::parse(model_id));
    MODELSEC_TRY(const std::string version_text, reader.text("version", true));
    MODELSEC_TRY(identifier version, identifier::parse(version_text));
    manifest out{std::move(id), std::move(version), {}, {}, {}, {}, {}, {}, {}};
    MODELSEC_CHECK(read_times(reader, dsse, caps, out));
    MODELSEC_TRY(out.tier, reader.text("tier", false));
    MODELSEC_CHECK(read_needs(reader, caps, out));
    const auto list = document->root().array_at("artifacts");
    if (!list || list->size() > caps.artifacts)
        return reader.wrong("artifacts");
    for (const json_view element : *list)
    {
        MODELSEC_TRY(artifact parsed, manifest_reader(element, caps).whole_artifact());
        for (const artifact& other : out.artifacts)
            if (other.platform == parsed.platform)
                return manifest_failure("a platform stands twice");
        out.artifacts.push_back(std::move(parsed));
    }
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
