// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_HPP
#define MODELSEC_TESTS_SUPPORT_MEMORY_FILE_SYSTEM_HPP

#include <modelsec/detail/base/file_system/file_system.hpp>

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace support {

/// A disk that is only memory: quick, and it knows what was synced. Members can be overridden to make it fail or lie. A handle is
/// an open /dev/null, so that its number is its own.
class memory_file_system : public modelsec::detail::file_system
{
public:
    using file = modelsec::detail::file;
    template <class T>
    using result = modelsec::result<T>;

    struct node
    {
        bool folder = false;
        modelsec::bytes content;
        std::map<std::string, std::shared_ptr<node>> children;
        std::uint64_t inode = 0;
        bool synced = false;  ///< nothing happened since the last sync
    };

    memory_file_system() : root_(make(true)) {}

    node& root() { return *root_; }
    file open(const std::shared_ptr<node>& what)
    {
        const int number = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (number < 0)
            throw std::runtime_error("cannot open /dev/null");
        const std::lock_guard lock(mutex_);
        open_[number] = what;
        return file(number);
    }
    file open_root() { return open(root_); }
    /// An open file with this content that stands in no folder.
    file loose_file(std::string_view content)
    {
        const auto made = make(false);
        made->content.assign(content.begin(), content.end());
        return open(made);
    }
    node& at(const file& f)
    {
        const std::lock_guard lock(mutex_);
        return *open_.at(f.native());
    }

    result<file> open_root(const std::string&, bool, modelsec::store_policy) override { return open_root(); }
    result<std::string> absolute_path(const file&) override { return std::string("/memory"); }

    result<file> open_folder(const file& folder, const std::string& name, bool create) override
    {
        node& parent = at(folder);
        auto found = parent.children.find(name);
        if (found == parent.children.end())
        {
            if (!create)
                return file();
            found = parent.children.emplace(name, make(true)).first;
            parent.synced = false;
        }
        if (!found->second->folder)
            return modelsec::fail(modelsec::reason::store_layout, name);
        return open(found->second);
    }
    result<file> open_file(const file& folder, const std::string& name, modelsec::detail::open_mode mode) override
    {
        node& parent = at(folder);
        const bool create = mode == modelsec::detail::open_mode::create_new;
        auto found = parent.children.find(name);
        if ((found != parent.children.end()) == create)
            return file();
        if (create)
        {
            found = parent.children.emplace(name, make(false)).first;
            parent.synced = false;
        }
        if (found->second->folder)
            return modelsec::fail(modelsec::reason::store_layout, name);
        return open(found->second);
    }

    result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        const modelsec::bytes& from = at(f).content;
        if (offset >= from.size())
            return std::size_t{0};
        const std::size_t size = std::min<std::size_t>(into.size(), from.size() - offset);
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(offset), size, into.begin());
        return size;
    }
    result<void> write_at(const file& f, std::uint64_t offset, modelsec::bytes_view data) override
    {
        node& to = at(f);
        to.content.resize(std::max<std::size_t>(to.content.size(), offset + data.size()));
        std::copy(data.begin(), data.end(), to.content.begin() + static_cast<std::ptrdiff_t>(offset));
        to.synced = false;
        return {};
    }
    result<bool> set_direct(const file&, bool) override { return false; }
    result<void> reserve(const file&, std::uint64_t) override { return {}; }
    result<void> truncate(const file& f, std::uint64_t size) override
    {
        at(f).content.resize(size);
        at(f).synced = false;
        return {};
    }
    result<void> sync(const file& f) override
    {
        at(f).synced = true;
        return {};
    }

    result<modelsec::detail::file_info> info(const file& f) override { return info_of(at(f)); }
    result<modelsec::detail::file_info> info_at(const file& folder, const std::string& name) override
    {
        const auto found = at(folder).children.find(name);
        return found == at(folder).children.end() ? modelsec::detail::file_info{} : info_of(*found->second);
    }
    result<std::vector<std::string>> list(const file& folder) override
    {
        std::vector<std::string> names;
        for (const auto& child : at(folder).children)
            names.push_back(child.first);
        return names;
    }

    result<bool> rename(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        if (at(to).children.contains(target))
            return false;
        MODELSEC_CHECK(replace(from, name, to, target));
        return true;
    }
    result<void> replace(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        auto moved = at(from).children.extract(name);
        if (!moved)
            return modelsec::fail(modelsec::reason::store_io, name);
        at(to).children[target] = moved.mapped();
        at(from).synced = at(to).synced = false;
        return {};
    }
    result<bool> link(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        at(to).synced = false;
        return at(to).children.emplace(target, at(from).children.at(name)).second;
    }
    result<void> remove_file(const file& folder, const std::string& name) override
    {
        at(folder).children.erase(name);
        at(folder).synced = false;
        return {};
    }
    result<void> remove_folder(const file& folder, const std::string& name) override { return remove_file(folder, name); }

    result<bool> try_lock(const file&, modelsec::detail::lock_kind) override { return true; }
    result<std::uint64_t> free_space(const file&) override { return std::uint64_t{1} << 50; }

private:
    std::shared_ptr<node> make(bool folder)
    {
        const auto made = std::make_shared<node>();
        made->folder = folder;
        made->inode = ++inodes_;
        return made;
    }
    static modelsec::detail::file_info info_of(const node& n)
    {
        modelsec::detail::file_info out;
        out.kind = n.folder ? modelsec::detail::file_kind::folder : modelsec::detail::file_kind::regular;
        out.size = out.allocated = n.content.size();
        out.inode = n.inode;
        out.links = 1;
        out.owned = true;
        out.mode = n.folder ? 0700 : 0600;
        return out;
    }

    std::mutex mutex_;
    std::map<int, std::shared_ptr<node>> open_;
    std::uint64_t inodes_ = 0;
    std::shared_ptr<node> root_;
};

}  // namespace support

#endif
