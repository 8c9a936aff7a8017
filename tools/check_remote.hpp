// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_CHECK_REMOTE_HPP
#define MODELSEC_TOOLS_CHECK_REMOTE_HPP

#include <modelsec/options.hpp>

#include <functional>
#include <string>
#include <vector>

namespace modelsec::tool {

/// Something about a published file that a client would stumble over.
struct remote_finding
{
    std::string kind;     ///< "unreachable", "length", "ranges", "digest", "encoding", "public", "expiry"
    std::string platform;
    std::string file;     ///< its name in the manifest
    std::string place;    ///< which of its addresses: "url", "mirror 1", …
    std::string text;
};

struct remote_check
{
    client_options how;                     ///< transport, credentials and sources, as a client has them
    bool expect_private = false;            ///< nothing may be had without credentials
    std::chrono::seconds expires_after{14 * 24 * 3600};  ///< a manifest that lives for less is a finding
    std::function<void(std::uint64_t, std::uint64_t)> progress;
    control handle;
};

/// Fetches again, to its end, all that a manifest points at, and holds it against what was signed. Whether the signatures are good is not asked:
/// that is `modelsec inspect`'s and every client's question.
result<std::vector<remote_finding>> check_remote(bytes_view envelope, const remote_check& what);

}  // namespace modelsec::tool

#endif
