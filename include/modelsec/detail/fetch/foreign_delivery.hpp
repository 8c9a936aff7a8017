// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FOREIGN_DELIVERY_HPP
#define MODELSEC_DETAIL_FETCH_FOREIGN_DELIVERY_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/detail/fetch/download.hpp>
#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/store/staging.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What somebody brought: an open file, or bytes in memory that outlive the call.
struct foreign_bytes
{
    file from;  ///< invalid: `memory` it is
    bytes_view memory;
    std::uint64_t size = 0;
};

/// Opens a delivered file, once, for all that is done with it: not through a link at its end, and never waiting for a pipe.
/// `file_unreadable` (2); `unsafe_entry` (31): no regular file.
MODELSEC_DECL result<foreign_bytes> open_delivered(file_system& files, const std::string& path);

/// Copies what was brought for the range `asked` into the partial, an inode of ours, hashes it there, and notes in the journal what is
/// good: it is on stable storage when this returns. Bytes that are there already are neither read nor written again. More than
/// `asked` may come: all of the file, from a host that knows no ranges. How many bytes were new.
///
/// `size_mismatch`; `chunk_mismatch`, `digest_mismatch` (what is good stays, the rest is missing); `cancelled`; 40, 41.
MODELSEC_DECL result<std::uint64_t> take_delivery(staging& staged, const artifact_file& expected, byte_range asked,
                                                  const foreign_bytes& brought, const control& handle);

/// Hashes again what others brought, on all processors, as if it had been kept from an earlier run. Nothing is asked of the network.
/// `transfer_incomplete` if bytes are missing; 30: those that are wrong are missing from then on.
MODELSEC_DECL result<std::vector<verified_file>> verify_partials(const download_request& what, staging& staged,
                                                                 const control& handle);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/foreign_delivery.ipp>
#endif

#endif
