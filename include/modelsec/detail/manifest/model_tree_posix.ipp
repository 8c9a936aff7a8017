// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_TREE_POSIX_IPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_TREE_POSIX_IPP

#include <modelsec/detail/base/file_system/file_system_posix_open.ipp>
#include <modelsec/detail/base/file_system/file_system.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// Models to be verified lie anywhere and belong to anybody: unlike the store, these ask nothing of owner, mode and second names.

enum class entry_kind
{
    absent,
    regular,
    folder,
    link,
    other
};

struct entry_info
{
    entry_kind kind = entry_kind::absent;
    std::uint64_t size = 0;
};

inline failure unreadable(const char* what, const std::string& name)
{
    const int code = errno;
    return fail(reason::file_unreadable, std::string(what) + ' ' + name + ": " + std::generic_category().message(code));
}

inline entry_info entry_info_of(const struct stat& st)
{
    const entry_kind kind = S_ISREG(st.st_mode)   ? entry_kind::regular
                            : S_ISDIR(st.st_mode) ? entry_kind::folder
                            : S_ISLNK(st.st_mode) ? entry_kind::link
                                                  : entry_kind::other;
    return {kind, static_cast<std::uint64_t>(st.st_size)};
}

/// Of the entry itself or, with `follow`, of what a link leads to; absent also for a link to nowhere or in a circle.
inline result<entry_info> look_at(const file& at, const std::string& name, bool follow)
{
    struct stat st
    {
    };
    if (::fstatat(at.native(), name.c_str(), &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0)
        return entry_info_of(st);
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
        return entry_info{};
    return unreadable("stat", name);
}

/// What the caller named: links that lead there are followed, as for every path that a person types.
inline result<file> open_model_root(const std::string& path, entry_info& what)
{
    file out(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat st
    {
    };
    if (!out || ::fstat(out.native(), &st) != 0)
        return unreadable("open", path);
    what = entry_info_of(st);
    if (what.kind != entry_kind::regular && what.kind != entry_kind::folder)
        return fail(reason::file_unreadable, "neither a folder nor a file: " + path);
    return out;
}

/// CWE-59: never through a link, also if one took the folder's place just now.
inline result<file> open_model_folder(const file& at, const std::string& name)
{
    MODELSEC_CHECK(check_component(name));
    file out(::openat(at.native(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!out && (errno == ELOOP || errno == ENOTDIR))
        return fail(reason::unsafe_entry, name);
    if (!out && errno == ENOENT)
        return fail(reason::file_missing, name);
    return out ? result<file>(std::move(out)) : unreadable("open", name);
}

/// The same for a regular file; `follow` says whether its own name may be a link.
inline result<file> open_model_file(const file& at, const std::string& name, bool follow)
{
    MODELSEC_CHECK(check_component(name));
    // O_NONBLOCK: a pipe in the file's place must not hold the library up.
    file out(::openat(at.native(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW)));
    if (!out && errno == ELOOP)
        return fail(reason::unsafe_entry, name);
    if (!out && errno == ENOENT)
        return fail(reason::file_missing, name);
    struct stat st
    {
    };
    if (!out || ::fstat(out.native(), &st) != 0)
        return unreadable("open", name);
    if (!S_ISREG(st.st_mode))
        return fail(reason::unsafe_entry, name);
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
