// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_REDIRECT_FSM_HPP
#define MODELSEC_DETAIL_NET_REDIRECT_FSM_HPP

#include <modelsec/detail/net/url.hpp>

#include <optional>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Follows one request from address to address (RFC 9110 section 15.4) without sending anything itself.
///
/// A POST (it carries the caller's body) goes only where its origin stays the same: 307 and 308 repeat it, 301, 302 and 303
/// turn it into a GET, as every browser does; to another origin all of them are refused. Whatever the caller gave for the
/// first origin is dropped for good at the first change of origin, also if a later hop leads back.
class redirect_fsm
{
public:
    /// `allowed_hosts`: if not empty, the only hosts that may be asked, the first one included.
    MODELSEC_DECL redirect_fsm(url first, bool post, unsigned max_hops, std::vector<std::string> allowed_hosts = {});

    /// Before every request: may this host be asked (`host_not_allowed`)?
    MODELSEC_DECL result<void> check() const;
    /// What the answer means: true, ask again, at where(); false, this is the final answer. Failures: `too_many_redirects`,
    /// `bad_redirect` (no or malformed Location, POST to elsewhere), `plain_http`, `host_not_allowed`.
    MODELSEC_DECL result<bool> next(unsigned status, std::optional<std::string_view> location);

    const url& where() const noexcept { return where_; }
    bool post() const noexcept { return post_; }
    /// Credentials and the caller's headers may go along.
    bool trusted() const noexcept { return trusted_; }

private:
    url where_;
    bool post_;
    bool trusted_ = true;
    unsigned hops_left_;
    std::vector<std::string> allowed_hosts_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/redirect_fsm.ipp>
#endif

#endif
