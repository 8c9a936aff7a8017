// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_STATUS_CACHE_HPP
#define MODELSEC_DETAIL_CLIENT_STATUS_CACHE_HPP

#include <modelsec/options.hpp>

#include <mutex>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// read_status(), which opens, lists and parses, answered from memory for as long as nothing changed on the disk: neither the
/// folders that it lists nor the generations that it reads. They are held open, and compared by inode and change time at every
/// call, as `open` does with the files of a pack. What changed too recently for change times to tell, and a store with
/// downloads under way, is read each time. Thread-safe.
class status_cache
{
public:
    MODELSEC_DECL result<std::vector<model_status>> read(const client_options& owner);

private:
    struct watched
    {
        file handle;
        file_info seen;
    };

    MODELSEC_DECL bool unchanged(file_system& files) const;
    MODELSEC_DECL result<bool> watch(const client_options& owner);
    MODELSEC_DECL result<bool> watch_inside(file_system& files, const file& root, const file& state, std::int64_t present);
    MODELSEC_DECL result<bool> add(file_system& files, file handle, std::int64_t present);

    std::mutex mutex_;
    bool valid_ = false;
    std::string state_path_;  // whatever is renamed on the way to it
    file_info state_seen_;
    std::vector<watched> watched_;
    std::vector<model_status> known_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/status_cache.ipp>
#endif

#endif
