// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Which proxy the command takes: options, and the variables by curl's rules.
#include "cli.hpp"

#include <loopback.hpp>
#include <proxies.hpp>

using namespace integration;

namespace {

const support::proxy_login login{"user", std::string(planted_secret) + "/@:"};
/// The same, as it stands in an address.
const std::string userinfo = std::string("user:") + planted_secret + "%2F%40%3A@";

struct scene
{
    world w;
    support::microsocks socks{login};
    std::string good = "socks5h://" + userinfo + "127.0.0.1:" + std::to_string(socks.port());
    /// It lets nobody in without a name, and says so at once: a proxy that is not there would be asked again and again.
    std::string barred = "socks5h://127.0.0.1:" + std::to_string(socks.port());

    scene() { w.release("content"); }

    support::process_result fetch(const std::vector<std::string>& variables, const std::vector<std::string>& more = {})
    {
        std::filesystem::remove_all(w.store());
        w.web.forget_requests();
        support::process_options how;
        how.environment = variables;
        auto arguments = people_fetch(w, {"--json"});
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_command(arguments, how);
    }

    std::string reason_of(const std::vector<std::string>& variables, const std::vector<std::string>& more = {})
    {
        return std::string(result_line(fetch(variables, more).out).string_at("reason").value());
    }
};

}  // namespace

TEST_CASE("the variables of curl name the proxy: lower case first, the one for https before the one for all")
{
    scene s;
    for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
    {
        CAPTURE(name);
        CHECK(s.reason_of({name + ("=" + s.barred)}) == "proxy_auth");
        CHECK(s.reason_of({name + ("=" + s.good)}) == "none");
    }
    CHECK(s.reason_of({"https_proxy=" + s.good, "HTTPS_PROXY=" + s.barred, "all_proxy=" + s.barred}) == "none");
    CHECK(s.reason_of({"HTTPS_PROXY=" + s.good, "all_proxy=" + s.barred}) == "none");
    CHECK(s.reason_of({"https_proxy=", "HTTPS_PROXY=" + s.barred}) == "proxy_auth");  // an empty one is unset
    CHECK(s.reason_of({"http_proxy=" + s.barred, "HTTP_PROXY=" + s.barred}) ==
          "none");  // for http, which is not spoken here
    CHECK(s.reason_of({"HTTPS_PROXY=socks4://127.0.0.1:1"}) == "bad_proxy");
}

TEST_CASE("hosts of NO_PROXY are asked directly")
{
    scene s;
    const std::string barred = "HTTPS_PROXY=" + s.barred;
    for (const char* list : {"no_proxy=127.0.0.1", "NO_PROXY=a.example, 127.0.0.0/8", "NO_PROXY=*"})
        CHECK(s.reason_of({barred, list}) == "none");
    CHECK(s.reason_of({barred, "NO_PROXY=127.0.0.2,localhost"}) == "proxy_auth");
    CHECK(s.reason_of({barred, "no_proxy=elsewhere.example", "NO_PROXY=*"}) == "proxy_auth");
}

TEST_CASE("options go before the variables, and NO_PROXY holds for --proxy as well")
{
    scene s;
    CHECK(s.reason_of({"HTTPS_PROXY=" + s.barred}, {"--proxy", ""}) == "none");
    CHECK(s.reason_of({}, {"--proxy", s.barred}) == "proxy_auth");
    CHECK(s.reason_of({"NO_PROXY=127.0.0.1"}, {"--proxy", s.barred}) == "none");
    CHECK(s.reason_of({"NO_PROXY=127.0.0.1"}, {"--proxy", s.barred, "--no-proxy", ""}) == "proxy_auth");
    CHECK(s.reason_of({"HTTPS_PROXY=" + s.barred}, {"--no-proxy", "127.0.0.1"}) == "none");
}

TEST_CASE("the proxy's password comes from a variable and never from an argument; it goes to nobody else")
{
    scene s;
    const std::string bare = "127.0.0.1:" + std::to_string(s.socks.port());
    CHECK(s.reason_of({}, {"--proxy", "socks5://" + bare}) == "proxy_auth");
    CHECK(s.fetch({}, {"--proxy", "socks5://" + bare}).exit_code == 14);
    CHECK(s.reason_of({"LOGIN=user:" + login.password}, {"--proxy", "socks5://" + bare, "--proxy-user-env", "LOGIN"}) ==
          "none");
    for (const auto& request : s.w.web.requests())
        for (const auto& [name, value] : request.headers)
            CHECK_MESSAGE(value.find(planted_secret) == std::string::npos, name);
    CHECK(s.reason_of({}, {"--proxy", s.good}) == "secret_in_argument");
    CHECK(s.reason_of({}, {"--proxy", userinfo + bare}) == "secret_in_argument");
    CHECK(s.reason_of({"LOGIN=" + std::string(planted_secret)}, {"--proxy", bare, "--proxy-user-env", "LOGIN"}) ==
          "bad_option");
    // Whatever the failure, no text holds it: run_command looks.
    CHECK(s.reason_of({"HTTPS_PROXY=http://" + userinfo + "127.0.0.1:99999"}) == "bad_proxy");
    CHECK(s.reason_of({"HTTPS_PROXY=http://" + userinfo + bare}) == "proxy_failed");
}

TEST_CASE("a variable of --proxy-user-env that is not set is told by every command that takes one")
{
    scene s;
    REQUIRE(s.reason_of({}) == "none");
    const std::string store = s.w.store();
    s.w.place.write("manifest.json", "{}");
    const std::string manifest = s.w.place / "manifest.json";
    const std::vector<std::vector<std::string>> commands{
        people_fetch(s.w),
        {"status", "--store", store, "--audit-sink", "https://127.0.0.1:9/"},
        {"gc", "--store", store},
        {"verify", "--store", store},
        {"path", "--store", store, "nothing"},
        {"rollback", "--store", store, "nothing"},
        {"remove", "--store", store, "nothing"},
        {"repair", "--store", store},
        {"doctor", "--store", store},
        {"check-remote", manifest},
    };
    for (std::vector<std::string> command : commands)
    {
        CAPTURE(command.front());
        command.insert(command.end(), {"--proxy-user-env", "MODELSEC_TEST_UNSET"});
        const std::string said = run_command(command).err;
        const std::string line = "MODELSEC_TEST_UNSET is not set";
        const auto at = said.find(line);
        CHECK(at != std::string::npos);
        CHECK((at == std::string::npos || said.find(line, at + 1) == std::string::npos));
    }
}

TEST_CASE("stapled OCSP answers are checked, required or not asked for")
{
    scene s;
    CHECK(s.reason_of({}, {"--ocsp", "check"}) == "none");
    CHECK(s.reason_of({}, {"--ocsp", "off"}) == "none");
    CHECK(s.reason_of({}, {"--ocsp", "require"}) == "staple_missing");
    CHECK(s.reason_of({}, {"--ocsp", "sometimes"}) == "bad_option");
}
