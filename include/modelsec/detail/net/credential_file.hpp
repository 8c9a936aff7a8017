// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_CREDENTIAL_FILE_HPP
#define MODELSEC_DETAIL_NET_CREDENTIAL_FILE_HPP

#include <modelsec/detail/base/secret.hpp>
#include <modelsec/detail/net/options.hpp>
#include <modelsec/error.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// Per origin ("https://host[:port]"), what its requests carry.
using origin_headers = std::map<std::string, std::vector<http_header>, std::less<>>;

/// The origin of an https URL, as credentials are bound to it; nothing if it is none.
MODELSEC_DECL std::optional<std::string> origin_of(std::string_view url);
/// Whether this can be sent as a header field (RFC 9110 sections 5.1 and 5.5): no line break, else one header becomes two (CWE-113).
MODELSEC_DECL bool is_header_field(std::string_view name, std::string_view value) noexcept;

/// Reads `{"https://host:port": {"bearer": "…" | "basic": "user:password", "headers": {…}}, …}`. `bad_option` for anything else. Keys to
/// buckets (`"s3": {…}`) may stand beside them; s3_options::from_environment() reads those.
MODELSEC_DECL result<origin_headers> parse_credentials(const secret& text);
/// The same from a file that is its user's alone: `secret_file_exposed`, `file_unreadable`.
MODELSEC_DECL result<origin_headers> load_credentials(const std::string& path);
/// Asks `fixed` first, then the file at `path` (if any), which is read again every time: tokens may be rotated while a download runs. What
/// it said last holds while it cannot be read. Fails if it cannot be read now; `bad_option` if both name one origin.
MODELSEC_DECL result<credential_provider> make_credential_provider(origin_headers fixed, const std::string& path);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/credential_file.ipp>
#endif

#endif
