// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/pins.hpp>

#include <sodium.h>

#include <array>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

/// Signs payloads, so that they reach the parser the only way there is.
class publisher
{
public:
    publisher()
    {
        fuzz::require(sodium_init() >= 0, "libsodium starts");
        const std::array<std::uint8_t, crypto_sign_SEEDBYTES> seed{};
        std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> key{};
        crypto_sign_seed_keypair(key.data(), secret_.data(), seed.data());
        fuzz::require(keys_.add("v1=" + to_base64(key)).has_value(), "the key is one");
    }

    result<verified_payload> say(bytes_view payload, envelope_format format) const
    {
        envelope e = make_envelope(format, payload);
        bytes sign(crypto_sign_BYTES);
        crypto_sign_detached(sign.data(), nullptr, e.signed_bytes.data(), e.signed_bytes.size(), secret_.data());
        e.signatures.push_back({"v1", std::move(sign)});
        return verify_envelope(std::move(e), keys_.candidates(utc_time()), 1);
    }

private:
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret_{};
    pins keys_;
};

void check(bytes_view payload, envelope_format format)
{
    static const publisher signs;
    const auto vouched = signs.say(payload, format);
    fuzz::require(vouched.has_value(), "a good signature verifies");
    const auto parsed = parse_manifest(*vouched);
    if (parsed.has_error())
        return;
    fuzz::require(!parsed->artifacts.empty(), "there is something in a manifest");
    if (format == envelope_format::dsse)
        fuzz::require(parsed->sequence && parsed->issued_at && parsed->expires_at, "DSSE says what has to be said");
    for (const artifact& a : parsed->artifacts)
    {
        fuzz::require(!a.files.empty(), "an artifact is at least one file");
        fuzz::require(!a.is_zip || (a.files.size() == 1 && !a.files[0].encryption), "an archive is one plain file");
        fuzz::require(!a.is_zip || a.content_digest() == a.files.front().sha256, "an archive is known by its digest");
        for (const artifact_file& f : a.files)
        {
            fuzz::require(f.size_bytes <= limits::max_integer, "sizes are exact");
            fuzz::require(f.name || a.is_zip, "a file has its place");
            fuzz::require(!f.url.empty() || a.endpoint, "a file can be fetched");
            if (f.chunks)
                fuzz::require(f.chunks->sha256.size() == (f.size_bytes + f.chunks->size_bytes - 1) / f.chunks->size_bytes,
                              "there are as many digests as chunks");
        }
    }
}

}  // namespace

MODELSEC_FUZZ_TARGET(manifest)
{
    check(input, envelope_format::dsse);
    check(input, envelope_format::pack);
}
