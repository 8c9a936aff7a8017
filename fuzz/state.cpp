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

std::string text_of(const model_state& state)
{
    std::string out;
    const auto keep = [&](bytes_view part) -> result<void> {
        out += as_text(part);
        return {};
    };
    fuzz::require(write_state(state, keep).has_value(), "a state that was read can be written");
    return out;
}

/// Read in pieces of any length, the verdict is the same.
bool is_read_in_pieces(std::string_view text, std::size_t length)
{
    state_reading reading;
    for (std::size_t at = 0; at < text.size(); at += length)
        reading.take(as_bytes(text.substr(at, length)));
    return reading.finish().has_value();
}

}  // namespace

MODELSEC_FUZZ_TARGET(state)
{
    const std::string text = fuzz::choose(input, 2) == 0 ? std::string(as_text(input)) : with_checksum(as_text(input));
    const auto parsed = parse_state(as_bytes(text));
    fuzz::require(is_read_in_pieces(text, 1 + text.size() % 7) == parsed.has_value(),
                  "however a state is cut, it is read alike");
    if (parsed.has_error())
        return;
    const std::string written = text_of(*parsed);
    const auto again = parse_state(as_bytes(written));
    fuzz::require(again.has_value(), "a state that was written can be read");
    fuzz::require(text_of(*again) == written, "and says the same then");
    for (const auto* pack : {&parsed->active, &parsed->last_good, &parsed->pending})
    {
        if (*pack)
            fuzz::require(name::parse((*pack)->folder).has_value(), "a pack's folder is one safe name");
    }
}
