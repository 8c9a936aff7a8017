// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_DOWNLOAD_IPP
#define MODELSEC_DETAIL_FETCH_DOWNLOAD_IPP

#include <modelsec/detail/fetch/download_run.ipp>
#include <modelsec/detail/fetch/download.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The whole file is wrong and no chunk digests say where. If one source delivered all of it, it is that source's doing;
/// if several did, or an earlier run, the next go is with one of them alone.
inline void blame_for_digest(mirror_fsm& mirrors, const std::vector<std::size_t>& contributors, bool kept,
                             const failure& why)
{
    if (contributors.size() == 1 && !kept)
        mirrors.drop(contributors.front(), why);
    else if (const auto next = mirrors.best())
        mirrors.prefer_alone(*next);
}

result<verified_file> download(http_client& http, const download_request& what, staging& staged)
{
    if (what.sources.empty())
        return fail(reason::bad_option, "there is no address to fetch from");
    const artifact_file& expected = what.expected;
    session& net = http.get();
    download_job job{net, what, what.sources, mirror_fsm(what.sources.size()),
                     retry_fsm(net.caps().retries, net.caps().first_retry_wait)};
    for (std::size_t goes = 0;; ++goes)
    {
        range_set kept;
        std::vector<std::size_t> contributors;
        auto done = [&]() -> result<verified_file> {
            MODELSEC_TRY(const file partial, staged.open_partial(expected.sha256));
            MODELSEC_TRY(const auto ranges, staged.journal(expected.sha256, expected.size_bytes));
            for (const auto& r : ranges)
                kept.add(r);
            download_run go(job, staged, partial, kept);
            auto out = go.run();
            contributors = go.contributors();
            return out;
        }();
        if (done.has_value())
        {
            if (what.progress)
                what.progress(expected.size_bytes);
            return done;
        }
        const reason why = done.error().why;
        // Without chunk digests nobody knows which bytes are good once some are not. What a server says of a length is no
        // proof against bytes that are here already.
        const bool useless = why == reason::digest_mismatch || why == reason::chunks_contradict;
        if (useless)
            MODELSEC_CHECK(staged.drop_partial(expected.sha256));
        if (why != reason::digest_mismatch)
            return done;
        blame_for_digest(job.mirrors, contributors, !kept.empty(), done.error());
        if (job.mirrors.alive() == 0 || goes > 2 * what.sources.size())
            return done;
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
