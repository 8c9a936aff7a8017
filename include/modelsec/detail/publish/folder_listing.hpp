// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_FOLDER_LISTING_HPP
#define MODELSEC_DETAIL_PUBLISH_FOLDER_LISTING_HPP

#include <modelsec/detail/publish/publication.hpp>

#include <string>
#include <string_view>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// A whole folder that is published at once.
struct folder_to_publish
{
    std::string path;
    std::string base_url;                         ///< where the folder's files lie: https, or hf://ORG/REPO@COMMIT
    std::vector<std::string> mirror_base_urls{};  ///< where else
    std::vector<std::string> exclude{};           ///< globs, see matches_glob()
    bool follow_links = false;  ///< symbolic links to files count as the files (a Hub cache is made of them)
};

/// The files of a folder with its subfolders, by name; each named by its place in there, its address percent-encoded (RFC 3986 section
/// 2.1). Whatever is called `.git` or `*.msindex` (publication::index_dir) is left out. `unsafe_name` for a name that clients refuse, `unsafe_entry` for links, devices
/// and the like, `too_large` for more than 10,000 files, `file_missing` if nothing is left.
MODELSEC_DECL result<std::vector<file_to_publish>> list_folder(const folder_to_publish& folder);

/// Whether a glob names a path: `*` and `?` stand for anything but `/`, `**` for anything. One without `/` is held against every part
/// of the path (`*.md`, `.cache`), one with `/` against the path from its start; what it names is meant with all below it.
MODELSEC_DECL bool matches_glob(std::string_view path, std::string_view glob);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/folder_listing.ipp>
#endif

#endif
