// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "handles.hpp"

using c_api::behind;

namespace {

const modelsec::open_pack::entry* entry_of(const modelsec_pack* pack, size_t index) noexcept
{
    return pack && index < behind(pack)->pack.files().size() ? &behind(pack)->pack.files()[index] : nullptr;
}

}  // namespace

void modelsec_pack_release(modelsec_pack* pack)
{
    delete behind(pack);
}

const char* modelsec_pack_path(const modelsec_pack* pack)
{
    return pack ? behind(pack)->pack.info().path.c_str() : nullptr;
}

const char* modelsec_pack_version(const modelsec_pack* pack)
{
    return pack ? behind(pack)->pack.info().version.c_str() : nullptr;
}

const char* modelsec_pack_sha256(const modelsec_pack* pack)
{
    return pack ? behind(pack)->sha256.c_str() : nullptr;
}

uint64_t modelsec_pack_sequence(const modelsec_pack* pack)
{
    return pack ? behind(pack)->pack.info().sequence : 0;
}

size_t modelsec_pack_file_count(const modelsec_pack* pack)
{
    return pack ? behind(pack)->pack.files().size() : 0;
}

const char* modelsec_pack_file_name(const modelsec_pack* pack, size_t index)
{
    const auto* e = entry_of(pack, index);
    return e ? e->path.c_str() : nullptr;
}

uint64_t modelsec_pack_file_size(const modelsec_pack* pack, size_t index)
{
    const auto* e = entry_of(pack, index);
    return e ? e->size : 0;
}

const char* modelsec_pack_file_sha256(const modelsec_pack* pack, size_t index)
{
    return entry_of(pack, index) ? behind(pack)->file_digests[index].c_str() : nullptr;
}

size_t modelsec_pack_find(const modelsec_pack* pack, const char* name)
{
    const size_t count = modelsec_pack_file_count(pack);
    const auto* e = count > 0 && name ? behind(pack)->pack.find(name) : nullptr;
    return e ? static_cast<size_t>(e - behind(pack)->pack.files().data()) : count;
}

int modelsec_pack_file_descriptor(const modelsec_pack* pack, size_t index)
{
    const auto* e = entry_of(pack, index);
    return e ? e->descriptor() : -1;
}
