// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_RANGE_SET_HPP
#define MODELSEC_DETAIL_BASE_RANGE_SET_HPP

#include <modelsec/config.hpp>

#include <cstdint>
#include <utility>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The bytes [begin, end) of a file.
struct byte_range
{
    std::uint64_t begin = 0;
    std::uint64_t end = 0;  ///< one past the last

    std::uint64_t size() const noexcept { return end > begin ? end - begin : 0; }
    bool empty() const noexcept { return end <= begin; }
    friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// Which bytes of a file: sorted ranges that neither overlap nor touch.
class range_set
{
public:
    range_set() = default;
    explicit range_set(byte_range only) { add(only); }

    MODELSEC_DECL void add(byte_range r);
    MODELSEC_DECL void subtract(byte_range r);

    const std::vector<byte_range>& ranges() const& noexcept { return ranges_; }
    std::vector<byte_range> ranges() && noexcept { return std::move(ranges_); }
    bool empty() const noexcept { return ranges_.empty(); }
    /// How many bytes.
    MODELSEC_DECL std::uint64_t size() const noexcept;
    MODELSEC_DECL bool covers(byte_range r) const noexcept;
    /// What the set holds from `position` on without a gap; empty if it does not hold `position`.
    MODELSEC_DECL byte_range from(std::uint64_t position) const noexcept;
    /// What of `whole` is not in the set.
    MODELSEC_DECL range_set missing_of(byte_range whole) const;

private:
    std::vector<byte_range> ranges_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/range_set.ipp>
#endif

#endif
