// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/fetch/bundle.hpp>
#include <modelsec/detail/source/answer.hpp>
#include <modelsec/detail/source/hub.hpp>
#include <modelsec/detail/source/instance_keys.hpp>
#include <modelsec/detail/source/oci.hpp>

using namespace modelsec;
using namespace modelsec::detail;

// What hosts say, and files for machines without a network: the first byte chooses the reader.
MODELSEC_FUZZ_TARGET(sources)
{
    if (input.empty())
        return;
    const bytes_view body = input.subspan(1);
    const std::string text(as_text(body));
    switch (input[0] % 7)
    {
    case 0:
    {
        const auto challenge = find_bearer_challenge({{"WWW-Authenticate", text}});
        fuzz::require(!challenge || !challenge->realm.empty(), "a challenge names its realm");
        break;
    }
    case 1:
        if (const auto layers = parse_oci_manifest(body))
            fuzz::require(layers->size() <= 10'000, "layers are capped");
        break;
    case 2: (void)docker_authorization(body, "r.example"); break;
    case 3: (void)known_meaning({400, {}, bytes(body.begin(), body.end())}); break;
    case 4:
        if (const auto address = parse_metadata_address(text))
            fuzz::require(address->host.find_first_not_of("0123456789abcdef.:") == std::string::npos,
                          "only addresses are asked without TLS");
        break;
    case 5:
        if (const auto at = oci_locator::parse(text))
            fuzz::require(at->origin.starts_with("https://") && at->repository.find("..") == std::string::npos,
                          "a locator names a host and a repository");
        break;
    default:
        if (const auto entry = parse_bundle_header(body.first(std::min<std::size_t>(body.size(), 512))); entry && *entry)
            fuzz::require((*entry)->size <= limits::max_integer, "sizes are capped");
        break;
    }
}
