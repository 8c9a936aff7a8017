// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/base/json.hpp>

using namespace modelsec;

using namespace modelsec::detail;

// What was read can be written and read again, as it was; the canonical form is a fixed point.
MODELSEC_FUZZ_TARGET(json)
{
    const auto parsed = parse_json(input);
    if (parsed.has_error())
        return;
    const std::string text = parsed->dump();
    const auto again = parse_json(as_bytes(text));
    fuzz::require(again.has_value() && again->dump() == text, "a dump can be read and is dumped alike");

    fuzz::require(*again == *parsed, "a dump loses nothing");
    const auto canonical = parsed->canonical();
    if (!canonical)
        return;
    // OLPC canonical JSON leaves control characters as they are, which JSON does not allow: not every one can be read back.
    const auto from_canonical = parse_json(as_bytes(*canonical));
    if (from_canonical.has_value())
        fuzz::require(from_canonical->canonical() == canonical, "the canonical form is a fixed point");
}
