// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_KNOWN_ARTIFACTS_IPP
#define MODELSEC_DETAIL_MANIFEST_KNOWN_ARTIFACTS_IPP

#include <modelsec/detail/manifest/parse.ipp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<std::vector<artifact>> parse_known_artifacts(bytes_view payload, const limits& caps)
{
    MODELSEC_TRY(const auto document, json_document::parse(payload, caps.json_depth));
    const auto list = document.root().array_at("artifacts");
    if (!list || list->size() > caps.artifacts)
        return manifest_failure("no artifacts");
    std::vector<artifact> out;
    for (const json_view element : *list)
    {
        MODELSEC_TRY(artifact parsed, manifest_reader(element, caps).whole_artifact());
        out.push_back(std::move(parsed));
    }
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
