// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_TEXT_HPP
#define MODELSEC_TOOLS_TEXT_HPP

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

/// The text if it is safe to show on a terminal, else with every byte that is not plain ASCII escaped (CWE-150): what a file or
/// a server says must not move the cursor or reverse the line.
std::string printable(std::string_view text);

bool same_ignoring_case(std::string_view a, std::string_view b) noexcept;

}  // namespace modelsec::tool

#endif
