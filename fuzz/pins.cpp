// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/pins.hpp>

using namespace modelsec;

using namespace modelsec::detail;

// A pins file, and "ID=BASE64" as the command takes it.
MODELSEC_FUZZ_TARGET(pins)
{
    const auto parsed = pins::parse(input);
    pins by_hand;
    const bool added = by_hand.add(as_text(input)).has_value();
    fuzz::require(by_hand.keys().size() == (added ? 1u : 0u), "a pin is added or not");
    fuzz::require(!added || pins::parse(as_bytes(by_hand.dump())).has_value(), "what was added can be written and read");

    fuzz::require(by_hand.candidates(utc_time()).size() == by_hand.keys().size(), "each key is a candidate or says why not");
    if (parsed.has_error())
        return;
    fuzz::require(parsed->candidates(utc_time()).size() == parsed->keys().size(), "each key is a candidate or says why not");
    const auto again = pins::parse(as_bytes(parsed->dump()));
    fuzz::require(again.has_value() && again->dump() == parsed->dump(), "pins can be written and read");
}
