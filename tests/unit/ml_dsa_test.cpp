// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "temp_dir.hpp"
#include "tuf_publisher.hpp"

#include <modelsec/detail/trust/metadata.hpp>
#include <modelsec/detail/trust/root_chain.hpp>

#include <doctest/doctest.h>

using namespace tuf_test;

namespace {

/// A key, and signatures by it that another implementation made.
struct kept_vector
{
    std::string scheme, pem;
    ms::bytes message, signature;
    ms::bytes of_raw_message;  ///< without TAP 21's domain
    ms::bytes with_context;    ///< with a context that is not empty

    explicit kept_vector(int set)
    {
        const std::string path = MODELSEC_SOURCE_DIR "/tests/vectors/ml-dsa/" + std::to_string(set) + ".json";
        const json all = ms::detail::parse_json(ms::as_bytes(support::read_file(path)), 2).value();
        scheme = *all.string_at("scheme");
        pem = *all.string_at("public");
        message = to_bytes(*all.string_at("message"));
        signature = ms::from_hex(*all.string_at("signature")).value();
        of_raw_message = ms::from_hex(*all.string_at("raw_signature")).value();
        with_context = ms::from_hex(*all.string_at("context_signature")).value();
    }

    ms::public_key key() const { return ms::detail::tuf_key{"ml-dsa", scheme, pem}.parse().value(); }
};

struct sizes
{
    int set;
    std::size_t challenge, most_hints, rows;
};

constexpr std::array<sizes, 3> sets{{{44, 32, 80, 4}, {65, 48, 55, 6}, {87, 64, 75, 8}}};

}  // namespace

TEST_CASE("TAP 21: ML-DSA signs the domain, the version and the SHA-512 of the message, with an empty context")
{
    for (const sizes& s : sets)
    {
        const kept_vector v(s.set);
        const auto key = v.key();
        CHECK(key.verify(v.message, v.signature));
        CHECK_FALSE(key.verify(v.message, v.of_raw_message));
        CHECK_FALSE(key.verify(v.message, v.with_context));
        ms::bytes other = v.message;
        other.back() ^= 1;
        CHECK_FALSE(key.verify(other, v.signature));
        CHECK_FALSE(key.verify({}, v.signature));
    }
}

TEST_CASE("no byte of an ML-DSA signature can be another one, and none is missing or more")
{
    for (const sizes& s : sets)
    {
        const kept_vector v(s.set);
        const auto key = v.key();
        for (std::size_t at = 0; at < v.signature.size(); at += 7)
        {
            ms::bytes other = v.signature;
            other[at] ^= static_cast<std::uint8_t>(1u << (at % 8));
            CHECK_FALSE(key.verify(v.message, other));
        }
        ms::bytes longer = v.signature;
        longer.push_back(0);
        CHECK_FALSE(key.verify(v.message, longer));
        longer.resize(v.signature.size() - 1);
        CHECK_FALSE(key.verify(v.message, longer));
        CHECK_FALSE(key.verify(v.message, {}));
        CHECK_FALSE(key.verify(v.message, ms::bytes(v.signature.size())));
        CHECK_FALSE(key.verify(v.message, ms::bytes(v.signature.size(), 0xff)));
    }
}

TEST_CASE("FIPS 204 algorithm 21: the hints of a signature have one encoding")
{
    for (const sizes& s : sets)
    {
        const kept_vector v(s.set);
        const auto key = v.key();
        const std::size_t hints = v.signature.size() - s.most_hints - s.rows, counts = hints + s.most_hints;
        REQUIRE(v.signature[counts] >= 2);
        ms::bytes other = v.signature;
        std::swap(other[hints], other[hints + 1]);  // the same set in another order
        CHECK_FALSE(key.verify(v.message, other));
        other = v.signature;
        other[hints + 1] = other[hints];  // twice the same
        CHECK_FALSE(key.verify(v.message, other));
        other = v.signature;
        REQUIRE(other.back() < s.most_hints);
        other[counts - 1] = 1;  // something where nothing is
        CHECK_FALSE(key.verify(v.message, other));
        other = v.signature;
        other[counts] = static_cast<std::uint8_t>(other[counts + 1] + 1);  // fewer hints than the row before
        CHECK_FALSE(key.verify(v.message, other));
        other = v.signature;
        other.back() = static_cast<std::uint8_t>(s.most_hints + 1);
        CHECK_FALSE(key.verify(v.message, other));
    }
}

TEST_CASE("a key of ML-DSA is taken by its own scheme in TUF metadata, and nowhere else")
{
    const kept_vector v44(44), v65(65);
    CHECK(v44.key().type() == ms::key_type::ml_dsa_44);
    CHECK_FALSE(ms::detail::tuf_key{"ml-dsa", "ml-dsa-65/1", v44.pem}.parse());
    CHECK_FALSE(ms::detail::tuf_key{"ml-dsa", "ml-dsa-44/1", v65.pem}.parse());
    CHECK_FALSE(ms::detail::tuf_key{"ml-dsa", "ml-dsa-44/2", v44.pem}.parse());
    CHECK_FALSE(ms::detail::tuf_key{"ml-dsa", "ml-dsa-44", v44.pem}.parse());
    CHECK_FALSE(ms::detail::tuf_key{"ml-dsa-44/1", "ml-dsa-44/1", v44.pem}.parse());
    CHECK_FALSE(ms::detail::tuf_key{"ecdsa", "ml-dsa-44/1", v44.pem}.parse());
    CHECK(ms::public_key::pem(v44.pem).has_error());

    std::string cut = v44.pem;
    cut.erase(cut.size() / 2, 4);
    CHECK_FALSE(ms::detail::tuf_key{"ml-dsa", "ml-dsa-44/1", cut}.parse());

    // A manifest is no TUF metadata: the targets role of a root chain signs it by its other keys.
    root_spec r;
    r.targets = {{4, 5}, 1};
    json signed_part = r.signed_part();
    json keys = *signed_part.find("keys");
    keys.set("k5", json{{"keytype", "ml-dsa"}, {"scheme", v44.scheme}, {"keyval", json{{"public", v44.pem}}}});
    signed_part.set("keys", keys);
    ms::detail::root_chain chain(sign(signed_part, {1}), now);
    REQUIRE(chain.resume(ms::detail::trust_input::finished()).has_value());
    REQUIRE(chain.manifest_keys().size() == 1);
    CHECK(chain.manifest_keys()[0].key_id == "k4");
}

TEST_CASE("TUF metadata that is signed by a key of ML-DSA is verified by it")
{
    const kept_vector v(65);
    ms::detail::metadata_envelope e;
    e.signed_bytes = v.message;
    e.signatures = {{"id", v.signature}};
    const ms::detail::tuf_keys keys{{"id", {"ml-dsa", v.scheme, v.pem}}};
    CHECK(ms::detail::check_authority(e, {{"id"}, 1}, keys).has_value());
    e.signatures[0].value[40] ^= 1;
    CHECK(ms::detail::check_authority(e, {{"id"}, 1}, keys).error().why == ms::reason::bad_signature);
}
