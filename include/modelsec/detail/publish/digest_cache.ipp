// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_DIGEST_CACHE_IPP
#define MODELSEC_DETAIL_PUBLISH_DIGEST_CACHE_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/publish/digest_cache.hpp>

#include <exception>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline std::pair<std::string, std::string> folder_and_name(const std::string& path)
{
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos)
        return {".", path};
    return {path.substr(0, slash == 0 ? 1 : slash), path.substr(slash + 1)};
}

/// The whole file, through a folder that is checked as a store's is: nobody else may have written there (CWE-345).
inline result<bytes> read_own_file(const std::string& path, std::size_t cap)
{
    file_system& disk = file_system::native();
    const auto [folder_path, name] = folder_and_name(path);
    MODELSEC_TRY(const file folder, disk.open_root(folder_path, false));
    if (!folder)
        return bytes();
    MODELSEC_TRY(const file_info about, disk.info(folder));
    MODELSEC_TRY(const file f, disk.open_file(folder, name, open_mode::read));
    if (!f || about.group_writes)
        return bytes();
    MODELSEC_TRY(const file_info info, disk.info(f));
    if (info.size > cap)
        return fail(reason::too_large, name);
    bytes out(static_cast<std::size_t>(info.size));
    MODELSEC_TRY(const std::size_t got, disk.read_at(f, 0, out));
    out.resize(got);
    return out;
}

inline result<void> write_own_file(const std::string& path, bytes_view content)
{
    file_system& disk = file_system::native();
    const auto [folder_path, name] = folder_and_name(path);
    MODELSEC_TRY(const file folder, disk.open_root(folder_path, true));
    const std::string draft = name + ".new-" + std::to_string(process_number());
    MODELSEC_CHECK(disk.remove_file(folder, draft));
    MODELSEC_TRY(file f, disk.open_file(folder, draft, open_mode::create_new));
    if (!f)
        return fail(reason::file_exists, draft);
    auto done = disk.write_at(f, 0, content);
    if (done.has_value())
        done = disk.replace(folder, draft, folder, name);
    if (done.has_error())
        (void)disk.remove_file(folder, draft);
    return done;
}

digest_cache::digest_cache(std::string path) : path_(std::move(path))
{
    if (path_.empty())
        return;
    const auto text = read_own_file(path_, most_bytes);
    if (!text || text->empty())
        return;
    auto document = parse_json(*text);
    if (!document || document->size_at("version") != 1u)
        return;
    const json* entries = document->find("digests");
    if (entries && entries->as_object())
        for (const auto& [key, entry] : *entries->as_object())
            known_.emplace(key, entry);
}

std::string digest_cache::key_of(const file_info& info, std::uint64_t chunk_bytes)
{
    return std::to_string(info.device) + ':' + std::to_string(info.inode) + ':' + std::to_string(info.size) + ':' +
           std::to_string(info.modified_ns) + ':' + std::to_string(info.changed_ns) + ':' + std::to_string(chunk_bytes);
}

std::optional<file_digests> digest_cache::find(const std::string& key, std::uint64_t size_bytes,
                                               std::uint64_t chunk_bytes) const
{
    const auto found = known_.find(key);
    if (found == known_.end())
        return std::nullopt;
    const auto whole = sha256_digest::from_hex(found->second.string_at("sha256").value_or(""));
    const auto chunks = from_base64(found->second.string_at("chunks").value_or("?"));
    const std::uint64_t count = size_bytes / chunk_bytes + (size_bytes % chunk_bytes != 0);
    if (!whole || !chunks || chunks->size() != (count > 1 ? count * sha256_digest::size_bytes : 0))
        return std::nullopt;
    file_digests out{size_bytes, *whole, {}, true};
    for (std::size_t at = 0; at < chunks->size(); at += sha256_digest::size_bytes)
        out.chunks.push_back(*sha256_digest::from_bytes(bytes_view(*chunks).subspan(at, sha256_digest::size_bytes)));
    return out;
}

void digest_cache::remember(const std::string& key, const file_digests& digests)
{
    bytes chunks;
    for (const sha256_digest& d : digests.chunks)
        chunks.insert(chunks.end(), d.view().begin(), d.view().end());
    fresh_[key] = json{{"sha256", digests.sha256.hex()}, {"chunks", to_base64(chunks)}};
}

void digest_cache::save() noexcept
try
{
    if (path_.empty() || fresh_.empty())
        return;
    json::object entries;
    std::size_t size = 0;
    for (auto* source : {&fresh_, &known_})
        for (auto& [key, entry] : *source)
        {
            size += key.size() + entry.string_at("chunks").value_or("").size() + 128;
            if (size > most_bytes)
                break;
            if (source == &fresh_ || !fresh_.contains(key))
                entries.emplace_back(key, entry);
        }
    const std::string text = json{{"version", 1}, {"digests", std::move(entries)}}.dump();
    (void)write_own_file(path_, as_bytes(text));
}
catch (const std::exception&)  // a cache that is not written costs time, nothing else
{
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
