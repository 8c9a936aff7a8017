// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// RFC 7468 section 2: what stands around the objects of a PEM text is for people. Every reader takes the same files.
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/manifest/encryption_keys.hpp>
#include <modelsec/detail/manifest/model_key.hpp>
#include <modelsec/detail/net/tls.hpp>
#include <modelsec/detail/publish/signing_key.hpp>
#include <modelsec/detail/trust/key.hpp>
#include <modelsec/detail/trust/sigstore/certificate.hpp>

#include <doctest/doctest.h>
#include <temp_dir.hpp>
#include <throwaway_ca.hpp>

#include <functional>

using namespace modelsec;

namespace {

const std::string mark = "\xEF\xBB\xBF";  // a byte order mark
const std::string other = "-----BEGIN X-----\nAAAA\n-----END X-----\n";

struct reader
{
    std::string what;
    std::string pem;
    std::function<std::string(std::string_view)> read;  ///< what it made of the text; empty: refused
    bool alone;                                         ///< takes no object of another kind beside its own
};

std::string hex(bytes_view data)
{
    return to_hex(data);
}

std::string with_crlf(const std::string& text)
{
    std::string out;
    for (const char c : text)
        out += c == '\n' ? "\r\n" : std::string(1, c);
    return out;
}

/// Every reader of PEM in the library.
std::vector<reader> all_readers(const support::temp_dir& place)
{
    static constexpr const char* x25519 =
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VuBCIEIPjApuicKimsCWCLuOvO9IuhkzEbxSO2xN2IiyxeQ3tI\n"
        "-----END PRIVATE KEY-----\n";
    static constexpr const char* x25519_public =
        "-----BEGIN PUBLIC KEY-----\n"
        "MCowBQYDK2VuAyEAL6SuUOghZuY6MbyUcQENxTXEjNK1HYJcVd5RRlPWRF8=\n"
        "-----END PUBLIC KEY-----\n";
    const signing_key signer = signing_key::generate("k").value();
    const support::throwaway_ca ca;
    const support::identity client = ca.issue();
    const std::string authority = ca.certificate();
    const auto key = [](auto&& parsed) { return parsed ? hex(parsed->spki_der()) : std::string(); };
    const auto tls = [](auto set) {
        tls_options options;
        set(options);
        return detail::check_tls_options(options) ? std::string("good") : std::string();
    };
    return {
        {"a public key", signer.public_half().pem_text(), [=](std::string_view t) { return key(public_key::pem(t)); }, true},
        {"a public key of TUF metadata", signer.public_half().pem_text(),
         [=](std::string_view t) { return key(public_key::tuf_pem(t, key_type::ed25519)); }, true},
        {"a key that signs manifests", std::string(signer.pem().reveal_text()),
         [=](std::string_view t) {
             const auto parsed = signing_key::from_pem("k", t);
             return parsed ? hex(parsed->public_half().raw()) : std::string();
         },
         false},
        {"a key that signs models", client.private_key,
         [=](std::string_view t) {
             const auto parsed = model_key::pem(t);
             return parsed ? hex(parsed->public_half().spki_der()) : std::string();
         },
         false},
        {"certificates for signatures", ca.certificate(),
         [](std::string_view t) {
             std::string out;
             const auto parsed = detail::certificate::pem(t);
             for (std::size_t i = 0; parsed && i < parsed->size(); ++i)
                 out += hex((*parsed)[i].raw());
             return out;
         },
         true},
        {"a key to encrypted files", x25519,
         [](std::string_view t) {
             const auto parsed = parse_decryption_key(secret(t));
             return parsed ? hex(parsed->reveal()) : std::string();
         },
         false},
        {"whom files are encrypted for", x25519_public,
         [](std::string_view t) {
             const auto parsed = parse_encryption_target(secret(t));
             return parsed ? hex(parsed->recipient) : std::string();
         },
         false},
        {"a CA in memory", ca.certificate(), [=](std::string_view t) { return tls([&](tls_options& o) { o.ca_pem = t; }); },
         false},
        {"a file of CAs", ca.certificate(),
         [=, &place](std::string_view t) {
             const std::string path = place.write("ca.pem", std::string(t));
             return tls([&](tls_options& o) { o.ca_file = path; });
         },
         false},
        {"a client's certificate", client.certificate,
         [=](std::string_view t) {
             return tls([&](tls_options& o) {
                 o.ca_pem = authority;
                 o.certificate_pem = t;
                 o.private_key_pem = secret_text(client.private_key);
             });
         },
         false},
        {"a client's key", client.private_key,
         [=](std::string_view t) {
             return tls([&](tls_options& o) {
                 o.ca_pem = authority;
                 o.certificate_pem = client.certificate;
                 o.private_key_pem = secret_text(std::string(t));
             });
         },
         false},
    };
}

}  // namespace

TEST_CASE(
    "every reader of PEM takes text around the objects, byte order marks before them, and lines that end as on Windows")
{
    const support::temp_dir place;
    const std::string words = "Made for the tests\nkey: -----BEGIN nothing\n\n", end = "that was it\n";
    for (const reader& r : all_readers(place))
    {
        CAPTURE(r.what);
        const std::string read = r.read(r.pem);
        REQUIRE_FALSE(read.empty());
        const std::string lines = with_crlf(r.pem);
        for (const std::string& text : {mark + r.pem, words + r.pem, words + mark + r.pem, mark + words + mark + r.pem,
                                        lines, mark + lines, with_crlf(words) + mark + lines, r.pem + end, r.pem + "\n \n",
                                        mark + words + lines + with_crlf(end), r.pem.substr(0, r.pem.size() - 1)})
            CHECK_MESSAGE(r.read(text) == read, text);
        for (const std::string& text : {words, mark, "key: " + r.pem, r.pem.substr(0, r.pem.find("-----END"))})
            CHECK_MESSAGE(r.read(text).empty(), text);
    }
}

TEST_CASE(
    "of several objects in PEM none is passed over in silence: lists are read to their end, and of two keys none is chosen")
{
    const support::temp_dir place;
    for (const reader& r : all_readers(place))
    {
        CAPTURE(r.what);
        const std::string read = r.read(r.pem);
        for (const std::string& text : {other + "text\n" + mark + r.pem, r.pem + "text\n" + mark + other})
            CHECK_MESSAGE(r.read(text) == (r.alone ? "" : read), text);
    }
    const std::string one = support::throwaway_ca("one").certificate(), two = support::throwaway_ca("two").certificate();
    const auto first = detail::certificate::pem(one).value(), second = detail::certificate::pem(two).value();
    const auto both = detail::certificate::pem("the first\n" + one + "the second\n" + mark + two);
    REQUIRE(both.has_value());
    REQUIRE(both->size() == 2);
    CHECK(hex((*both)[0].raw()) == hex(first[0].raw()));
    CHECK(hex((*both)[1].raw()) == hex(second[0].raw()));
    std::string damaged = two;
    damaged[damaged.size() / 2] = '!';
    CHECK(detail::certificate::pem(one + damaged).has_error());
    CHECK(detail::certificate::pem(one + two.substr(0, two.find("-----END"))).has_error());

    const signing_key a = signing_key::generate("a").value(), b = signing_key::generate("b").value();
    const std::string of_a(a.pem().reveal_text()), of_b(b.pem().reveal_text());
    CHECK(signing_key::from_pem("k", of_a + of_b).has_error());
    CHECK(public_key::pem(a.public_half().pem_text() + b.public_half().pem_text()).has_error());
    CHECK(signing_key::from_pem("k", of_a + b.public_half().pem_text()).value().public_half() == a.public_half());
}
