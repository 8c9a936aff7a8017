// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_OPEN_PACK_IPP
#define MODELSEC_DETAIL_STORE_OPEN_PACK_IPP

#include <modelsec/detail/store/open_pack.hpp>

#include <algorithm>
#include <exception>

MODELSEC_BEGIN_NAMESPACE

int open_pack::entry::descriptor() const noexcept
{
    try
    {
        const auto opened = content ? content->open() : fail(reason::not_in_pack);
        return opened ? detail::handle_number((*opened)->native()) : -1;
    }
    catch (const std::exception&)
    {
        return -1;
    }
}

const open_pack::entry* open_pack::find(std::string_view path) const noexcept
{
    const auto at = std::find_if(files_.begin(), files_.end(), [&](const entry& e) { return e.path == path; });
    return at == files_.end() ? nullptr : &*at;
}

result<std::string> open_pack::path(std::string_view name) const
{
    if (!find(name))
        return fail(reason::not_in_pack, std::string(name));
    return info_.path + '/' + std::string(name);
}

result<mapped_file> open_pack::map(std::string_view name) const
{
    const entry* const file = find(name);
    if (!file)
        return fail(reason::not_in_pack, std::string(name));
    MODELSEC_TRY(const detail::file* const opened, file->content->open());
    return mapped_file::map(opened->native(), file->size);
}

MODELSEC_END_NAMESPACE

#endif
