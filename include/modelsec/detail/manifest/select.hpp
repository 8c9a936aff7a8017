// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_SELECT_HPP
#define MODELSEC_DETAIL_MANIFEST_SELECT_HPP

#include <modelsec/detail/manifest/model.hpp>

MODELSEC_BEGIN_NAMESPACE

/// What a device has, for a manifest's `min_device`.
struct device_facts
{
    std::uint64_t ram_bytes = 0;
    std::uint64_t free_disk_bytes = 0;
};

/// The model and tier that the caller asked for: `model_mismatch`, `tier_mismatch` (23). A tier that is absent passes only
/// where the format does not demand one (pack).
MODELSEC_DECL result<void> check_identity(const manifest& m, std::string_view model_id, std::string_view tier, bool dsse);

/// The artifact for the first of `platforms` that has one, matched exactly; without a preference, the only one there is. No implicit
/// fallback: `no_artifact` (25). The pointer is into `m`.
MODELSEC_DECL result<const artifact*> select_artifact(const manifest& m, const std::vector<std::string>& platforms);

/// `min_ram`, `min_disk` (50).
MODELSEC_DECL result<void> check_device(const device_needs& needs, const device_facts& facts);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/manifest/select.ipp>
#endif

#endif
