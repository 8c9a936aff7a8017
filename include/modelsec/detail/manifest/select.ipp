// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_SELECT_IPP
#define MODELSEC_DETAIL_MANIFEST_SELECT_IPP

#include <modelsec/detail/manifest/select.hpp>

MODELSEC_BEGIN_NAMESPACE

// Mix-and-match: a validly signed manifest of something else (TUF 1.0 section 1.5.2, "wrong software installation").
result<void> check_identity(const manifest& m, std::string_view model_id, std::string_view tier, bool dsse)
{
    if (!model_id.empty() && m.model_id.str() != model_id)
        return fail(reason::model_mismatch);
    if (!tier.empty() && m.tier != tier && (dsse || !m.tier.empty()))
        return fail(reason::tier_mismatch);
    return {};
}

result<const artifact*> select_artifact(const manifest& m, const std::vector<std::string>& platforms)
{
    if (platforms.empty() && m.artifacts.size() == 1)
        return &m.artifacts.front();
    for (const std::string& wanted : platforms)
        for (const artifact& a : m.artifacts)
            if (a.platform == wanted)
                return &a;
    return fail(reason::no_artifact, platforms.empty() ? "several platforms, and none was asked for" : "");
}

result<void> check_device(const device_needs& needs, const device_facts& facts)
{
    // Manifests say MB; vendors' "8 GB" machines report somewhat less than 8,192 MiB to programs, so MB is 10^6 here.
    if (facts.ram_bytes / 1'000'000 < needs.min_ram_mb)
        return fail(reason::min_ram);
    if (facts.free_disk_bytes / 1'000'000 < needs.min_free_disk_mb)
        return fail(reason::min_disk);
    return {};
}

MODELSEC_END_NAMESPACE

#endif
