// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_TRUST_ANCHOR_IPP
#define MODELSEC_IMPL_TRUST_ANCHOR_IPP

#include <modelsec/detail/trust_anchor.hpp>
#include <modelsec/manifest/parse.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<signing_keys> resolve_trust(const trust_source& source, utc_time now)
{
    const pins* p = std::get_if<pins>(&source);
    if (!p || p->keys().empty())
        return fail(reason::trust_source_missing);
    if (p->threshold() == 0 || p->threshold() > p->keys().size())
        return fail(reason::bad_option, "the threshold is 1 to the number of keys");
    return signing_keys{p->candidates(now), p->threshold()};
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
