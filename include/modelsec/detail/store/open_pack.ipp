// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_OPEN_PACK_IPP
#define MODELSEC_DETAIL_STORE_OPEN_PACK_IPP

#include <modelsec/detail/store/open_pack.hpp>

#include <algorithm>
#include <exception>
#include <numeric>

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
    // CWE-407: whoever opens 65,535 files by their names must not go through all of them each time.
    const auto at =
        std::ranges::lower_bound(by_path_, path, {}, [&](std::uint32_t i) { return std::string_view(files_[i].path); });
    return at == by_path_.end() || files_[*at].path != path ? nullptr : &files_[*at];
}

void open_pack::sort_paths()
{
    by_path_.resize(files_.size());
    std::iota(by_path_.begin(), by_path_.end(), std::uint32_t{0});
    std::ranges::sort(by_path_, {}, [&](std::uint32_t i) { return std::string_view(files_[i].path); });
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
