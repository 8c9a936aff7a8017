// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_METADATA_FOLDER_HPP
#define MODELSEC_DETAIL_STORE_METADATA_FOLDER_HPP

#include <modelsec/detail/base/file_system/file_system.hpp>

#include <memory>
#include <optional>
#include <string>

MODELSEC_BEGIN_NAMESPACE
namespace detail {
struct store_disk;

/// A folder of trust metadata below `.modelsec/trust`: raw bytes as received, each file whole or not there at all. Nothing in it is
/// trusted for lying there. The last writer of a file wins; who must not be overtaken holds store::lock_metadata().
class metadata_folder
{
public:
    /// Nothing if there is none, or something that is no plain file of at most `cap` bytes; a failure if it cannot be read now.
    MODELSEC_DECL result<std::optional<bytes>> read(const std::string& name, std::size_t cap) const;
    MODELSEC_DECL result<void> write(const std::string& name, bytes_view data) const;
    MODELSEC_DECL result<void> remove(const std::string& name) const;

private:
    friend class store;
    metadata_folder(std::shared_ptr<const store_disk> disk, file folder) : disk_(std::move(disk)), folder_(std::move(folder))
    {
    }

    std::shared_ptr<const store_disk> disk_;
    file folder_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/store.hpp>  // whose bodies come with those of this class
#endif

#endif
