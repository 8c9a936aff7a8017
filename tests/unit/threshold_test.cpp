// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/trust/threshold.hpp>

#include <doctest/doctest.h>
#include <sodium.h>

#include <array>

namespace ms = modelsec;

namespace {

struct signer
{
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> pk{};
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> sk{};

    explicit signer(std::uint8_t n)
    {
        std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
        seed.fill(n);
        crypto_sign_seed_keypair(pk.data(), sk.data(), seed.data());
    }

    ms::detail::candidate_key key(std::string id, ms::reason barred = ms::reason::none) const
    {
        return {std::move(id), ms::public_key::ed25519(pk).value(), barred};
    }

    ms::detail::signature sign(std::string id, ms::bytes_view message) const
    {
        ms::detail::signature s{std::move(id), ms::bytes(crypto_sign_BYTES)};
        crypto_sign_detached(s.value.data(), nullptr, message.data(), message.size(), sk.data());
        return s;
    }
};

const signer a(1), b(2), c(3);
const ms::bytes message{'m', 's', 'g'};
const ms::bytes other_message{'o'};

using keys = std::vector<ms::detail::candidate_key>;
using signatures = std::vector<ms::detail::signature>;

ms::reason check(const keys& k, unsigned threshold, ms::detail::key_id_rule rule, const signatures& s)
{
    const auto r = ms::detail::check_threshold(k, threshold, rule, message, s);
    return r ? ms::reason::none : r.error().why;
}

constexpr auto hint = ms::detail::key_id_rule::hint;
constexpr auto binds = ms::detail::key_id_rule::binds;

}  // namespace

TEST_CASE("enough signatures by distinct keys meet the threshold, and the verdict names the keys")
{
    const auto r = ms::detail::check_threshold({a.key("a"), b.key("b"), c.key("c")}, 2, binds, message,
                                               {a.sign("a", message), c.sign("c", message)});
    REQUIRE(r.has_value());
    CHECK(r->key_ids == std::vector<std::string>{"a", "c"});
}

TEST_CASE("TUF 5.3.4: one key counts once, whatever number of signatures or ids it comes with")
{
    const auto s = a.sign("a", message);
    for (const auto rule : {hint, binds})
    {
        CHECK(check({a.key("a"), b.key("b")}, 2, rule, {s, s}) == ms::reason::threshold_unmet);
        CHECK(check({a.key("a"), a.key("b")}, 2, rule, {s, a.sign("b", message)}) == ms::reason::threshold_unmet);
    }
    CHECK(check({a.key("a"), a.key("b")}, 2, hint, {s, a.sign("", message)}) == ms::reason::threshold_unmet);
}

TEST_CASE("TUF 4.2.1 and DSSE: bad and unknown extra signatures do no harm once the threshold is met")
{
    for (const auto rule : {hint, binds})
        CHECK(check({a.key("a"), b.key("b")}, 1, rule,
                    {c.sign("c", message), b.sign("b", other_message), ms::detail::signature{"x", {}},
                     a.sign("a", message)}) == ms::reason::none);
}

TEST_CASE("a hint that names no key or the wrong key is only a hint; an id that binds is binding")
{
    for (const char* id : {"", "x", "b"})
    {
        CHECK(check({a.key("a"), b.key("b")}, 1, hint, {a.sign(id, message)}) == ms::reason::none);
        CHECK(check({a.key("a"), b.key("b")}, 1, binds, {a.sign(id, message)}) != ms::reason::none);
    }
}

TEST_CASE("the reason says what was wrong")
{
    const keys one{a.key("a")};
    for (const auto rule : {hint, binds})
    {
        CHECK(check(one, 1, rule, {b.sign("b", message)}) == ms::reason::unknown_key);
        CHECK(check(one, 1, rule, {a.sign("a", other_message)}) == ms::reason::bad_signature);
        CHECK(check(one, 1, rule, {b.sign("a", message)}) == ms::reason::bad_signature);
        CHECK(check(one, 1, rule, {}) == ms::reason::threshold_unmet);
        CHECK(check({a.key("a"), b.key("b")}, 2, rule, {a.sign("a", message), b.sign("b", other_message)}) ==
              ms::reason::threshold_unmet);
        CHECK(check({}, 1, rule, {a.sign("a", message)}) == ms::reason::unknown_key);
    }
    CHECK(check(one, 1, hint, {a.sign("", other_message)}) == ms::reason::bad_signature);
}

TEST_CASE("a barred key counts for nothing, and its bar is the reason")
{
    const auto s = a.sign("a", message);
    for (const auto rule : {hint, binds})
    {
        CHECK(check({a.key("a", ms::reason::key_revoked)}, 1, rule, {s}) == ms::reason::key_revoked);
        CHECK(check({a.key("a", ms::reason::key_window)}, 1, rule, {s}) == ms::reason::key_window);
        CHECK(check({a.key("a", ms::reason::key_revoked)}, 1, rule, {a.sign("a", other_message)}) ==
              ms::reason::bad_signature);
        CHECK(check({a.key("a", ms::reason::key_revoked), b.key("b")}, 1, rule, {s, b.sign("b", message)}) ==
              ms::reason::none);
        CHECK(check({a.key("a", ms::reason::key_revoked), b.key("b")}, 2, rule, {s, b.sign("b", message)}) ==
              ms::reason::threshold_unmet);
    }
}

TEST_CASE("bytes barred under one id do not count under another")
{
    CHECK(check({a.key("a", ms::reason::key_revoked), a.key("b")}, 1, hint, {a.sign("b", message)}) ==
          ms::reason::key_revoked);
    CHECK(check({a.key("b"), a.key("a", ms::reason::key_revoked)}, 1, binds, {a.sign("b", message)}) ==
          ms::reason::key_revoked);
}

TEST_CASE("a threshold of zero is a mistake, not a permission")
{
    CHECK(check({a.key("a")}, 0, hint, {a.sign("a", message)}) == ms::reason::bad_option);
    CHECK(check({}, 0, hint, {}) == ms::reason::bad_option);
}

TEST_CASE("no more is hashed than the budget allows: pairs that name their key first, then the others in order")
{
    const ms::bytes large(1u << 20, 0x5a);
    keys many;
    for (std::uint8_t i = 10; i < 30; ++i)
        many.push_back(signer(i).key("k" + std::to_string(i)));
    many.push_back(a.key("a"));
    signatures garbage;
    for (int i = 0; i < 31; ++i)
        garbage.push_back({"", ms::bytes(64, static_cast<std::uint8_t>(i))});

    // The named one is last among the signatures, and is found all the same.
    signatures s = garbage;
    s.push_back(a.sign("a", large));
    ms::detail::signature_budget small{std::uint64_t{10} << 20};
    CHECK(ms::detail::check_threshold(many, 1, hint, large, s, &small).has_value());
    CHECK(small.hashed <= small.message_bytes);

    // Unnamed, it is behind more pairs than the budget has room for.
    s.back() = a.sign("", large);
    small.hashed = 0;
    CHECK(ms::detail::check_threshold(many, 1, hint, large, s, &small).error().why == ms::reason::too_many_signatures);
    CHECK(small.hashed == small.message_bytes);
    CHECK(ms::code_of(ms::reason::too_many_signatures) == ms::errc::signature);

    // By default 256 MiB: 32 signatures by 64 keys over 6 MB were 12 GB.
    CHECK(ms::detail::signature_budget{}.message_bytes == std::uint64_t{256} << 20);
    s.back() = a.sign("", message);
    ms::detail::signature_budget enough;
    CHECK(ms::detail::check_threshold(many, 1, hint, message, s, &enough).has_value());
}

TEST_CASE("cancel and deadline are asked between the pairs")
{
    int asked = 0;
    ms::detail::signature_budget budget;
    budget.go_on = [&]() -> ms::result<void> { return ++asked < 3 ? ms::result<void>() : ms::fail(ms::reason::cancelled); };
    const signatures s(32, ms::detail::signature{"", ms::bytes(64)});
    const auto r = ms::detail::check_threshold({a.key("a"), b.key("b")}, 1, hint, message, s, &budget);
    CHECK(r.error().why == ms::reason::cancelled);
    CHECK(asked == 3);
    CHECK(budget.hashed <= 12 * message.size());
}

TEST_CASE("large messages get the same verdicts as small ones")
{
    ms::bytes large(2u << 20, 0x5a);
    const keys all{a.key("a"), b.key("b"), c.key("c")};
    signatures s{a.sign("a", large), b.sign("b", large), c.sign("c", large)};
    CHECK(ms::detail::check_threshold(all, 3, binds, large, s).has_value());
    CHECK(ms::detail::check_threshold(all, 3, hint, large, {a.sign("b", large), b.sign("", large), c.sign("a", large)})
              .has_value());
    large.back() ^= 1;
    CHECK(ms::detail::check_threshold(all, 1, binds, large, s).error().why == ms::reason::bad_signature);
    large.back() ^= 1;
    s[1].value[5] ^= 1;
    CHECK(ms::detail::check_threshold(all, 2, binds, large, s).has_value());
    CHECK(ms::detail::check_threshold(all, 3, binds, large, s).error().why == ms::reason::threshold_unmet);
}
