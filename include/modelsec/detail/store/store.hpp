// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_HPP
#define MODELSEC_DETAIL_STORE_STORE_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/control.hpp>
#include <modelsec/event.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/store/metadata_folder.hpp>
#include <modelsec/detail/store/open_pack.hpp>
#include <modelsec/detail/store/staging.hpp>
#include <modelsec/detail/store/state/state.hpp>
#include <modelsec/detail/store/verified.hpp>

#include <chrono>
#include <functional>
#include <memory>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

struct store_disk;

struct store_options
{
    std::string path;
    bool create = false;        ///< make it if it is not there
    bool group_shared = false;  ///< accept a root that its group may write to
    store_policy policy = store_policy::owner_only;
    file_system* files = &file_system::native();
    limits caps;
    bool cache_tag = false;                ///< with `create`: put a CACHEDIR.TAG into it
    const clock* time = &clock::system();  ///< how long locks are waited for; must outlive the store
};

/// Held while one operation changes a model, or the metadata of a repository.
class model_lock
{
public:
    explicit model_lock(file held) : held_(std::move(held)) {}

private:
    file held_;
};

/// The signed chunk digests of a file of a pack, or null. They live as long as the lookup.
using chunk_lookup = std::function<const chunk_digests*(const file_record&)>;

/// Which signed digests store::hash_again() compares with.
enum class hash_scope
{
    chunks_may_decide,  ///< those of the chunks where there are any
    whole               ///< those of the whole files
};

/// What fetch knows of a pack that is about to become active.
struct activation
{
    identifier version;
    std::string platform;
    std::uint64_t sequence = 0;
    bool counts_sequence = false;  ///< the manifest had one
    sha256_digest envelope;        ///< of the raw envelope that vouches for it, goes into the pack_record
    utc_time now;
    std::optional<utc_time> issued_at{};  ///< what orders a manifest without a sequence
    bool ordered_elsewhere = false;       ///< a TUF target
    verity_policy verity = verity_policy::off;
    control handle{};                               ///< ends the reading that fs-verity takes
    std::vector<std::string>* set_aside = nullptr;  ///< takes the names of what set_found_files_aside() moved

    order_mark mark() const
    {
        return {counts_sequence ? std::optional(sequence) : std::nullopt, counts_sequence ? std::nullopt : issued_at};
    }
};

/// What repair() found and did.
struct state_repair
{
    reason found = reason::none;          ///< `state_damaged`, `memory_lost` (no state at all); none: nothing was wrong
    std::size_t damaged_generations = 0;  ///< newer ones than what is the state now: what they said may be forgotten
    model_state state;                    ///< by now
};

/// What a kept envelope says of itself that is a signature and no manifest: it does not say which model of a store it is about.
struct signature_claim
{
    manifest_claim claim;
    identifier version;  ///< that of its pack: 16 digits of what was signed
};

/// Verifies such an envelope; nothing if it does not hold by whom is trusted now.
using signature_reader = std::function<std::optional<signature_claim>(bytes_view)>;

/// A pack's folder with the locks that keep gc from it, or others from what gc does with it.
struct held_folder
{
    file folder;
    file lock{};  ///< in the folder of locks of a store that is shared
    std::string lock_name{};
};

/// A pack that gc leaves alone while this lives; its files are opened one by one.
class held_pack
{
public:
    /// As its state names it. What is in it is not hashed here.
    MODELSEC_DECL result<file> open(const relative_path& path) const;

private:
    friend class store;
    held_pack(file_system& files, held_folder folder, pack_record pack)
        : files_(&files), folder_(std::move(folder)), pack_(std::move(pack))
    {
    }
    file_system* files_;
    held_folder folder_;
    pack_record pack_;
};

/// A file of a pack in the store, some of whose bytes may be another file's too.
struct known_file
{
    identifier model;
    std::string folder;  ///< the pack's
    file_record record;
};

/// The store on disk (docs/manifest.md, Store). Every change of a model goes through a new generation of its state file; a reader sees
/// the old whole one or the new whole one. All members are safe to call from any thread and process.
class store
{
public:
    /// `none_active` if there is none and `create` is off.
    MODELSEC_DECL static result<store> open(const store_options& options);

    MODELSEC_DECL result<std::vector<identifier>> models() const;
    /// The highest generation; a fresh state if there is none (found_files: but files are). `state_damaged`, `newer_schema`.
    MODELSEC_DECL result<model_state> state(const identifier& model) const;
    /// Reads, lets `change` decide, publishes the next generation; reads and decides again if another was faster. `change`
    /// returns false to leave things as they are. The published (or the current) state.
    MODELSEC_DECL result<model_state> update(const identifier& model,
                                             const std::function<result<bool>(model_state&)>& change) const;

    /// Waits for the lock of a model, at most `wait`: `lock_timeout`; ends at once when cancelled.
    MODELSEC_DECL result<model_lock> lock(const identifier& model, std::chrono::milliseconds wait,
                                          const control& handle) const;

    /// Keeps the raw bytes of an accepted envelope, by digest; and reads them again (checked against the digest).
    MODELSEC_DECL result<void> keep_envelope(bytes_view raw) const;
    MODELSEC_DECL result<bytes> read_envelope(const sha256_digest& digest) const;
    /// Removes the kept envelopes that no state names any more: their addresses may be presigned. What fails, or cannot be done now, gc
    /// does.
    MODELSEC_DECL void drop_envelopes() const;

    /// In a store that is shared for reading: gives readers what was made before it was (packs, state, envelopes). Else nothing.
    /// `whole`: looks at every file of a pack, also where the pack's folder says that it was shared.
    MODELSEC_DECL result<void> share(const identifier& model, bool whole = false) const;

    /// The place where a pack with this content grows (staging.hpp); partials survive restarts.
    MODELSEC_DECL result<staging> stage(const identifier& model, const sha256_digest& content) const;

    /// Makes a verified pack active: names it in a pending generation, renames its folder in, publishes. The old active one becomes
    /// last good (unless it is the very same pack). Everything that must survive is synced before it is named; what the state
    /// says by then is checked again: `older_sequence` and its like, `equivocation`, `rejected`. The staging folder is gone afterwards.
    MODELSEC_DECL result<pack_info> activate(const model_lock& lock, const identifier& model, staging&& staged,
                                             const verified_pack& pack, const activation& how) const;
    /// Undoes what a crash left half done for this model: a pack that did not become active goes back to its staging folder, from
    /// where the next attempt verifies and activates it without fetching it again. Folders no state names go aside.
    MODELSEC_DECL result<void> recover(const model_lock& lock, const identifier& model) const;

    /// Copies files of this artifact that are in the store already, in whatever pack, set aside or without a state, into their
    /// partials, as if they had been fetched. Those that were found; files that the partials have already are not looked for.
    MODELSEC_DECL result<std::vector<verified_file>> adopt(const identifier& model, staging& staged, const artifact& wanted,
                                                           const control& handle) const;
    /// The files of active and last good packs of all models, this model's first, the largest of each first. At most 10,000.
    MODELSEC_DECL result<std::vector<known_file>> known_files(const identifier& model) const;
    /// One of them, to be copied from and hashed while that is done; an invalid file if it is gone.
    MODELSEC_DECL result<file> open_known(const known_file& known) const;
    /// Gives a model a state again whose newest generation is damaged, or that has packs and none: the highest whole one, and the
    /// highest memory that any readable generation or kept envelope proves; of signatures those that `signatures` (may be empty) reads and
    /// whose pack is in the model's folder. `newer_schema`: nothing is done.
    MODELSEC_DECL result<state_repair> repair(const model_lock& lock, const identifier& model,
                                              const signature_reader& signatures = {}) const;
    /// Makes the pack active, if none is, that the newest kept envelope is about and whose files are all here. `still_vouched` (may be
    /// empty) judges the envelope anew. `set_aside` takes the names of what was set aside by that.
    MODELSEC_DECL result<bool> adopt_known(const model_lock& lock, const identifier& model,
                                           const std::function<bool(bytes_view)>& still_vouched, utc_time now,
                                           const control& handle, std::vector<std::string>& set_aside) const;
    /// What of the folder of a model with found files no state names, relative to the store.
    MODELSEC_DECL result<std::vector<std::string>> found_files(const identifier& model) const;
    /// Moves what no state names out of the model's folder, to `.modelsec/aside`; the names there, relative to the store. Nothing for as
    /// long as no pack is active.
    MODELSEC_DECL result<std::vector<std::string>> set_found_files_aside(const model_lock& lock,
                                                                         const identifier& model) const;

    /// The metadata that belongs to a pinned root (made if need be).
    MODELSEC_DECL result<metadata_folder> metadata(const sha256_digest& pinned_root) const;
    /// The same if it is there already; changes nothing.
    MODELSEC_DECL result<std::optional<metadata_folder>> known_metadata(const sha256_digest& pinned_root) const;
    /// Waits, as lock() does, until nobody else updates that metadata.
    MODELSEC_DECL result<model_lock> lock_metadata(const sha256_digest& pinned_root, std::chrono::milliseconds wait,
                                                   const control& handle) const;

    MODELSEC_DECL result<pack_info> info(const identifier& model, const pack_record& pack) const;
    /// Opens what is active, as open_files(). A pack that was replaced and collected meanwhile is no damage: its successor is opened.
    /// `none_active`, `pack_damaged`.
    MODELSEC_DECL result<open_pack> open_active(const identifier& model, const control& handle = {}) const;
    /// What is active, without opening or hashing its files. `none_active`, `pack_damaged`.
    MODELSEC_DECL result<held_pack> hold_active(const identifier& model) const;
    /// Opens a pack; hashes files again that differ from the state in inode or ctime, and remembers those that are good:
    /// `pack_damaged` (also if it is gone: another generation may have replaced it since the state was read).
    MODELSEC_DECL result<open_pack> open_files(const identifier& model, const pack_record& pack,
                                               const control& handle = {}) const;
    /// Hashes every file of a pack on all processors, and refuses files that are missing or too many: `pack_damaged`. `progress`
    /// (may be empty) gets the bytes hashed so far. A file of which `chunks` (may be empty) knows the digests is matched against
    /// those; where they do not match, its own digest decides. With hash_scope::whole that is computed in any case:
    /// `chunks_contradict` if it does not hold while all chunks do.
    MODELSEC_DECL result<void> hash_again(const identifier& model, const pack_record& pack, const control& handle,
                                          const std::function<void(std::uint64_t)>& progress,
                                          const chunk_lookup& chunks = {},
                                          hash_scope scope = hash_scope::chunks_may_decide) const;
    /// The signed digests of the active pack contradict each other: it is left for last good, or for none where there is none, and
    /// rejected. Nothing is done if another one is active by now.
    MODELSEC_DECL result<model_state> leave_contradicted(const model_lock& lock, const identifier& model,
                                                         const pack_record& pack, utc_time now) const;
    /// Last good becomes active, active becomes rejected. The caller has hashed `to` and asked trust; if it is not last good any
    /// more: `lock_timeout`.
    MODELSEC_DECL result<model_state> roll_back(const model_lock& lock, const identifier& model, const pack_record& to,
                                                utc_time now) const;
    /// Removes packs that nothing needs: older generations, then the folders that no generation names and no open handle holds, all
    /// but the `keep` newest. `removed` gets names relative to the root, `bytes` grows by their sizes.
    MODELSEC_DECL result<void> collect(const model_lock& lock, const identifier& model, unsigned keep, bool dry_run,
                                       std::vector<std::string>& removed, std::uint64_t& bytes) const;
    /// Removes staging folders that nobody works on and that hold nothing to resume, what was moved aside, and (while no model is
    /// being worked on) envelopes that no state names.
    MODELSEC_DECL result<void> collect_staging(bool dry_run, std::vector<std::string>& removed, std::uint64_t& bytes) const;
    /// How much was downloaded for this model so far that is not active yet.
    MODELSEC_DECL result<std::uint64_t> partial_bytes(const identifier& model) const;
    /// How much of this content was downloaded so far and need not be again.
    MODELSEC_DECL result<std::uint64_t> resumable_bytes_of(const sha256_digest& content) const;
    /// Removes what was downloaded for this model and is not active yet, but for what another operation works on.
    MODELSEC_DECL result<void> remove_partials(const model_lock& lock, const identifier& model,
                                               std::vector<std::string>& removed, std::uint64_t& bytes) const;
    /// Removes what was set aside of this model, by its owner's word: gc spares it for as long as nothing is active.
    MODELSEC_DECL result<void> remove_aside(const model_lock& lock, const identifier& model,
                                            std::vector<std::string>& removed, std::uint64_t& bytes) const;
    /// What this content's partials take up on the disk already, reserved room included.
    MODELSEC_DECL result<std::uint64_t> partial_room(const sha256_digest& content) const;
    MODELSEC_DECL result<std::uint64_t> free_space() const;

private:
    explicit store(std::shared_ptr<const store_disk> disk) : disk_(std::move(disk)) {}

    MODELSEC_DECL void remember_files(const identifier& model, const pack_record& pack, const file_list& seen) const;
    MODELSEC_DECL result<void> take_back(const identifier& model, const pack_record& pack) const;

    std::shared_ptr<const store_disk> disk_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/store.ipp>
#endif

#endif
