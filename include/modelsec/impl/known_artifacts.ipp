// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_KNOWN_ARTIFACTS_IPP
#define MODELSEC_IMPL_KNOWN_ARTIFACTS_IPP

#include <modelsec/impl/parse.ipp>

MODELSEC_BEGIN_NAMESPACE

result<std::vector<artifact>> parse_known_artifacts(bytes_view payload, const limits& caps)
{
    MODELSEC_TRY(const auto document, detail::json_document::parse(payload, caps.json_depth));
    const auto list = document.root().array_at("artifacts");
    if (!list || list->size() > caps.artifacts)
        return detail::manifest_failure("no artifacts");
    std::vector<artifact> out;
    for (const detail::json_view element : *list)
    {
        MODELSEC_TRY(artifact parsed, detail::manifest_reader(element, caps).whole_artifact());
        out.push_back(std::move(parsed));
    }
    return out;
}

MODELSEC_END_NAMESPACE

#endif
