// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_STATUS_CACHE_IPP
#define MODELSEC_DETAIL_CLIENT_STATUS_CACHE_IPP

#include <modelsec/detail/client/status_cache.hpp>
#include <modelsec/detail/client/store_operation.hpp>
#include <modelsec/detail/store/layout.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t watched_at_most = 64;

inline bool same_entry(const file_info& a, const file_info& b)
{
    return a.inode == b.inode && a.device == b.device && a.changed_ns == b.changed_ns && a.size == b.size &&
           a.links == b.links;
}

result<std::vector<model_status>> status_cache::read(const client_options& owner)
{
    const std::lock_guard lock(mutex_);
    if (valid_ && unchanged(*owner.files))
        return known_;
    valid_ = false;
    watched_.clear();
    // First what is to be compared, then what is to be remembered: what changes in between is seen at the next call.
    const auto watching = watch(owner);
    MODELSEC_TRY(known_, read_status(owner));
    valid_ = watching && *watching;
    if (!valid_)
        watched_.clear();
    return known_;
}

bool status_cache::unchanged(file_system& files) const
{
    const auto state = files.info_of(state_path_);
    if (!state || !same_entry(*state, state_seen_))
        return false;
    return std::all_of(watched_.begin(), watched_.end(), [&](const watched& w) {
        const auto now = files.info(w.handle);
        return now && same_entry(*now, w.seen);
    });
}

result<bool> status_cache::watch(const client_options& owner)
{
    file_system& files = *owner.files;
    const std::int64_t present = files.stamp_clock();
    if (present == 0)
        return false;
    MODELSEC_TRY(file root, files.open_root(owner.store, false, owner.policy));
    if (!root)
        return false;
    MODELSEC_TRY(const file inner, files.open_folder(root, inner_folder_name, false));
    if (!inner)
        return false;
    MODELSEC_TRY(file state, files.open_folder(inner, "state", false));
    MODELSEC_TRY(file staging, files.open_folder(inner, "staging", false));
    if (!state || !staging)
        return false;
    MODELSEC_TRY(const std::string path, files.absolute_path(root));
    state_path_ = path + '/' + inner_folder_name + "/state";
    MODELSEC_TRY(state_seen_, files.info_of(state_path_));
    MODELSEC_TRY(const bool all, watch_inside(files, root, state, present));
    MODELSEC_TRY(const std::vector<std::string> partials, files.list(staging));
    if (!all || !partials.empty())
        return false;
    for (file* f : {&root, &state, &staging})
    {
        MODELSEC_TRY(const bool old, add(files, std::move(*f), present));
        if (!old)
            return false;
    }
    return same_entry(state_seen_, watched_[watched_.size() - 2].seen);
}

result<bool> status_cache::watch_inside(file_system& files, const file& root, const file& state, std::int64_t present)
{
    MODELSEC_TRY(const std::vector<std::string> folders, files.list(root));
    MODELSEC_TRY(const std::vector<std::string> generations, files.list(state));
    if (folders.size() + generations.size() > watched_at_most)
        return false;
    for (const std::string& name : folders)
    {
        if (!identifier::parse(name))
            continue;
        MODELSEC_TRY(file folder, files.open_folder(root, name, false));
        MODELSEC_TRY(const bool old, add(files, std::move(folder), present));
        if (!old)
            return false;
    }
    for (const std::string& name : generations)
    {
        if (!generation_name::parse(name))
            continue;
        MODELSEC_TRY(file generation, files.open_file(state, name, open_mode::read_linked));
        MODELSEC_TRY(const bool old, add(files, std::move(generation), present));
        if (!old)
            return false;
    }
    return true;
}

/// False if it may change without its change time telling.
result<bool> status_cache::add(file_system& files, file handle, std::int64_t present)
{
    if (!handle)
        return false;
    MODELSEC_TRY(const file_info seen, files.info(handle));
    watched_.push_back({std::move(handle), seen});
    return seen.changed_ns < present;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
