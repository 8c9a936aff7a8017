// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_DOWNLOAD_HPP
#define MODELSEC_DETAIL_FETCH_DOWNLOAD_HPP

#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/store/staging.hpp>
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/store/verified.hpp>

#include <functional>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// One file, and how to get it.
struct download_request
{
    const artifact_file& expected;  ///< what its bytes are
    std::vector<url> sources;       ///< where they may be had, best first; at least one
    bool direct = true;             ///< write past the page cache where the file system can
    unsigned connections = 1;       ///< at most so many at once (and at most 16)
    /// Bytes of the file that are in hand: arrived now, or kept from an earlier run and hashed again. At least every 512
    /// KiB, never backwards, the size at last. On the calling thread.
    std::function<void(std::uint64_t)> progress;
    std::uint64_t* fetched = nullptr;  ///< counts the body bytes that came over the network
    /// Asked for a new address in place of the first source, when that has expired. On the calling thread; may use the
    /// client.
    std::function<result<url>()> renew;
};

/// Downloads one file into its partial and verifies it while it arrives; goes on where an earlier run stopped. Every
/// source is tried, with retries; bytes that are wrong are dropped and fetched from elsewhere. Runs on the calling thread
/// and two of its own; returns within milliseconds of a cancel. Whatever is good is kept in the partial when it fails.
///
/// Codes: 3, 10 to 14; 24 `chunks_contradict`; 30 `size_mismatch`, `digest_mismatch`, `chunk_mismatch`; 40, 41.
MODELSEC_DECL result<verified_file> download(http_client& http, const download_request& what, staging& staged);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/download.ipp>
#endif

#endif
