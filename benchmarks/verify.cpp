// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// How long a client takes to verify a manifest of 2 MiB with 3 signatures, of which 3 must hold: from the envelope's bytes to a
// parsed manifest. Says the median, and what one signature alone takes; once for a file of 2 MiB, once for 2 MiB within it.
#include <modelsec/publish.hpp>

#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

namespace {

using namespace modelsec;

std::string base64(std::string_view data)
{
    std::string out(sodium_base64_encoded_len(data.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                      sodium_base64_VARIANT_ORIGINAL);
    out.pop_back();  // the zero at the end
    return out;
}

/// A manifest of one large file, with as many chunk digests as make `size` bytes.
std::string large_manifest(std::size_t size)
{
    const std::size_t chunks = size / 47;  // 44 digits, quotes and comma
    const std::string digest = '"' + base64(std::string(32, '\7')) + '"';
    std::string digests;
    for (std::size_t i = 0; i < chunks; ++i)
        digests += (i == 0 ? "" : ",") + digest;
    return R"({"schema":1,"model_id":"demo","version":"1","sequence":1,"issued_at":"2026-01-01T00:00:00Z",)"
           R"("expires_at":"2026-06-01T00:00:00Z","artifacts":[{"platform":"any","url":"https://models.example.org/model",)"
           R"("sha256":")" +
           std::string(64, 'a') + R"(","size_bytes":)" + std::to_string(std::uint64_t{chunks} << 22) +
           R"(,"file_name":"model.gguf","is_zip":false,"chunks":{"size_bytes":4194304,"sha256_b64":[)" + digests + "]}}]}";
}

/// The manifest in a DSSE envelope, signed by every key (docs/manifest.md, "Envelopes").
std::string signed_manifest(const std::string& text, const std::vector<signing_key>& keys)
{
    static const std::string type = "application/vnd.modelsec.manifest.v1+json";
    const std::string message =
        "DSSEv1 " + std::to_string(type.size()) + ' ' + type + ' ' + std::to_string(text.size()) + ' ' + text;
    std::string signatures;
    for (const signing_key& key : keys)
        signatures += (signatures.empty() ? R"({"keyid":")" : R"(,{"keyid":")") + key.id() + R"(","sig":")" +
                      base64(as_text(key.sign(as_bytes(message)).value())) + "\"}";
    return R"({"payloadType":")" + type + R"(","payload":")" + base64(text) + R"(","signatures":[)" + signatures + "]}";
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
    const utc_time now = *parse_rfc3339("2026-02-01T00:00:00Z");
    const std::string text = large_manifest(size);
    std::vector<signing_key> keys;
    pins one, all;
    for (unsigned i = 0; i < 3; ++i)
    {
        keys.push_back(signing_key::generate().value());
        all.add(keys.back().as_pin()).value();
    }
    one.add(keys.front().as_pin()).value();
    all.set_threshold(3);
    const std::string file = signed_manifest(text, keys);
    std::printf("a file of %.1f MiB, a manifest of %.1f within it, median of %u\n",
                static_cast<double>(file.size()) / (1 << 20), static_cast<double>(text.size()) / (1 << 20), rounds);
    std::printf("  1 of 1 signature   %6.2f ms\n",
                median_ms(rounds, [&] { return verify_manifest(file, one, now).has_value(); }));
    std::printf("  3 of 3 signatures  %6.2f ms\n",
                median_ms(rounds, [&] { return verify_manifest(file, all, now).has_value(); }));
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
