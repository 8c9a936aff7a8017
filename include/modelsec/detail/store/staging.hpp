// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STAGING_HPP
#define MODELSEC_DETAIL_STORE_STAGING_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/store/journal.hpp>

#include <map>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Where one pack grows before it is verified: a folder below `.modelsec/staging`, named by the content it waits for. One
/// operation owns it at a time: it holds the folder's lock (where there are no locks, a folder of its own, which nobody resumes).
/// Survives restarts, until the pack is activated or gc finds it useless. Not for two threads at once.
///
///     partial-<digest>   the bytes so far      journal-<digest>   which of them are on stable storage
///     pack/              the pack, being put together             for-<model>   who asked for it
class staging
{
public:
    using range = byte_range;

    /// The growing file for this content; an existing one is opened with what it holds. Owned by this user, regular, one link
    /// (anything else that stands in its place is removed).
    MODELSEC_DECL result<file> open_partial(const sha256_digest& content);
    /// Forgets a partial and its journal.
    MODELSEC_DECL result<void> drop_partial(const sha256_digest& content);

    /// The folder that becomes the pack, empty at first (what an earlier try left in it is removed).
    MODELSEC_DECL result<file> fresh_pack_folder();
    /// Moves a finished partial into the pack folder. Until the pack is activated the next attempt finds it as a partial again.
    MODELSEC_DECL result<void> place(const sha256_digest& content, const relative_path& path);

    /// Which ranges of a partial of this size are known to be on stable storage: sorted, neither overlapping nor touching.
    MODELSEC_DECL result<std::vector<range>> journal(const sha256_digest& content, std::uint64_t size) const;
    /// To be called only after the bytes were synced.
    MODELSEC_DECL result<void> add_to_journal(const sha256_digest& content, std::uint64_t size, range synced);

    file_system& files() const noexcept { return *files_; }

private:
    friend class store;

    /// A journal that is written to.
    struct open_journal
    {
        file at;
        modelsec::detail::journal content;
    };

    staging(file_system& files, file folder, std::string name)
        : files_(&files), folder_(std::move(folder)), name_(std::move(name))
    {
    }
    MODELSEC_DECL result<modelsec::detail::journal> read_journal(const std::string& digest) const;
    MODELSEC_DECL result<open_journal*> journal_for(const std::string& digest, std::uint64_t size);
    MODELSEC_DECL result<void> append(open_journal& to, const std::string& line);
    MODELSEC_DECL result<void> take_back_placed();

    file_system* files_;
    file folder_;  ///< locked
    std::string name_;
    std::map<std::string, open_journal> journals_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/staging.ipp>
#endif

#endif
