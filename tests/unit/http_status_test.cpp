// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/net/retry_fsm.hpp>

#include <doctest/doctest.h>

#include <map>

using namespace modelsec;

using namespace modelsec::detail;
using detail::status_failure;

TEST_CASE("every status has its code and reason")
{
    const std::map<unsigned, std::pair<int, const char*>> table = {
        {400, {12, "http_status"}}, {401, {14, "unauthorized"}}, {402, {13, "quota"}},        {403, {14, "forbidden"}},
        {404, {12, "not_found"}},   {405, {12, "http_status"}},  {407, {14, "proxy_auth"}},   {408, {12, "server_error"}},
        {410, {12, "not_found"}},   {416, {12, "http_status"}},  {429, {13, "rate_limited"}}, {500, {12, "server_error"}},
        {501, {12, "http_status"}}, {502, {12, "server_error"}}, {503, {12, "server_error"}}, {504, {12, "server_error"}},
        {505, {12, "http_status"}}, {522, {12, "server_error"}}, {304, {12, "http_status"}},  {600, {12, "http_status"}},
    };
    for (const auto& [status, expected] : table)
    {
        CAPTURE(status);
        const failure f = status_failure(status);
        CHECK(static_cast<int>(f.code()) == expected.first);
        CHECK(to_string(f.why) == expected.second);
    }
}
