// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Says what the library's parser makes of manifests: on each line of its input stand a format (dsse or pack), a space and a payload;
// on each line of its output "ok" or the code's name and the detail. Each payload is signed first: only what was verified is parsed.
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/pins.hpp>

#include <sodium.h>

#include <array>
#include <iostream>

using namespace modelsec;
using namespace modelsec::detail;

int main()
{
    std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> key{};
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
    pins keys;
    if (sodium_init() < 0 || crypto_sign_keypair(key.data(), secret.data()) != 0 || !keys.add("v1=" + to_base64(key)))
        return 1;
    for (std::string line; std::getline(std::cin, line);)
    {
        const auto format = line.starts_with("pack ") ? envelope_format::pack : envelope_format::dsse;
        envelope e = make_envelope(format, as_bytes(std::string_view(line).substr(5)));
        bytes sign(crypto_sign_BYTES);
        crypto_sign_detached(sign.data(), nullptr, e.signed_bytes.data(), e.signed_bytes.size(), secret.data());
        e.signatures.push_back({"v1", std::move(sign)});
        const auto vouched = verify_envelope(std::move(e), keys.candidates(utc_time()), 1);
        if (!vouched)
            return 1;
        const auto parsed = parse_manifest(*vouched);
        if (parsed)
            std::cout << "ok\n";
        else
            std::cout << to_string(parsed.error().code()) << ' ' << parsed.error().detail << '\n';
    }
    return 0;
}
