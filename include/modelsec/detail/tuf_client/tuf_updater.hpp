// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TUF_CLIENT_TUF_UPDATER_HPP
#define MODELSEC_DETAIL_TUF_CLIENT_TUF_UPDATER_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/net/options.hpp>
#include <modelsec/error.hpp>
#include <modelsec/limits.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

MODELSEC_BEGIN_NAMESPACE

/// One file that a TUF client wants.
struct tuf_request
{
    std::string url;
    std::uint64_t cap = 0;  ///< more bytes than this are `too_large`
    /// A root: only the server's own 404 says that there is no newer one (`not_found`); a redirect, a proxy's answer or any other error
    /// must be a failure, or whoever sits in between could hold back a rotation (TUF 1.0 section 5.3.3).
    bool first_hand = false;
    /// What comes is held against a digest that metadata lists: a label that claims a content coding for it does not matter. Nothing is
    /// ever to be decoded; any other file in a coding is a failure.
    bool digest_signed = false;
};

/// Takes the body of an answer piece by piece; its failure ends the transfer.
using tuf_sink = std::function<result<void>(bytes_view piece)>;
/// Gets a file. Nothing that it gives is trusted.
using tuf_fetcher = std::function<result<void>(const tuf_request& request, const tuf_sink& sink)>;

struct tuf_options
{
    /// Where accepted metadata is kept, as raw bytes: `root.json`, `timestamp.json`, … Made if it is not there.
    std::string metadata_folder;
    std::string metadata_url;  ///< the folder that holds timestamp.json
    std::string targets_url;   ///< the folder of targets
    /// The root.json to trust while the folder holds none of at least its version; empty: the folder must hold one, and whoever can write
    /// there says who is trusted.
    bytes root{};
    transport_options transport{};
    limits caps{};
    control handle{};                                           ///< keep a copy to cancel
    const modelsec::clock* clock = &modelsec::clock::system();  ///< must outlive the updater
    tuf_fetcher fetcher{};                                      ///< in place of https by the library
    /// Takes folders that others own or may write to: for test suites that make them so. Else `store_permissions`.
    bool any_folder = false;
};

/// A target that trusted metadata lists.
struct tuf_target
{
    std::string path;
    std::uint64_t size_bytes = 0;
    std::optional<sha256_digest> sha256{};
    std::optional<bytes> sha512{};  ///< 64 bytes
    std::string url{};              ///< where its bytes are had
};

/// The client workflow of TUF 1.0 (section 5) with its network and its folder. One object is one update, its time fixed when refresh()
/// begins (5.1). Calls block, on the calling thread; not for two threads at once. Codes: 3, 10 to 14, 20 to 24, 30, 41.
class tuf_updater
{
public:
    MODELSEC_DECL static result<tuf_updater> open(tuf_options options);
    /// Makes a folder trust this root, without asking anybody: what a first `refresh()` with `root` empty needs.
    MODELSEC_DECL static result<void> init(const tuf_options& options, bytes_view root);
    MODELSEC_DECL tuf_updater(tuf_updater&&) noexcept;
    MODELSEC_DECL tuf_updater& operator=(tuf_updater&&) noexcept;
    MODELSEC_DECL ~tuf_updater();

    /// Root, timestamp, snapshot and targets metadata (5.3 to 5.6). Once for an object.
    MODELSEC_DECL result<void> refresh();
    /// Looks a target up, through delegations (5.6.7). `target_mismatch` if nobody lists it. After refresh().
    MODELSEC_DECL result<tuf_target> find(const std::string& path);
    /// Gets a target's bytes (5.7): into `sink` as they come, unchecked; only success says that all of them are the listed ones.
    MODELSEC_DECL result<void> fetch(const tuf_target& target, const tuf_sink& sink);
    /// Gets a target into a file, which appears whole and checked, or not at all; a file that is there already and is the listed one, byte
    /// by byte, is left alone. With `/` at its end `file` names a folder, where each target has a file of its encoded name.
    MODELSEC_DECL result<void> download(const tuf_target& target, const std::string& file);

private:
    struct impl;
    MODELSEC_DECL explicit tuf_updater(std::unique_ptr<impl> self);
    std::unique_ptr<impl> impl_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/tuf_client/tuf_updater.ipp>
#endif

#endif
