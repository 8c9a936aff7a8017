// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_SECRET_IPP
#define MODELSEC_DETAIL_BASE_SECRET_IPP

#include <modelsec/detail/base/secret.hpp>

#include <sodium.h>

MODELSEC_BEGIN_NAMESPACE

void wipe(void* data, std::size_t size) noexcept
{
    sodium_memzero(data, size);
}

void secret::wipe() noexcept
{
    modelsec::wipe(data_.data(), data_.size());
    data_.clear();
}

MODELSEC_END_NAMESPACE

#endif
