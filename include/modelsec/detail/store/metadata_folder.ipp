// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_METADATA_FOLDER_IPP
#define MODELSEC_DETAIL_STORE_METADATA_FOLDER_IPP

#include <modelsec/detail/store/store_disk.ipp>
#include <modelsec/detail/store/store_generation.ipp>
#include <modelsec/detail/store/store.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<metadata_folder> store::metadata(const sha256_digest& pinned_root) const
{
    file_system& fs = *disk_->files;
    MODELSEC_TRY(const file own, fs.open_folder(disk_->root, ".modelsec", true));
    MODELSEC_TRY(const file trust, fs.open_folder(own, "trust", true));
    MODELSEC_TRY(file folder, fs.open_folder(trust, pinned_root.hex(), true));
    MODELSEC_CHECK(fs.sync(trust));
    return metadata_folder(disk_, std::move(folder));
}

result<std::optional<metadata_folder>> store::known_metadata(const sha256_digest& pinned_root) const
{
    file_system& fs = *disk_->files;
    MODELSEC_TRY(file at, fs.open_folder(disk_->root, ".modelsec", false));
    for (const std::string& name : {std::string("trust"), pinned_root.hex()})
    {
        if (!at)
            return std::optional<metadata_folder>();
        MODELSEC_TRY(at, fs.open_folder(at, name, false));
    }
    if (!at)
        return std::optional<metadata_folder>();
    return std::optional(metadata_folder(disk_, std::move(at)));
}

// What is no plain file or too large is no metadata: it is fetched again. What cannot be read now may be the memory of a newer root:
// to go on without it would be a way back.
result<std::optional<bytes>> metadata_folder::read(const std::string& name, std::size_t cap) const
{
    const auto absent_if_none = [](failure why) -> result<std::optional<bytes>> {
        if (why.why == reason::store_layout)
            return std::optional<bytes>();
        return why;
    };
    auto content = disk_->files->open_file(folder_, name, open_mode::read_linked);
    if (!content)
        return absent_if_none(std::move(content).error());
    if (!*content)
        return std::optional<bytes>();
    auto data = read_whole(*disk_->files, *content, cap);
    if (!data)
        return absent_if_none(std::move(data).error());
    return std::optional(std::move(*data));
}

result<void> metadata_folder::write(const std::string& name, bytes_view data) const
{
    return write_whole(*disk_->files, folder_, name, data);
}

result<void> metadata_folder::remove(const std::string& name) const
{
    MODELSEC_CHECK(disk_->files->remove_file(folder_, name));
    return disk_->files->sync(folder_);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
