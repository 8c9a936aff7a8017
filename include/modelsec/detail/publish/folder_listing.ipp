// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_FOLDER_LISTING_IPP
#define MODELSEC_DETAIL_PUBLISH_FOLDER_LISTING_IPP

#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/publish/folder_listing.hpp>
#include <modelsec/detail/source/percent.hpp>

#include <algorithm>
#include <filesystem>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

/// Whether a glob names exactly this text. Linear in memory, at most text times glob in time: names are short.
inline bool glob_names(std::string_view text, std::string_view glob)
{
    std::vector<bool> reached(text.size() + 1, false);  // after the glob's part so far: where in the text one may stand
    reached[0] = true;
    while (!glob.empty())
    {
        const bool any = glob.starts_with("**");
        const bool some = !any && glob.front() == '*';
        if (any || some)
        {
            for (std::size_t i = 0; i < text.size(); ++i)
                if (reached[i] && (any || text[i] != '/'))
                    reached[i + 1] = true;
        }
        else
            for (std::size_t i = text.size() + 1; i-- > 0;)
                reached[i] =
                    i != 0 && reached[i - 1] && (glob.front() == '?' ? text[i - 1] != '/' : text[i - 1] == glob.front());
        glob.remove_prefix(any ? 2 : 1);
    }
    return reached[text.size()];
}

/// The address of a file below a base. A Hub's locator holds the path itself: clients encode it.
inline std::string address_below(std::string base, const std::string& place)
{
    while (base.ends_with('/'))
        base.pop_back();
    return base + '/' + (base.starts_with("hf://") ? place : percent_encode(place, true));
}

/// Walks one folder; `place` is where it lies in the whole, empty for the whole itself.
class folder_walk
{
public:
    explicit folder_walk(const folder_to_publish& what) : what_(what) {}

    result<void> walk(const std::filesystem::path& at, const std::string& place)
    {
        namespace fs = std::filesystem;
        std::error_code failed;
        fs::directory_iterator entry(at, failed);
        for (; !failed && entry != fs::directory_iterator(); entry.increment(failed))
        {
            const std::string own = entry->path().filename().string();
            const std::string below = place.empty() ? own : place + '/' + own;
            if (own == ".git" || excluded(below))
                continue;
            MODELSEC_CHECK(take(*entry, below));
        }
        return failed ? fail(reason::file_unreadable, (place.empty() ? what_.path : place) + ": " + failed.message())
                      : result<void>();
    }

    std::vector<file_to_publish> files;

private:
    bool excluded(const std::string& place) const
    {
        return std::any_of(what_.exclude.begin(), what_.exclude.end(),
                           [&](const std::string& glob) { return matches_glob(place, glob); });
    }

    result<void> take(const std::filesystem::directory_entry& entry, const std::string& place)
    {
        std::error_code failed;
        MODELSEC_CHECK(relative_path::parse(place));
        const bool link = entry.is_symlink(failed);
        if (!failed && !link && entry.is_directory(failed))
            return walk(entry.path(), place);
        if (failed || !entry.is_regular_file(failed) || (link && !what_.follow_links))
            return fail(reason::unsafe_entry, link ? "a symbolic link: " + place : "no file or folder: " + place);
        if (files.size() == limits{}.files)
            return fail(reason::too_large, "more than " + std::to_string(limits{}.files) + " files");
        file_to_publish out{entry.path().string(), address_below(what_.base_url, place), {}, place};
        for (const std::string& base : what_.mirror_base_urls)
            out.mirrors.push_back(address_below(base, place));
        files.push_back(std::move(out));
        return {};
    }

    const folder_to_publish& what_;
};

}  // namespace detail

bool matches_glob(std::string_view path, std::string_view glob)
{
    while (glob.ends_with('/'))
        glob.remove_suffix(1);
    const bool anchored = glob.find('/') != std::string_view::npos;
    if (glob.starts_with('/'))
        glob.remove_prefix(1);
    if (glob.empty())
        return false;
    for (std::size_t begin = 0, end = 0; end < path.size(); begin = end + 1)
    {
        end = std::min(path.find('/', begin), path.size());
        const std::string_view part = anchored ? path.substr(0, end) : path.substr(begin, end - begin);
        if (detail::glob_names(part, glob))
            return true;
    }
    return false;
}

result<std::vector<file_to_publish>> list_folder(const folder_to_publish& folder)
{
    std::error_code failed;
    if (!std::filesystem::is_directory(folder.path, failed))
        return fail(reason::file_unreadable, folder.path + ": no folder");
    detail::folder_walk walk(folder);
    MODELSEC_CHECK(walk.walk(folder.path, {}));
    if (walk.files.empty())
        return fail(reason::file_missing, folder.path + ": no file in it, or none that is not excluded");
    std::sort(walk.files.begin(), walk.files.end(),
              [](const file_to_publish& a, const file_to_publish& b) { return a.name < b.name; });
    return std::move(walk.files);
}

MODELSEC_END_NAMESPACE

#endif
