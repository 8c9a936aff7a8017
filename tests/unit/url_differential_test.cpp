// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The URL reader beside an independent one (node's, WHATWG URL): where both take an address, both mean the same host and port. Two
// readers that differ in that are how a request goes where nobody allowed it (CWE-918).
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/net/url.hpp>

#include <boost/asio/ip/address_v6.hpp>
#include <doctest/doctest.h>

#include <fstream>
#include <string>

namespace ms = modelsec;

TEST_CASE("every address that both readers take has one host and one port")
{
    std::ifstream in(MODELSEC_SOURCE_DIR "/tests/vectors/url/whatwg.jsonl");
    REQUIRE(in);
    std::size_t lines = 0, both = 0, ours_alone = 0;
    for (std::string line; std::getline(in, line); ++lines)
    {
        CAPTURE(line);
        const auto entry = ms::detail::parse_json(ms::as_bytes(line));
        REQUIRE(entry.has_value());
        const auto& fields = *entry->as_array();
        const auto base = fields[0].as_string();
        const std::string text(*fields[1].as_string());
        const auto ours = base ? ms::detail::url::parse(*base)->resolve(text) : ms::detail::url::parse(text);
        const auto host = fields[2].as_string();
        if (!ours)
            continue;
        if (!host)
        {
            // What is no Punycode is a name in DNS all the same, and is looked for there as it is written.
            CHECK(ours->host().find("xn--") != std::string::npos);
            ++ours_alone;
            continue;
        }
        ++both;
        if (host->starts_with('['))  // there are several ways to write an IPv6 address
            CHECK(boost::asio::ip::make_address_v6(ours->host()) ==
                  boost::asio::ip::make_address_v6(host->substr(1, host->size() - 2)));
        else
            CHECK(ours->host() == *host);
        CHECK(std::to_string(ours->port()) == fields[3].dump());
    }
    CHECK(lines >= 5'000);
    CHECK(both >= 700);
    CHECK(ours_alone < 100);
}
