// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STAGING_HPP
#define MODELSEC_DETAIL_STORE_STAGING_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/store/journal.hpp>
#include <modelsec/detail/store/staging_claim.hpp>
#include <modelsec/detail/store/verified.hpp>
#include <modelsec/detail/manifest/model.hpp>

#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// How a lease ended, as far as that says something of the source that was given.
struct lease_end
{
    std::uint64_t source = 0;
    bool good = false;                       ///< it brought the signed bytes
    std::optional<source_trouble> failed{};  ///< it did not
};

/// Where one pack grows before it is verified: a folder below `.modelsec/staging`, named by the content it waits for. One
/// operation owns it at a time: it holds the folder's lock, or, where locks mean nothing, its claim. Survives
/// restarts, until the pack is activated or gc finds it useless. Not for two threads at once, but for sync_partials().
///
///     partial-<digest>   the bytes so far      journal   which of them are on stable storage
///     pack/              the pack, being put together             for-<model>   who asked for it
class staging
{
public:
    using range = byte_range;
    struct durable
    {
        sha256_digest content;
        std::uint64_t size = 0;  ///< of the whole file
        range_set ranges;
    };
    struct placement
    {
        sha256_digest content;
        relative_path path;
    };

    /// The growing file for this content; an existing one is opened with what it holds. Owned by this user, regular, one link. Of a file
    /// with several names, or one that may only be read, what the journal knows is copied to a new one; anything else that stands in its
    /// place is removed.
    MODELSEC_DECL result<file> open_partial(const sha256_digest& content);
    /// The same, if it is there, for reading beside whoever writes it; else an invalid file. From any thread.
    MODELSEC_DECL result<file> open_for_reading(const sha256_digest& content) const;
    /// Forgets a partial and what the journal says of it.
    MODELSEC_DECL result<void> drop_partial(const sha256_digest& content);

    /// The folder that becomes the pack, empty at first (what an earlier try left in it is removed).
    MODELSEC_DECL result<file> fresh_pack_folder();
    /// Moves finished partials into the pack folder. Until the pack is activated the next attempt finds them as partials again. On
    /// stable storage once the pack is activated, not before.
    MODELSEC_DECL result<void> place(const std::vector<placement>& what);
    /// Copies a finished partial to one more place in the pack folder; the copy is hashed while it is read.
    MODELSEC_DECL result<verified_file> copy(const artifact_file& content, const relative_path& path);

    /// Puts a pack together in a fresh folder of verified partials, in the artifact's order. What stands under two names is copied.
    MODELSEC_DECL result<std::vector<placed_file>> assemble(const artifact& a, const std::vector<verified_file>& files);

    /// Which ranges of a partial of this size are known to be on stable storage: sorted, neither overlapping nor touching.
    MODELSEC_DECL result<std::vector<range>> journal(const sha256_digest& content, std::uint64_t size);
    /// Brings what was written to these partials to stable storage, with their names: many of them at once, where the file system can.
    MODELSEC_DECL result<void> sync_partials(const std::vector<sha256_digest>& contents);
    /// To be called only after the bytes were synced.
    MODELSEC_DECL result<void> add_to_journal(const std::vector<durable>& synced);
    result<void> add_to_journal(const sha256_digest& content, std::uint64_t size, range synced)
    {
        return add_to_journal({{content, size, range_set(synced)}});
    }

    /// The opposite: these bytes are not what was signed. They are missing again, whatever the journal said of them.
    MODELSEC_DECL result<void> forget(const sha256_digest& content, std::uint64_t size, const range_set& wrong);

    /// Which ranges of a partial of this size others were asked to bring, and which of its sources failed how often.
    MODELSEC_DECL result<partial_notes> notes_on(const sha256_digest& content, std::uint64_t size);
    /// On stable storage when this returns.
    MODELSEC_DECL result<void> lease(const sha256_digest& content, std::uint64_t size, const range_lease& lease);
    /// The lease of just these bytes has ended. Nothing is done if there is no such lease.
    MODELSEC_DECL result<void> end_lease(const sha256_digest& content, byte_range bytes, const lease_end& how = {});

    file_system& files() const noexcept { return *files_; }
    /// The first folder for this content: the next stage() finds the same, if nobody works there. False where others did, or where the
    /// disk has no locks.
    bool is_found_again(const sha256_digest& content) const { return name_ == content.hex(); }

private:
    friend class store;

    staging(file_system& files, file folder, std::string name, staging_claim claim)
        : claim_(std::move(claim)), files_(&files), folder_(std::move(folder)), name_(std::move(name))
    {
    }
    MODELSEC_DECL result<file> open_sealed(const sha256_digest& content);
    MODELSEC_DECL result<file> copy_partial(const sha256_digest& content);
    MODELSEC_DECL result<void> copy_ranges(const file& from, const file& to, const range_set& which);
    MODELSEC_DECL result<modelsec::detail::journal*> notes();
    MODELSEC_DECL result<void> append(const std::string& lines);
    MODELSEC_DECL result<void> take_back_placed();

    staging_claim claim_;  ///< given free last
    file_system* files_;
    file folder_;  ///< locked
    std::string name_;
    std::optional<modelsec::detail::journal> notes_;
    file journal_;                       ///< open once it was written to
    std::size_t rewritten_bytes_ = 0;    ///< of its text when this last wrote it anew
    std::vector<std::string> old_ones_;  ///< journals of version 0.1 whose content is in notes_
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/staging.ipp>
#endif

#endif
