// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_OPEN_PACK_IPP
#define MODELSEC_DETAIL_STORE_OPEN_PACK_IPP

#include <modelsec/detail/store/open_pack.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE

const open_pack::entry* open_pack::find(std::string_view path) const noexcept
{
    const auto at = std::find_if(files_.begin(), files_.end(), [&](const entry& e) { return e.path == path; });
    return at == files_.end() ? nullptr : &*at;
}

MODELSEC_END_NAMESPACE

#endif
