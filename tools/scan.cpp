// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "scan.hpp"

#include "git_repository.hpp"
#include "scan_content.hpp"
#include "scan_kinds.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

namespace modelsec::tool {

namespace {

namespace fs = std::filesystem;

class tree_scanner
{
public:
    tree_scanner(const scan_rules& rules, std::vector<finding>& out) : rules_(rules), out_(out), content_(rules, out) {}

    void scan(const fs::path& root)
    {
        repository_around(root);
        folder(root, "");
    }

private:
    /// The index of the repository that the folder is part of: the nearest one above.
    void repository_around(const fs::path& root)
    {
        std::error_code ec;
        const fs::path from = fs::weakly_canonical(root, ec);
        if (ec)
            return;
        for (fs::path at = from; !at.empty() && at.has_relative_path(); at = at.parent_path())
        {
            if (fs::symlink_status(at / ".git", ec).type() == fs::file_type::not_found || at == from)
                continue;  // this folder's own is looked at with the folder
            const std::string below = from.lexically_relative(at).generic_string() + '/';
            return index(at, below, "");
        }
    }

    /// What is staged in the repository at `root` below `within`; its findings stand behind `prefix`.
    void index(const fs::path& root, const std::string& within, const std::string& prefix)
    {
        const auto repository = git_repository::at(root, content_.budget());
        const auto staged =
            repository ? repository->staged() : result<std::vector<staged_entry>>(fail(reason::file_unreadable));
        if (!staged)
            return content_.unreadable(prefix + ".git/index", "index");
        for (const staged_entry& entry : *staged)
        {
            const std::uint32_t type = entry.mode & 0170000;
            if (!entry.path.starts_with(within) || !entry.content ||
                type == 0160000)  // another repository's files are its own
                continue;
            const std::string path = prefix + entry.path.substr(within.size());
            const std::size_t before = out_.size();
            const bool read =
                repository->read_object(entry.object, [&](git_repository::kind, std::uint64_t size, byte_reader& in) {
                    if (type != 0120000)
                        content_.file(in, path, size, "index");
                });
            if (!read && !any_glob_matches(rules_.ignored, path))
            {
                // Of an object that is not here (a partial clone) the name says something, and the size.
                const std::string kind = kind_of(path, {}, entry.size, rules_);
                out_.push_back({kind.empty() ? content_.not_read() : kind, "index", path});
            }
            if (out_.size() != before)
                staged_.insert(path);
        }
    }

    /// No link is followed: what lies behind one is not part of the tree (CWE-59).
    void folder(const fs::path& path, const std::string& prefix)
    {
        std::error_code ec;
        std::vector<fs::directory_entry> entries;
        fs::directory_iterator at(path, ec);
        for (const fs::directory_iterator end; !ec && at != end; at.increment(ec))
            entries.push_back(*at);
        if (ec)
            content_.unreadable(prefix.empty() ? "." : prefix.substr(0, prefix.size() - 1), "tree");
        std::sort(entries.begin(), entries.end());
        std::set<std::string> names;
        for (const fs::directory_entry& entry : entries)
            names.insert(entry.path().filename().string());
        if (names.contains(".git"))
            index(path, "", prefix);
        else if (names.contains("HEAD") && names.contains("objects") && names.contains("refs"))  // a bare repository
            return content_.unreadable(prefix.empty() ? "." : prefix.substr(0, prefix.size() - 1), "tree");
        for (const fs::directory_entry& entry : entries)
        {
            const std::string name = prefix + entry.path().filename().generic_string();
            if (entry.path().filename() == ".git" || any_glob_matches(rules_.ignored, name))
                continue;
            const fs::file_status status = entry.symlink_status(ec);
            if (ec)
                content_.unreadable(name, "tree");
            else if (fs::is_directory(status))
                folder(entry.path(), name + '/');
            else if (fs::is_regular_file(status) && !staged_.contains(name))
                file(entry.path(), name);
        }
    }

    void file(const fs::path& path, const std::string& name)
    {
        std::error_code ec;
        const std::uint64_t size = fs::file_size(path, ec);
        file_reader in(path);
        content_.file(in, name, ec ? std::nullopt : std::optional(size), "tree");
    }

    const scan_rules& rules_;
    std::vector<finding>& out_;
    content_scanner content_;
    std::set<std::string> staged_;  // paths that the index had something to say about
};

}  // namespace

result<std::vector<finding>> scan_path(const std::string& path, const scan_rules& rules)
{
    std::vector<finding> out;
    std::error_code ec;
    if (fs::is_directory(path, ec))
        tree_scanner(rules, out).scan(path);
    else if (fs::is_regular_file(path, ec))
    {
        const std::uint64_t size = fs::file_size(path, ec);
        file_reader in(path);
        if (ec || in.broken())
            return fail(reason::file_unreadable, path);
        content_scanner(rules, out).named_file(in, fs::path(path).filename().string(), size);
    }
    else
        return fail(reason::file_unreadable, path);
    std::stable_sort(out.begin(), out.end(), [](const finding& a, const finding& b) { return a.path < b.path; });
    return out;
}

}  // namespace modelsec::tool
