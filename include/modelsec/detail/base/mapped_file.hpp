// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MAPPED_FILE_HPP
#define MODELSEC_DETAIL_BASE_MAPPED_FILE_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/platform.hpp>
#include <modelsec/error.hpp>

#include <cstdint>
#include <utility>

MODELSEC_BEGIN_NAMESPACE

/// The bytes of a file in memory, for reading only, brought in by the system page by page as they are read. It outlives the file's handle
/// and, on POSIX, its removal. A disk that fails while pages are read is not an error code but a signal (SIGBUS), as with every mapping.
class mapped_file
{
public:
    mapped_file() noexcept = default;
    mapped_file(mapped_file&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0))
    {
    }
    mapped_file& operator=(mapped_file&& other) noexcept
    {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    MODELSEC_DECL ~mapped_file();

    /// Valid as long as this. Empty for an empty file.
    bytes_view content() const noexcept { return {data_, size_}; }

    /// The first `size` bytes of an open file. `store_io` where the system maps no more (address space of 32 bits, file systems without
    /// mappings).
    MODELSEC_DECL static result<mapped_file> map(detail::native_handle file, std::uint64_t size);

private:
    mapped_file(const std::uint8_t* data, std::size_t size) noexcept : data_(data), size_(size) {}

    const std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include MODELSEC_MAPPED_FILE_BODY
#endif

#endif
