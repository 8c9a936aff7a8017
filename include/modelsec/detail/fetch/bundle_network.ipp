// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_BUNDLE_NETWORK_IPP
#define MODELSEC_DETAIL_FETCH_BUNDLE_NETWORK_IPP

#include <modelsec/detail/fetch/bundle_network.hpp>
#include <modelsec/detail/fetch/stream_feed.hpp>
#include <modelsec/detail/store/stream.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class bundle_network final : public network
{
public:
    bundle_network(std::shared_ptr<const bundle_reader> from, control handle)
        : from_(std::move(from)), handle_(std::move(handle))
    {
    }

    result<http_answer> exchange(const http_request&) override
    {
        return fail(reason::not_found, "a bundle has no answer to this");
    }

    result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) override
    {
        std::vector<verified_file> out;
        std::uint64_t before = 0;
        for (const wanted_file& wanted : what.files)
        {
            MODELSEC_TRY(const verified_file done, copy(*wanted.expected, staged, [&](std::uint64_t bytes) {
                             if (what.progress)
                                 what.progress(before + bytes);
                         }));
            before += wanted.expected->size_bytes;
            if (what.feed)
                what.feed->all_good(wanted.expected->sha256);
            out.push_back(done);
        }
        return out;
    }

private:
    template <class Progress>
    result<verified_file> copy(const artifact_file& expected, staging& staged, const Progress& progress)
    {
        const auto size = from_->size_of(expected.sha256);
        if (!size)
            return fail(reason::not_found, "the bundle lacks a file of the model");
        if (*size != expected.size_bytes)
            return fail(reason::size_mismatch, "the bundle has another length for a file");
        // Whatever an earlier attempt left of it is of no use: copying is as cheap as hashing.
        MODELSEC_CHECK(staged.drop_partial(expected.sha256));
        MODELSEC_TRY(const file partial, staged.open_partial(expected.sha256));
        stream_verifier check(expected);
        bytes buffer(1u << 20);
        for (std::uint64_t at = 0; at < *size;)
        {
            if (handle_.cancelled())
                return fail(reason::cancelled);
            const auto part =
                std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), *size - at)));
            MODELSEC_CHECK(from_->read(expected.sha256, at, part));
            auto good = check.update(part);
            if (good.has_error())
            {
                MODELSEC_CHECK(staged.drop_partial(expected.sha256));
                return std::move(good).error();
            }
            MODELSEC_CHECK(staged.files().write_at(partial, at, part));
            at += part.size();
            progress(at);
        }
        MODELSEC_CHECK(staged.files().sync(partial));
        auto done = check.finish();
        if (done.has_error())
            MODELSEC_CHECK(staged.drop_partial(expected.sha256));
        return done;
    }

    std::shared_ptr<const bundle_reader> from_;
    control handle_;
};

std::unique_ptr<network> make_bundle_network(std::shared_ptr<const bundle_reader> from, control handle)
{
    return std::make_unique<bundle_network>(std::move(from), std::move(handle));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
