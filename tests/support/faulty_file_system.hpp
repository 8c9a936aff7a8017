// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_FAULTY_FILE_SYSTEM_HPP
#define MODELSEC_TESTS_SUPPORT_FAULTY_FILE_SYSTEM_HPP

#include <modelsec/detail/base/file_system/file_system.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

namespace support {

/// What of that which was not synced is gone when the power comes back.
enum class power_loss
{
    nothing,  ///< the process was killed, the machine lives
    unsynced  ///< bytes of files and names in folders
};

/// The real disk, except that at the k-th call (counted from 1 over all members) a call fails, the power goes, or something else
/// runs first. A sync only notes that it happened, so that tests need no patience. For one thread, but for run_at.
class faulty_file_system : public modelsec::detail::file_system
{
public:
    using file = modelsec::detail::file;
    template <class T>
    using result = modelsec::result<T>;

    /// `graveyard` is a folder on the same disk, where lost things go.
    explicit faulty_file_system(const std::string& graveyard)
        : graveyard_(::open(graveyard.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    {
        if (!graveyard_)
            throw std::runtime_error("no graveyard");
    }

    void fail_at(std::uint64_t call, modelsec::reason why) { fail_at_ = call, why_ = why; }
    void power_off_at(std::uint64_t call, power_loss loss) { off_at_ = call, loss_ = loss; }
    void run_at(std::uint64_t call, std::function<void()> what) { run_at_ = call, run_ = std::move(what); }
    /// How ranges are shared, in place of what this disk can.
    using range_cloner = std::function<result<bool>(const file&, std::uint64_t, const file&, std::uint64_t, std::uint64_t)>;
    void clone_ranges_by(range_cloner how) { cloner_ = std::move(how); }
    /// What a disk that shares ranges seems to do.
    static result<bool> clone_by_copy(const file& from, std::uint64_t offset, const file& to, std::uint64_t place,
                                      std::uint64_t size)
    {
        modelsec::bytes content(static_cast<std::size_t>(size));
        MODELSEC_TRY(const std::size_t got, real().read_at(from, offset, content));
        MODELSEC_CHECK(real().write_at(to, place, modelsec::bytes_view(content).first(got)));
        return got == content.size();
    }
    /// try_lock says yes to everybody.
    void locks_lie() { locks_lie_ = true; }
    std::uint64_t calls() const { return calls_; }

    result<file> open_root(const std::string& path, bool create,
                           modelsec::store_policy policy = modelsec::store_policy::owner_only) override
    {
        MODELSEC_CHECK(step());
        return real().open_root(path, create, policy);
    }
    result<std::string> absolute_path(const file& folder) override
    {
        MODELSEC_CHECK(step());
        return real().absolute_path(folder);
    }
    result<file> open_folder(const file& at, const std::string& name, bool create) override
    {
        MODELSEC_CHECK(step());
        const bool was_there = id_at(at, name) != no_id;
        auto out = real().open_folder(at, name, create);
        if (!was_there && out && *out)
            note({id(at)}, bury(at, name, id(*out)));
        return out;
    }
    result<file> open_private_folder(const file& at, const std::string& name, bool create) override
    {
        MODELSEC_CHECK(step());
        const bool was_there = id_at(at, name) != no_id;
        auto out = real().open_private_folder(at, name, create);
        if (!was_there && out && *out)
            note({id(at)}, bury(at, name, id(*out)));
        return out;
    }
    result<file> open_file(const file& at, const std::string& name, modelsec::detail::open_mode mode) override
    {
        MODELSEC_CHECK(step());
        auto out = real().open_file(at, name, mode);
        using modelsec::detail::open_mode;
        if ((mode == open_mode::create_new || mode == open_mode::create_private) && out && *out)
            note({id(at)}, bury(at, name, id(*out)));
        return out;
    }
    result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        MODELSEC_CHECK(step());
        return real().read_at(f, offset, into);
    }
    result<void> write_at(const file& f, std::uint64_t offset, modelsec::bytes_view data) override
    {
        MODELSEC_CHECK(step());
        remember_content(f);
        return real().write_at(f, offset, data);
    }
    result<bool> set_direct(const file&, bool) override
    {
        MODELSEC_CHECK(step());
        return false;
    }
    result<void> reserve(const file& f, std::uint64_t size) override
    {
        MODELSEC_CHECK(step());
        return real().reserve(f, size);
    }
    result<void> truncate(const file& f, std::uint64_t size) override
    {
        MODELSEC_CHECK(step());
        remember_content(f);
        return real().truncate(f, size);
    }
    result<void> sync(const file& f) override
    {
        MODELSEC_CHECK(step());
        contents_.erase(id(f));
        std::erase_if(log_, [&](const entry& e) { return e.folders.contains(id(f)); });
        return {};
    }
    result<bool> sync_all(const file&) override
    {
        MODELSEC_CHECK(step());
        contents_.clear();
        log_.clear();
        return true;
    }
    result<modelsec::detail::file_info> info(const file& f) override
    {
        MODELSEC_CHECK(step());
        return real().info(f);
    }
    result<modelsec::detail::file_info> info_at(const file& at, const std::string& name) override
    {
        MODELSEC_CHECK(step());
        return real().info_at(at, name);
    }
    result<std::vector<std::string>> list(const file& folder) override
    {
        MODELSEC_CHECK(step());
        return real().list(folder);
    }
    result<bool> rename(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        MODELSEC_CHECK(step());
        auto out = real().rename(from, name, to, target);
        if (out && *out)
            note({id(to)}, move(to, target, from, name));
        return out;
    }
    result<void> replace(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        MODELSEC_CHECK(step());
        const auto old = save(to, target);
        auto out = real().replace(from, name, to, target);
        if (out)
            note({id(to)}, [back = move(to, target, from, name), old] { back(), old(); });
        return out;
    }
    result<bool> link(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        MODELSEC_CHECK(step());
        auto out = real().link(from, name, to, target);
        if (out && *out)
            note({id(to)}, bury(to, target, id_at(to, target)));
        return out;
    }
    result<void> remove_file(const file& at, const std::string& name) override
    {
        MODELSEC_CHECK(step());
        const bool was_there = id_at(at, name) != no_id;
        const auto old = save(at, name);
        auto out = real().remove_file(at, name);
        if (was_there && out)
            note({id(at)}, old);
        return out;
    }
    result<void> remove_folder(const file& at, const std::string& name) override
    {
        MODELSEC_CHECK(step());
        const bool was_there = id_at(at, name) != no_id;
        auto out = real().remove_folder(at, name);
        if (was_there && out)
            note({id(at)}, [folder = copy(at), name] { (void)::mkdirat(folder->native(), name.c_str(), 0700); });
        return out;
    }
    result<bool> try_lock(const file& f, modelsec::detail::lock_kind kind) override
    {
        MODELSEC_CHECK(step());
        return locks_lie_ ? result<bool>(true) : real().try_lock(f, kind);
    }
    result<void> share(const file& f) override
    {
        if (f.rule().policy != modelsec::store_policy::shared_read)
            return {};
        MODELSEC_CHECK(step());
        return real().share(f);
    }
    result<std::uint64_t> free_space(const file& at) override
    {
        MODELSEC_CHECK(step());
        return real().free_space(at);
    }
    result<bool> clone_range(const file& from, std::uint64_t offset, const file& to, std::uint64_t place,
                             std::uint64_t size) override
    {
        MODELSEC_CHECK(step());
        remember_content(to);
        return cloner_ ? cloner_(from, offset, to, place, size) : real().clone_range(from, offset, to, place, size);
    }

protected:
    /// At the beginning of each call.
    result<void> step()
    {
        ++calls_;
        if (calls_ == run_at_)
            std::exchange(run_, nullptr)();
        if (calls_ == off_at_)
            lose_power();
        if (off_)
            return modelsec::fail(modelsec::reason::store_io, "the power is off");
        if (calls_ == fail_at_)
            return modelsec::fail(why_, "as planned");
        return {};
    }

private:
    using identity = std::pair<dev_t, ino_t>;
    static constexpr identity no_id{};
    struct entry
    {
        std::set<identity> folders;  ///< a sync of any makes it last
        std::function<void()> undo;
    };
    struct content
    {
        std::shared_ptr<file> at;
        modelsec::bytes synced;
    };

    static modelsec::detail::file_system& real() { return modelsec::detail::file_system::native(); }

    static identity id(const file& f)
    {
        struct stat st
        {
        };
        return ::fstat(f.native(), &st) == 0 ? identity(st.st_dev, st.st_ino) : no_id;
    }
    static identity id_at(const file& at, const std::string& name)
    {
        struct stat st
        {
        };
        return ::fstatat(at.native(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 ? identity(st.st_dev, st.st_ino) : no_id;
    }
    /// Opened anew: a duplicate would share the locks and keep them when `f` is closed.
    static std::shared_ptr<file> copy(const file& f)
    {
        struct stat st
        {
        };
        const auto path = real().absolute_path(f);
        if (!path || ::fstat(f.native(), &st) != 0)
            throw std::runtime_error("cannot open again");
        return std::make_shared<file>(
            ::open(path->c_str(), O_CLOEXEC | (S_ISDIR(st.st_mode) ? O_RDONLY | O_DIRECTORY : O_RDWR)));
    }

    void note(std::set<identity> folders, std::function<void()> undo)
    {
        log_.push_back({std::move(folders), std::move(undo)});
    }

    std::function<void()> move(const file& from, const std::string& name, const file& to, const std::string& target)
    {
        return [a = copy(from), name, b = copy(to), target] {
            (void)::renameat(a->native(), name.c_str(), b->native(), target.c_str());
        };
    }
    std::function<void()> bury(const file& at, const std::string& name, identity what)
    {
        return [this, folder = copy(at), name, what] {
            if (id_at(*folder, name) == what)
                (void)::renameat(folder->native(), name.c_str(), graveyard_.native(), next_grave().c_str());
        };
    }
    /// How to bring back what stands there, after it was removed. A second name meanwhile would be seen: so only
    /// files that have no other name go to a grave; the others get the name back from the other one.
    std::function<void()> save(const file& at, const std::string& name)
    {
        struct stat st
        {
        };
        if (::fstatat(at.native(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink > 1)
            return [folder = copy(at), name, what = identity(st.st_dev, st.st_ino)] {
                const auto others = real().list(*folder);
                for (const std::string& other : others ? *others : std::vector<std::string>())
                    if (id_at(*folder, other) == what)
                        (void)::linkat(folder->native(), other.c_str(), folder->native(), name.c_str(), 0);
            };
        const std::string grave = next_grave();
        if (::linkat(at.native(), name.c_str(), graveyard_.native(), grave.c_str(), 0) != 0)
            return [] {};
        return [this, folder = copy(at), name, grave] {
            (void)::renameat(graveyard_.native(), grave.c_str(), folder->native(), name.c_str());
        };
    }
    std::string next_grave() { return std::to_string(++graves_); }

    void remember_content(const file& f)
    {
        if (contents_.contains(id(f)))
            return;
        content c{copy(f), {}};
        struct stat st
        {
        };
        if (::fstat(f.native(), &st) == 0)
            c.synced.resize(static_cast<std::size_t>(st.st_size));
        if (::pread(f.native(), c.synced.data(), c.synced.size(), 0) != static_cast<ssize_t>(c.synced.size()))
            throw std::runtime_error("cannot read what is being written");
        contents_.emplace(id(f), std::move(c));
    }

    void lose_power()
    {
        off_ = true;
        if (loss_ == power_loss::nothing)
            return;
        for (const auto& [what, c] : contents_)
        {
            const int fd = c.at->native();
            if (::ftruncate(fd, 0) != 0 ||
                ::pwrite(fd, c.synced.data(), c.synced.size(), 0) != static_cast<ssize_t>(c.synced.size()))
                throw std::runtime_error("cannot lose what was written");
        }
        for (auto e = log_.rbegin(); e != log_.rend(); ++e)
            e->undo();
    }

    file graveyard_;
    std::uint64_t calls_ = 0;
    std::uint64_t fail_at_ = 0;
    modelsec::reason why_ = modelsec::reason::store_io;
    std::uint64_t off_at_ = 0;
    power_loss loss_ = power_loss::nothing;
    std::uint64_t run_at_ = 0;
    std::function<void()> run_;
    range_cloner cloner_;
    bool locks_lie_ = false;
    bool off_ = false;
    std::uint64_t graves_ = 0;
    std::map<identity, content> contents_;
    std::vector<entry> log_;
};

}  // namespace support

#endif
