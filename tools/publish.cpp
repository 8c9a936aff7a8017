// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "publish.hpp"

#include "zip_check.hpp"

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/net/credentials.hpp>
#include <modelsec/detail/source/locator.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>

namespace modelsec::tool {

namespace {

struct fingerprint
{
    sha256_digest whole;
    json::array chunks;  ///< base64
};

/// Reads one file from end to end, hashing it as a whole on one thread and in chunks on another.
class file_hasher
{
public:
    file_hasher(std::uint64_t chunk_bytes, const control& handle, std::function<void(std::uint64_t)> progress)
        : buffer_(chunk_bytes), handle_(handle), progress_(std::move(progress))
    {
    }

    result<fingerprint> hash(const std::string& path, std::uint64_t size)
    {
        std::ifstream in(path, std::ios::binary);
        if (!in)
            return fail(reason::file_unreadable, path);
        fingerprint out;
        hasher whole;
        for (std::uint64_t left = size; left != 0;)
        {
            if (handle_.cancelled())
                return fail(reason::cancelled);
            const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer_.size()));
            if (!in.read(reinterpret_cast<char*>(buffer_.data()), static_cast<std::streamsize>(part)))
                return fail(reason::file_unreadable, path + ": it became shorter while it was read");
            const bytes_view chunk(buffer_.data(), part);
            auto digest = std::async(std::launch::async, [chunk] { return sha256(chunk); });
            whole.update(chunk);
            out.chunks.emplace_back(to_base64(digest.get().view()));
            left -= part;
            progress_(part);
        }
        if (in.peek() != std::ifstream::traits_type::eof())
            return fail(reason::file_unreadable, path + ": it became longer while it was read");
        out.whole = whole.finish_sha256();
        return out;
    }

private:
    bytes buffer_;
    const control& handle_;
    std::function<void(std::uint64_t)> progress_;
};

result<std::uint64_t> size_of(const std::string& path)
{
    std::error_code ec;
    if (!std::filesystem::is_regular_file(path, ec))
        return fail(reason::file_unreadable, path);
    const std::uintmax_t size = std::filesystem::file_size(path, ec);
    if (ec || size > limits::max_integer)
        return fail(reason::file_unreadable, path);
    return size;
}

/// The chunk size from the wished one on at which all chunks of all files fit into one manifest.
result<std::uint64_t> fitting_chunk(std::uint64_t wished, const std::vector<std::uint64_t>& sizes)
{
    const std::size_t most = limits{}.chunks_per_file;
    for (std::uint64_t chunk = wished; chunk <= limits::chunk_max_bytes; chunk *= 2)
    {
        std::uint64_t count = 0;
        for (const std::uint64_t size : sizes)
            count += size / chunk + (size % chunk != 0);
        if (count <= most)
            return chunk;
    }
    return fail(reason::too_large, "too many chunks for one manifest");
}

std::string name_of(const file_to_publish& file)
{
    return file.name.empty() ? std::filesystem::path(file.path).filename().string() : file.name;
}

/// The members that a single file and an element of `files` have in common.
result<json> describe_file(const file_to_publish& file, std::uint64_t size, std::uint64_t chunk_bytes, file_hasher& hash)
{
    MODELSEC_TRY(fingerprint print, hash.hash(file.path, size));
    json out{{"url", file.url}, {"sha256", print.whole.hex()}, {"size_bytes", size}};
    if (!file.encryption.is_null())
        out.set("encryption", file.encryption);
    if (!file.mirrors.empty())
        out.set("mirrors", json::array(file.mirrors.begin(), file.mirrors.end()));
    if (print.chunks.size() > 1)  // the digest of a single chunk is that of the file
        out.set("chunks", json{{"size_bytes", chunk_bytes}, {"sha256_b64", std::move(print.chunks)}});
    return out;
}

result<json> describe_artifact(const artifact_to_publish& artifact, const std::uint64_t* size, std::uint64_t chunk_bytes,
                               file_hasher& hash)
{
    json out{{"platform", artifact.platform}, {"is_zip", artifact.is_zip}};
    if (artifact.is_zip)
    {
        MODELSEC_TRY(const std::uint64_t unpacked, unpacked_bytes(artifact.files.front().path, *size));
        out.set("extracted_bytes", unpacked);
    }
    json::array files;
    for (const file_to_publish& file : artifact.files)
    {
        MODELSEC_TRY(json described, describe_file(file, *size++, chunk_bytes, hash));
        described.set(artifact.files.size() == 1 ? "file_name" : "name",
                      name_of(file));
        files.push_back(std::move(described));
    }
    if (files.size() > 1)
    {
        out.set("files", std::move(files));
        return out;
    }
    for (auto& [key, value] : *files.front().as_object())
        out.set(key, std::move(value));
    return out;
}

json payload_of(const publication& what, json::array artifacts)
{
    json out{{"schema", 1}, {"model_id", what.model_id}, {"version", what.version}};
    if (what.sequence)
        out.set("sequence", *what.sequence);
    if (what.root_version)
        out.set("root_version", *what.root_version);
    if (what.expires_at)
    {
        out.set("issued_at", format_rfc3339(what.issued_at));
        out.set("expires_at", format_rfc3339(*what.expires_at));
    }
    if (!what.tier.empty())
        out.set("tier", what.tier);
    out.set("artifacts", std::move(artifacts));
    return out;
}

bool is_token(std::string_view word)
{
    const auto long_as = [&](std::string_view prefix, std::size_t least) {
        return word.starts_with(prefix) && word.size() >= least;
    };
    if (word.starts_with("hf_"))
        return long_as("hf_", 30);  // "hf_tokenizer.json" is a name
    return is_storage_credential(word) || long_as("eyJ", 30) || long_as("sk-", 20) || long_as("hk_", 16) ||
           long_as("ghp_", 30) || long_as("github_pat_", 30) || long_as("glpat-", 20) || long_as("xox", 20);
}

bool has_token(std::string_view text)
{
    while (!text.empty())
    {
        const std::size_t end = std::min(text.find_first_of(" /:;,=&?#@\"'"), text.size());
        if (is_token(text.substr(0, end)))
            return true;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

/// Public, and something that clients can resolve.
result<void> check_address(const std::string& locator)
{
    MODELSEC_CHECK(check_public(locator));
    MODELSEC_CHECK(resolve_locator(locator));
    return {};
}

result<void> check_public_texts(const publication& what)
{
    for (const std::string* text : {&what.model_id, &what.version, &what.tier})
        MODELSEC_CHECK(check_public(*text));
    for (const artifact_to_publish& artifact : what.artifacts)
    {
        MODELSEC_CHECK(check_public(artifact.platform));
        for (const file_to_publish& file : artifact.files)
        {
            const std::string file_name = name_of(file);
            MODELSEC_CHECK(check_public(file_name));
            MODELSEC_CHECK(name::parse(file_name));  // before hours of hashing
            MODELSEC_CHECK(check_address(file.url));
            for (const std::string& mirror : file.mirrors)
                MODELSEC_CHECK(check_address(mirror));
        }
    }
    return {};
}

/// What a client with these keys would say of it.
result<manifest> accept(const std::string& text, envelope_format format, const std::vector<candidate_key>& keys)
{
    MODELSEC_TRY(envelope read, parse_envelope(as_bytes(text), format));
    MODELSEC_TRY(const verified_payload payload, verify_envelope(std::move(read), keys, static_cast<unsigned>(keys.size())));
    return parse_manifest(payload);
}

}  // namespace

result<void> check_public(const std::string& text)
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
    if (has_token(text))
        return fail(reason::secret_in_metadata, "something that looks like a token");
    return {};
}

result<published> make_manifest(const publication& what, const std::vector<signing_key>& keys,
                                const std::function<void(std::uint64_t, std::uint64_t)>& progress, const control& handle)
{
    MODELSEC_CHECK(check_public_texts(what));
    std::vector<std::uint64_t> sizes;
    published out;
    for (const artifact_to_publish& artifact : what.artifacts)
        for (const file_to_publish& file : artifact.files)
        {
            MODELSEC_TRY(const std::uint64_t size, size_of(file.path));
            sizes.push_back(size);
            out.bytes += size;
        }
    MODELSEC_TRY(out.chunk_bytes, fitting_chunk(what.chunk_bytes, sizes));

    std::uint64_t done = 0;
    progress(0, out.bytes);
    file_hasher hash(out.chunk_bytes, handle, [&](std::uint64_t more) { progress(done += more, out.bytes); });
    json::array artifacts;
    const std::uint64_t* size = sizes.data();
    for (const artifact_to_publish& artifact : what.artifacts)
    {
        MODELSEC_TRY(json described, describe_artifact(artifact, size, out.chunk_bytes, hash));
        artifacts.push_back(std::move(described));
        size += artifact.files.size();
    }

    const std::string payload = payload_of(what, std::move(artifacts)).dump();
    envelope e = make_envelope(what.format, as_bytes(payload));
    std::vector<candidate_key> candidates;
    for (const signing_key& key : keys)
    {
        e.signatures.push_back(key.sign(e.signed_bytes));
        candidates.push_back(key.candidate());
    }
    out.manifest = write_envelope(e) + '\n';
    MODELSEC_CHECK(accept(out.manifest, what.format, candidates));
    return out;
}

result<bool> add_signature(std::string& text, const signing_key& key)
{
    MODELSEC_TRY(envelope e, parse_envelope(as_bytes(text), envelope_format::dsse));
    for (const signature& s : e.signatures)
        if (key.public_half().verify(e.signed_bytes, s.value))
            return false;
    e.signatures.push_back(key.sign(e.signed_bytes));
    std::string signed_text = write_envelope(e) + '\n';
    MODELSEC_CHECK(accept(signed_text, envelope_format::dsse, {key.candidate()}));
    text = std::move(signed_text);
    return true;
}

}  // namespace modelsec::tool
