// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_DECRYPTED_FILE_HPP
#define MODELSEC_DETAIL_STORE_DECRYPTED_FILE_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/manifest/model.hpp>

#include <atomic>
#include <memory>

MODELSEC_BEGIN_NAMESPACE

namespace detail {
class decrypted_pack_opener;
class pack_entry_content;
}  // namespace detail

/// Plain bytes in memory that is kept out of swap and core dumps where the system allows it, and wiped at the end.
class decrypted_view
{
public:
    decrypted_view() = default;
    MODELSEC_DECL explicit decrypted_view(std::size_t size);
    decrypted_view(decrypted_view&& other) noexcept : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
    MODELSEC_DECL decrypted_view& operator=(decrypted_view&& other) noexcept;
    MODELSEC_DECL ~decrypted_view();

    bytes_view data() const noexcept { return {data_.get(), size_}; }
    std::span<std::uint8_t> writable() noexcept { return {data_.get(), size_}; }

private:
    std::unique_ptr<std::uint8_t[]> data_;
    std::size_t size_ = 0;
};

/// One encrypted file, and what was signed about it.
struct encrypted_content
{
    std::string model_id;
    std::string version;
    artifact_file file;  ///< with its `encryption` and `name`
};

/// An encrypted file of the store, read at random. It stays encrypted on disk; what is handed out was authenticated by the file's key, and
/// its cipher text matched against the signed digests, once for each open, chunk by chunk as it is first read: whoever holds the key is not the
/// publisher. All members may be called from any thread; what it reads from must stay open.
class decrypted_file
{
public:
    /// Finds the key among those that are given. `decrypt_failed` if none opens the first chunk; `encrypted` for a scheme that is
    /// not understood; `pack_damaged` for other bytes than the signed ones.
    MODELSEC_DECL static result<decrypted_file> open(detail::file_system& files, const detail::file& content,
                                                     encrypted_content what, const key_provider& keys,
                                                     const control& handle = {});
    MODELSEC_DECL decrypted_file(decrypted_file&&) noexcept;
    MODELSEC_DECL decrypted_file& operator=(decrypted_file&&) noexcept;
    MODELSEC_DECL ~decrypted_file();

    const std::string& path() const noexcept { return path_; }  ///< relative, in its pack
    std::uint64_t size() const noexcept { return size_; }       ///< of the plain text

    /// Plain bytes from `offset` on: as many as fit, fewer only at the end. `decrypt_failed`, `pack_damaged`.
    MODELSEC_DECL result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> into) const;
    /// All of it, decrypted on every core; `into` is as long as size().
    MODELSEC_DECL result<void> read_all(std::span<std::uint8_t> into) const;
    /// All of it in wiped memory.
    MODELSEC_DECL result<decrypted_view> view() const;
    /// All of it in an anonymous file in memory, 0600, sealed against every change (memfd_create(2), F_SEAL_WRITE): for loaders that
    /// want a descriptor or, by /proc/self/fd, a path. `unsupported` where the system has no such files. The system wipes it with its
    /// last descriptor.
    MODELSEC_DECL result<detail::file> sealed_file() const;
    /// Compares all of it with the signed digest of the plain text: `decrypt_failed`.
    MODELSEC_DECL result<void> check_plain(const control& handle = {}) const;

private:
    friend class detail::decrypted_pack_opener;
    /// From now on it is opened where it is in a pack, when it is first read.
    MODELSEC_DECL void read_from(std::shared_ptr<detail::pack_entry_content> entry);
    struct impl;
    MODELSEC_DECL explicit decrypted_file(std::unique_ptr<impl> self);
    std::unique_ptr<impl> impl_;
    std::string path_;
    std::uint64_t size_ = 0;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/decrypted_file.ipp>
#endif

#endif
