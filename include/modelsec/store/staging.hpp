// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_STORE_STAGING_HPP
#define MODELSEC_STORE_STAGING_HPP

#include <modelsec/core/digest.hpp>
#include <modelsec/core/name.hpp>
#include <modelsec/store/file_system.hpp>

#include <memory>

MODELSEC_BEGIN_NAMESPACE

/// Where one pack grows before it is verified: a folder below `.modelsec/staging`, named by the content it waits for. One
/// operation owns it at a time (the model's lock). Survives restarts, until the pack is activated or gc finds it useless.
class staging
{
public:
    /// The growing file for this content; an existing one is opened with what it holds. Owned by this user, regular, one link
    /// (a stale or foreign one is taken over by copy to a new inode, or started anew).
    MODELSEC_DECL result<file> open_partial(const sha256_digest& content);
    /// Forgets a partial and its journal.
    MODELSEC_DECL result<void> drop_partial(const sha256_digest& content);

    /// The folder that becomes the pack, empty at first (what an earlier try left in it is removed).
    MODELSEC_DECL result<file> fresh_pack_folder();
    /// Moves a finished partial into the pack folder.
    MODELSEC_DECL result<void> place(const sha256_digest& content, const relative_path& path);

    // Which ranges of a partial are known to be on disk, synced.
    struct range
    {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;  ///< one past the last
    };
    MODELSEC_DECL result<std::vector<range>> journal(const sha256_digest& content, std::uint64_t size) const;
    /// To be called only after the bytes were synced.
    MODELSEC_DECL result<void> add_to_journal(const sha256_digest& content, std::uint64_t size, range synced);

    const file_system& files() const noexcept;

private:
    friend class store;
    // the helper who builds this room fills this in
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/impl/staging.ipp>
#endif

#endif
