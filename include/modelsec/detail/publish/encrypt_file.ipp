// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_ENCRYPT_FILE_IPP
#define MODELSEC_DETAIL_PUBLISH_ENCRYPT_FILE_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/publish/encrypt_file.hpp>
#include <modelsec/limits.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The file's key, its id, and who it is wrapped for.
inline result<secret> choose_file_key(const std::vector<encryption_target>& targets, encryption_info& info)
{
    if (targets.empty())
        return fail(reason::bad_option, "nobody could read the model");
    if (!targets.front().content_key.empty())
    {
        if (targets.size() != 1 || targets.front().content_key.reveal().size() != encryption_info::key_bytes)
            return fail(reason::bad_option, "a key of the file has 32 bytes, and stands alone");
        info.key_id = targets.front().key_id;
        return targets.front().content_key.clone();
    }
    secret key = random_secret(encryption_info::key_bytes);
    // A name for the key that says nothing about it.
    const secret name = random_secret(8);
    info.key_id = to_hex(name.reveal());
    for (const encryption_target& t : targets)
    {
        if (!t.content_key.empty())
            return fail(reason::bad_option, "a key of the file stands alone");
        MODELSEC_TRY(bytes wrapped, wrap_file_key(key.reveal(), t.recipient));
        info.recipients.push_back({t.key_id, std::move(wrapped)});
    }
    return key;
}

/// The size and digest of the plain text: both go into what is encrypted, so they are known first.
inline result<void> describe_plain(const std::string& path, encryption_info& info, const control& handle)
{
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return fail(reason::file_unreadable, path);
    hasher whole;
    bytes buffer(1u << 20);
    while (in)
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        in.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
        const auto n = static_cast<std::size_t>(in.gcount());
        whole.update(bytes_view(buffer).first(n));
        info.plain_size_bytes += n;
    }
    info.plain_sha256 = whole.finish_sha256();
    return {};
}

result<encryption_info> encrypt_file(const std::string& from, const std::string& to, const encryption_place& place,
                                     const std::vector<encryption_target>& targets, std::uint32_t chunk_bytes,
                                     const std::function<void(std::uint64_t)>& progress, const control& handle)
{
    encryption_info info;
    info.scheme = encryption_info::stream_scheme;
    info.chunk_bytes = chunk_bytes;
    if (chunk_bytes == 0 || chunk_bytes > limits::chunk_max_bytes)
        return fail(reason::bad_option, "a chunk of an encrypted file has at most 64 MiB");
    MODELSEC_TRY(const secret key, choose_file_key(targets, info));
    const secret prefix = random_secret(encryption_info::prefix_bytes);
    std::copy(prefix.reveal().begin(), prefix.reveal().end(), info.nonce_prefix.begin());
    MODELSEC_CHECK(describe_plain(from, info, handle));
    if (info.chunks() > std::uint64_t{1} << 32)
        return fail(reason::bad_option, "too many chunks for one nonce: larger ones are needed");

    const chunk_cipher cipher(info, key.reveal(), place.model_id, place.version, place.file_name);
    std::ifstream in(from, std::ios::binary);
    std::ofstream out(to, std::ios::binary | std::ios::trunc);
    if (!in || !out)
        return fail(reason::file_unreadable, in ? to : from);
    std::error_code ec;
    std::filesystem::permissions(to, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ec);
    bytes plain, sealed;
    hasher again;
    for (std::uint64_t i = 0; i < info.chunks(); ++i)
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        plain.resize(cipher.plain_bytes(i));
        if (!plain.empty() && !in.read(reinterpret_cast<char*>(plain.data()), static_cast<std::streamsize>(plain.size())))
            return fail(reason::file_unreadable, from + ": it became shorter while it was read");
        again.update(plain);
        sealed.resize(plain.size() + encryption_info::tag_bytes);
        cipher.seal(i, plain, sealed);
        if (!out.write(reinterpret_cast<const char*>(sealed.data()), static_cast<std::streamsize>(sealed.size())))
            return fail(reason::disk_full, to);
        if (progress)
            progress(plain.size());
    }
    wipe(plain.data(), plain.size());
    out.close();
    if (out.fail())
        return fail(reason::disk_full, to);
    if (!(again.finish_sha256() == info.plain_sha256))
        return fail(reason::file_unreadable, from + ": it changed while it was read");
    return info;
}

json describe_encryption(const encryption_info& info)
{
    json out{{"scheme", info.scheme}, {"chunk_bytes", info.chunk_bytes}, {"key_id", info.key_id}};
    if (!info.recipients.empty())
    {
        json::array recipients;
        for (const key_recipient& r : info.recipients)
            recipients.push_back(json{{"key_id", r.key_id}, {"wrapped_key_b64", to_base64(r.wrapped_key)}});
        out.set("recipients", std::move(recipients));
    }
    out.set("nonce_prefix_b64", to_base64(info.nonce_prefix));
    out.set("plain_sha256", info.plain_sha256.hex());
    out.set("plain_size_bytes", info.plain_size_bytes);
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
