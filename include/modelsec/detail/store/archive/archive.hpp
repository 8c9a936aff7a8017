// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_ARCHIVE_ARCHIVE_HPP
#define MODELSEC_DETAIL_STORE_ARCHIVE_ARCHIVE_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/store/verified.hpp>

#include <functional>
#include <optional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

struct extraction
{
    std::uint64_t archive_bytes = 0;               ///< the signed size
    sha256_digest archive_sha256;                  ///< the signed digest
    std::optional<std::uint64_t> extracted_bytes;  ///< the signed cap, if there is one
    std::function<void(std::uint64_t)> progress;   ///< bytes of the archive read so far
};

/// Unpacks a zip archive from an open file into an empty folder, in one pass over its bytes that also hashes them: what is unpacked
/// is what the digest covers, whatever happens to the file meanwhile. Files 0600, folders 0700, all synced. Memory stays flat.
/// `unsafe_archive`, `unsafe_name`, `archive_too_large` (31), `digest_mismatch` (30): the folder then holds rubbish that the
/// caller removes.
MODELSEC_DECL result<std::vector<placed_file>> extract_zip(file_system& files, const file& archive, const file& into,
                                                           const extraction& what, const limits& caps,
                                                           const control& handle);

/// The same without writing anything: whether extract_zip() would take the archive, and how many bytes it unpacks to. Names the
/// entry at fault.
MODELSEC_DECL result<std::uint64_t> check_zip(file_system& files, const file& archive, const extraction& what,
                                              const limits& caps, const control& handle);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/archive/archive.ipp>
#endif

#endif
