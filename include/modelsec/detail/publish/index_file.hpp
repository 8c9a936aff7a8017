// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_INDEX_FILE_HPP
#define MODELSEC_DETAIL_PUBLISH_INDEX_FILE_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/manifest/model.hpp>

#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What an index is called: as its file, and this.
inline constexpr std::string_view index_suffix = ".msindex";
/// A smaller file travels sooner than it is looked for.
inline constexpr std::uint64_t index_least_file = std::uint64_t{1} << 20;

/// Writes the list of a file's content-defined chunks to `to` (docs/manifest.md, Index), and says what a manifest says of it. The file
/// must have `size` bytes of this digest still: `file_unreadable`.
MODELSEC_DECL result<index_reference> write_content_index(const std::string& from, std::uint64_t size,
                                                          const sha256_digest& digest, const std::string& to,
                                                          const std::string& url, const control& handle);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/index_file.ipp>
#endif

#endif
