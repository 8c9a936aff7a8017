// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_LIMITS_HPP
#define MODELSEC_LIMITS_HPP

#include <modelsec/config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

MODELSEC_BEGIN_NAMESPACE

/// Every cap on what comes from outside. Sizes are in bytes. A cap holds while the bytes stream in (OWASP: unrestricted
/// resource consumption, CWE-400); what exceeds one is refused as `too_large` or by a reason of its own.
/// Plain names (`files`, `keys`, `retries`) are the largest count allowed. Time-outs of the network go by client_options::clock, stand
/// still while an operation is paused, and fail with code 10.
struct limits
{
    // metadata
    std::size_t envelope_bytes = 8u << 20;
    std::size_t signatures = 32;
    std::size_t keys = 64;
    std::size_t artifacts = 256;
    std::size_t files = 10'000;
    std::size_t chunks_per_file = 131'072;
    std::size_t mirrors = 16;
    std::size_t json_depth = 16;  ///< at most 1,000
    /// Values and members of one document: what a parser holds of each is larger than the text of the smallest.
    static constexpr std::size_t json_values = 1'000'000;
    std::chrono::hours manifest_lifetime{400 * 24};
    std::chrono::minutes clock_skew{10};
    std::chrono::hours recheck_time_after{24};  ///< expiry is checked again before activation when the download took so long

    // trust
    std::size_t root_bytes = 512u << 10;
    std::size_t roots = 256;
    std::size_t tuf_metadata_bytes = 8u << 20;  ///< of targets metadata
    std::size_t timestamp_bytes = 16u << 10;
    std::size_t snapshot_bytes = 2'000'000;
    /// How much may be hashed to try the signatures of one document: message bytes times pairs of signature and key.
    std::uint64_t signature_message_bytes = std::uint64_t{256} << 20;
    std::size_t delegations = 64;
    /// What the delegations that lead to one target may say, all of them together: names, key ids and keys.
    static constexpr std::size_t delegation_bytes = 2u << 20;

    /// All files of a model together whose sizes nobody signed (`model_too_large`).
    std::uint64_t max_model_bytes = std::uint64_t{256} << 30;

    // network
    std::size_t response_header_bytes = 64u << 10;
    std::size_t endpoint_answer_bytes = 64u
                                        << 10;  ///< of an endpoint that gives signed addresses, a token realm, an audit sink
    std::size_t error_body_bytes = 64u << 10;   ///< of an answer that is no success, so far as it is read at all
    unsigned redirects = 5;
    unsigned retries =
        5;  ///< tries after the first that bring nothing before an attempt gives up; bytes that arrive start the count anew
    std::chrono::milliseconds first_retry_wait{500};  ///< the first back-off's longest draw; doubles from try to try
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds handshake_timeout{10'000};
    std::chrono::milliseconds stall_timeout{20'000};
    std::chrono::milliseconds first_byte_timeout{60'000};  ///< from a request to the first byte of its answer: proxies that
                                                           ///< scan a file first say nothing for long
    std::size_t tls_overhead_bytes =
        256u << 10;                     ///< what may come without data in it: a handshake, or later, between two pieces
    std::size_t idle_connections = 16;  ///< kept open while nobody uses them, over all origins
    std::chrono::milliseconds idle_timeout{30'000};
    std::size_t document_start_bytes = 256u << 10;  ///< of manifests and metadata: these bytes have this time …
    std::chrono::milliseconds document_start_time{30'000};
    std::uint64_t document_min_rate =
        16u << 10;  ///< … and all further ones come at so many a second; 0: they may take their time
    /// A source is left for another that brought so many times its rate (by connection) over so long; 0: never.
    unsigned slow_source_factor = 4;
    std::chrono::milliseconds slow_source_time{10'000};  ///< 1 second to 1 hour
    /// A source that brings less than this over `slow_source_time` is given up (`too_slow`), the last one too; 0: never. Bytes a second.
    std::uint64_t min_rate = 0;
    /// ensure(): without a verified manifest by then, what is active has to do (`manifest_late`); 0: no such limit. The download
    /// that follows has its own.
    std::chrono::milliseconds fallback_after{10'000};

    // archives
    std::size_t zip_entries = 65'535;
    std::uint64_t zip_ratio = 4;  ///< without `extracted_bytes`: ratio * size + slack
    std::uint64_t zip_slack_bytes = std::uint64_t{1} << 30;
    std::size_t zip_directory_bytes = 16u << 20;

    std::size_t index_bytes = 64u << 20;  ///< of a list of content-defined chunks

    // chunks of a manifest
    static constexpr std::uint64_t chunk_min_bytes = 256u << 10;
    static constexpr std::uint64_t chunk_max_bytes = 64u << 20;
    /// Sizes and sequences are exact in every JSON reader: RFC 8259 section 6.
    static constexpr std::uint64_t max_integer = (std::uint64_t{1} << 53) - 1;
};

MODELSEC_END_NAMESPACE

#endif
