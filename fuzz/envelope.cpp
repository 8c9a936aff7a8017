// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/trust/envelope.hpp>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

void check(bytes_view text, envelope_format format)
{
    const auto parsed = parse_envelope(text, format);
    if (parsed.has_error())
        return;
    fuzz::require(parsed->format == format, "no format is taken for the other");
    const auto again = parse_envelope(as_bytes(write_envelope(*parsed)), format);
    fuzz::require(again.has_value(), "an envelope that was read can be written");
    fuzz::require(again->payload_size == parsed->payload_size && again->signed_bytes == parsed->signed_bytes,
                  "it says the same then");
    fuzz::require(again->signatures.size() == parsed->signatures.size(), "and nobody else signed it");
    for (std::size_t i = 0; i < parsed->signatures.size(); ++i)
    {
        fuzz::require(again->signatures[i].key_id == parsed->signatures[i].key_id, "key ids stay");
        fuzz::require(again->signatures[i].value == parsed->signatures[i].value, "signatures stay");
    }
}

}  // namespace

MODELSEC_FUZZ_TARGET(envelope)
{
    check(input, envelope_format::dsse);
    check(input, envelope_format::pack);
}
