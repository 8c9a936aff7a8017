// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "temp_dir.hpp"
#include "tuf_publisher.hpp"

#include <modelsec/detail/trust/metadata.hpp>
#include <modelsec/detail/trust/root_chain.hpp>

#include <doctest/doctest.h>
#include <openssl/crypto.h>

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
};

constexpr std::array<int, 3> sets{44, 65, 87};

/// OpenSSL has ML-DSA from 3.5 on.
bool openssl_has_it()
{
    return OpenSSL_version_num() >= 0x30500000L;
}

}  // namespace

TEST_CASE(
    "TAP 21: ML-DSA signs the domain, the version and the SHA-512 of the message, with an empty context; where OpenSSL "
    "lacks it "
    "the key is refused by its own reason")
{
    for (const int set : sets)
    {
        const kept_vector v(set);
        const auto key = ms::detail::tuf_key{"ml-dsa", v.scheme, v.pem}.parse();
        if (!openssl_has_it())
        {
            REQUIRE(key.has_error());
            CHECK(key.error().why == ms::reason::key_type_unsupported);
            CHECK(key.error().detail.find("OpenSSL 3.5") != std::string::npos);
            continue;
        }
        REQUIRE(key.has_value());
        CHECK(key->verify(v.message, v.signature));
        CHECK_FALSE(key->verify(v.message, v.of_raw_message));
        CHECK_FALSE(key->verify(v.message, v.with_context));
        CHECK_FALSE(key->verify({}, v.signature));
        for (std::size_t at = 0; at < v.signature.size(); at += 7)
        {
            ms::bytes other = v.signature;
            other[at] ^= static_cast<std::uint8_t>(1u << (at % 8));
            CHECK_FALSE(key->verify(v.message, other));
        }
    }
}

TEST_CASE("a threshold that only a key of an unusable kind could meet says so, and enough other keys meet it")
{
    const kept_vector v(44);
    root_spec r;
    r.root = {{1, 2}, 1};
    json signed_part = r.signed_part();
    json keys = *signed_part.find("keys");
    const auto unusable = [&](json key) {
        json all = keys;
        all.set("k1", std::move(key));
        json part = signed_part;
        part.set("keys", std::move(all));
        return part;
    };
    const json part = unusable(json{{"keytype", "post-quantum"}, {"scheme", "p\nq"}, {"keyval", json{{"public", v.pem}}}});
    const auto by_it = ms::detail::verify_first_root(sign(part, {1}));
    REQUIRE(by_it.has_error());
    CHECK(by_it.error().why == ms::reason::key_type_unsupported);
    CHECK(by_it.error().detail == "key type post-quantum, scheme p?q");
    CHECK(ms::code_of(ms::reason::key_type_unsupported) == ms::errc::signature);
    CHECK(ms::detail::verify_first_root(sign(part, {1, 2})).has_value());
    if (!openssl_has_it())
    {
        const json ml = unusable(json{{"keytype", "ml-dsa"}, {"scheme", v.scheme}, {"keyval", json{{"public", v.pem}}}});
        CHECK(ms::detail::verify_first_root(sign(ml, {1})).error().why == ms::reason::key_type_unsupported);
        CHECK(ms::detail::verify_first_root(sign(ml, {2})).has_value());
    }
}

TEST_CASE("a key of ML-DSA is taken by its own scheme in TUF metadata, and nowhere else")
{
    const kept_vector v44(44), v65(65);
    const auto key = ms::detail::tuf_key{"ml-dsa", v44.scheme, v44.pem}.parse();
    CHECK(key.has_value() == openssl_has_it());
    CHECK((key.has_error() || key->type() == ms::key_type::ml_dsa_44));
    CHECK(ms::detail::tuf_key{"ml-dsa", "ml-dsa-65/1", v44.pem}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ml-dsa", "ml-dsa-44/1", v65.pem}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ml-dsa", "ml-dsa-44/2", v44.pem}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ml-dsa", "ml-dsa-44", v44.pem}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ml-dsa-44/1", "ml-dsa-44/1", v44.pem}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ecdsa", "ml-dsa-44/1", v44.pem}.parse().has_error());
    CHECK(ms::public_key::pem(v44.pem).has_error());

    std::string cut = v44.pem;
    cut.erase(cut.size() / 2, 4);
    CHECK(ms::detail::tuf_key{"ml-dsa", "ml-dsa-44/1", cut}.parse().has_error());

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

TEST_CASE("TUF metadata that is signed by a key of ML-DSA is verified by it, where OpenSSL can")
{
    const kept_vector v(65);
    const std::string text = R"({"signed":{},"signatures":[{"keyid":"id","sig":"00"}]})";
    auto e = ms::detail::parse_metadata_envelope(ms::as_bytes(text), text.size()).value();
    e.signed_bytes = v.message;
    e.signatures = {{"id", v.signature}};
    const ms::detail::tuf_keys keys{{"id", {"ml-dsa", v.scheme, v.pem}}};
    const auto verdict = ms::detail::check_authority(e, {{"id"}, 1}, keys);
    CHECK(verdict.has_value() == openssl_has_it());
    CHECK((verdict || verdict.error().why == ms::reason::key_type_unsupported));
    e.signatures[0].value[40] ^= 1;
    CHECK(ms::detail::check_authority(e, {{"id"}, 1}, keys).error().code() == ms::errc::signature);
}
