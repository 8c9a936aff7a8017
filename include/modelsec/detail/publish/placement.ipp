// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_PLACEMENT_IPP
#define MODELSEC_DETAIL_PUBLISH_PLACEMENT_IPP

#include <modelsec/detail/publish/placement.hpp>

#include <algorithm>
#include <array>
#include <span>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

// In each list the first is the default.
inline constexpr std::array public_while_developing{upload_kind::hf, upload_kind::s3, upload_kind::supabase,
                                                    upload_kind::oci, upload_kind::dir};
inline constexpr std::array public_in_use{upload_kind::s3, upload_kind::hf, upload_kind::supabase, upload_kind::oci,
                                          upload_kind::dir};
inline constexpr std::array internal_while_developing{upload_kind::hf, upload_kind::s3, upload_kind::supabase,
                                                      upload_kind::oci, upload_kind::dir};
inline constexpr std::array internal_in_use{upload_kind::s3, upload_kind::oci, upload_kind::dir};
inline constexpr std::array high_anywhere{upload_kind::oci, upload_kind::dir};

inline std::span<const upload_kind> allowed_targets(deployment purpose, sensitivity secrecy) noexcept
{
    const bool developing = purpose == deployment::development;
    switch (secrecy)
    {
    case sensitivity::public_:
        return developing ? std::span<const upload_kind>(public_while_developing)
                          : std::span<const upload_kind>(public_in_use);
    case sensitivity::internal:
        return developing ? std::span<const upload_kind>(internal_while_developing)
                          : std::span<const upload_kind>(internal_in_use);
    case sensitivity::high: break;
    }
    return high_anywhere;
}

inline constexpr std::array<std::string_view, 5> upload_kind_names{"dir", "s3", "supabase", "hf", "oci"};

}  // namespace detail

deployment parse_deployment(std::string_view text) noexcept
{
    return text == "development" ? deployment::development
           : text == "staging"   ? deployment::staging
                                 : deployment::production;
}

sensitivity parse_sensitivity(std::string_view text) noexcept
{
    return text == "public" ? sensitivity::public_ : text == "internal" ? sensitivity::internal : sensitivity::high;
}

std::optional<upload_kind> parse_upload_kind(std::string_view text) noexcept
{
    for (std::size_t i = 0; i < detail::upload_kind_names.size(); ++i)
        if (detail::upload_kind_names[i] == text)
            return static_cast<upload_kind>(i);
    return std::nullopt;
}

std::string_view to_string(upload_kind kind) noexcept
{
    const auto i = static_cast<std::size_t>(kind);
    return i < detail::upload_kind_names.size() ? detail::upload_kind_names[i] : "unknown";
}

result<placement> place_model(deployment purpose, sensitivity secrecy, std::optional<upload_kind> wanted)
{
    const auto allowed = detail::allowed_targets(purpose, secrecy);
    const upload_kind target = wanted.value_or(allowed.front());
    if (std::find(allowed.begin(), allowed.end(), target) == allowed.end())
    {
        std::string names;
        for (const upload_kind kind : allowed)
            (names += names.empty() ? "" : ", ") += to_string(kind);
        return fail(reason::placement, "not to " + std::string(to_string(target)) + "; allowed for this model: " + names);
    }
    const bool is_private = secrecy != sensitivity::public_;
    return placement{target, is_private, is_private && target == upload_kind::s3};
}

MODELSEC_END_NAMESPACE

#endif
