// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_DOWNLOAD_HPP
#define MODELSEC_DETAIL_FETCH_DOWNLOAD_HPP

#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/store/staging.hpp>
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/event.hpp>
#include <modelsec/detail/store/verified.hpp>

#include <functional>
#include <memory>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class stream_feed;

/// One file of a pack, and where it may be had.
struct wanted_file
{
    const artifact_file* expected = nullptr;  ///< what its bytes are
    std::vector<url> sources;                 ///< best first; at least one
    bool renewable = false;                   ///< there may be another address for the first one, if that is refused
};

/// The files of a pack, each content once, and how to get them.
struct download_request
{
    std::vector<wanted_file> files;
    bool direct = true;          ///< write past the page cache where the file system can
    unsigned connections = 1;    ///< at most so many at once over all files (and at most 16)
    bool whole = true;           ///< the digest of every whole file is required, even where its chunks would do
    bool verity = false;         ///< with the digest of a whole file that of fs-verity
    std::uint64_t min_rate = 0;  ///< beside limits::min_rate: what brings less is given up
    /// Bytes of the pack that are in hand: arrived now, or kept from an earlier run and hashed again. At least every 512
    /// KiB, never backwards, the sum of all sizes at last. On the calling thread.
    std::function<void(std::uint64_t)> progress;
    std::uint64_t* fetched = nullptr;                ///< counts the body bytes that came over the network
    stream_feed* feed = nullptr;                     ///< readers that do not wait for the end, if there are any
    std::vector<source_metrics>* sources = nullptr;  ///< counts what each origin did
    std::string* coding = nullptr;                   ///< gets the content coding that an answer claimed, if any
    /// Asked for a new address in place of a file's first source, when that has expired. On the calling thread; may use the
    /// client.
    std::function<result<url>(std::size_t file)> renew;
};

/// Downloads the files of a pack into their partials, all by one plan, and verifies them while they arrive; goes on where an
/// earlier run stopped, at once, while what is there already is checked beside it. Every source is tried, with retries; bytes that
/// are wrong are dropped and fetched from elsewhere. Runs on the calling thread and a few of its own; returns within milliseconds of
/// a cancel. Whatever is good is kept in the partials when it fails. The verified files are in the order of the request.
///
/// Codes: 3, 10 to 14; 24 `chunks_contradict`; 30 `size_mismatch`, `digest_mismatch`, `chunk_mismatch`; 40, 41.
MODELSEC_DECL result<std::vector<verified_file>> download(http_client& http, const download_request& what, staging& staged);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/download.ipp>
#endif

#endif
