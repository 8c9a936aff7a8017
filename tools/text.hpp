// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_TEXT_HPP
#define MODELSEC_TOOLS_TEXT_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace modelsec::tool {

/// "512 B", "4.0 MiB".
std::string human_size(std::uint64_t bytes);
/// "0:07", "1:02:03".
std::string human_time(std::uint64_t seconds);
/// "3 files", "1 file".
std::string counted(std::uint64_t number, std::string_view thing);

/// "4096", "4MiB", "500k": k, M, G and KiB, MiB, GiB are powers of 1024, kB, MB, GB of 1000.
result<std::uint64_t> parse_size(std::string_view text);
/// "90s", "15m", "12h", "30d", "4w" from `now` on, or a time of day in RFC 3339.
result<utc_time> parse_expiry(std::string_view text, utc_time now);

/// The text if it is safe to show on a terminal, else with every byte that is not plain ASCII escaped (CWE-150): what a file or
/// a server says must not move the cursor or reverse the line.
std::string printable(std::string_view text);

bool same_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace modelsec::tool

#endif
