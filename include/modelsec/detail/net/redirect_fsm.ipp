// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_REDIRECT_FSM_IPP
#define MODELSEC_DETAIL_NET_REDIRECT_FSM_IPP

#include <modelsec/detail/net/redirect_fsm.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

redirect_fsm::redirect_fsm(url first, bool post, unsigned max_hops, std::vector<std::string> allowed_hosts)
    : where_(std::move(first)), post_(post), hops_left_(max_hops), allowed_hosts_(std::move(allowed_hosts))
{
}

result<void> redirect_fsm::check() const
{
    // OWASP A10 (server-side request forgery): an owner who names the hosts gets no other one asked, whoever points there.
    if (!allowed_hosts_.empty() &&
        std::find(allowed_hosts_.begin(), allowed_hosts_.end(), where_.host()) == allowed_hosts_.end())
        return fail(reason::host_not_allowed, where_.host() + " is not among the allowed hosts");
    return {};
}

result<bool> redirect_fsm::next(unsigned status, std::optional<std::string_view> location)
{
    if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308)
        return false;
    if (hops_left_ == 0)
        return fail(reason::too_many_redirects, "at " + where_.display());
    --hops_left_;
    if (!location)
        return fail(reason::bad_redirect, "no Location from " + where_.display());
    auto target = where_.resolve(*location);
    if (target.has_error())
    {
        // RFC 9110 section 15.4 warns of it, docs/manifest.md forbids it: no step down to http, from anywhere.
        if (target.error().why == reason::plain_http)
            return fail(reason::plain_http, "a redirect from " + where_.display());
        return fail(reason::bad_redirect, "a malformed Location from " + where_.display());
    }
    if (target->origin() != where_.origin())
    {
        // RFC 9110 section 15.4, CWE-522: the body of a POST and credentials were meant for the origin they were given for.
        if (post_)
            return fail(reason::bad_redirect, "a POST redirected to another origin, from " + where_.display());
        trusted_ = false;
    }
    if (status <= 303)
        post_ = false;
    where_ = std::move(*target);
    MODELSEC_CHECK(check());
    return true;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
