// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The seven checks that every user of a model downloader asks for first, each under its own name.
#include "world.hpp"

#include <sys/stat.h>

#include <functional>

using namespace integration;

TEST_CASE("seven checks, 1: a model with the signed digest becomes active")
{
    world w;
    const auto content = support::noise(2'000'003);
    w.release(content);
    CHECK(fetch(w).code == errc::ok);
    CHECK((active_content(w) == content));
}

TEST_CASE("seven checks, 2: one flipped byte at any of 100 offsets is refused and changes nothing")
{
    world w;
    w.release("good");
    REQUIRE(fetch(w).code == errc::ok);
    constexpr std::uint64_t size = 1'000'003;
    w.release(support::noise(size), 2, "2.0.0", "/next.bin");

    support::fault flipped;
    flipped.flip_at = 0;
    w.web.fail("/next.bin", flipped);
    REQUIRE(fetch(w).code == errc::digest);  // the first one is remembered as accepted, so the state may change
    w.web.heal("/next.bin");
    const auto files = tree(w.store());
    CHECK(tree(w.store() + "/.modelsec/staging").empty());

    for (std::uint64_t i = 1; i < 100; ++i)
    {
        flipped.flip_at = i * (size - 1) / 99;
        CAPTURE(*flipped.flip_at);
        w.web.fail("/next.bin", flipped);
        CHECK(fetch(w).why == reason::digest_mismatch);
        w.web.heal("/next.bin");
        CHECK(tree(w.store()) == files);
    }
    CHECK(active_content(w) == "good");
    CHECK(fetch(w).code == errc::ok);
}

TEST_CASE("seven checks, 2: a body longer or shorter than signed is refused")
{
    world w;
    w.release("good");
    REQUIRE(fetch(w).code == errc::ok);
    const auto content = support::noise(300'000);
    w.release(content, 2, "2.0.0", "/next.bin");
    w.web.serve("/next.bin", content + "x");
    CHECK(fetch(w).why == reason::size_mismatch);
    w.web.serve("/next.bin", content.substr(1));
    CHECK(fetch(w).why == reason::size_mismatch);
    w.web.serve("/next.bin", content);

    support::fault longer;
    longer.chunked = true;
    longer.extra_bytes = 1;
    support::fault endless;
    endless.endless = true;
    for (const auto& wrong : {longer, endless})
    {
        w.web.fail("/next.bin", wrong);
        CHECK(fetch(w).code == errc::digest);
        w.web.heal("/next.bin");
    }
    support::fault cut;
    cut.cut_at = 299'999;
    w.web.fail("/next.bin", cut);
    CHECK(fetch(w).code == errc::network);
    w.web.heal("/next.bin");
    CHECK(active_content(w) == "good");
    CHECK(fetch(w).code == errc::ok);
}

TEST_CASE("seven checks, 3: a manifest signed by pinned keys is accepted, in both envelopes and with a threshold")
{
    const support::signer a("a");
    const support::signer b("b");
    const support::signer stranger("stranger");
    world w;
    const auto m = w.manifest("content");
    auto options = w.request();
    options.trust = pins_of({a, b}, 2);
    w.web.serve("/manifest", support::dsse_envelope(m.json(), {stranger, b, a.renamed("called otherwise")}));
    CHECK(fetch(w, options).code == errc::ok);

    world p;
    auto pack = p.request();
    pack.format = modelsec::detail::envelope_format::pack;
    p.web.serve("/manifest", support::pack_envelope(p.manifest("content").json(), p.key));
    CHECK(fetch(p, pack).code == errc::ok);
}

TEST_CASE("seven checks, 4: a manifest that is not signed by enough pinned keys is refused before it is parsed")
{
    world w;
    w.release("good");
    REQUIRE(fetch(w).code == errc::ok);
    w.web.forget_requests();
    const auto m = w.manifest("evil", "/evil.bin", 2, "6.6.6").json();
    const support::signer second("v2");
    const support::signer stranger("v1");

    const auto refused = [&](const std::string& envelope, reason why, modelsec::fetch_options options) {
        w.web.serve("/manifest", envelope);
        CHECK(fetch(w, options).why == why);
        CHECK(w.web.count("/evil.bin") == 0);
        CHECK(active_content(w) == "good");
    };
    const auto one = w.request();
    auto two = w.request();
    two.trust = pins_of({w.key, second}, 2);

    refused(support::dsse_envelope(m, {stranger}), reason::bad_signature, one);
    refused(support::dsse_envelope(m, {second}), reason::unknown_key, one);
    refused(support::dsse_envelope(m, {w.key}, "application/json"), reason::envelope_malformed, one);
    refused(support::dsse_envelope(m, {w.key}), reason::threshold_unmet, two);
    refused(support::dsse_envelope(m, {w.key, w.key.renamed("v2")}), reason::threshold_unmet, two);
    refused(support::dsse_envelope("not even JSON", {stranger}), reason::bad_signature, one);
    refused(m, reason::envelope_malformed, one);

    // Somebody changes what was signed, or the signature.
    auto forged = m;
    forged[m.find("6.6.6")] = '7';
    auto envelope = support::dsse_envelope(m, {w.key});
    envelope.replace(envelope.find(support::base64(m)), support::base64(m).size(), support::base64(forged));
    refused(envelope, reason::bad_signature, one);
    envelope = support::dsse_envelope(m, {w.key});
    auto& digit = envelope[envelope.find("\"sig\": \"") + 20];
    digit = digit == 'A' ? 'B' : 'A';
    refused(envelope, reason::bad_signature, one);

    // Keys that may not sign any more, or not yet.
    for (const auto& [edit, why] : std::vector<std::pair<std::function<void(modelsec::pin&)>, reason>>{
             {[](auto& p) { p.revoked = true; }, reason::key_revoked},
             {[&](auto& p) { p.not_after = w.time.now() - std::chrono::seconds(1); }, reason::key_window},
             {[&](auto& p) { p.not_before = w.time.now() + std::chrono::seconds(1); }, reason::key_window}})
    {
        auto pin = pins_of({w.key}).keys().front();
        edit(pin);
        modelsec::pins barred;
        REQUIRE(barred.add(pin).has_value());
        auto options = w.request();
        options.trust = barred;
        refused(support::dsse_envelope(m, {w.key}), why, options);
    }
}

TEST_CASE("seven checks, 4: in a pack envelope the key id binds and one signature meets no threshold of two")
{
    world w;
    const support::signer second("v2");
    const auto m = w.manifest("content").json();
    auto options = w.request();
    options.format = modelsec::detail::envelope_format::pack;
    options.trust = pins_of({w.key, second});
    w.web.serve("/manifest", support::pack_envelope(m, w.key.renamed("v2")));
    CHECK(fetch(w, options).why == reason::bad_signature);
    w.web.serve("/manifest", support::pack_envelope(m, w.key.renamed("v3")));
    CHECK(fetch(w, options).why == reason::unknown_key);
    w.web.serve("/manifest", support::pack_envelope(m, w.key));
    options.trust = pins_of({w.key, second}, 2);
    CHECK(fetch(w, options).code == errc::signature);
    options.trust = pins_of({w.key, second});
    w.web.serve("/manifest", support::pack_envelope(m, w.key.renamed("")));  // empty means "v1"
    CHECK(fetch(w, options).code == errc::ok);
}

TEST_CASE("seven checks, 5: there is no plain http, at no hop")
{
    world w;
    support::origin plain{support::origin_options{}};
    w.release("content");
    plain.serve("/model.bin", "content");
    plain.serve("/manifest", support::dsse_envelope(w.manifest("content").json(), {w.key}));

    auto options = w.request();
    options.manifest.url = plain.url("/manifest");
    CHECK(fetch(w, options).why == reason::plain_http);
    for (const unsigned status : {301u, 302u, 303u, 307u, 308u})
    {
        w.web.fail("/manifest", support::redirect(plain.url("/manifest"), status));
        CHECK(fetch(w).why == reason::plain_http);
        w.web.heal("/manifest");
    }
    w.web.fail("/model.bin", support::redirect(plain.url("/model.bin")));
    CHECK(fetch(w).why == reason::plain_http);
    w.web.heal("/model.bin");

    auto m = w.manifest("content", "/model.bin", 2);
    m.artifacts[0].url = plain.url("/model.bin");
    w.publish(m);
    CHECK(fetch(w).code == errc::policy);
    CHECK(plain.connections() == 0);
    CHECK(active_version(w).empty());
}

TEST_CASE("seven checks, 6: access control, towards servers and on the disk")
{
    world w;
    w.release(support::noise(50'000));
    // A token goes to its own origin and is renewed without a restart; a refusal has a code of its own.
    std::string token = "stale";
    const auto guard = [&](const support::seen_request& request) {
        if (request.header("authorization") != std::string("Bearer ") + planted_secret)
            return support::reply{401, {{"WWW-Authenticate", "Bearer"}}, planted_secret};
        return support::reply{200, {}, support::dsse_envelope(w.manifest("guarded").json(), {w.key})};
    };
    w.web.handle("/guarded", guard);
    support::origin_options other_options;
    other_options.server = w.ca.issue();
    support::origin cdn(other_options);
    cdn.serve("/model.bin", "guarded");

    auto options = w.options();
    const auto own_origin = w.web.url("");
    options.transport.credentials = [&](std::string_view origin) -> std::vector<modelsec::http_header> {
        if (origin != own_origin)
            return {};
        return {{"Authorization", "Bearer " + token}};
    };
    modelsec::client client(options);
    auto request = w.request();
    request.manifest.url = w.web.url("/guarded");
    CHECK(fetch(client, request).why == reason::unauthorized);
    token = planted_secret;
    CHECK(fetch(client, request).code == errc::ok);

    auto elsewhere = w.manifest("guarded too", "/x", 2, "2.0.0");
    cdn.serve("/x", "guarded too");
    elsewhere.artifacts[0].url = cdn.url("/x");
    w.publish(elsewhere);
    CHECK(fetch(client, w.request()).code == errc::ok);
    REQUIRE(cdn.count("/x") >= 1);
    for (const auto& seen : cdn.requests())
        CHECK(seen.header("authorization").empty());

    // A client holds no storage credentials.
    auto storage = w.request();
    storage.manifest.headers = {{"Authorization", "Bearer hf_abcdefghijklmnopqrstuvwxyzABCDEFGH"}};
    CHECK(fetch(w, storage).why == reason::storage_credentials);
    auto holder = w.options();
    holder.transport.credentials = [](std::string_view) {
        return std::vector<modelsec::http_header>{{"Authorization", "Bearer hf_abcdefghijklmnopqrstuvwxyzABCDEFGH"}};
    };
    w.web.forget_requests();
    modelsec::client holds(holder);
    CHECK(fetch(holds, w.request()).why == reason::storage_credentials);
    CHECK(w.web.requests().empty());
    holder.profile = modelsec::profile::server;
    modelsec::client serves(holder);
    CHECK(fetch(serves, w.request()).code == errc::ok);

    // Nobody else reads or writes what is on the disk.
    struct stat about
    {
    };
    REQUIRE(::stat(w.store().c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0700);
    for (const auto& name : tree(w.store()))
    {
        REQUIRE(::lstat((w.store() + "/" + name).c_str(), &about) == 0);
        CHECK((about.st_mode & 0777) == (S_ISDIR(about.st_mode) ? 0700u : 0600u));
    }
}

TEST_CASE("seven checks, 7: every attempt has exactly one final event, with its code and model")
{
    world w;
    const auto last_of = [&](const outcome& o) {
        // fetch() has checked that it is the only one, the last, and agrees with what was returned
        CHECK(o.events.back().model_id == "demo");
        return o.events.back().code;
    };
    w.release("content");
    CHECK(last_of(fetch(w)) == errc::ok);
    CHECK(last_of(fetch(w)) == errc::ok);
    auto options = w.request();
    options.operation.control.cancel();
    CHECK(last_of(fetch(w, options)) == errc::cancelled);
    options = w.request();
    options.manifest.url = "nonsense";
    CHECK(last_of(fetch(w, options)) == errc::usage);
    w.web.fail("/manifest", support::answer(404));
    CHECK(last_of(fetch(w)) == errc::http_status);
    w.web.heal("/manifest");
    w.web.serve("/manifest", "{}");
    CHECK(last_of(fetch(w)) == errc::malformed);
    w.web.serve("/manifest", support::dsse_envelope("{}", {w.key}));
    CHECK(last_of(fetch(w)) == errc::malformed);
    support::fault endless;
    endless.endless = true;
    w.web.fail("/manifest", endless);
    CHECK(fetch(w).why == reason::too_large);
    w.web.heal("/manifest");
    w.web.serve("/manifest", support::dsse_envelope(w.manifest("x", "/x", 2).json(), {support::signer("v1")}));
    CHECK(last_of(fetch(w)) == errc::signature);
    options = w.request();
    options.offline = true;
    options.model_id = "absent";
    CHECK(fetch(w, options).code == errc::none_active);
}
