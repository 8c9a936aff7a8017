// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_CREDENTIALS_HPP
#define MODELSEC_TOOLS_CREDENTIALS_HPP

#include <modelsec/publish.hpp>

#include <string>
#include <string_view>

// Secrets come from the environment or from a 0600 file, never from an argument: arguments are seen by every process and kept by
// shells (CWE-214).

namespace modelsec::tool {

/// Throws `secret_in_argument` for a URL with user or password.
void refuse_userinfo(std::string_view url);
/// "Name: value" of --header; refuses those that carry secrets.
http_header parse_header(std::string_view text);
/// "NAME=VAR" of --header-env: the header with the variable's value. An unset or empty variable: a header without name.
http_header header_from_environment(std::string_view text);

/// Asks `fixed` first, then the file at `path` (if any), which is read again every time: tokens may be rotated while a download
/// runs. What it said last holds while it cannot be read.
credential_provider make_provider(origin_headers fixed, const std::string& path);

}  // namespace modelsec::tool

#endif
