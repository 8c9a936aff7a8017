// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_FOREIGN_TRANSFER_HPP
#define MODELSEC_FOREIGN_TRANSFER_HPP

#include <modelsec/detail/fetch/foreign_plan.hpp>
#include <modelsec/options.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

class client;

namespace detail {
struct client_state;
struct foreign_job;
}  // namespace detail

struct foreign_options
{
    /// As for client::fetch(). Its manifest's URL is asked once, when the transfer begins. Where there is no network when the application
    /// comes back, `manifest.content` takes foreign_transfer::envelope().
    fetch_options fetch{};
    /// What was handed out is not handed out again before this time is over or fail() was called. Wall clock, of client_options::clock.
    std::chrono::seconds lease = std::chrono::hours(24);
    /// About so much is asked for at once, where signed chunks allow it: at least 1 MiB. A file without chunks is one range.
    std::uint64_t range_bytes = std::uint64_t{256} << 20;
};

/// A download whose bytes come by another transport than the library's own: a background service of the system (iOS URLSession, Android
/// WorkManager), or a cache of the site. It may deliver while the application is dead, out of order, twice, or wrongly.
///
///     client.transfer(options)  ->  { next_range() -> (the service gets url and headers, and keeps the id) }…
///                                   { deliver(id, bytes) or deliver_file(id, path) or fail(id, why) }…
///                               ->  finish()
///
/// Everything that must outlive the application is in the store when a call returns: which ranges were handed out, until when, which of a
/// file's signed addresses was given, and what came. Addresses with their queries, headers and tokens are not: next_range() makes them
/// anew. After a crash the application calls transfer() again, delivers what its service has brought meanwhile, and goes on; it compares
/// handed_out() with what its service knows, and calls fail() for what that does not know.
///
/// **What is delivered is believed in nothing.** A delivered file is opened once, not through a link, copied (or its blocks shared) into
/// a file of the store, and hashed there. finish() hashes all of it again, and checks expiry, revocation and what was accepted
/// meanwhile, before anything becomes active. The transport must not send the headers to any other origin than the URL's, redirects
/// included, and should accept https only.
///
/// Members may be called from any thread, and from several processes on one store: each holds the model's lock while it runs.
class foreign_transfer
{
public:
    /// Of no transfer: all that may be done with it is to assign another one.
    foreign_transfer() = default;

    MODELSEC_DECL const std::string& model_id() const noexcept;
    MODELSEC_DECL const std::string& version() const noexcept;
    /// The manifest as verified, byte by byte: see foreign_options::fetch.
    MODELSEC_DECL const bytes& envelope() const noexcept;

    /// The next bytes to ask for, or nothing: all have come or are on their way. May ask hosts (for tokens and the like), while others may
    /// use the model; returns when the lease is durable. Addresses that failed twice in a row or more rest for a while, longer each time;
    /// where all that is left rests and nothing is on its way, it fails by the reason why they failed, and the detail says when to ask
    /// again. Codes: 3, 10 to 14, 20 to 23, 30, 40 to 42, 50.
    MODELSEC_DECL std::optional<foreign_range> next_range();
    MODELSEC_DECL std::optional<foreign_range> next_range(error_code& ec);
    MODELSEC_DECL std::optional<foreign_range> next_range(error_code& ec, diagnostics& diag);

    /// The bytes of a range, or of the whole file where a host knows no ranges. They are durable when this returns. How many were new: 0
    /// if they had been delivered before. `id` needs not be from this process. Codes: 2 `unknown_range`; 3; 30: not the signed bytes, the
    /// lease has ended and they will be asked for again; 40 to 42.
    MODELSEC_DECL std::uint64_t deliver(const std::string& id, bytes_view data);
    MODELSEC_DECL std::uint64_t deliver(const std::string& id, bytes_view data, error_code& ec);
    MODELSEC_DECL std::uint64_t deliver(const std::string& id, bytes_view data, error_code& ec, diagnostics& diag);
    /// The same, from a regular file, which stays as it is and may be removed afterwards. Codes: 2 `file_unreadable` and 31
    /// `unsafe_entry` (a link, a pipe) as well: the lease goes on.
    MODELSEC_DECL std::uint64_t deliver_file(const std::string& id, const std::string& path);
    MODELSEC_DECL std::uint64_t deliver_file(const std::string& id, const std::string& path, error_code& ec);
    MODELSEC_DECL std::uint64_t deliver_file(const std::string& id, const std::string& path, error_code& ec,
                                             diagnostics& diag);

    /// The range will not come: it may be handed out again, from another of the file's addresses unless `why` says that the host is
    /// not to blame (`none`, `cancelled`; `url_expired`, the first time). Codes: 2 `unknown_range`, 3, 40 to 42.
    MODELSEC_DECL void fail(const std::string& id, reason why);
    MODELSEC_DECL void fail(const std::string& id, reason why, error_code& ec);
    MODELSEC_DECL void fail(const std::string& id, reason why, error_code& ec, diagnostics& diag);

    /// What was handed out, by whatever process, and is waited for.
    MODELSEC_DECL std::vector<foreign_lease> handed_out();
    MODELSEC_DECL std::vector<foreign_lease> handed_out(error_code& ec);
    MODELSEC_DECL std::vector<foreign_lease> handed_out(error_code& ec, diagnostics& diag);
    /// Bytes that have not come yet, handed out or not.
    MODELSEC_DECL std::uint64_t missing_bytes();
    MODELSEC_DECL std::uint64_t missing_bytes(error_code& ec);
    MODELSEC_DECL std::uint64_t missing_bytes(error_code& ec, diagnostics& diag);

    /// Verifies all and makes it active: fetch(), without asking any host for anything. What was revoked counts as far as the options and
    /// the store know of it: newer roots and metadata are asked for by transfer(), fetch() and check(). What has expired meanwhile is 21:
    /// begin again by transfer(), which asks for newer ones, and finds the bytes there. 2 `transfer_incomplete` if bytes are missing. After a failure by
    /// 30, what was wrong is handed out again. Codes: all of errc.
    MODELSEC_DECL fetch_result finish();
    MODELSEC_DECL fetch_result finish(error_code& ec);
    MODELSEC_DECL fetch_result finish(error_code& ec, diagnostics& diag);

private:
    friend class client;
    MODELSEC_DECL foreign_transfer(std::shared_ptr<detail::client_state> owner, foreign_options options,
                                   std::shared_ptr<const detail::foreign_job> job);

    std::shared_ptr<detail::client_state> owner_;
    std::shared_ptr<const foreign_options> options_;
    std::shared_ptr<const detail::foreign_job> job_;
    std::string model_id_, version_;
    bytes envelope_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/client.hpp>  // whose end has the bodies
#endif

#endif
