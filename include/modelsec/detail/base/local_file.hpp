// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_LOCAL_FILE_HPP
#define MODELSEC_DETAIL_BASE_LOCAL_FILE_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/secret.hpp>
#include <modelsec/error.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Reads a whole file that the caller named: `file_unreadable` (2), or `too_large` (24) as soon as it has more than `cap` bytes.
MODELSEC_DECL result<bytes> read_local_file(const std::string& path, std::size_t cap);
/// The same for a private key or a token: nothing of it stays in memory that is not wiped. At most 64 KiB.
MODELSEC_DECL result<secret> read_local_secret(const std::string& path);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/local_file.ipp>
#endif

#endif
