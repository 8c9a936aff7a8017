// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_LOCAL_FILE_HPP
#define MODELSEC_DETAIL_BASE_LOCAL_FILE_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/base/secret.hpp>
#include <modelsec/error.hpp>

MODELSEC_BEGIN_NAMESPACE

/// Reads a whole file that the caller named (pins, roots, manifests are given as bytes): `file_unreadable` (2), or `too_large` (24) as
/// soon as it has more than `cap` bytes.
MODELSEC_DECL result<bytes> read_local_file(const std::string& path, std::size_t cap);

/// Reads a file with secrets, of at most `cap` bytes; what was read is wiped. It must be a regular file of this user that nobody else
/// may read or write (CWE-732): `secret_file_exposed` (2). Links may lead to it: mounted secrets are made of them.
MODELSEC_DECL result<secret> read_secret_file(const std::string& path, std::size_t cap = 64u << 10);

namespace detail {

using modelsec::read_local_file;
using modelsec::read_secret_file;

/// read_local_file() for a private key or a token: nothing of it stays in memory that is not wiped.
MODELSEC_DECL result<secret> read_local_secret(const std::string& path, std::size_t cap = 64u << 10);

/// Opens a file that the caller named, for reading, whoever owns it: `file_unreadable` (2).
MODELSEC_DECL result<file> open_local_file(const std::string& path);

/// The same for a file that others put there: not what a link at its end leads to. What kind of thing it is the caller looks at.
/// `file_unreadable` (2), `unsafe_entry` (31).
MODELSEC_DECL result<file> open_delivered_file(const std::string& path);

/// Opens a folder that the caller named, whoever owns it, and makes it if it is not there: `store_io` (41).
MODELSEC_DECL result<file> open_local_folder(const std::string& path);

/// Writes a file that the caller named and everybody may read, so that whoever opens it finds the old content or the new one, whole:
/// `store_io` (41). Not synced.
MODELSEC_DECL result<void> replace_local_file(const std::string& path, std::string_view content);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/local_file.ipp>
#endif

#endif
