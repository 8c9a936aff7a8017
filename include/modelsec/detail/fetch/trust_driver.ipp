// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_TRUST_DRIVER_IPP
#define MODELSEC_DETAIL_FETCH_TRUST_DRIVER_IPP

#include <modelsec/detail/fetch/trust_driver.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>

#include <charconv>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

std::string below(const std::string& base, const std::string& name)
{
    return base + (base.ends_with('/') ? "" : "/") + name;
}

trust_input trust_driver::perform(const trust_action& action)
{
    switch (action.what)
    {
    case trust_action::kind::fetch: return fetch(action);
    case trust_action::kind::load: return load(action);
    case trust_action::kind::store:
    case trust_action::kind::remove: return keep(action);
    case trust_action::kind::done: break;
    }
    return trust_input::finished();
}

// docs/manifest.md, Root chain: only the origin's own 404 ends the walk; everything else that is not a root fails the attempt, or whoever
// sits in between could hold back a rotation (TUF 1.0 section 5.3.3). Other metadata may be redirected: it is listed, or dated.
trust_input trust_driver::fetch(const trust_action& action)
{
    if (means_.bundle)
        return take(action);
    // A timestamp is asked for whatever is kept: the kept one is the latest there is, for as long as it has not expired.
    if (!means_.web)
        return action.name == "timestamp.json" ? load(action) : trust_input::absent();
    const bool first_hand = action.name.ends_with(".root.json");
    auto address = url::parse(below(base_, action.name));
    if (!address)
        return trust_input::failed(std::move(address).error());
    http_request request{std::move(*address), {}, {}, action.cap};
    request.first_hand = first_hand;
    request.digest_signed = action.digest_signed;
    auto answer = means_.web->exchange(request);
    if (!answer)
        return trust_input::failed(std::move(answer).error());
    if (answer->status == 404 || (answer->status == 403 && forbidden_ends_))
        return trust_input::absent();
    if (answer->status == 403)
        return trust_input::failed(fail(reason::forbidden, "no answer to whether there is a newer root"));
    if (answer->status < 200 || answer->status > 299)
        return trust_input::failed(status_failure(answer->status));
    return trust_input::got(std::move(answer->body), std::move(answer->coding));
}

// A bundle is made by whoever carries it: a rotation that it holds back stays unseen where no host is asked (docs/hosts.md, Bundles).
trust_input trust_driver::take(const trust_action& action) const
{
    std::uint64_t version = 0;
    const char* const past = action.name.data() + action.name.size();
    const auto [rest, error] = std::from_chars(action.name.data(), past, version);
    if (error != std::errc() || std::string_view(rest, static_cast<std::size_t>(past - rest)) != ".root.json")
        return trust_input::absent();
    auto root = means_.bundle->root(version);
    if (!root)
        return trust_input::failed(std::move(root).error());
    return *root ? trust_input::got(std::move(**root)) : trust_input::absent();
}

trust_input trust_driver::load(const trust_action& action)
{
    if (!means_.kept || changed_.contains(action.name))
        return trust_input::absent();
    auto data = means_.kept->read(action.name, action.cap);
    if (!data)
        return trust_input::failed(std::move(data).error());
    return *data ? trust_input::got(std::move(**data)) : trust_input::absent();
}

trust_input trust_driver::keep(const trust_action& action)
{
    const bool store = action.what == trust_action::kind::store;
    if (means_.read_only || !means_.kept)
    {
        // The bytes are not held: 256 roots are 128 MiB, 64 targets roles 512 (CWE-770).
        changed_.insert(action.name);
        return trust_input::finished();
    }
    auto done = store ? means_.kept->write(action.name, action.data) : means_.kept->remove(action.name);
    return done ? trust_input::finished() : trust_input::failed(std::move(done).error());
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
