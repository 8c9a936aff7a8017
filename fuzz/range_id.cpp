// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/fetch/foreign_plan.hpp>
#include <modelsec/limits.hpp>

using namespace modelsec;

using namespace modelsec::detail;

// The id of a range that another transport brings back, perhaps from the description of somebody's task.
MODELSEC_FUZZ_TARGET(range_id)
{
    const std::string_view text = as_text(input);
    const auto name = parse_foreign_id(text);
    if (!name)
        return;
    fuzz::require(!name->bytes.empty() && name->bytes.end <= limits::max_integer, "a range of bytes that a file can have");
    fuzz::require(foreign_id(*name) == text, "one range has one name");
    fuzz::require(text.find_first_not_of("0123456789abcdef-") == std::string_view::npos, "fit for a task's description");
}
