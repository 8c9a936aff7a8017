// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_CREDENTIALS_HPP
#define MODELSEC_DETAIL_NET_CREDENTIALS_HPP

#include <modelsec/error.hpp>
#include <modelsec/detail/net/options.hpp>

#include <string_view>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Whether a header's value holds credentials of a storage service rather than an API key: Hugging Face tokens (`hf_…`), AWS access
/// keys (`AKIA…`, `ASIA…`) and their signatures. A client profile that holds one is refused: an app hands out what it holds.
MODELSEC_DECL bool is_storage_credential(std::string_view header_value);

/// Adds to what a caller has for an origin what one address of it needs beside: that replaces what has the same name.
MODELSEC_DECL void add_headers(std::vector<http_header>& given, std::vector<http_header> needed);

/// `storage_credentials` (50) if there is one among the headers.
MODELSEC_DECL result<void> check_client_headers(const std::vector<http_header>& headers);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/credentials.ipp>
#endif

#endif
