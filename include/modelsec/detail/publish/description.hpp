// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_DESCRIPTION_HPP
#define MODELSEC_DETAIL_PUBLISH_DESCRIPTION_HPP

#include <modelsec/detail/publish/folder_listing.hpp>

#include <string>

MODELSEC_BEGIN_NAMESPACE

/// Reads a description of what is to be published, as it lives in a publisher's repository (docs/publish.schema.json):
/// `{"model_id", "version", "tier", "sequence", "expires", "chunk_size", "format", "family", "context_len", "min_device", "platforms": [
/// {"platform", "zip", "file", "url", "mirrors"} | {"platform", "files": [{"file", "name", "url", "mirrors"}]} |
/// {"platform", "folder", "base_url", "mirror_base_urls", "exclude", "follow_links"}]}`. Paths are relative to `folder`. Members that are
/// not known are refused: a typing error would else go unnoticed. Folders are listed here. `expires` counts from `now`. What is
/// absent stays empty, for the caller to fill in. `json_malformed` (24), and what list_folder() says.
MODELSEC_DECL result<publication> parse_description(bytes_view text, const std::string& folder, utc_time now);

/// "90s", "15m", "12h", "30d", "4w" from `now` on, or a time in RFC 3339; nothing for anything else.
MODELSEC_DECL std::optional<utc_time> parse_expiry(std::string_view text, utc_time now);
/// "4096", "4MiB", "500k": k, M, G and KiB, MiB, GiB are powers of 1024, kB, MB, GB of 1000; nothing for anything else.
MODELSEC_DECL std::optional<std::uint64_t> parse_size(std::string_view text);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/description.ipp>
#endif

#endif
