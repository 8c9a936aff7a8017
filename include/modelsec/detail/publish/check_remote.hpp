// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_CHECK_REMOTE_HPP
#define MODELSEC_DETAIL_PUBLISH_CHECK_REMOTE_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/net/options.hpp>
#include <modelsec/detail/source/source_set.hpp>
#include <modelsec/error.hpp>
#include <modelsec/limits.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// How hosts are asked.
struct remote_options
{
    /// A client certificate is for the origin of the manifest's first address; of probe_address(), for the address itself.
    transport_options transport{};
    source_options sources{};  ///< for `hf://`, `oci://` and buckets, as a client has them
    limits caps{};
    control handle{};                                           ///< keep a copy to cancel
    const modelsec::clock* clock = &modelsec::clock::system();  ///< must outlive the call
    /// Whether bodies are read and hashed; else only the first byte of each is asked for.
    bool read_bodies = true;
    /// Whether it is a finding that an address gives its first byte to somebody without credentials. An endpoint is open if it tells strangers
    /// an address that gives it; what it tells those who have a right is open to whoever holds it, and no finding.
    bool expect_private = false;
    std::chrono::seconds expires_within{0};  ///< a manifest that lives for less is a finding; 0: not looked at
    /// Bytes read so far of all that will be: (0, total) first. On the calling thread.
    std::function<void(std::uint64_t bytes, std::uint64_t total)> on_progress{};
};

/// What kind of trouble clients would have.
enum class remote_problem
{
    unreachable,  ///< no answer with these bytes: `why` tells
    length,       ///< more or fewer bytes than are signed
    ranges,       ///< ranges are ignored or answered wrongly: downloads cannot be resumed
    digest,       ///< the whole file is not the signed one
    chunks,       ///< chunks of it are not the signed ones
    encoding,     ///< other bytes came, and are labelled as encoded
    open,         ///< anybody can have it, where credentials were expected to be needed
    expiry        ///< the manifest ends soon
};
MODELSEC_DECL std::string_view to_string(remote_problem kind) noexcept;

/// Something that is wrong with what a manifest points at.
struct remote_finding
{
    remote_problem kind = remote_problem::unreachable;
    reason why = reason::none;
    std::string detail;  ///< for the publisher
};

/// What came of one address of a manifest.
struct remote_file
{
    std::string platform;
    std::string name;   ///< the file's place in the pack; empty for an archive
    std::string place;  ///< which address of it: `url`, `mirror 1`, `url_endpoint`, `index`, or `oci` for a whole artifact
    std::string url;    ///< as the manifest has it
    std::size_t mirror = 0;        ///< 0: the first address; else which mirror, from 1 on
    unsigned status = 0;           ///< of the answer to the first byte; 0: none came
    std::uint64_t size_bytes = 0;  ///< the signed size
    std::uint64_t bytes_read = 0;
    bool ranges = false;  ///< the host serves ranges: downloads resume, and run on several connections
    std::vector<remote_finding> findings{};
};

struct remote_report
{
    std::string model_id;
    std::string version;
    std::vector<remote_file> files{};
    std::vector<remote_finding> findings{};  ///< about the manifest itself

    std::size_t finding_count() const noexcept
    {
        std::size_t out = findings.size();
        for (const remote_file& f : files)
            out += f.findings.size();
        return out;
    }
    bool clean() const noexcept { return finding_count() == 0; }
};

/// Asks every address, mirror, endpoint, index and OCI manifest that a manifest names as a client would, and holds what comes against what
/// is signed: status, length, ranges, and, with `read_bodies`, the digest of the whole and of each chunk. Findings are in the report; a failure means that the check
/// itself could not be made: a manifest that is none (24), `cancelled`. Signatures are not looked at: the file is the publisher's own.
MODELSEC_DECL result<remote_report> check_remote(std::string_view manifest, const remote_options& options = {});

/// What one address answers to a request for its first byte.
struct remote_answer
{
    unsigned status = 0;
    bool ranges = false;
    std::string host{};              ///< after redirects
    std::optional<utc_time> date{};  ///< the server's clock (RFC 9110 section 6.6.1), if it says
};

/// Asks one https address: whether name, proxy, TLS and HTTP work. Codes: 10, 11, 14, 50; any final status is a success.
MODELSEC_DECL result<remote_answer> probe_address(const std::string& url, const remote_options& options = {});

/// Whether these settings can be used at all, without asking anybody: the proxy's address (`bad_proxy`), CA, client certificate and key
/// (`trust_store`).
MODELSEC_DECL result<void> check_transport(const transport_options& options);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/check_remote.ipp>
#endif

#endif
