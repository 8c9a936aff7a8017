// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "job.hpp"
#include "registry.hpp"

#include <cstdint>
#include <type_traits>
#include <utility>

namespace c_api {

struct decrypted_handle
{
    explicit decrypted_handle(modelsec::decrypted_pack p) : pack(std::move(p)), stored(&pack.pack()) {}

    modelsec::decrypted_pack pack;
    pack_handle stored;  ///< of `pack`, which stays where it is
};

struct view_handle
{
    modelsec::decrypted_view view;
};

static const decrypted_handle* behind(const modelsec_decrypted* pack) noexcept
{
    return reinterpret_cast<const decrypted_handle*>(pack);
}

static const view_handle* behind(const modelsec_view* view) noexcept
{
    return reinterpret_cast<const view_handle*>(view);
}

static const modelsec::decrypted_file* file_of(const modelsec_decrypted* pack, size_t index) noexcept
{
    return pack && index < behind(pack)->pack.files().size() ? &behind(pack)->pack.files()[index] : nullptr;
}

/// A descriptor, or of a HANDLE the 32 bits that are in use.
template <class Handle>
static int number_of(Handle handle) noexcept
{
    if constexpr (std::is_pointer_v<Handle>)
        return static_cast<int>(reinterpret_cast<std::intptr_t>(handle));
    else
        return static_cast<int>(handle);
}

static modelsec::failure nothing_there()
{
    return modelsec::fail(modelsec::reason::bad_option, "a null where there must be something, or no such file");
}

}  // namespace c_api

int32_t modelsec_decrypted_open(modelsec_client* client, const modelsec_request* request, modelsec_decrypted** pack,
                                modelsec_error** error)
{
    if (pack)
        *pack = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        if (!pack)
            return modelsec::fail(modelsec::reason::bad_option, "no place for the pack");
        MODELSEC_TRY(const c_api::job work, c_api::job::read(client, request));
        if (!work.opens())
            return modelsec::fail(modelsec::reason::bad_option, "only what is active is opened");
        MODELSEC_TRY(const c_api::registration entry, c_api::registry::instance().enter(work.handle()));
        const modelsec::fetch_options& asked = work.fetch_options();
        *pack = reinterpret_cast<modelsec_decrypted*>(new c_api::decrypted_handle(
            work.client()->client->open_decrypted({asked.model_id, asked.operation}, asked.decrypt_keys)));
        return {};
    });
}

void modelsec_decrypted_release(modelsec_decrypted* pack)
{
    delete c_api::behind(pack);
}

const modelsec_pack* modelsec_decrypted_pack(const modelsec_decrypted* pack)
{
    return pack ? c_api::opaque(&c_api::behind(pack)->stored) : nullptr;
}

size_t modelsec_decrypted_file_count(const modelsec_decrypted* pack)
{
    return pack ? c_api::behind(pack)->pack.files().size() : 0;
}

const char* modelsec_decrypted_file_name(const modelsec_decrypted* pack, size_t index)
{
    const auto* f = c_api::file_of(pack, index);
    return f ? f->path().c_str() : nullptr;
}

uint64_t modelsec_decrypted_file_size(const modelsec_decrypted* pack, size_t index)
{
    const auto* f = c_api::file_of(pack, index);
    return f ? f->size() : 0;
}

size_t modelsec_decrypted_find(const modelsec_decrypted* pack, const char* name)
{
    const size_t count = modelsec_decrypted_file_count(pack);
    const auto* f = count > 0 && name ? c_api::behind(pack)->pack.find(name) : nullptr;
    return f ? static_cast<size_t>(f - c_api::behind(pack)->pack.files().data()) : count;
}

int32_t modelsec_decrypted_read(const modelsec_decrypted* pack, size_t index, uint64_t offset, void* into, size_t size,
                                size_t* got, modelsec_error** error)
{
    if (got)
        *got = 0;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        const auto* f = c_api::file_of(pack, index);
        if (!f || !got || (size > 0 && !into))
            return c_api::nothing_there();
        MODELSEC_TRY(*got, f->read_at(offset, {static_cast<std::uint8_t*>(into), size}));
        return {};
    });
}

int32_t modelsec_decrypted_view(const modelsec_decrypted* pack, size_t index, modelsec_view** view, modelsec_error** error)
{
    if (view)
        *view = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        const auto* f = c_api::file_of(pack, index);
        if (!f || !view)
            return c_api::nothing_there();
        MODELSEC_TRY(modelsec::decrypted_view all, f->view());
        *view = reinterpret_cast<modelsec_view*>(new c_api::view_handle{std::move(all)});
        return {};
    });
}

const void* modelsec_view_data(const modelsec_view* view)
{
    return view ? c_api::behind(view)->view.data().data() : nullptr;
}

size_t modelsec_view_size(const modelsec_view* view)
{
    return view ? c_api::behind(view)->view.data().size() : 0;
}

void modelsec_view_release(modelsec_view* view)
{
    delete c_api::behind(view);
}

int32_t modelsec_decrypted_sealed_descriptor(const modelsec_decrypted* pack, size_t index, int* descriptor,
                                             modelsec_error** error)
{
    if (descriptor)
        *descriptor = -1;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        const auto* f = c_api::file_of(pack, index);
        if (!f || !descriptor)
            return c_api::nothing_there();
        MODELSEC_TRY(auto sealed, f->sealed_file());
        *descriptor = c_api::number_of(sealed.release());
        return {};
    });
}
