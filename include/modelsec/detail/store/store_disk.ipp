// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_DISK_IPP
#define MODELSEC_DETAIL_STORE_STORE_DISK_IPP

#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/store/layout.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>

#include <sodium.h>

// What the store does with files again and again, in terms of a file_system.

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A folder in a pack is at most as deep as a relative_path is long; nothing else in the store is deeper.
inline constexpr unsigned store_depth = 40;

inline result<bool> is_there(file_system& fs, const file& at, const std::string& name)
{
    MODELSEC_TRY(const file_info what, fs.info_at(at, name));
    return what.links != 0;
}

/// What a read of a pack's file failed by. The kernel refuses a block of a file under fs-verity that the disk changed (EIO, the kernel's
/// documentation of fs-verity): that is damage of the file, which is fetched again, and nothing that the disk will do better next time.
inline failure as_damage_if_sealed(file_system& fs, const file& content, failure f)
{
    if (f.why != reason::store_io)
        return f;
    const auto measured = fs.measure_verity(content);
    return measured && *measured ? fail(reason::pack_damaged, "not the bytes it had: " + f.detail) : f;
}

/// The whole of a small file; `cap` holds while reading. `store_layout` beyond it.
inline result<bytes> read_whole(file_system& fs, const file& f, std::uint64_t cap)
{
    MODELSEC_TRY(const file_info what, fs.info(f));
    if (what.size > cap)
        return fail(reason::store_layout, "a file of the store is larger than it can be");
    bytes out(static_cast<std::size_t>(what.size));
    MODELSEC_TRY(const std::size_t got, fs.read_at(f, 0, out));
    out.resize(got);
    return out;
}

/// The same, part by part.
template <class Take>
result<void> read_parts(file_system& fs, const file& f, std::uint64_t cap, const Take& take)
{
    bytes part(std::size_t{64} << 10);
    for (std::uint64_t at = 0;;)
    {
        MODELSEC_TRY(const std::size_t got, fs.read_at(f, at, part));
        at += got;
        if (at > cap)
            return fail(reason::store_layout, "a file of the store is larger than it can be");
        if (got == 0)
            return {};
        take(bytes_view(part).first(got));
    }
}

/// A word that no other attempt, of this process or another, ever gets: file names made of it are never used again. Process
/// numbers come again; the random part tells those processes apart.
inline std::string unique_word()
{
    static std::atomic<std::uint64_t> count{0};
    static const std::uint64_t process_word = [] {
        std::uint64_t random = 0;
        randombytes_buf(&random, sizeof(random));
        return random;
    }();
    return std::to_string(process_number()) + '-' + std::to_string(process_word) + '-' + std::to_string(++count);
}

/// A file that is not under its real name yet. Its lock says that it is still wanted.
struct temporary_file
{
    std::string name;
    file content;
};

inline constexpr unsigned store_patience = 1000;  ///< how often somebody else may be faster

/// Writes and syncs a new temporary file. `stem`: an identifier, or nothing; `write` gives its text to what it is called with, part by part.
template <class Write>
result<temporary_file> write_temporary(file_system& fs, const file& at, const std::string& stem, const Write& write)
{
    temporary_file out;
    for (unsigned i = 0; !out.content; ++i)
    {
        if (i == store_patience)
            return fail(reason::store_layout, "a temporary file that comes and goes");
        out.name = std::string(temporary_prefix) + stem + (stem.empty() ? "" : "~") + unique_word();
        // Others must not lock it before this process does.
        MODELSEC_TRY(file fresh, fs.open_file(at, out.name, open_mode::create_private));
        if (!fresh)
            continue;
        // Somebody who found it before it was locked may have taken it for one that a crash left.
        MODELSEC_TRY(const bool mine, fs.try_lock(fresh, lock_kind::exclusive));
        MODELSEC_TRY(const file_info now, fs.info(fresh));
        if (mine && now.links != 0)
            out.content = std::move(fresh);
    }
    std::uint64_t size = 0;
    auto written = write([&](bytes_view part) -> result<void> {
        MODELSEC_CHECK(fs.write_at(out.content, size, part));
        size += part.size();
        return {};
    });
    if (written)
        written = fs.share(out.content);
    if (written)
        written = fs.sync(out.content);
    if (written)
        return out;
    (void)fs.remove_file(at, out.name);
    return std::move(written).error();
}

/// Writes a file so that it is there whole or not at all (docs/architecture.md, rule 5). Replaces one of that name.
inline result<void> write_whole(file_system& fs, const file& at, const std::string& name, bytes_view data)
{
    MODELSEC_TRY(const temporary_file temporary, write_temporary(fs, at, {}, [&](const auto& to) { return to(data); }));
    MODELSEC_CHECK(fs.replace(at, temporary.name, at, name));
    return fs.sync(at);
}

/// Removes a file or a folder with all that is in it; follows no link. Adds the sizes of the files to `freed`.
inline result<void> remove_tree(file_system& fs, const file& at, const std::string& name, std::uint64_t& freed,
                                unsigned depth = store_depth)
{
    MODELSEC_TRY(const file_info what, fs.info_at(at, name));
    if (what.kind != file_kind::folder)
    {
        freed += what.kind == file_kind::regular ? what.size : 0;
        return fs.remove_file(at, name);
    }
    if (depth == 0)
        return fail(reason::store_layout, "folders too deep to remove");
    MODELSEC_TRY(const file folder, fs.open_folder(at, name, false));
    if (!folder)
        return {};
    MODELSEC_TRY(const std::vector<std::string> entries, fs.list(folder));
    for (const std::string& entry : entries)
        MODELSEC_CHECK(remove_tree(fs, folder, entry, freed, depth - 1));
    return fs.remove_folder(at, name);
}

/// The sizes of all files in a folder, or of one file.
inline result<std::uint64_t> size_of_tree(file_system& fs, const file& at, const std::string& name,
                                          unsigned depth = store_depth)
{
    MODELSEC_TRY(const file_info what, fs.info_at(at, name));
    if (what.kind != file_kind::folder || depth == 0)
        return what.kind == file_kind::regular ? what.size : 0;
    std::uint64_t sum = 0;
    MODELSEC_TRY(const file folder, fs.open_folder(at, name, false));
    if (!folder)
        return sum;  // removed meanwhile
    MODELSEC_TRY(const std::vector<std::string> entries, fs.list(folder));
    for (const std::string& entry : entries)
    {
        MODELSEC_TRY(const std::uint64_t size, size_of_tree(fs, folder, entry, depth - 1));
        sum += size;
    }
    return sum;
}

/// Visits the files below `folder`, each as (path with `/`, its folder, its name), then the folder itself as (path).
template <class OnFile, class OnFolder>
result<void> walk_tree(file_system& fs, const file& folder, const std::string& path, const OnFile& on_file,
                       const OnFolder& on_folder, unsigned depth = store_depth)
{
    if (depth == 0)
        return fail(reason::store_layout, "folders too deep");
    MODELSEC_TRY(const std::vector<std::string> entries, fs.list(folder));
    for (const std::string& entry : entries)
    {
        std::string whole = path;
        if (!whole.empty())
            whole += '/';
        whole += entry;
        MODELSEC_TRY(const file_info what, fs.info_at(folder, entry));
        if (what.kind == file_kind::folder)
        {
            MODELSEC_TRY(const file below, fs.open_folder(folder, entry, false));
            if (!below)
                return fail(reason::store_layout, "a folder vanished");
            MODELSEC_CHECK(walk_tree(fs, below, whole, on_file, on_folder, depth - 1));
        }
        else
            MODELSEC_CHECK(on_file(whole, folder, entry));
    }
    return on_folder(folder);
}

/// Runs `use` on the folder in which the last part of `path` stands. Makes (and syncs) what is missing of it if `create`;
/// otherwise `store_layout`.
template <class Use>
auto in_parent_folder(file_system& fs, const file& top, const relative_path& path, bool create, const Use& use)
    -> decltype(use(top))
{
    const file* at = &top;
    file held;
    for (std::size_t i = 0; i + 1 < path.parts().size(); ++i)
    {
        MODELSEC_TRY(file next, fs.open_folder(*at, path.parts()[i].str(), create));
        if (!next)
            return fail(reason::store_layout, "a folder is missing: " + path.str());
        if (create)
            MODELSEC_CHECK(fs.sync(*at));
        held = std::move(next);
        at = &held;
    }
    return use(*at);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
