// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// How long a client takes to verify a manifest of 2 MiB with 3 signatures, of which 3 must hold: from the envelope's bytes to a
// parsed manifest. Says the median, and where it goes; once for a file of 2 MiB, once for 2 MiB within it.
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/manifest/parse.hpp>

#include <sodium.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

namespace {

using namespace modelsec;

struct signing_pair
{
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> half{};
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> whole{};

    signing_pair() { crypto_sign_keypair(half.data(), whole.data()); }
};

/// A manifest of one large file, with as many chunk digests as make `size` bytes.
std::string large_manifest(std::size_t size)
{
    const std::size_t chunks = size / 47;  // 44 digits, quotes and comma
    json::array digests(chunks, json(to_base64(bytes(32, 7))));
    json::object artifact{{"platform", "any"},
                          {"url", "https://models.example.org/model"},
                          {"sha256", std::string(64, 'a')},
                          {"size_bytes", std::uint64_t{chunks} << 22},
                          {"file_name", "model.gguf"},
                          {"is_zip", false},
                          {"chunks", json{{"size_bytes", 4 << 20}, {"sha256_b64", std::move(digests)}}}};
    return json{{"schema", 1},
                {"model_id", "demo"},
                {"version", "1"},
                {"sequence", 1},
                {"issued_at", "2026-01-01T00:00:00Z"},
                {"expires_at", "2026-06-01T00:00:00Z"},
                {"artifacts", json::array{json(std::move(artifact))}}}
        .dump();
}

double median_ms(unsigned rounds, const std::function<bool()>& work)
{
    std::vector<double> times;
    for (unsigned i = 0; i < rounds; ++i)
    {
        const auto begin = std::chrono::steady_clock::now();
        if (!work())
        {
            std::fputs("the manifest does not verify\n", stderr);
            std::exit(1);
        }
        times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
}

void measure(std::size_t size, unsigned rounds)
{
    std::vector<signing_pair> pairs(3);
    const std::string text = large_manifest(size);
    envelope written = make_envelope(envelope_format::dsse, as_bytes(text));
    const bytes& message = written.signed_bytes;
    std::vector<candidate_key> keys;
    for (const signing_pair& pair : pairs)
    {
        signature s{std::to_string(keys.size()), bytes(crypto_sign_BYTES)};
        crypto_sign_detached(s.value.data(), nullptr, message.data(), message.size(), pair.whole.data());
        keys.push_back({s.key_id, public_key::ed25519(pair.half).value(), reason::none});
        written.signatures.push_back(std::move(s));
    }
    const std::string raw = write_envelope(written);
    const auto open = [&] { return parse_envelope(as_bytes(raw), envelope_format::dsse); };
    const envelope opened = open().value();
    const verified_payload verified = verify_envelope(opened, keys, 3).value();
    std::printf("a file of %.1f MiB, a manifest of %.1f within it, 3 of 3 signatures, median of %u\n",
                static_cast<double>(raw.size()) / (1 << 20), static_cast<double>(text.size()) / (1 << 20), rounds);
    std::printf("  envelope read    %6.2f ms\n", median_ms(rounds, [&] { return open().has_value(); }));
    std::printf("  signatures       %6.2f ms\n", median_ms(rounds, [&] {
                    return check_threshold(keys, 3, key_id_rule::hint, opened.signed_bytes, opened.signatures).has_value();
                }));
    std::printf("  manifest parsed  %6.2f ms\n", median_ms(rounds, [&] { return parse_manifest(verified).has_value(); }));
    std::printf("  all of it        %6.2f ms\n", median_ms(rounds, [&] {
                    return parse_manifest(verify_envelope(open().value(), keys, 3).value()).has_value();
                }));
}

}  // namespace

int main(int count, char** arguments)
{
    if (sodium_init() < 0)
        return 1;
    const unsigned rounds = count > 1 ? static_cast<unsigned>(std::atoi(arguments[1])) : 101;
    constexpr std::size_t two_mib = std::size_t{2} << 20;
    measure(two_mib / 4 * 3, rounds);  // base64 makes 4 of 3
    measure(two_mib, rounds);
    return 0;
}
