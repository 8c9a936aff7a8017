// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_UPLOAD_FOLDER_IPP
#define MODELSEC_DETAIL_PUBLISH_UPLOAD_FOLDER_IPP

#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/publish/upload_host.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A folder of this machine, which a server serves or a disk carries away. Files appear in it whole or not at all.
class folder_upload final : public upload_host
{
public:
    using upload_host::upload_host;

    std::string locator(const upload_file&) const override { return {}; }  // who serves the folder knows its address
    result<void> prepare() override { return {}; }

    result<void> put(const upload_file& file, bool) override
    {
        MODELSEC_TRY(const opened_place place, open_place(file.name, true));
        file_system& disk = file_system::native();
        const std::string temporary = '.' + place.name + ".part";
        MODELSEC_CHECK(disk.remove_file(place.folder, temporary));
        MODELSEC_TRY(const modelsec::detail::file out, disk.open_file(place.folder, temporary, open_mode::create_new));
        MODELSEC_TRY(const auto body, body_of(file, 0, file.size_bytes, file.path.empty() ? nullptr : &link_));
        bytes block(1u << 20);
        for (std::uint64_t at = 0; at < file.size_bytes;)
        {
            if (link_.options().handle.cancelled())
                return fail(reason::cancelled);
            const auto part = std::span(block).first(
                static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), file.size_bytes - at)));
            MODELSEC_CHECK(body->read(at, part));
            MODELSEC_CHECK(disk.write_at(out, at, part));
            at += part.size();
        }
        MODELSEC_CHECK(disk.sync(out));
        MODELSEC_CHECK(disk.replace(place.folder, temporary, place.folder, place.name));
        return disk.sync(place.folder);
    }

    result<std::string> put_manifest(const upload_file& manifest) override
    {
        MODELSEC_CHECK(put(manifest, false));
        MODELSEC_TRY(const bool same, holds(manifest, false));
        return same ? result<std::string>(manifest.name) : fail(reason::upload_mismatch, manifest.name);
    }

    /// Whether the file lies there as it should.
    result<bool> holds(const upload_file& file, bool tell_progress) override
    {
        MODELSEC_TRY(const opened_place place, open_place(file.name, false));
        if (!place.folder)
            return false;
        file_system& disk = file_system::native();
        MODELSEC_TRY(const modelsec::detail::file in, disk.open_file(place.folder, place.name, open_mode::read));
        if (!in)
            return false;
        hasher whole;
        bytes block(1u << 20);
        for (std::uint64_t at = 0;;)
        {
            if (link_.options().handle.cancelled())
                return fail(reason::cancelled);
            MODELSEC_TRY(const std::size_t size, disk.read_at(in, at, block));
            at += size;
            if (size == 0)
                return at == file.size_bytes && whole.finish_sha256() == file.sha256;
            if (at > file.size_bytes)
                return false;
            whole.update(bytes_view(block).first(size));
            if (tell_progress)
                link_.advance(size);
        }
    }

    result<bool> already_holds(const upload_file& file) override { return holds(file, false); }
    result<std::optional<std::string>> manifest_there(const upload_file& manifest) override
    {
        MODELSEC_TRY(const opened_place place, open_place(manifest.name, false));
        if (!place.folder)
            return std::nullopt;
        file_system& disk = file_system::native();
        MODELSEC_TRY(const modelsec::detail::file in, disk.open_file(place.folder, place.name, open_mode::read));
        if (!in)
            return std::nullopt;
        std::string out(manifest_bytes + 1, '\0');
        std::size_t size = 0;
        while (size < out.size())
        {
            const std::span space(reinterpret_cast<std::uint8_t*>(out.data()) + size, out.size() - size);
            MODELSEC_TRY(const std::size_t got, disk.read_at(in, size, space));
            if (got == 0)
                break;
            size += got;
        }
        out.resize(size);
        return out;
    }
    result<bool> is_public(const upload_file&) override
    {
        return false;
    }  // the folder's own mode was checked when it was opened

private:
    struct opened_place
    {
        file folder;
        std::string name;
    };

    result<opened_place> open_place(std::string_view path, bool create) const
    {
        file_system& disk = file_system::native();
        MODELSEC_TRY(file at, disk.open_root(
                                  link_.options().destination, create,
                                  link_.options().where.is_private ? store_policy::owner_only : store_policy::shared_read));
        for (std::size_t slash = path.find('/'); at && slash != std::string_view::npos; slash = path.find('/'))
        {
            MODELSEC_TRY(file below, disk.open_folder(at, std::string(path.substr(0, slash)), create));
            at = std::move(below);
            path.remove_prefix(slash + 1);
        }
        return opened_place{std::move(at), std::string(path)};
    }
};

result<std::unique_ptr<upload_host>> make_folder_upload(upload_link& link)
{
    if (link.options().destination.empty())
        return fail(reason::bad_option, "a destination folder");
    // CWE-732: a private one is its owner's alone, as far down as it goes.
    MODELSEC_CHECK(file_system::native().open_root(
        link.options().destination, true,
        link.options().where.is_private ? store_policy::owner_only : store_policy::shared_read));
    return std::unique_ptr<upload_host>(std::make_unique<folder_upload>(link));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
