// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "encrypt_publication.hpp"

#include "command_error.hpp"
#include "encryption_keys.hpp"

#include <modelsec/detail/base/local_file.hpp>

#include <filesystem>

namespace modelsec::tool {

namespace {

constexpr std::uint32_t chunk_bytes = 64u << 10;

std::vector<encryption_target> read_targets(const std::vector<std::string>& paths)
{
    std::vector<encryption_target> out;
    for (const std::string& path : paths)
    {
        bytes text = value_or_hint(read_local_file(path, 64u << 10), "--encrypt-for: check that the file may be read");
        const secret kept{bytes_view(text)};
        wipe(text.data(), text.size());
        out.push_back(
            value_or_hint(parse_encryption_target(kept), "--encrypt-for takes a public X25519 key: PEM, JSON, or base64"));
    }
    return out;
}

}  // namespace

void encrypt_files(publication& what, const std::vector<std::string>& recipients,
                   const std::function<void(std::uint64_t, std::uint64_t)>& progress, const control& handle)
{
    if (recipients.empty())
        return;
    const std::vector<encryption_target> targets = read_targets(recipients);
    std::uint64_t total = 0, done = 0;
    for (const artifact_to_publish& a : what.artifacts)
        for (const file_to_publish& f : a.files)
        {
            if (a.is_zip)
                usage("--encrypt-for: an archive would be unpacked; encrypt its files");
            std::error_code ec;
            total += std::filesystem::file_size(f.path, ec);
            if (ec)
                throw command_error(reason::file_unreadable, "--file: check that the file is there and may be read", f.path);
        }
    for (artifact_to_publish& a : what.artifacts)
        for (file_to_publish& f : a.files)
        {
            if (f.name.empty())
                f.name = std::filesystem::path(f.path).filename().string();
            const std::string to = f.path + ".enc";
            const encryption_info info = encrypt_file(
                                             f.path, to, {what.model_id, what.version, f.name}, targets, chunk_bytes,
                                             [&](std::uint64_t more) { progress(done += more, total); }, handle)
                                             .value();
            f.encryption = info;
            f.path = to;
        }
}

}  // namespace modelsec::tool
