// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_POSIX_OPEN_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_POSIX_OPEN_IPP

#include <modelsec/detail/base/file_system/failure_posix.ipp>
#include <modelsec/detail/base/file_system/file_system.hpp>

#include MODELSEC_SYSTEM_BODY

#include <limits.h>

#include <algorithm>
#include <optional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A group of the user's own number is the user's private group, as Debian, Ubuntu and Fedora make one for everybody (but root's).
inline bool group_may_write(const struct stat& st) noexcept
{
    return (st.st_mode & S_IWGRP) != 0 && !(st.st_gid != 0 && st.st_gid == ::geteuid() && st.st_gid == ::getegid());
}

inline file_info posix_info(const struct stat& st)
{
    const timespec changed = changed_time(st);
    const timespec modified = modified_time(st);
    file_info out;
    out.kind = S_ISREG(st.st_mode) ? file_kind::regular : S_ISDIR(st.st_mode) ? file_kind::folder : file_kind::other;
    out.size = static_cast<std::uint64_t>(st.st_size);
    out.allocated = static_cast<std::uint64_t>(st.st_blocks) * 512;
    out.block = static_cast<std::uint64_t>(st.st_blksize);
    out.device = static_cast<std::uint64_t>(st.st_dev);
    out.inode = static_cast<std::uint64_t>(st.st_ino);
    out.changed_ns = std::int64_t{changed.tv_sec} * 1'000'000'000 + changed.tv_nsec;
    out.modified_ns = std::int64_t{modified.tv_sec} * 1'000'000'000 + modified.tv_nsec;
    out.links = static_cast<std::uint64_t>(st.st_nlink);
    out.owned = st.st_uid == ::geteuid();
    out.roots = st.st_uid == 0;
    out.mode = static_cast<std::uint32_t>(st.st_mode & 07777);
    out.group_writes = group_may_write(st);
    return out;
}

/// A name that is a path would leave the folder it is looked up in (CWE-22).
inline result<void> check_component(const std::string& name)
{
    if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\0", 2)) != std::string::npos)
        return fail(reason::internal_error, "not a single name");
    return {};
}

/// The failure that `errno` tells of, at an entry of an open folder, or at what is open itself.
inline failure posix_failure_at(const char* call, const file& at, const std::string& name = {})
{
    const int code = errno;
    const auto folder = path_of(at.native());
    std::string place = folder ? *folder : std::string();
    if (!name.empty())
        place += (folder ? "/" : "") + name;
    return posix_failure(code, call, place);
}

/// Some file systems cannot sync folders: then there is nothing to wait for.
inline result<void> posix_sync(const file& f)
{
    int failed = 0;
    do
        failed = flush_to_disk(f.native());
    while (failed != 0 && errno == EINTR);
    if (failed == 0)
        return {};
    const int code = errno;
    struct stat st
    {
    };
    if ((code == EINVAL || code == ENOTSUP) && ::fstat(f.native(), &st) == 0 && S_ISDIR(st.st_mode))
        return {};
    errno = code;
    return posix_failure_at("sync", f);
}

// CWE-377, CWE-732: nobody else may put things where the store is looked for.
inline result<void> check_leading_folder(const struct stat& st, const std::string& path)
{
    if (st.st_uid != 0 && st.st_uid != ::geteuid())
        return fail(reason::store_permissions, "belongs to somebody else: " + path);
    if (((st.st_mode & S_IWOTH) != 0 || group_may_write(st)) && (st.st_mode & S_ISVTX) == 0)
        return fail(reason::store_permissions, "others may write to " + path);
    return {};
}

inline constexpr unsigned links_to_follow = 40;  // as many as the kernel does

/// Follows the links on the way to a store, one by one. CWE-59: in a folder such as /tmp anybody may have put a link; only those of
/// this user and of root say where the store is.
class root_resolver
{
public:
    /// The path without links. What is not there yet is kept as it stands; nothing if something is not there and must be.
    result<std::string> resolve(const std::string& path, bool create)
    {
        if (path.front() != '/')
        {
            std::string here(PATH_MAX, '\0');
            if (::getcwd(here.data(), here.size()) == nullptr)
                return posix_failure(errno == ERANGE ? ENAMETOOLONG : errno, "getcwd", path);
            push(path);
            push(here.c_str());
        }
        else
            push(path);
        while (!ahead_.empty())
        {
            MODELSEC_TRY(const bool there, step(path, create));
            if (!there)
                return std::string();
        }
        return real_.empty() ? std::string("/") : std::move(real_);
    }

private:
    struct part
    {
        std::string name;
        bool of_link = false;  ///< a link said so
    };

    /// The parts of a path go before those that are still to be walked.
    void push(const std::string& path, bool of_link = false)
    {
        for (std::size_t end = path.size(); end != std::string::npos && end > 0;)
        {
            const std::size_t slash = path.rfind('/', end - 1);
            const std::size_t begin = slash == std::string::npos ? 0 : slash + 1;
            if (begin < end)
                ahead_.push_back({path.substr(begin, end - begin), of_link});
            end = slash;
        }
    }

    result<bool> step(const std::string& path, bool create)
    {
        const part next = std::move(ahead_.back());
        ahead_.pop_back();
        if (next.name == ".")
            return true;
        if (next.name == "..")
        {
            if (absent_)
                return fail(reason::store_layout, "not a path for a store: " + path);
            real_.resize(real_.empty() ? 0 : real_.rfind('/'));
            return true;
        }
        const std::string whole = real_ + '/' + next.name;
        struct stat st
        {
        };
        if (!absent_ && ::lstat(whole.c_str(), &st) != 0)
        {
            if (errno == EACCES && !create)
                return fail(reason::not_readable, "somebody else's folder keeps this user out: " + whole);
            if (errno != ENOENT)
                return posix_failure(errno, "lstat", whole);
            if (!create)
                return false;
            if (next.of_link)
                return fail(reason::store_layout, "a link to what is not there: " + path);
            absent_ = true;
        }
        if (!absent_ && S_ISLNK(st.st_mode))
            return follow(whole, st);
        if (!absent_ && !S_ISDIR(st.st_mode))
            return fail(reason::store_layout, "not a folder: " + whole);
        real_ = whole;
        return true;
    }

    result<bool> follow(const std::string& link, const struct stat& st)
    {
        if (st.st_uid != 0 && st.st_uid != ::geteuid())
            return fail(reason::store_permissions, "a link that belongs to somebody else leads to the store: " + link);
        // Whoever may replace the link says where the store is, whatever is checked behind it.
        struct stat holder
        {
        };
        if (::lstat(real_.empty() ? "/" : real_.c_str(), &holder) != 0)
            return posix_failure(errno, "lstat", real_);
        MODELSEC_CHECK(check_leading_folder(holder, real_.empty() ? "/" : real_));
        std::string target(PATH_MAX, '\0');
        const auto size = ::readlink(link.c_str(), target.data(), target.size());
        if (size < 0)
            return posix_failure(errno, "readlink", link);
        if (++followed_ > links_to_follow)
            return fail(reason::store_layout, "too many links lead to the store: " + link);
        target.resize(static_cast<std::size_t>(size));
        if (target.starts_with('/'))
            real_.clear();
        push(target, true);
        return true;
    }

    std::string real_;         // walked so far; empty: the root of all
    std::vector<part> ahead_;  // the next one last
    bool absent_ = false;      // from here on nothing is there yet
    unsigned followed_ = 0;
};

inline mode_t folder_mode(const access_rule& rule) noexcept
{
    return rule.policy == store_policy::shared_read ? S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH : S_IRWXU;
}

inline mode_t file_mode(const access_rule& rule) noexcept
{
    return rule.policy == store_policy::shared_read ? S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH : S_IRUSR | S_IWUSR;
}

/// See file_system::share. A disk that nobody can write to stays as it is.
inline result<void> posix_share(const file& f)
{
    const access_rule& rule = f.rule();
    if (rule.policy != store_policy::shared_read || rule.reader)
        return {};
    struct stat st
    {
    };
    if (::fstat(f.native(), &st) != 0)
        return posix_failure_at("fstat", f);
    const mode_t mode = S_ISDIR(st.st_mode) ? folder_mode(rule) : file_mode(rule);
    if (st.st_uid != ::geteuid() || (st.st_mode & mode) == mode || ::fchmod(f.native(), (st.st_mode & 07777) | mode) == 0 ||
        errno == EROFS)
        return {};
    return posix_failure_at("chmod", f);
}

/// Takes from others what rights they have to something of this user's in a store that is shared for reading. A disk that nobody can write
/// to stays as it is.
inline result<void> posix_withhold(const file& f, const struct stat& st)
{
    const access_rule& rule = f.rule();
    constexpr mode_t others = S_IRWXG | S_IRWXO;
    if (rule.policy != store_policy::shared_read || rule.reader || st.st_uid != ::geteuid() || (st.st_mode & others) == 0 ||
        ::fchmod(f.native(), st.st_mode & 07777 & ~others) == 0 || errno == EROFS)
        return {};
    return posix_failure_at("chmod", f);
}

/// Makes a folder of this mode whatever the umask; true if it was not there before.
inline result<bool> make_folder(const file& at, const char* name, mode_t mode)
{
    if (::mkdirat(at.native(), name, mode) != 0)
        return errno == EEXIST ? result<bool>(false) : posix_failure_at("mkdir", at, name);
    // A umask may only have taken bits from its owner, who then could not even open it.
    if (struct stat st{}; ::fstatat(at.native(), name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
                          (st.st_mode & 0777) != mode && ::fchmodat(at.native(), name, mode, 0) != 0)
        return posix_failure_at("chmod", at, name);
    return true;
}

/// Why an entry could not be opened or looked at: what somebody else keeps for himself is another matter than what the disk refuses.
inline failure open_failure(const char* call, const file& at, const std::string& name)
{
    const int code = errno;
    struct stat st
    {
    };
    // A folder that may be listed, but not entered, says nothing of its entries: then it is the folder that is somebody else's.
    const bool seen = code == EACCES && (::fstatat(at.native(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 ||
                                         ::fstat(at.native(), &st) == 0);
    const bool theirs = seen && st.st_uid != ::geteuid();
    errno = code;
    failure out = posix_failure_at(call, at, name);
    if (theirs)
        out.why = reason::not_readable;
    return out;
}

/// CWE-732, CWE-282: whose an entry may be, and who else may write to it.
inline result<void> check_entry(const struct stat& st, const access_rule& rule, bool to_write, const file& at,
                                const std::string& name)
{
    const auto refuse = [&](const std::string& rule_broken) {
        const auto folder = path_of(at.native());
        return fail(reason::store_permissions, rule_broken + ": " + (folder ? *folder + '/' : std::string()) + name);
    };
    const bool in_volume = rule.policy == store_policy::volume && (st.st_uid == 0 || !to_write);
    const bool to_reader = rule.reader && !to_write && (st.st_uid == 0 || st.st_uid == rule.owner);
    if (st.st_uid != ::geteuid() && !in_volume && !to_reader)
        return refuse("belongs to somebody else");
    if ((st.st_mode & S_IWOTH) != 0 && !rule.any_mode)
        return refuse("others may write to it");
    if (rule.reader && group_may_write(st) && !rule.any_mode)
        return refuse("its group may write to it");
    return {};
}

/// What is asked of a store's topmost folder, and what of all below it.
inline result<access_rule> rule_of_root(const struct stat& st, const std::string& real, bool create, store_policy policy)
{
    access_rule rule{policy, false, false, st.st_uid};
    if (policy == store_policy::volume)  // "mine alone": whoever mounted it says so
        return rule;
    if ((st.st_mode & S_IWOTH) != 0)
        return fail(reason::store_permissions, "others may write to " + real);
    if (st.st_uid == ::geteuid())
        return rule;
    // Root, who could put anything in place of this very program, may say what is read; another user only by policy.
    if (create || group_may_write(st) || (policy != store_policy::shared_read && st.st_uid != 0))
        return fail(reason::store_permissions, "belongs to somebody else: " + real);
    rule.reader = true;
    return rule;
}

/// Opens, and makes, the folders that lead to the store and the store's own; the last one only to look something up in it.
inline result<file> walk_to_root(const std::string& real, bool create, mode_t mode)
{
    constexpr int folder = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    file at(::open("/", open_to_search | folder));
    std::string walked;
    for (std::size_t begin = 1; at && begin < real.size();)
    {
        struct stat st
        {
        };
        if (::fstat(at.native(), &st) != 0)
            return posix_failure(errno, "fstat", walked);
        MODELSEC_CHECK(check_leading_folder(st, walked.empty() ? "/" : walked));
        const std::size_t end = std::min(real.find('/', begin), real.size());
        const std::string part = real.substr(begin, end - begin);
        walked += '/' + part;
        begin = end + 1;
        file next(::openat(at.native(), part.c_str(), open_to_search | folder));
        if (!next && errno == ENOENT)
        {
            if (!create)
                return file();
            MODELSEC_TRY(const bool made, make_folder(at, part.c_str(), mode));
            next = file(::openat(at.native(), part.c_str(), open_to_search | folder));
            if (const file parent(::openat(at.native(), ".", O_RDONLY | folder)); made && parent)
                MODELSEC_CHECK(posix_sync(parent));
        }
        if (!next)
            return posix_failure(errno, "open of the store", walked);
        at = std::move(next);
    }
    if (!at)
        return posix_failure(errno, "open of the store", real);
    return at;
}

inline result<file> posix_open_root(const std::string& path, bool create, store_policy policy)
{
    if (path.empty() || path.find('\0') != std::string::npos)
        return fail(reason::bad_option, "not a path for a store");
    MODELSEC_TRY(const std::string real, root_resolver().resolve(path, create));
    if (real.empty())
        return file();
    const mode_t mode = folder_mode({policy});
    MODELSEC_TRY(const file at, walk_to_root(real, create, mode));
    if (!at)
        return file();
    struct stat st
    {
    };
    if (::fstat(at.native(), &st) != 0)
        return posix_failure(errno, "fstat", real);
    constexpr int folder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    file root(::openat(at.native(), ".", folder));
    const int refused = root ? 0 : errno;
    if (refused == EACCES && !create && st.st_uid != ::geteuid())
        return fail(reason::not_readable, "its owner alone may read it: " + real);
    MODELSEC_TRY(const access_rule rule, rule_of_root(st, real, create, policy));
    if (!root)
        return posix_failure(refused, "open of the store", real);
    // What was private before is shared from now on.
    if (create && policy == store_policy::shared_read && (st.st_mode & mode) != mode &&
        ::fchmod(root.native(), (st.st_mode & 07777) | mode) != 0)
        return posix_failure(errno, "chmod", real);
    return file(root.release(), rule);
}

/// `apart`: the folder itself is its owner's alone, also where the policy shares what is in it.
inline result<file> posix_open_folder(const file& at, const std::string& name, bool create, const access_rule& rule,
                                      bool apart = false)
{
    MODELSEC_CHECK(check_component(name));
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    const mode_t mode = apart ? S_IRWXU : folder_mode(rule);
    file out(::openat(at.native(), name.c_str(), flags), rule);
    if (!out && errno == ENOENT)
    {
        if (!create)
            return file();
        if (rule.reader)
            return fail(reason::store_permissions, "nothing is made in somebody else's store: " + name);
        MODELSEC_CHECK(make_folder(at, name.c_str(), mode));
        out = file(::openat(at.native(), name.c_str(), flags), rule);
    }
    struct stat st
    {
    };
    if (!out || ::fstat(out.native(), &st) != 0)
        return open_failure("open of a folder", at, name);
    MODELSEC_CHECK(check_entry(st, rule, false, at, name));
    if (apart)
        MODELSEC_CHECK(posix_withhold(out, st));
    else if (create)
        MODELSEC_CHECK(posix_share(out));
    return out;
}

inline int open_flags(open_mode mode) noexcept
{
    switch (mode)
    {
    case open_mode::create_new:
    case open_mode::create_private: return O_RDWR | O_CREAT | O_EXCL;
    case open_mode::read_write:
    case open_mode::lock: return O_RDWR;
    case open_mode::read:
    case open_mode::read_linked: break;
    }
    return O_RDONLY;
}

// CWE-59 (links), CWE-62 (hard links): what is reused is a regular file that only this user owns and that has no other name.
inline result<file> posix_open_file(const file& at, const std::string& name, open_mode mode)
{
    MODELSEC_CHECK(check_component(name));
    const access_rule& rule = at.rule();
    const bool fresh = mode == open_mode::create_new || mode == open_mode::create_private;
    const mode_t bits = mode == open_mode::create_private ? S_IRUSR | S_IWUSR : file_mode(rule);
    if (fresh && rule.reader)
        return fail(reason::store_permissions, "nothing is made in somebody else's store: " + name);
    // O_NONBLOCK: a planted pipe must not hold the library up.
    constexpr int common = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    file out(::openat(at.native(), name.c_str(), common | open_flags(mode), bits), rule);
    if (!out && mode == open_mode::lock && (errno == EACCES || errno == EROFS))
        out = file(::openat(at.native(), name.c_str(), common | O_RDONLY), rule);
    if (!out)
        return errno == (fresh ? EEXIST : ENOENT) ? result<file>(file()) : open_failure("open", at, name);
    struct stat st
    {
    };
    if (fresh && ::fchmod(out.native(), bits) != 0)
        return posix_failure_at("chmod", at, name);
    if (::fstat(out.native(), &st) != 0 || ::fcntl(out.native(), F_SETFL, ::fcntl(out.native(), F_GETFL) & ~O_NONBLOCK) < 0)
        return posix_failure_at("fstat", at, name);
    if (st.st_nlink == 0)
        return file();  // removed just now
    const bool any_names = mode == open_mode::read_linked || mode == open_mode::lock;
    if (!S_ISREG(st.st_mode) || (st.st_nlink != 1 && !any_names))
        return fail(reason::store_layout, "not a regular file with one name: " + name);
    MODELSEC_CHECK(check_entry(st, rule, mode == open_mode::read_write || fresh, at, name));
    if (mode == open_mode::lock)
        MODELSEC_CHECK(posix_withhold(out, st));
    return out;
}

inline result<file_info> posix_info_of(const std::string& path)
{
    struct stat st
    {
    };
    if (::lstat(path.c_str(), &st) != 0)
        return errno == ENOENT ? result<file_info>(file_info{}) : posix_failure(errno, "lstat", path);
    return posix_info(st);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
