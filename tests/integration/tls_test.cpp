// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Each way in which a server can fail to prove who it is, refused by its own reason, at once and not retried.
#include "command.hpp"

#include <modelsec/detail/net/trust_roots.hpp>

#include <process.hpp>

#include <cstdlib>
#include <filesystem>

using namespace integration;
using std::chrono::hours;

namespace {

/// A world whose manifest lies behind another kind of TLS.
struct behind
{
    world w;
    support::origin other;

    explicit behind(support::origin_options options) : other(std::move(options)) { w.release("content"); }

    outcome ask(const char* host = "127.0.0.1") { return ask(w.client(), host); }
    outcome ask(modelsec::client client, const char* host = "127.0.0.1")
    {
        other.serve("/manifest", support::dsse_envelope(w.manifest("content").json(), {w.key}));
        auto options = w.request();
        options.manifest.url = other.url("/manifest", host);
        return fetch(client, options);
    }
};

support::origin_options server(support::identity who)
{
    support::origin_options options;
    options.server = std::move(who);
    return options;
}

outcome fetch_with(const modelsec::client_options& options, const modelsec::fetch_options& request)
{
    modelsec::client client(options);
    return fetch(client, request);
}

/// The reason why a server with such a certificate, by the trusted CA, is refused.
void expect(const support::certificate_wish& wish, reason why, const char* host = "127.0.0.1")
{
    // The CA is the world's; so the origin is made after it.
    world w;
    w.release("content");
    support::origin other(server(w.ca.issue(wish)));
    other.serve("/manifest", support::dsse_envelope(w.manifest("content").json(), {w.key}));
    auto options = w.request();
    options.manifest.url = other.url("/manifest", host);
    CHECK(fetch(w, options).why == why);
    CHECK(other.count() == (why == reason::none ? 1 : 0));
    CHECK(other.connections() == 1);
}

}  // namespace

TEST_CASE("a good certificate is accepted, by address and by name, EC and RSA")
{
    expect({}, reason::none);
    support::certificate_wish wish;
    wish.key = support::key_kind::rsa_2048;
    wish.hosts = {"localhost"};
    expect(wish, reason::none, "localhost");
}

TEST_CASE("an expired certificate is refused")
{
    support::certificate_wish wish;
    wish.not_before = -hours(48);
    wish.not_after = -hours(24);
    expect(wish, reason::certificate_expired);
}

TEST_CASE("a certificate that is not yet valid is refused")
{
    support::certificate_wish wish;
    wish.not_before = hours(24);
    wish.not_after = hours(48);
    expect(wish, reason::certificate_not_yet_valid);
}

TEST_CASE("a certificate for another host is refused")
{
    support::certificate_wish wish;
    wish.hosts = {"example.org", "10.0.0.1"};
    expect(wish, reason::host_mismatch);
    expect(wish, reason::host_mismatch, "localhost");
    wish.hosts = {};  // RFC 9110 section 4.3.4: the common name is no host name
    wish.common_name = "localhost";
    expect(wish, reason::host_mismatch, "localhost");
}

TEST_CASE("a certificate that is not a server's is refused")
{
    support::certificate_wish wish;
    wish.for_client = true;
    expect(wish, reason::certificate_invalid);
}

TEST_CASE("a self-signed certificate is refused")
{
    behind b(server(support::throwaway_ca::self_signed()));
    CHECK(b.ask().why == reason::self_signed);
}

TEST_CASE("a certificate by an unknown CA is refused, also one that bears the known one's name")
{
    behind stranger(server(support::throwaway_ca("another CA").issue()));
    CHECK(stranger.ask().why == reason::unknown_ca);
    behind impostor(server(support::throwaway_ca("throwaway CA").issue()));
    CHECK(impostor.ask().code == errc::tls);
}

TEST_CASE("TLS 1.0 and 1.1 are refused as such, TLS 1.2 and 1.3 are spoken")
{
    support::certificate_wish wish;
    wish.key = support::key_kind::rsa_2048;
    world w;
    w.release("content");
    for (const auto& [version, why] : std::vector<std::pair<int, reason>>{
             {0x0301, reason::tls_version}, {0x0302, reason::tls_version}, {0x0303, reason::none}, {0x0304, reason::none}})
    {
        CAPTURE(version);
        auto options = server(w.ca.issue(wish));
        options.min_tls = options.max_tls = version;
        support::origin other(options);
        other.serve("/manifest", support::dsse_envelope(w.manifest("content").json(), {w.key}));
        auto request = w.request();
        request.manifest.url = other.url("/manifest");
        CHECK(fetch(w, request).why == why);
        CHECK(other.connections() == 1);
    }
}

TEST_CASE("the server for TLS 1.0 and 1.1 does speak them with a client that does not mind")
{
    for (const auto& [version, option] : std::vector<std::pair<int, std::string>>{{0x0301, "-tls1"}, {0x0302, "-tls1_1"}})
    {
        support::certificate_wish wish;
        wish.key = support::key_kind::rsa_2048;
        auto options = server(support::throwaway_ca::self_signed(wish));
        options.min_tls = options.max_tls = version;
        support::origin old(options);
        const auto result = support::run({"sh", "-c",
                                          "exec openssl s_client -connect 127.0.0.1:" + std::to_string(old.port()) + " " +
                                              option + " -cipher ALL@SECLEVEL=0 </dev/null"});
        CHECK(result.exit_code == 0);
    }
}

TEST_CASE("suites without forward secrecy or authenticated encryption are refused")
{
    support::certificate_wish wish;
    wish.key = support::key_kind::rsa_2048;
    for (const char* suite : {"AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "AES256-SHA"})
    {
        CAPTURE(suite);
        world w;
        auto options = server(w.ca.issue(wish));
        options.max_tls = 0x0303;
        options.ciphers = suite;
        support::origin other(options);
        auto request = w.request();
        request.manifest.url = other.url("/manifest");
        CHECK(fetch(w, request).why == reason::tls_handshake);
    }
}

TEST_CASE("a server that insists on a client certificate gets one, or refuses")
{
    world w;
    auto insisting = server(w.ca.issue());
    insisting.client_ca = w.ca.certificate();
    support::origin other(insisting);
    other.serve("/manifest", support::dsse_envelope(w.manifest("content").json(), {w.key}));
    auto request = w.request();
    request.manifest.url = other.url("/manifest");
    CHECK(fetch(w, request).code == errc::tls);
    CHECK(other.count() == 0);

    auto options = w.options_with_certificate();
    modelsec::client client(options);
    CHECK(fetch(client, request).code == errc::ok);

    support::certificate_wish wish;
    wish.for_client = true;
    options.transport.tls.private_key_file = w.place.write("other.key", w.ca.issue(wish).private_key);
    modelsec::client mismatched(options);
    CHECK(fetch(mismatched, request).why == reason::trust_store);
}

TEST_CASE("without the address of a manifest nobody sees the client certificate, and pinned keys bind nobody")
{
    world w;
    auto insisting = server(w.ca.issue());
    insisting.client_ca = w.ca.certificate();
    support::origin other(insisting);
    auto m = w.manifest("content");
    m.artifacts.front().url = other.url("/model.bin");
    other.serve("/model.bin", "content");

    auto options = w.options_with_certificate();
    modelsec::client client(options);
    auto request = w.request();
    request.manifest.url.clear();
    request.manifest.file = w.place.write("manifest.json", support::dsse_envelope(m.json(), {w.key}));
    CHECK(fetch(client, request).code == errc::tls);
    CHECK(other.count() == 0);

    w.release("content");
    options.transport.tls.spki_pins = {support::throwaway_ca::spki_pin(support::throwaway_ca().certificate())};
    modelsec::client pinned(options);
    request.manifest.file = w.place.write("manifest.json", support::dsse_envelope(w.manifest("content").json(), {w.key}));
    CHECK(fetch(pinned, request).code == errc::ok);
}

TEST_CASE("whoever checks or publishes shows a client certificate to the host of the model, and to no other")
{
    world w;
    auto insisting = server(w.ca.issue());
    insisting.client_ca = w.ca.certificate();
    support::origin home(insisting), other(insisting);
    for (support::origin* each : {&home, &other})
        each->serve("/model.bin", "content");
    const auto me = w.options_with_certificate().transport.tls;
    const auto check = [&](const std::string& first, const std::string& mirror, const std::vector<std::string>& more) {
        auto m = w.manifest("content");
        m.artifacts.front().url = first;
        m.expires_at = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + std::chrono::days(30);
        if (!mirror.empty())
            m.artifacts.front().mirrors = {mirror};
        std::vector<std::string> all{"check-remote", "--ca", w.place / "ca.pem",
                                     w.place.write("manifest.json", support::dsse_envelope(m.json(), {w.key}))};
        all.insert(all.end(), more.begin(), more.end());
        return run_command(all).exit_code;
    };
    const std::vector<std::string> shown{"--cert", me.certificate_file, "--cert-key", me.private_key_file};
    CHECK(check(home.url("/model.bin"), "", {}) == 60);
    CHECK(check(home.url("/model.bin"), "", {"--cert", me.certificate_file}) == 2);
    CHECK(home.count() == 0);
    CHECK(check(home.url("/model.bin"), "", shown) == 0);
    CHECK(home.count("/model.bin") > 0);
    CHECK(check(home.url("/model.bin"), other.url("/model.bin"), shown) == 60);
    CHECK(other.count() == 0);
}

TEST_CASE("a pinned key must be in the chain that was verified")
{
    world w;
    w.release("content");
    auto options = w.options();
    options.transport.tls.spki_pins = {support::throwaway_ca::spki_pin(support::throwaway_ca().certificate())};
    modelsec::client wrong(options);
    CHECK(fetch(wrong, w.request()).why == reason::spki_mismatch);
    CHECK(w.web.count() == 0);
    options.transport.tls.spki_pins.push_back(support::throwaway_ca::spki_pin(w.ca.certificate()));
    modelsec::client right(options);
    CHECK(fetch(right, w.request()).code == errc::ok);
}

TEST_CASE("a CA file that cannot be used is its own error")
{
    world w;
    w.release("content");
    auto options = w.options();
    const auto refused = [&](auto set) {
        options.transport.tls = w.options().transport.tls;
        set(options.transport.tls);
        return fetch_with(options, w.request());
    };
    const std::string cut = w.ca.certificate().substr(0, w.ca.certificate().size() - 40);
    for (const auto& file : {w.place.write("empty.pem", ""), w.place.write("bad.pem", "nonsense"),
                             w.place.write("cut.pem", cut), w.place.write("half.pem", w.ca.certificate() + cut)})
    {
        const auto r = refused([&](auto& tls) { tls.ca_file = file; });
        CHECK(r.why == reason::trust_store);
        CHECK(r.detail.find(file) != r.detail.npos);
    }
    // What is not there is a mistake of whoever named it, said before any server is asked.
    const std::string absent = w.place / "absent.pem";
    for (const auto& r : {refused([&](auto& tls) { tls.ca_file = absent; }), refused([&](auto& tls) {
                              tls.certificate_file = absent;
                              tls.private_key_file = w.place.write("some.key", w.ca.issue().private_key);
                          })})
    {
        CHECK(r.code == errc::usage);
        CHECK(r.why == reason::file_unreadable);
        CHECK(r.detail.find(absent) != r.detail.npos);
    }
    CHECK(w.web.connections() == 0);
}

TEST_CASE("a CA is read from a file, a folder and memory, with text around it and a byte order mark before it")
{
    world w;
    w.release("content");
    const std::string other = support::throwaway_ca("another CA").certificate(), ours = w.ca.certificate();
    const std::string text =
        "\xEF\xBB\xBF# the CA of this site\n" + other + "Subject: CN=x\n\n\xEF\xBB\xBF" + ours + "end\n";
    namespace fs = std::filesystem;
    const auto folder = [&](const std::string& name, const std::string& file, const std::string& content) {
        fs::create_directory(w.place / name);
        w.place.write(name + "/README", "no certificate");
        w.place.write(name + "/00000000.0", "damaged");
        w.place.write(name + '/' + file, content);
        return w.place / name;
    };
    const auto with = [&](auto set) {
        auto options = w.options();
        options.store += std::to_string(w.web.connections());
        options.transport.tls.ca_file.clear();
        set(options.transport.tls);
        return fetch_with(options, w.request()).why;
    };
    CHECK(with([&](auto& tls) { tls.ca_file = w.place.write("text.pem", text); }) == reason::none);
    CHECK(with([&](auto& tls) { tls.ca_pem = text; }) == reason::none);
    CHECK(with([&](auto& tls) { tls.ca_file = folder("hashed", "5ed36f99.0", text); }) == reason::none);
    CHECK(with([&](auto& tls) { tls.ca_file = folder("named", "site.crt", ours); }) == reason::none);
    CHECK(with([&](auto& tls) { tls.ca_file = folder("others", "site.txt", ours); }) == reason::trust_store);
    CHECK(with([&](auto& tls) {
              tls.ca_file = w.place.write("other.pem", other);
              tls.ca_pem = ours;
          }) == reason::none);
    CHECK(with([&](auto& tls) { tls.ca_pem = other; }) == reason::unknown_ca);

    // The system's places are tried in order: files, then folders, with the names that OpenSSL or Android give them.
    const auto context = SSL_CTX_new(TLS_client_method());
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    using modelsec::detail::add_first_roots;
    CHECK_FALSE(add_first_roots(store, {w.place / "absent.pem"}, {w.place / "absent", w.place / "others"}));
    CHECK(add_first_roots(store, {w.place / "absent.pem"}, {w.place / "absent", w.place / "hashed"}));
    SSL_CTX_free(context);
}

TEST_CASE("a certificate that is no root is believed where partial chains are allowed, and only there")
{
    world w;
    w.release("content");
    const support::identity leaf = w.ca.issue();
    support::origin other(server(leaf));
    other.serve("/manifest", support::dsse_envelope(w.manifest("content").json(), {w.key}));
    auto request = w.request();
    request.manifest.url = other.url("/manifest");
    auto options = w.options();
    options.transport.tls.ca_file = w.place.write("leaf.pem", leaf.certificate);
    CHECK(fetch_with(options, request).why == reason::unknown_ca);
    options.transport.tls.partial_chain = true;
    options.transport.tls.ca_pem = w.ca.certificate();  // for the artifact's origin
    CHECK(fetch_with(options, request).why == reason::none);
    options.transport.tls = {};
    options.transport.tls.partial_chain = true;
    CHECK(fetch_with(options, request).why == reason::bad_option);
}

TEST_CASE("SSL_CERT_FILE and SSL_CERT_DIR are read where that is asked for, and nowhere else")
{
    world w;
    w.release("content");
    const std::string folder = w.place / "roots";
    std::filesystem::create_directory(folder);
    w.place.write("roots/12345678.0", w.ca.certificate());
    auto options = w.options();
    const std::string file = options.transport.tls.ca_file;
    options.transport.tls.ca_file.clear();
    const auto with = [&](const char* variable, const std::string& value) {
        ::setenv(variable, value.c_str(), 1);
        options.store += "x";
        const reason why = fetch_with(options, w.request()).why;
        ::unsetenv(variable);
        return why;
    };
    CHECK(with("SSL_CERT_FILE", file) == reason::unknown_ca);
    options.transport.tls.roots_from_environment = true;
    CHECK(with("SSL_CERT_FILE", file) == reason::none);
    CHECK(with("SSL_CERT_DIR", "/absent:" + folder) == reason::none);
    CHECK(with("SSL_CERT_DIR", "/absent") == reason::trust_store);
    CHECK(with("SSL_CERT_FILE", "/absent") == reason::file_unreadable);
    CHECK(with("SSL_CERT_FILE", "") == reason::unknown_ca);
    options.transport.tls.ca_file = file;  // what is given goes first
    CHECK(with("SSL_CERT_FILE", "/absent") == reason::none);
}

TEST_CASE("a client certificate and its key come from memory as from files")
{
    world w;
    w.release("content");
    support::certificate_wish wish;
    wish.for_client = true;
    const support::identity me = w.ca.issue(wish);
    support::origin_options how = server(w.ca.issue());
    how.client_ca = w.ca.certificate();
    support::origin other(std::move(how));
    other.serve("/manifest", support::dsse_envelope(w.manifest("content").json(), {w.key}));
    auto request = w.request();
    request.manifest.url = other.url("/manifest");
    auto options = w.options();
    options.transport.tls.certificate_pem = "\xEF\xBB\xBFmine\n" + me.certificate;
    options.transport.tls.private_key_pem = "mine\n" + me.private_key;
    CHECK(fetch_with(options, request).why == reason::none);
    options.transport.tls.private_key_file = w.place.write("me.key", me.private_key);
    CHECK(fetch_with(options, request).why == reason::bad_option);
    options.transport.tls.private_key_pem = {};
    CHECK(fetch_with(options, request).why == reason::none);
    options.transport.tls.private_key_pem = support::throwaway_ca("x").issue().private_key;
    options.transport.tls.private_key_file.clear();
    CHECK(fetch_with(options, request).why == reason::trust_store);
}

TEST_CASE("an expired certificate's detail says what the clock says")
{
    world w;
    w.release("content");
    struct : modelsec::clock
    {
        modelsec::utc_time now() const override { return system().now() + std::chrono::hours(24 * 365 * 20); }
    } future;
    auto options = w.options();
    options.clock = std::shared_ptr<const modelsec::clock>(std::shared_ptr<const void>(), &future);
    const auto r = fetch_with(options, w.request());
    CHECK(r.why == reason::certificate_expired);
    CHECK(r.detail.find(modelsec::format_rfc3339(future.now()).substr(0, 10)) != r.detail.npos);
    CHECK(modelsec::hint(r.why).find("clock") != std::string_view::npos);
}

TEST_CASE("without the throwaway CA the system's roots do not know the origin")
{
    world w;
    w.release("content");
    auto options = w.options();
    options.transport.tls.ca_file.clear();
    modelsec::client client(options);
    CHECK(fetch(client, w.request()).why == reason::unknown_ca);
}
