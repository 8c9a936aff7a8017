// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_DOWNLOAD_IPP
#define MODELSEC_DETAIL_FETCH_DOWNLOAD_IPP

#include <modelsec/detail/fetch/download_run.ipp>
#include <modelsec/detail/fetch/download.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<std::vector<verified_file>> download(http_client& http, const download_request& what, staging& staged)
{
    std::vector<range_set> kept;
    for (const wanted_file& f : what.files)
    {
        if (f.sources.empty())
            return fail(reason::bad_option, "there is no address to fetch from");
        MODELSEC_TRY(const auto ranges, staged.journal(f.expected->sha256, f.expected->size_bytes));
        kept.emplace_back();
        for (const auto& r : ranges)
            kept.back().add(r);
    }
    download_run go(http.get(), what, staged, std::move(kept));
    return go.run();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
