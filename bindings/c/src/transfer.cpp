// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "job.hpp"
#include "registry.hpp"

#include <modelsec/foreign_transfer.hpp>

namespace c_api {

struct transfer_handle
{
    std::shared_ptr<shared_client> client;  ///< its callbacks' data lasts as long as they may be asked for it
    modelsec::control handle;               ///< of all its calls
    modelsec::foreign_transfer transfer;
};

struct owned_range : modelsec_range
{
    explicit owned_range(modelsec::foreign_range r) : modelsec_range{}, range(std::move(r))
    {
        for (modelsec::http_header& h : range.headers)
        {
            h.value.append(std::string_view("", 1));  // the zero at its end; stays in memory that is wiped
            header_list.push_back({h.name.c_str(), h.value.view().data()});
        }
        struct_size = sizeof(modelsec_range);
        id = range.id.c_str();
        file = range.file.c_str();
        url = range.url.c_str();
        headers = header_list.data();
        header_count = header_list.size();
        begin = range.begin;
        end = range.end;
        file_size = range.file_size;
        leased_until = static_cast<uint64_t>(range.leased_until.time_since_epoch().count());
    }
    modelsec::foreign_range range;
    std::vector<modelsec_header> header_list;
};

struct owned_ranges : modelsec_ranges
{
    explicit owned_ranges(std::vector<modelsec::foreign_lease> leases) : modelsec_ranges{}
    {
        for (modelsec::foreign_lease& l : leases)
        {
            modelsec::foreign_range r;
            r.id = std::move(l.id);
            r.file = std::move(l.file);
            r.begin = l.begin;
            r.end = l.end;
            r.leased_until = l.until;
            owners.push_back(std::make_unique<owned_range>(std::move(r)));
            list.push_back(owners.back().get());
        }
        struct_size = sizeof(modelsec_ranges);
        this->ranges = list.data();
        count = list.size();
    }
    std::vector<std::unique_ptr<owned_range>> owners;
    std::vector<const modelsec_range*> list;
};

static transfer_handle* behind(modelsec_transfer* transfer) noexcept
{
    return reinterpret_cast<transfer_handle*>(transfer);
}

static const transfer_handle* behind(const modelsec_transfer* transfer) noexcept
{
    return reinterpret_cast<const transfer_handle*>(transfer);
}

/// One call of a transfer, in the process that began it: modelsec_shutdown ends it and waits for it.
struct transfer_call
{
    registration entry;
    modelsec::foreign_transfer* transfer;

    modelsec::foreign_transfer* operator->() const noexcept { return transfer; }
};

static modelsec::result<transfer_call> enter(modelsec_transfer* transfer)
{
    if (!transfer)
        return modelsec::fail(modelsec::reason::bad_option, "no transfer");
    if (behind(transfer)->client->process != process_id())
        return modelsec::fail(modelsec::reason::forked);
    MODELSEC_TRY(registration entry, registry::instance().enter(behind(transfer)->handle));
    return transfer_call{std::move(entry), &behind(transfer)->transfer};
}

}  // namespace c_api

int32_t modelsec_transfer_begin(modelsec_client* client, const modelsec_request* request, uint64_t lease_s,
                                uint64_t range_bytes, modelsec_transfer** transfer, modelsec_error** error)
{
    if (transfer)
        *transfer = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        if (!transfer)
            return modelsec::fail(modelsec::reason::bad_option, "no place for the transfer");
        MODELSEC_TRY(const c_api::job work, c_api::job::read(client, request));
        if (!work.fetches())
            return modelsec::fail(modelsec::reason::bad_option, "only a fetch is transferred");
        constexpr uint64_t longest = uint64_t{366} * 24 * 3600;
        if (lease_s > longest)
            return modelsec::fail(modelsec::reason::bad_option, "lease_s: at most a year");
        MODELSEC_TRY(const c_api::registration entry, c_api::registry::instance().enter(work.handle()));
        modelsec::foreign_options options;
        options.fetch = work.fetch_options();
        if (lease_s != 0)
            options.lease = std::chrono::seconds(lease_s);
        if (range_bytes != 0)
            options.range_bytes = range_bytes;
        *transfer = reinterpret_cast<modelsec_transfer*>(
            new c_api::transfer_handle{work.client(), work.handle(), work.client()->client->transfer(options)});
        return {};
    });
}

void modelsec_transfer_release(modelsec_transfer* transfer)
{
    delete c_api::behind(transfer);
}

void modelsec_range_release(modelsec_range* range)
{
    delete static_cast<c_api::owned_range*>(range);
}

void modelsec_ranges_release(modelsec_ranges* ranges)
{
    delete static_cast<c_api::owned_ranges*>(ranges);
}

const char* modelsec_transfer_model_id(const modelsec_transfer* transfer)
{
    return transfer ? c_api::behind(transfer)->transfer.model_id().c_str() : nullptr;
}

const char* modelsec_transfer_version(const modelsec_transfer* transfer)
{
    return transfer ? c_api::behind(transfer)->transfer.version().c_str() : nullptr;
}

const char* modelsec_transfer_envelope(const modelsec_transfer* transfer, size_t* size)
{
    if (size)
        *size = transfer ? c_api::behind(transfer)->transfer.envelope().size() : 0;
    return transfer ? reinterpret_cast<const char*>(c_api::behind(transfer)->transfer.envelope().data()) : nullptr;
}

int32_t modelsec_transfer_next(modelsec_transfer* transfer, modelsec_range** range, modelsec_error** error)
{
    if (range)
        *range = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(const c_api::transfer_call at, c_api::enter(transfer));
        if (!range)
            return modelsec::fail(modelsec::reason::bad_option, "no place for the range");
        if (auto next = at->next_range())
            *range = new c_api::owned_range(std::move(*next));
        return {};
    });
}

int32_t modelsec_transfer_deliver(modelsec_transfer* transfer, const char* id, const void* data, size_t size,
                                  uint64_t* taken, modelsec_error** error)
{
    if (taken)
        *taken = 0;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(const c_api::transfer_call at, c_api::enter(transfer));
        if (!id || (size > 0 && !data))
            return modelsec::fail(modelsec::reason::bad_option, "a null where there must be something");
        const std::uint64_t fresh = at->deliver(id, {static_cast<const std::uint8_t*>(data), size});
        if (taken)
            *taken = fresh;
        return {};
    });
}

int32_t modelsec_transfer_deliver_file(modelsec_transfer* transfer, const char* id, const char* path, uint64_t* taken,
                                       modelsec_error** error)
{
    if (taken)
        *taken = 0;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(const c_api::transfer_call at, c_api::enter(transfer));
        if (!id || !path)
            return modelsec::fail(modelsec::reason::bad_option, "a null where there must be something");
        const std::uint64_t fresh = at->deliver_file(id, path);
        if (taken)
            *taken = fresh;
        return {};
    });
}

int32_t modelsec_transfer_fail(modelsec_transfer* transfer, const char* id, uint32_t why, modelsec_error** error)
{
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(const c_api::transfer_call at, c_api::enter(transfer));
        if (!id || why > MODELSEC_FAILED_CANCELLED)
            return modelsec::fail(modelsec::reason::bad_option, "no id, or an unknown MODELSEC_FAILED_…");
        at->fail(id, why == MODELSEC_FAILED_HOST      ? modelsec::reason::connection_lost
                     : why == MODELSEC_FAILED_EXPIRED ? modelsec::reason::url_expired
                                                      : modelsec::reason::cancelled);
        return {};
    });
}

int32_t modelsec_transfer_handed_out(modelsec_transfer* transfer, modelsec_ranges** ranges, modelsec_error** error)
{
    if (ranges)
        *ranges = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(const c_api::transfer_call at, c_api::enter(transfer));
        if (!ranges)
            return modelsec::fail(modelsec::reason::bad_option, "no place for the ranges");
        *ranges = new c_api::owned_ranges(at->handed_out());
        return {};
    });
}

int32_t modelsec_transfer_missing(modelsec_transfer* transfer, uint64_t* bytes, modelsec_error** error)
{
    if (bytes)
        *bytes = 0;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(const c_api::transfer_call at, c_api::enter(transfer));
        if (!bytes)
            return modelsec::fail(modelsec::reason::bad_option, "no place for the number");
        *bytes = at->missing_bytes();
        return {};
    });
}

int32_t modelsec_transfer_finish(modelsec_transfer* transfer, modelsec_result** result, modelsec_error** error)
{
    if (result)
        *result = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(const c_api::transfer_call at, c_api::enter(transfer));
        auto made = std::make_unique<c_api::owned_result>(at->finish());
        if (result)
            *result = made.release();
        return {};
    });
}
