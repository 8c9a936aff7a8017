// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Virtual hosts of a real nginx, each with something of its own. tls_test has the same refusals from the tests' own origin, and more.
#include "world.hpp"

#include <nginx.hpp>

#include <filesystem>
#include <fstream>

using namespace integration;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

/// nginx with the world's model and its signed manifest.
struct vhost
{
    explicit vhost(world& of, support::nginx_options options) : w(of), web(options)
    {
        put("model.bin", content);
        auto m = w.manifest("x");
        m.artifacts = {published_artifact::of(content, web.url("/model.bin"))};
        put("manifest", support::dsse_envelope(m.json(), {w.key}));
    }

    void put(const std::string& name, const std::string& text) const
    {
        std::ofstream(web.folder() + "/" + name, std::ios::binary) << text;
    }

    outcome ask(const modelsec::client_options& options) const
    {
        modelsec::client client(options);
        auto request = w.request();
        request.manifest.url = web.url("/manifest");
        return fetch(client, request);
    }
    outcome ask() const { return ask(w.options()); }

    world& w;
    support::nginx web;
    std::string content = support::noise(3'000'001);
};

support::nginx_options by(const support::throwaway_ca& ca, const support::certificate_wish& wish = {})
{
    support::nginx_options options;
    options.server = ca.issue(wish);
    return options;
}

support::certificate_wish rsa()
{
    support::certificate_wish wish;
    wish.key = support::key_kind::rsa_2048;
    return wish;
}

/// The reason for which the world does not get its model from such a server.
reason why(world& w, const support::nginx_options& options)
{
    const vhost v(w, options);
    const auto o = v.ask();
    if (o.why == reason::none)
        CHECK((active_content(w) == v.content));
    else
        CHECK(v.web.access_log().empty());  // nothing was asked of it
    return o.why;
}

}  // namespace

TEST_CASE("nginx with one TLS version: 1.2 and 1.3 are spoken, 1.0 and 1.1 refused as such")
{
    for (const auto& [version, expected] : std::vector<std::pair<std::string, reason>>{{"TLSv1", reason::tls_version},
                                                                                       {"TLSv1.1", reason::tls_version},
                                                                                       {"TLSv1.2", reason::none},
                                                                                       {"TLSv1.3", reason::none}})
    {
        CAPTURE(version);
        world w;
        auto options = by(w.ca, rsa());
        options.protocols = version;
        if (expected != reason::none)
            options.ciphers = "ALL:@SECLEVEL=0";
        CHECK(why(w, options) == expected);
    }
}

TEST_CASE("nginx with a certificate that proves nothing is refused by its own reason")
{
    world w;
    support::certificate_wish wish;
    wish.not_before = -hours(48);
    wish.not_after = -hours(24);
    CHECK(why(w, by(w.ca, wish)) == reason::certificate_expired);
    wish.not_before = hours(24);
    wish.not_after = hours(48);
    CHECK(why(w, by(w.ca, wish)) == reason::certificate_not_yet_valid);
    wish = {};
    wish.hosts = {"elsewhere.example"};
    CHECK(why(w, by(w.ca, wish)) == reason::host_mismatch);
    CHECK(why(w, by(support::throwaway_ca("another CA"))) == reason::unknown_ca);
    support::nginx_options alone;
    alone.server = support::throwaway_ca::self_signed();
    CHECK(why(w, alone) == reason::self_signed);
    CHECK(why(w, by(w.ca)) == reason::none);
}

TEST_CASE("nginx with a stapled OCSP answer: a good one is accepted, and refused what is revoked, old or somebody else's")
{
    using wish = support::staple_wish;
    const support::throwaway_ca stranger("another CA");
    const auto stapled = [&](const wish& what, bool by_stranger = false) {
        world w;
        auto options = by(w.ca);
        options.staple = (by_stranger ? stranger : w.ca).staple(options.server.certificate, what);
        return why(w, options);
    };
    CHECK(stapled({}) == reason::none);
    CHECK(stapled({wish::revoked}) == reason::certificate_revoked);
    CHECK(stapled({wish::unknown}) == reason::staple_invalid);
    CHECK(stapled({}, true) == reason::staple_invalid);
}

TEST_CASE("nginx without a staple: accepted, unless policy or the certificate wants one")
{
    world w;
    const vhost plain(w, by(w.ca));
    auto options = w.options();
    CHECK(plain.ask(options).code == errc::ok);
    options.transport.tls.ocsp = modelsec::ocsp_policy::required;
    CHECK(plain.ask(options).why == reason::staple_missing);

    auto good = by(w.ca);
    good.staple = w.ca.staple(good.server.certificate);
    CHECK(vhost(w, good).ask(options).code == errc::ok);

    support::certificate_wish promise;
    promise.must_staple = true;
    const vhost broken_promise(w, by(w.ca, promise));
    options.transport.tls.ocsp = modelsec::ocsp_policy::if_stapled;
    CHECK(broken_promise.ask(options).why == reason::staple_missing);
    options.transport.tls.ocsp = modelsec::ocsp_policy::off;
    CHECK(broken_promise.ask(options).code == errc::ok);
}

TEST_CASE("how old a staple is, is a question to the injected clock")
{
    world w;
    auto options = by(w.ca);
    options.staple = w.ca.staple(options.server.certificate, {support::staple_wish::good, -hours(1), hours(2)});
    const vhost v(w, options);
    CHECK(v.ask().code == errc::ok);
    w.time.move(hours(3));
    CHECK(v.ask().why == reason::staple_invalid);
    w.time.move(-hours(5));
    CHECK(v.ask().why == reason::staple_invalid);
}

TEST_CASE("nginx that wants a client certificate gets it from the manifest's client, and says 400 to others")
{
    world w;
    auto options = by(w.ca);
    options.client_ca = w.ca.certificate();
    const vhost v(w, options);
    const auto without = v.ask();
    CHECK(without.why == reason::http_status);
    CHECK(v.ask(w.options_with_certificate()).code == errc::ok);
}

TEST_CASE("nginx with a password: 401 without it or with another, the model with it")
{
    world w;
    support::nginx_options options = by(w.ca);
    const auto file = w.place.write("htpasswd", "user:{PLAIN}" + std::string(planted_secret) + "\n");
    options.location_directives = "auth_basic here; auth_basic_user_file " + file + ";";
    const vhost v(w, options);
    const auto with = [&](const std::string& login) {
        auto owner = w.options();
        owner.transport.credentials = [login](std::string_view) {
            return std::vector<modelsec::http_header>{{"Authorization", "Basic " + support::base64(login)}};
        };
        return v.ask(owner);
    };
    CHECK(v.ask().why == reason::unauthorized);
    CHECK(with("user:wrong").why == reason::unauthorized);
    CHECK(with("user:" + std::string(planted_secret)).code == errc::ok);
}

TEST_CASE("nginx that limits the rate of a connection is as good as any, with more of them")
{
    world w;
    auto options = by(w.ca);
    options.location_directives = "limit_rate 2m;";
    const vhost v(w, options);
    CHECK(v.ask().code == errc::ok);
    CHECK((active_content(w) == v.content));
}

TEST_CASE("nginx without ranges, without ETags or with gzip: the model comes whole")
{
    for (const char* directive : {"max_ranges 0;", "etag off;", "etag off; if_modified_since off; max_ranges 0;",
                                  "gzip on; gzip_types *; gzip_min_length 1;"})
    {
        CAPTURE(directive);
        world w;
        auto options = by(w.ca);
        options.location_directives = directive;
        const vhost v(w, options);
        CHECK(v.ask().code == errc::ok);
        CHECK((active_content(w) == v.content));
    }
}
