// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_LOCK_IPP
#define MODELSEC_DETAIL_STORE_STORE_LOCK_IPP

#include <modelsec/detail/base/clock_wait.hpp>
#include <modelsec/detail/store/store_generation.ipp>
#include <modelsec/detail/store/store.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Tries again and again, at growing intervals of 5 to 100 ms, at most `wait` long: there is no lock of files that can be waited for
/// and cancelled on all systems.
inline result<void> wait_for_lock(const store_disk& d, const file& at, lock_kind kind, std::chrono::milliseconds wait,
                                  const control& handle)
{
    using std::chrono::milliseconds;
    if (!at)
        return {};
    const steady_time end = later(d.time->steady_now(), std::max(wait, milliseconds(0)));
    clock_wait sleep(*d.time);
    const auto woken_by_cancel = handle.on_change([&] { sleep.wake(); });
    for (milliseconds pause{5};; pause = std::min(pause + pause / 2, milliseconds{100}))
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        MODELSEC_TRY(const bool mine, d.files->try_lock(at, kind));
        if (mine)
            return {};
        const steady_time present = d.time->steady_now();
        if (present >= end)
            return fail(reason::lock_timeout);
        if (sleep.until(std::min(later(present, pause), end), [&] { return handle.cancelled(); }))
            return fail(reason::cancelled);
    }
}

/// Opens a lock file, making it if need be. Lock files stay: removing one would let two processes hold "the" lock.
inline result<file> open_lock_file(file_system& fs, const file& at, const std::string& name)
{
    for (unsigned i = 0; i < store_patience; ++i)
    {
        MODELSEC_TRY(file there, fs.open_file(at, name, open_mode::lock));
        if (there)
            return there;
        MODELSEC_TRY(file fresh, fs.open_file(at, name, open_mode::create_private));
        if (fresh)
            return fresh;
    }
    return fail(reason::store_layout, "a lock file that comes and goes");
}

/// One of the store's lock files; an invalid file for who only reads, and takes no lock.
inline result<file> open_lock(const store_disk& d, const std::string& name)
{
    return d.root.rule().reader ? result<file>(file()) : open_lock_file(*d.files, d.locks, name);
}

/// Whether a lock file cannot be had for reasons that must not keep anybody from a pack: a disk that is full or read only.
inline bool does_without_lock_file(reason why) noexcept
{
    return why == reason::disk_full || why == reason::read_only_disk;
}

/// Locks a pack's folder: shared by who uses it, exclusive for gc; false if that cannot be now. Where the store is shared, whoever may read
/// the folder can lock it as well (CWE-667): there the lock that counts is that of a file which its owner alone can open, named by the number
/// of the pack's folder, which stays with it when it is renamed. The folder is locked all the same, for whoever finds the store private
/// again.
inline result<bool> lock_pack(const store_disk& d, held_folder& pack, lock_kind kind)
{
    file_system& fs = *d.files;
    if (!is_shared(d))
        return fs.try_lock(pack.folder, kind);
    MODELSEC_TRY(const file_info what, fs.info(pack.folder));
    pack.lock_name = ".pack-" + std::to_string(what.inode);
    for (unsigned i = 0; i < store_patience; ++i)
    {
        MODELSEC_TRY(const bool was_there, is_there(fs, d.locks, pack.lock_name));
        auto opened = open_lock_file(fs, d.locks, pack.lock_name);
        if (!opened && !does_without_lock_file(opened.error().why))
            return std::move(opened).error();
        pack.lock = opened ? std::move(*opened) : file();
        if (pack.lock)
        {
            MODELSEC_TRY(const bool mine, fs.try_lock(pack.lock, kind));
            if (!mine)
                return false;
            MODELSEC_TRY(const file_info now, fs.info(pack.lock));
            if (now.links == 0)
                continue;  // gc has removed it, with the folder
        }
        MODELSEC_TRY(const bool folder_too, fs.try_lock(pack.folder, kind));
        // Whoever holds a pack of a store that was private then has locked its folder alone.
        if (pack.lock && (was_there || kind == lock_kind::shared))
            return true;
        if (!folder_too && pack.lock)
            MODELSEC_CHECK(fs.remove_file(d.locks, pack.lock_name));
        return folder_too;
    }
    return fail(reason::store_layout, "a lock file that comes and goes");
}

/// The lock file of a folder that is about to be removed, under its exclusive lock: whoever opened it meanwhile finds it without a name.
inline result<void> drop_pack_lock(const store_disk& d, const held_folder& pack)
{
    return pack.lock ? d.files->remove_file(d.locks, pack.lock_name) : result<void>();
}

inline constexpr const char* envelopes_lock_name = ".envelopes";

/// A shared lock on the envelopes, which gc respects.
inline result<file> hold_envelopes(const store_disk& d)
{
    static constexpr std::chrono::milliseconds longest_gc{10'000};
    MODELSEC_TRY(file held, open_lock(d, envelopes_lock_name));
    MODELSEC_CHECK(wait_for_lock(d, held, lock_kind::shared, longest_gc, control()));
    return held;
}

result<model_lock> store::lock(const identifier& model, std::chrono::milliseconds wait, const control& handle) const
{
    // Folded: two spellings of one id must not be at work at once where the file system takes them for one.
    MODELSEC_TRY(file held, open_lock(*disk_, case_fold(model.str()) + ".lock"));
    MODELSEC_CHECK(wait_for_lock(*disk_, held, lock_kind::exclusive, wait, handle));
    // For people who wonder who holds it; whether it is held is up to the lock alone.
    const std::string owner = std::to_string(process_number()) + '\n';
    if (held && disk_->files->truncate(held, 0))
        (void)disk_->files->write_at(held, 0, as_bytes(owner));
    return model_lock(std::move(held));
}

// The dot keeps it apart from every model's.
result<model_lock> store::lock_metadata(const sha256_digest& pinned_root, std::chrono::milliseconds wait,
                                        const control& handle) const
{
    MODELSEC_TRY(file held, open_lock(*disk_, ".trust-" + pinned_root.hex()));
    MODELSEC_CHECK(wait_for_lock(*disk_, held, lock_kind::exclusive, wait, handle));
    return model_lock(std::move(held));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
