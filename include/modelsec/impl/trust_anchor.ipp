// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_TRUST_ANCHOR_IPP
#define MODELSEC_IMPL_TRUST_ANCHOR_IPP

#include <modelsec/detail/trust_anchor.hpp>
#include <modelsec/manifest/parse.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Does what a root chain asks for.
class root_walk
{
public:
    root_walk(const pinned_root& source, const trust_means& means) : source_(source), means_(means) {}

    result<root_chain> run(utc_time now)
    {
        root_chain chain(source_.root, now, *means_.caps);
        for (trust_input input = trust_input::finished();;)
        {
            MODELSEC_TRY(const trust_action action, chain.resume(std::move(input)));
            if (action.what == trust_action::kind::done)
                return chain;
            input = perform(action);
        }
    }

private:
    trust_input perform(const trust_action& action) const
    {
        switch (action.what)
        {
        case trust_action::kind::fetch: return fetch(action);
        case trust_action::kind::load: return load(action);
        case trust_action::kind::store:
            return settled(means_.kept ? means_.kept->write(action.name, action.data) : result<void>());
        case trust_action::kind::remove: return settled(means_.kept ? means_.kept->remove(action.name) : result<void>());
        case trust_action::kind::done: break;
        }
        return trust_input::finished();
    }

    static trust_input settled(const result<void>& r)
    {
        return r ? trust_input::finished() : trust_input::failed(r.error());
    }

    trust_input load(const trust_action& action) const
    {
        if (!means_.kept)
            return trust_input::absent();
        auto data = means_.kept->read(action.name, action.cap);
        if (!data)
            return trust_input::failed(std::move(data).error());
        return *data ? trust_input::got(std::move(**data)) : trust_input::absent();
    }

    // FORMATS, root chain: only the origin's own 404 ends the walk; everything else that is not a root fails the attempt, or whoever
    // sits in between could hold back a rotation (TUF 1.0 section 5.3.3).
    trust_input fetch(const trust_action& action) const
    {
        if (!means_.web)
            return trust_input::absent();
        auto address = url::parse(source_.url + (source_.url.ends_with('/') ? "" : "/") + action.name);
        if (!address)
            return trust_input::failed(std::move(address).error());
        http_request request{std::move(*address), {}, {}, action.cap, true};
        auto answer = means_.web->exchange(request);
        if (!answer)
            return trust_input::failed(std::move(answer).error());
        if (answer->status == 404 || (answer->status == 403 && source_.forbidden_ends))
            return trust_input::absent();
        if (answer->status == 403)
            return trust_input::failed(fail(reason::forbidden, "no answer to whether there is a newer root"));
        return trust_input::got(std::move(answer->body));
    }

    const pinned_root& source_;
    const trust_means& means_;
};

result<void> check_trust(const trust_source& source)
{
    if (const pins* p = std::get_if<pins>(&source); p && !p->keys().empty())
        return p->threshold() >= 1 && p->threshold() <= p->keys().size()
                   ? result<void>()
                   : fail(reason::bad_option, "the threshold is 1 to the number of keys");
    if (const pinned_root* r = std::get_if<pinned_root>(&source); r && !r->root.empty())
    {
        MODELSEC_TRY(const url where, url::parse(r->url));
        return where.target().find('?') == std::string::npos ? result<void>()
                                                             : fail(reason::bad_url, "a root URL with a query");
    }
    return fail(reason::trust_source_missing);
}

std::optional<sha256_digest> trust_folder(const trust_source& source)
{
    const pinned_root* r = std::get_if<pinned_root>(&source);
    return r ? std::optional(sha256(r->root)) : std::nullopt;
}

result<signing_keys> resolve_trust(const trust_source& source, utc_time now, const trust_means& means)
{
    MODELSEC_CHECK(check_trust(source));
    if (const pins* p = std::get_if<pins>(&source))
        return signing_keys{p->candidates(now), p->threshold(), {}};
    MODELSEC_TRY(root_chain chain, root_walk(std::get<pinned_root>(source), means).run(now));
    signing_keys out{chain.manifest_keys(), chain.manifest_threshold(), {}};
    out.chain = std::move(chain);
    return out;
}

bool still_vouched(bytes_view raw_envelope, const signing_keys& now, const limits& caps)
{
    std::vector<candidate_key> keys = now.keys;
    for (candidate_key& key : keys)
        if (key.barred == reason::key_window)
            key.barred = reason::none;
    for (const envelope_format format : {envelope_format::dsse, envelope_format::pack})
        if (auto e = parse_envelope(raw_envelope, format, caps))
            return verify_envelope(std::move(*e), keys, 1).has_value();
    return false;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
