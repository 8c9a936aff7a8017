// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/store/state/state.hpp>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

/// Ends a document with its checksum: no fuzzer guesses SHA-256.
std::string with_checksum(std::string_view text)
{
    const std::string body(text.substr(0, text.rfind('}')));
    return body + ",\"checksum\":\"" + sha256(as_bytes(body)).hex() + "\"}";
}

}  // namespace

MODELSEC_FUZZ_TARGET(state)
{
    const std::string text = fuzz::choose(input, 2) == 0 ? std::string(as_text(input)) : with_checksum(as_text(input));
    const auto parsed = parse_state(as_bytes(text));
    if (parsed.has_error())
        return;
    const std::string written = to_json(*parsed).dump();
    const auto again = parse_state(as_bytes(written));
    fuzz::require(again.has_value(), "a state that was read can be written");
    fuzz::require(to_json(*again).dump() == written, "and says the same then");
    for (const auto* pack : {&parsed->active, &parsed->last_good, &parsed->pending})
    {
        if (*pack)
            fuzz::require(name::parse((*pack)->folder).has_value(), "a pack's folder is one safe name");
    }
}
