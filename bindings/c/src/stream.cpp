// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "job.hpp"
#include "registry.hpp"

#include <modelsec/stream.hpp>

namespace c_api {

struct stream_handle
{
    std::shared_ptr<shared_client> client;  ///< its callbacks' data lasts as long as the attempt may ask for it
    modelsec::pack_stream stream;
};

static stream_handle* behind(modelsec_stream* stream) noexcept
{
    return reinterpret_cast<stream_handle*>(stream);
}

static const stream_handle* behind(const modelsec_stream* stream) noexcept
{
    return reinterpret_cast<const stream_handle*>(stream);
}

static const modelsec::stream_info* info_of(const modelsec_stream* stream, size_t index) noexcept
{
    return stream && index < behind(stream)->stream.files().size() ? &behind(stream)->stream.files()[index] : nullptr;
}

}  // namespace c_api

int32_t modelsec_stream_open(modelsec_client* client, const modelsec_request* request, modelsec_stream** stream,
                             modelsec_error** error)
{
    if (stream)
        *stream = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        if (!stream)
            return modelsec::fail(modelsec::reason::bad_option, "no place for the stream");
        MODELSEC_TRY(const c_api::job work, c_api::job::read(client, request));
        if (!work.fetches())
            return modelsec::fail(modelsec::reason::bad_option, "only a fetch is streamed");
        MODELSEC_TRY(const c_api::registration entry, c_api::registry::instance().enter(work.handle()));
        *stream = reinterpret_cast<modelsec_stream*>(
            new c_api::stream_handle{work.client(), work.client()->client->stream(work.fetch_options())});
        return {};
    });
}

void modelsec_stream_release(modelsec_stream* stream)
{
    delete c_api::behind(stream);
}

void modelsec_stream_cancel(modelsec_stream* stream)
{
    if (!stream)
        return;
    (void)c_api::guarded(nullptr, [&]() -> modelsec::result<void> {
        c_api::behind(stream)->stream.cancel();
        return {};
    });
}

const char* modelsec_stream_model_id(const modelsec_stream* stream)
{
    return stream ? c_api::behind(stream)->stream.model_id().c_str() : nullptr;
}

const char* modelsec_stream_version(const modelsec_stream* stream)
{
    return stream ? c_api::behind(stream)->stream.version().c_str() : nullptr;
}

size_t modelsec_stream_file_count(const modelsec_stream* stream)
{
    return stream ? c_api::behind(stream)->stream.files().size() : 0;
}

const char* modelsec_stream_file_name(const modelsec_stream* stream, size_t index)
{
    const auto* f = c_api::info_of(stream, index);
    return f ? f->path.c_str() : nullptr;
}

uint64_t modelsec_stream_file_size(const modelsec_stream* stream, size_t index)
{
    const auto* f = c_api::info_of(stream, index);
    return f ? f->size : 0;
}

uint64_t modelsec_stream_file_granularity(const modelsec_stream* stream, size_t index)
{
    const auto* f = c_api::info_of(stream, index);
    return f ? f->granularity : 0;
}

int32_t modelsec_stream_read(modelsec_stream* stream, size_t index, uint64_t offset, void* into, size_t size, size_t* got,
                             modelsec_error** error)
{
    if (got)
        *got = 0;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        const auto* f = c_api::info_of(stream, index);
        if (!f || !got || (size > 0 && !into))
            return modelsec::fail(modelsec::reason::bad_option, "a null where there must be something, or no such file");
        *got = c_api::behind(stream)->stream.read(f->path, offset, {static_cast<std::uint8_t*>(into), size});
        return {};
    });
}

int32_t modelsec_stream_finish(modelsec_stream* stream, modelsec_result** result, modelsec_error** error)
{
    if (result)
        *result = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        if (!stream)
            return modelsec::fail(modelsec::reason::bad_option, "no stream");
        auto made = std::make_unique<c_api::owned_result>(c_api::behind(stream)->stream.finish());
        if (result)
            *result = made.release();
        return {};
    });
}
