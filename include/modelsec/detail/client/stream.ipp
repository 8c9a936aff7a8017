// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_STREAM_IPP
#define MODELSEC_DETAIL_CLIENT_STREAM_IPP

#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/client/outcome.hpp>
#include <modelsec/detail/fetch/stream_feed.hpp>
#include <modelsec/stream.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE

pack_stream::pack_stream(std::shared_ptr<detail::stream_feed> feed, control attempt)
    : feed_(std::move(feed)), attempt_(std::move(attempt)), model_id_(feed_->model_id()), version_(feed_->version())
{
    for (const artifact_file& f : feed_->files())
        files_.push_back({f.name ? f.name->str() : std::string(), detail::stream_feed::readable_size(f),
                          detail::stream_feed::granularity(f)});
}

pack_stream& pack_stream::operator=(pack_stream&& other) noexcept
{
    if (this != &other)
    {
        if (feed_)
            attempt_.cancel();
        feed_ = std::move(other.feed_);
        attempt_ = std::move(other.attempt_);
        model_id_ = std::move(other.model_id_);
        version_ = std::move(other.version_);
        files_ = std::move(other.files_);
    }
    return *this;
}

pack_stream::~pack_stream()
{
    if (feed_)
        attempt_.cancel();
}

void pack_stream::cancel()
{
    attempt_.cancel();
}

result<bytes> pack_stream::copy(const std::string& path, std::uint64_t offset, std::size_t length)
{
    return detail::guarded([&]() -> result<bytes> {
        const auto f = std::ranges::find_if(files_, [&](const stream_info& i) { return i.path == path; });
        const std::uint64_t there = f == files_.end() || f->size < offset ? 0 : f->size - offset;
        bytes out(static_cast<std::size_t>(std::min<std::uint64_t>(length, there)));
        MODELSEC_TRY(const std::size_t got, feed_->read(path, offset, out));
        out.resize(got);
        return out;
    });
}

std::size_t pack_stream::read(const std::string& path, std::uint64_t offset, std::span<std::uint8_t> into, error_code& ec,
                              diagnostics& diag)
{
    return detail::report(detail::guarded([&] { return feed_->read(path, offset, into); }), ec, diag);
}

std::size_t pack_stream::read(const std::string& path, std::uint64_t offset, std::span<std::uint8_t> into, error_code& ec)
{
    diagnostics unused;
    return read(path, offset, into, ec, unused);
}

std::size_t pack_stream::read(const std::string& path, std::uint64_t offset, std::span<std::uint8_t> into)
{
    return detail::value_or_throw(detail::guarded([&] { return feed_->read(path, offset, into); }));
}

bytes pack_stream::map(const std::string& path, std::uint64_t offset, std::size_t length, error_code& ec, diagnostics& diag)
{
    return detail::report(copy(path, offset, length), ec, diag);
}

bytes pack_stream::map(const std::string& path, std::uint64_t offset, std::size_t length, error_code& ec)
{
    diagnostics unused;
    return map(path, offset, length, ec, unused);
}

bytes pack_stream::map(const std::string& path, std::uint64_t offset, std::size_t length)
{
    return detail::value_or_throw(copy(path, offset, length));
}

fetch_result pack_stream::finish(error_code& ec, diagnostics& diag)
{
    return detail::report(feed_->wait_ended(), ec, diag);
}

fetch_result pack_stream::finish(error_code& ec)
{
    diagnostics unused;
    return finish(ec, unused);
}

fetch_result pack_stream::finish()
{
    return detail::value_or_throw(feed_->wait_ended());
}

MODELSEC_END_NAMESPACE

#endif
