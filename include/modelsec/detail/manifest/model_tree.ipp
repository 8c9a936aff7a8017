// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_TREE_IPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_TREE_IPP

#include <modelsec/detail/base/platform.hpp>
#include MODELSEC_MODEL_TREE_BODY
#include <modelsec/limits.hpp>
#include <modelsec/detail/manifest/model_statement.hpp>

#include <algorithm>
#include <functional>
#include <set>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The files of a model: everything below a folder but what is ignored, or one file.
class model_tree
{
public:
    static result<model_tree> open(const std::string& path, const model_serialization& how)
    {
        model_tree out;
        MODELSEC_TRY(out.root_, open_model_root(path, out.what_));
        out.follow_links_ = how.follow_links;
        for (const model_path& p : how.ignored)
            out.ignored_.insert(p.str());
        return out;
    }

    bool is_file() const noexcept { return what_.kind == entry_kind::regular; }
    /// Of the one file.
    std::uint64_t size() const noexcept { return what_.size; }

    /// Gets each file with its path and size, and each entry that may not be there (`allowed` false). It may end the walk.
    using visitor = std::function<result<void>(const std::string& path, std::uint64_t size, bool allowed)>;

    result<void> walk(const visitor& visit, const limits& caps) const
    {
        std::size_t folders = 0;
        return walk(root_, "", 1, folders, visit, caps);
    }

    /// Opens a file of the folder part by part, through no link but an allowed one at the end.
    result<file> open_file(const std::string& path) const
    {
        file at;
        std::size_t begin = 0;
        for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', begin))
        {
            MODELSEC_TRY(at, open_model_folder(at ? at : root_, path.substr(begin, end - begin)));
            begin = end + 1;
        }
        return open_model_file(at ? at : root_, path.substr(begin), follow_links_);
    }
    /// The one file.
    const file& only_file() const noexcept { return root_; }

private:
    static constexpr unsigned deepest = 32;  ///< as relative_path

    result<void> walk(const file& folder, const std::string& prefix, unsigned depth, std::size_t& folders,
                      const visitor& visit, const limits& caps) const
    {
        if (++folders > caps.files)
            return fail(reason::too_large, "folders of the model");
        MODELSEC_TRY(std::vector<std::string> names, file_system::native().list(folder));
        std::sort(names.begin(), names.end());
        for (const std::string& name : names)
        {
            const std::string path = prefix + name;
            if (ignored_.count(path) != 0)
                continue;
            MODELSEC_TRY(entry_info what, look_at(folder, name, false));
            if (what.kind == entry_kind::absent)
                continue;  // removed just now
            if (what.kind == entry_kind::folder)
            {
                if (depth == deepest)
                    return fail(reason::unsafe_name, "more than 32 parts: " + path);
                MODELSEC_TRY(const file inner, open_model_folder(folder, name));
                MODELSEC_CHECK(walk(inner, path + '/', depth + 1, folders, visit, caps));
                continue;
            }
            if (what.kind == entry_kind::link && follow_links_)
            {
                MODELSEC_TRY(what, look_at(folder, name, true));
            }
            MODELSEC_CHECK(visit(path, what.size, what.kind == entry_kind::regular));
        }
        return {};
    }

    file root_;
    entry_info what_;
    bool follow_links_ = false;
    std::set<std::string> ignored_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
