// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_UPLOAD_HPP
#define MODELSEC_DETAIL_PUBLISH_UPLOAD_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/publish/placement.hpp>
#include <modelsec/detail/publish/publication.hpp>
#include <modelsec/detail/source/source_set.hpp>
#include <modelsec/limits.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// Where files are uploaded to, and with what.
struct upload_options
{
    placement where{};  ///< as place_model() allows it
    /// dir: the folder. s3, supabase: BUCKET or BUCKET/PREFIX. hf: ORG/REPO. oci: HOST[:PORT]/REPOSITORY.
    std::string destination{};
    /// s3: the server's origin, for one that is not Amazon's (buckets are then the first part of the path). supabase: the project's origin,
    /// as `https://PROJECT.supabase.co`. Else without meaning: the Hub's is `sources.hub.endpoint`.
    std::string endpoint{};
    std::string kms_key{};          ///< s3 with `where.kms`: the key's id; empty: the bucket's own
    std::string manifest_name{};    ///< what the signed manifest is called at the host; empty: manifest.json
    source_options sources{};       ///< keys and tokens of the hosts
    transport_options transport{};  ///< a client certificate is for the origin that is uploaded to
    limits caps{};
    control handle{};                                           ///< keep a copy to cancel
    const modelsec::clock* clock = &modelsec::clock::system();  ///< must outlive the call
    /// A file that remembers uploads in progress (supabase, oci), so that the next call goes on with them; empty: none. Several hosts may
    /// share it. Servers of S3 and of the Hub remember by themselves.
    std::string state_file{};
    /// Bytes so far of all: each is sent, and read back. (0, total) first, never backwards. On the calling thread.
    std::function<void(std::uint64_t bytes, std::uint64_t total)> on_progress{};
    /// Given the signed manifest when all files are at all hosts, and before it is uploaded itself; a failure ends it there.
    std::function<result<void>(const published_manifest&)> keep_manifest{};
};

/// What became of an upload.
struct uploaded_publication
{
    published_manifest manifest;
    std::string manifest_place;       ///< where the manifest lies at the host
    std::uint64_t bytes_sent = 0;     ///< of files; those that were there already are not sent again
    std::uint64_t files_present = 0;  ///< so many were there already
};

/// Publishes and uploads: the files, and the indexes that lie beside them, are hashed, sent, and read back as clients would; then the manifest is signed, and uploaded last, so that
/// nobody is ever led to what is not there. Addresses that `content` leaves empty become those at the host (not for `dir`). An upload
/// that was broken off goes on where it was. Private places are made private, and nothing that is to be private stays where it can be had without
/// credentials: `publicly_readable` (50). A manifest that lies there under the name is a publication::predecessor. Other codes: those of
/// make_manifest(), `upload_mismatch` (30), 10 to 14, `placement` where a server ignores what the placement asks of it.
MODELSEC_DECL result<uploaded_publication> publish_to_host(publication content, const std::vector<signing_key>& keys,
                                                           const upload_options& where, const hash_options& hashing = {});

/// The same at several hosts, one after the other, in this order: all files are at all of them before the one manifest goes to the first. Of
/// addresses that `content` leaves empty, the first host that has any gives the file's own, the others its mirrors. The first failure
/// ends it, and its detail begins with the kind and the destination of the host, if there are several; what is there by then is not sent
/// again by the next call. One entry for each host.
MODELSEC_DECL result<std::vector<uploaded_publication>> publish_to_hosts(publication content,
                                                                         const std::vector<signing_key>& keys,
                                                                         const std::vector<upload_options>& hosts,
                                                                         const hash_options& hashing = {});

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/upload.ipp>
#endif

#endif
