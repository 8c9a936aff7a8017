// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_ARCHIVE_ZIP_FIELDS_IPP
#define MODELSEC_DETAIL_STORE_ARCHIVE_ZIP_FIELDS_IPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>

#include <limits>
#include <optional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::uint64_t zip_all_ones_32 = 0xFFFF'FFFF;
inline constexpr std::uint64_t zip_all_ones_16 = 0xFFFF;

inline failure zip_refused(const char* detail)
{
    return fail(reason::unsafe_archive, detail);
}

/// Reads little-endian fields. Past the end it gives zeros and remembers that.
class zip_cursor
{
public:
    explicit zip_cursor(bytes_view data) noexcept : left_(data) {}

    bytes_view take(std::size_t size) noexcept
    {
        if (size > left_.size())
        {
            whole_ = false;
            left_ = {};
            return {};
        }
        const bytes_view taken = left_.first(size);
        left_ = left_.subspan(size);
        return taken;
    }

    std::uint64_t number(std::size_t size) noexcept
    {
        std::uint64_t value = 0;
        unsigned shift = 0;
        for (const std::uint8_t byte : take(size))
        {
            value |= std::uint64_t{byte} << shift;
            shift += 8;
        }
        return value;
    }
    std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() noexcept { return number(8); }

    bool empty() const noexcept { return left_.empty(); }
    std::size_t left() const noexcept { return left_.size(); }
    bool whole() const noexcept { return whole_; }  ///< nothing was read past the end

private:
    bytes_view left_;
    bool whole_ = true;
};

/// The extra fields of an entry: gives the ZIP64 one, refuses those that make an entry something else than its header says.
inline result<std::optional<bytes_view>> read_zip_extra(bytes_view extra, std::string_view name)
{
    std::optional<bytes_view> zip64;
    zip_cursor at(extra);
    while (!at.empty())
    {
        const std::uint16_t id = at.u16();
        const bytes_view data = at.take(at.u16());
        if (!at.whole())
            return zip_refused("an extra field that is cut off");
        switch (id)
        {
        case 0x0001:  // ZIP64 (APPNOTE 4.5.3)
            if (zip64)
                return zip_refused("two ZIP64 fields in one entry");
            zip64 = data;
            break;
        case 0x7075:  // Info-ZIP Unicode path (APPNOTE 4.6.9): version, CRC of the header's name, the name
            if (data.size() < 5 || as_text(data.subspan(5)) != name)
                return zip_refused("an entry with two names");
            break;
        case 0x000d:  // PKWARE Unix (APPNOTE 4.5.7): may name a link's target or a device
        case 0x756e:  // ASi Unix: has a mode and a link's target of its own
            return zip_refused("an entry that may be a link or a device");
        case 0x0017:  // strong encryption (APPNOTE 4.5.12)
        case 0x9901:  // AES (AE-x)
            return zip_refused("an encrypted entry");
        default: break;  // times, owners and the like: not used
        }
    }
    return zip64;
}

/// The numbers of a header that move to the ZIP64 field when they do not fit.
struct zip_numbers
{
    std::uint64_t bytes = 0;
    std::uint64_t packed_bytes = 0;
    std::uint64_t offset = 0;
    std::uint64_t disk = 0;
};

/// APPNOTE 4.5.3: a number of all ones stands in the ZIP64 field, those in this order and no others.
inline result<void> widen_zip_numbers(zip_numbers& numbers, const std::optional<bytes_view>& zip64)
{
    zip_cursor at(zip64.value_or(bytes_view()));
    for (std::uint64_t* number : {&numbers.bytes, &numbers.packed_bytes, &numbers.offset})
    {
        if (*number == zip_all_ones_32)
            *number = at.u64();
    }
    if (numbers.disk == zip_all_ones_16)
        numbers.disk = at.u32();
    if (!at.whole() || !at.empty())
        return zip_refused("a ZIP64 field that does not fit its header");
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
