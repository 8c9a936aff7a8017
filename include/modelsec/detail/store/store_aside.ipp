// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_ASIDE_IPP
#define MODELSEC_DETAIL_STORE_STORE_ASIDE_IPP

#include <modelsec/detail/store/store_generation.ipp>
#include <modelsec/detail/store/store.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr const char* aside_folder_name = "aside";

/// `.modelsec/aside`; an invalid file if it is not there and `create` is off.
inline result<file> open_aside(const store_disk& d, bool create)
{
    MODELSEC_TRY(const file inner, d.files->open_folder(d.root, inner_folder_name, create));
    if (!inner)
        return file();
    MODELSEC_TRY(file out, d.files->open_private_folder(inner, aside_folder_name, create));
    if (create)
        MODELSEC_CHECK(d.files->sync(inner));
    return out;
}

/// Moves entries of a model's folder to `.modelsec/aside/<model_id>.<n>`. Each is named by the store that way, relative to its root.
inline result<std::vector<std::string>> set_aside(const store_disk& d, const file& home, const identifier& model,
                                                  const std::vector<std::string>& entries)
{
    std::vector<std::string> out;
    if (entries.empty())
        return out;
    MODELSEC_TRY(const file aside, open_aside(d, true));
    std::string name;
    for (unsigned n = 1;; ++n)
    {
        if (n == 10'000)
            return fail(reason::store_layout, "too much was set aside: gc removes it");
        name = model.str() + '.' + std::to_string(n);
        MODELSEC_TRY(const bool taken, is_there(*d.files, aside, name));
        if (!taken)
            break;
    }
    MODELSEC_TRY(const file to, d.files->open_folder(aside, name, true));
    MODELSEC_CHECK(d.files->sync(aside));
    for (const std::string& entry : entries)
    {
        MODELSEC_TRY(const bool moved, d.files->rename(home, entry, to, entry));
        if (moved)
            out.push_back(std::string(inner_folder_name) + '/' + aside_folder_name + '/' + name + '/' + entry);
    }
    MODELSEC_CHECK(d.files->sync(to));
    MODELSEC_CHECK(d.files->sync(home));
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
