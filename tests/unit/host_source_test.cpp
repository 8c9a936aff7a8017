// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/net/connection.hpp>
#include <modelsec/detail/source/answer.hpp>
#include <modelsec/detail/source/instance_keys.hpp>
#include <modelsec/detail/source/source_set.hpp>

#include "temp_dir.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <fstream>

using namespace modelsec;
using namespace modelsec::detail;

namespace {

const std::string commit(40, 'c'), digest(64, 'a');

std::optional<reason> meaning(unsigned status, std::string_view body)
{
    return known_meaning({status, {}, bytes(as_bytes(body).begin(), as_bytes(body).end())});
}

/// A scripted world for sources: answers in order, and what was asked.
struct script
{
    std::deque<source_answer> answers;
    std::vector<source_request> asked;
    source_exchange ask = [this](const source_request& r) -> result<source_answer> {
        asked.push_back(r);
        if (answers.empty())
            return fail(reason::connection_lost);
        auto next = std::move(answers.front());
        answers.pop_front();
        return next;
    };
    void answer(unsigned status, std::vector<http_header> headers = {}, std::string_view body = {})
    {
        answers.push_back({status, std::move(headers), bytes(as_bytes(body).begin(), as_bytes(body).end())});
    }
};

std::string header_of(const std::vector<http_header>& list, std::string_view name)
{
    for (const auto& h : list)
        if (source_same(h.name, name))
            return std::string(h.value.view());
    return {};
}

hub_options::variable variables(std::map<std::string, std::string> all)
{
    return [all = std::move(all)](const std::string& name) -> std::optional<std::string> {
        const auto found = all.find(name);
        return found == all.end() ? std::nullopt : std::optional(found->second);
    };
}

std::string token_of(const hub_options& hub)
{
    return hub.token ? std::string(hub.token().value().reveal_text()) : std::string();
}

}  // namespace

TEST_SUITE_BEGIN("hosts");

TEST_CASE("an expired address is told from a forged one, on S3, R2, GCS and Supabase")
{
    const auto s3 = [](const std::string& code, const std::string& message = "x") {
        return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>";
    };
    CHECK(meaning(403, s3("AccessDenied", "Request has expired")) == reason::url_expired);
    CHECK(meaning(403, s3("AccessDenied")) == reason::forbidden);
    CHECK(meaning(400, s3("ExpiredToken")) == reason::url_expired);    // S3's dead session, GCS
    CHECK(meaning(403, s3("ExpiredRequest")) == reason::url_expired);  // R2
    CHECK(meaning(403, s3("SignatureDoesNotMatch", "Request has expired")) == reason::forbidden);
    CHECK(meaning(403, s3("RequestTimeTooSkewed")) == reason::url_expired);
    CHECK(meaning(404, s3("NoSuchKey")) == reason::not_found);
    CHECK(meaning(503, s3("SlowDown")) == reason::rate_limited);
    CHECK(meaning(400, R"({"statusCode":"400","error":"InvalidJWT","message":"jwt expired"})") == reason::url_expired);
    CHECK(meaning(400, R"({"statusCode":"400","error":"InvalidSignature","message":"x"})") == reason::forbidden);
    CHECK(meaning(400, R"({"statusCode":"403","error":"Unauthorized","message":"x"})") == reason::forbidden);
    CHECK(meaning(400, R"({"statusCode":"404","error":"not_found","message":"Object not found"})") == reason::not_found);
    CHECK(meaning(400, R"({"statusCode":"429","error":"x"})") == reason::rate_limited);
    CHECK_FALSE(meaning(400, R"({"statusCode":"200","error":"x"})").has_value());
    CHECK_FALSE(meaning(400, "<html>").has_value());
    CHECK_FALSE(meaning(206, s3("ExpiredToken")).has_value());
}

TEST_CASE("a Hub's address is by commit, at the endpoint, with its path percent-encoded")
{
    const auto address = [](std::string_view rest) { return hub_address(rest, "https://hub.example/"); };
    CHECK(address("org/repo@" + commit + "/a b/模.gguf").value() ==
          "https://hub.example/org/repo/resolve/" + commit + "/a%20b/%E6%A8%A1.gguf");
    CHECK(address("org/repo@" + commit + "/50%.gguf").value().ends_with("/50%25.gguf"));
    CHECK(address("org/repo@main/x").error().why == reason::mutable_revision);
    for (const auto* bad : {"/../x", "//x", "/x//y", "/."})
        CHECK(address("org/repo@" + commit + bad).error().why == reason::bad_url);
    CHECK(address("org@" + commit + "/x").error().why == reason::bad_url);
}

TEST_CASE(
    "a Hub's token comes from the variable, the file or the home folder, and a stored one stays with the Hub it is for")
{
    const support::temp_dir dir;
    std::ofstream(dir / "token") << "hf_stored\n";
    const auto hub = [](std::map<std::string, std::string> all, bool allow = false) {
        return hub_options::from_environment(variables(std::move(all)), allow);
    };
    CHECK(hub({}).value().endpoint == "https://huggingface.co");
    CHECK(token_of(hub({{"HF_TOKEN", " hf_env\n"}, {"HF_HOME", dir / ""}}).value()) == "hf_env");
    CHECK(token_of(hub({{"HF_TOKEN_PATH", dir / "token"}}).value()) == "hf_stored");
    CHECK(token_of(hub({{"HF_HOME", dir / ""}}).value()) == "hf_stored");
    CHECK(token_of(hub({{"HF_HOME", dir / "nowhere"}}).value()).empty());
    // Whoever can set a variable does not get the token that is stored for the public Hub.
    const std::string mirror = "https://mirror.example";
    CHECK(token_of(hub({{"HF_ENDPOINT", mirror}, {"HF_HOME", dir / ""}}).value()).empty());
    CHECK(token_of(hub({{"HF_ENDPOINT", mirror}, {"HF_TOKEN_PATH", dir / "token"}}).value()).empty());
    CHECK(token_of(hub({{"HF_ENDPOINT", mirror}, {"HF_HOME", dir / ""}}, true).value()) == "hf_stored");
    CHECK(token_of(hub({{"HF_ENDPOINT", mirror}, {"HF_TOKEN", "hf_env"}}).value()) == "hf_env");
    CHECK(hub({{"HF_ENDPOINT", "http://mirror.example"}}).error().why == reason::plain_http);
    const auto broken = hub({{"HF_TOKEN", "hf_a\r\nX: y"}}).value();
    CHECK(broken.token().has_error());
}

TEST_CASE("what a Hub says by X-Error-Code is told apart")
{
    const hub_source hub({});
    const auto meant = [&](unsigned status, const char* code) {
        return hub.meaning({status, {{"X-Error-Code", code}}, {}});
    };
    CHECK(meant(403, "GatedRepo") == reason::gated);
    CHECK(meant(401, "RepoNotFound") == reason::unauthorized);
    CHECK(meant(404, "RepoNotFound") == reason::not_found);
    CHECK(meant(404, "RevisionNotFound") == reason::revision_not_found);
    CHECK(meant(404, "EntryNotFound") == reason::not_found);
    CHECK_FALSE(hub.meaning({500, {}, {}}).has_value());
}

TEST_CASE("an OCI address names a digest: tags and malformed ones are refused")
{
    const auto why = [](const std::string& text) {
        const auto r = oci_locator::parse(text);
        return r ? reason::none : r.error().why;
    };
    const auto good = oci_locator::parse("oci://r.example:5000/team/llama@sha256:" + digest).value();
    CHECK(good.origin == "https://r.example:5000");
    CHECK(good.repository == "team/llama");
    CHECK(good.digest.hex() == digest);
    CHECK(why("oci://r.example/llama:latest") == reason::mutable_revision);
    CHECK(why("oci://r.example/llama") == reason::mutable_revision);
    CHECK(why("oci://r.example/llama@sha512:" + digest) == reason::mutable_revision);
    CHECK(why("oci://r.example/llama@sha256:" + digest.substr(1)) == reason::bad_url);
    CHECK(why("oci://r.example/../x@sha256:" + digest) == reason::bad_url);
    CHECK(why("oci://r.example/Upper@sha256:" + digest) == reason::bad_url);
    CHECK(why("oci://user@r.example/x@sha256:" + digest) == reason::bad_url);
}

TEST_CASE("a registry's token is asked of its own realm, with the caller's user, and once for all blobs")
{
    script net;
    oci_source registry({}, [](std::string_view origin) -> std::vector<http_header> {
        if (origin == "https://r.example")
            return {{"Authorization", "Basic dTpw"}};
        return {};
    });
    net.answer(401, {{"WWW-Authenticate", R"(Bearer realm="https://r.example/token?x=1",service="r e g")"}});
    net.answer(200, {}, R"({"access_token":"t0k"})");
    const std::string locator = "oci://r.example/team/llama@sha256:" + digest;
    const auto first = registry.locate(locator, net.ask).value();
    CHECK(first.url == "https://r.example/v2/team/llama/blobs/sha256:" + digest);
    CHECK(header_of(first.headers, "authorization") == "Bearer t0k");
    REQUIRE(net.asked.size() == 2);
    CHECK(net.asked[0].url == "https://r.example/v2/");
    CHECK(net.asked[1].url == "https://r.example/token?x=1&service=r%20e%20g&scope=repository%3Ateam%2Fllama%3Apull");
    CHECK(header_of(net.asked[1].headers, "authorization") == "Basic dTpw");

    const auto second = registry.locate("oci://r.example/team/llama@sha256:" + std::string(64, 'b'), net.ask).value();
    CHECK(header_of(second.headers, "authorization") == "Bearer t0k");
    CHECK(net.asked.size() == 2);

    // Asked again for the same blob: the token was refused, a new one is needed.
    net.answer(401, {{"www-authenticate", R"(bearer service=x, realm="https://r.example/token")"}});
    net.answer(200, {}, R"({"token":"n3w"})");
    CHECK(header_of(registry.locate(locator, net.ask).value().headers, "authorization") == "Bearer n3w");
}

TEST_CASE("no other host is asked for a registry's tokens, unless it is allowed by name")
{
    const std::string locator = "oci://r.example/llama@sha256:" + digest;
    const auto challenge = [](script& net, const std::string& realm) {
        net.answer(401, {{"WWW-Authenticate", "Bearer realm=\"" + realm + "\""}});
        net.answer(200, {}, R"({"token":"t"})");
    };
    const auto why = [&](registry_options options, const std::string& realm, std::size_t requests) {
        script net;
        challenge(net, realm);
        oci_source registry(std::move(options), {});
        const auto r = registry.locate(locator, net.ask);
        CHECK(net.asked.size() == requests);
        return r ? reason::none : r.error().why;
    };
    CHECK(why({}, "https://evil.example/token", 1) == reason::realm_not_allowed);
    CHECK(why({}, "https://r.example:444/token", 1) == reason::realm_not_allowed);
    CHECK(why({}, "http://r.example/token", 1) == reason::plain_http);
    CHECK(why({{"auth.example"}, {}}, "https://auth.example/token", 2) == reason::none);
    CHECK(why({{"auth.example"}, {}}, "https://evil.example/token", 1) == reason::realm_not_allowed);
    script net;
    net.answer(401, {{"WWW-Authenticate", R"(Bearer realm="https://r.example/t")"}});
    net.answer(200, {}, R"({"token":"a b"})");
    CHECK(oci_source({}, {}).locate(locator, net.ask).error().why == reason::bad_response);
}

TEST_CASE("a registry that offers several ways in is asked for a token, whichever order they come in")
{
    for (const char* field : {R"(Basic realm="x", Bearer realm="https://r.example/t",service="r")",
                              R"(Negotiate, Bearer realm="https://r.example/t")",
                              R"(Negotiate YWJj==, bearer  service="a, Basic b" , realm="https://r.example/t")",
                              R"(Bearer realm="https://r.example/t", Basic realm="x")"})
    {
        const auto found = find_bearer_challenge({{"WWW-Authenticate", field}});
        REQUIRE_MESSAGE(found.has_value(), field);
        CHECK(found->realm == "https://r.example/t");
    }
    CHECK(find_bearer_challenge(
              {{"WWW-Authenticate", "Basic realm=\"x\""}, {"www-authenticate", "Bearer realm=\"https://r.example/t\""}})
              .has_value());
    for (const char* field : {"", "Bearer", "Basic realm=\"Bearer realm=x\"", "Bearer service=\"r\", Basic realm=\"x\"",
                              "Bearer realm=\"https://r.example/t", ",,, ,"})
        CHECK_FALSE(find_bearer_challenge({{"WWW-Authenticate", field}}).has_value());
}

TEST_CASE("a registry that asks for nothing at its door is asked again where it refused")
{
    script net;
    oci_source registry({}, {});
    const std::string locator = "oci://r.example/team/llama@sha256:" + digest;
    net.answer(200);
    CHECK(registry.locate(locator, net.ask).value().headers.empty());
    CHECK(net.asked.size() == 1);
    net.answer(200);
    net.answer(401, {{"WWW-Authenticate", R"(Bearer realm="https://r.example/t")"}});
    net.answer(200, {}, R"({"token":"t0k"})");
    CHECK(header_of(registry.locate(locator, net.ask).value().headers, "authorization") == "Bearer t0k");
    REQUIRE(net.asked.size() == 4);
    CHECK(net.asked[2].url == "https://r.example/v2/team/llama/blobs/sha256:" + digest);
    CHECK(net.asked[2].status_only);
}

TEST_CASE("a user whom only a helper program knows is missed where a token for nobody does not do, and nowhere else")
{
    const support::temp_dir place;
    registry_options options;
    options.docker_config = place.write("config.json", R"({"credsStore":"desktop"})");
    const std::string locator = "oci://r.example/team/llama@sha256:" + digest;
    const std::vector<http_header> bearer{{"WWW-Authenticate", R"(Bearer realm="https://r.example/t")"}};
    script net;
    oci_source registry(options, {});
    net.answer(401, bearer);
    net.answer(200, {}, R"({"token":"nobody"})");
    CHECK(header_of(registry.locate(locator, net.ask).value().headers, "authorization") == "Bearer nobody");
    CHECK(header_of(net.asked.back().headers, "authorization").empty());
    // It ended: another one does.
    net.answer(401, bearer);
    net.answer(200, {}, R"({"token":"nobody2"})");
    net.answer(206);
    CHECK(header_of(registry.locate(locator, net.ask).value().headers, "authorization") == "Bearer nobody2");
    // It was never enough.
    net.answer(401, bearer);
    net.answer(200, {}, R"({"token":"nobody3"})");
    net.answer(401, bearer);
    CHECK(registry.locate(locator, net.ask).error().why == reason::credential_helper);
    // Nobody gets one; or only a user with a password is let in.
    for (const bool basic : {false, true})
    {
        script strict;
        strict.answer(401, basic ? std::vector<http_header>{{"WWW-Authenticate", "Basic realm=\"x\""}} : bearer);
        strict.answer(401);
        CHECK(oci_source(options, {}).locate(locator, strict.ask).error().why == reason::credential_helper);
    }
    // Nobody may write.
    script writing;
    writing.answer(401, bearer);
    CHECK(oci_source(options, {}, "pull,push").locate(locator, writing.ask).error().why == reason::credential_helper);
}

TEST_CASE("Docker's config file is read, and its helper programs are named and never run")
{
    const auto of = [](std::string_view config, std::string_view host) {
        return docker_authorization(as_bytes(config), host);
    };
    const std::string config =
        R"({"auths":{"https://r.example/v1/":{"auth":"dTpw"},"other.example":{}},"credHelpers":{"ecr.example":"ecr-login"}})";
    CHECK(of(config, "r.example").value().reveal_text() == "Basic dTpw");
    CHECK(of(config, "nobody.example").value().empty());
    CHECK(of(config, "ecr.example").error().why == reason::credential_helper);
    CHECK(of(config, "ecr.example").error().detail.find("docker-credential-ecr-login") != std::string::npos);
    CHECK(of(R"({"credsStore":"desktop"})", "r.example").error().why == reason::credential_helper);
    CHECK(of(R"({"auths":{"https://r.example/v1/":{"username":"u","password":"p"}}})", "r.example").value().reveal_text() ==
          "Basic dTpw");
    CHECK(of(R"({"auths":{"r.example":{"auth":"","username":"u","password":"p"}}})", "r.example").value().reveal_text() ==
          "Basic dTpw");
    CHECK(of(R"({"auths":{"r.example":{"username":"u"}}})", "r.example").value().empty());
    CHECK(of(R"({"auths":{"r.example":{"username":"u:v","password":"p"}}})", "r.example").error().why == reason::bad_option);
    CHECK(of(R"({"auths":{"r.example":{"auth":"!"}}})", "r.example").error().why == reason::bad_option);
    CHECK(of("[]", "r.example").error().why == reason::bad_option);
}

TEST_CASE("an OCI artifact's layers are read by title, ORAS' or ModelPack's, and its digest is checked")
{
    const std::string hex(64, '1');
    const std::string manifest =
        R"({"schemaVersion":2,"layers":[{"mediaType":"application/octet-stream","digest":"sha256:)" + hex +
        R"(","size":7,"annotations":{"org.opencontainers.image.title":"a.bin"}},{"mediaType":"application/vnd.cncf.model.weight.v1.tar","digest":"sha256:)" +
        hex + R"(","size":9,"annotations":{"org.cncf.model.filepath":"w/b.bin"}}]})";
    const auto layers = parse_oci_manifest(as_bytes(manifest)).value();
    REQUIRE(layers.size() == 2);
    CHECK(layers[0].title == "a.bin");
    CHECK(layers[0].size_bytes == 7);
    CHECK_FALSE(layers[0].packed);
    CHECK(layers[1].title == "w/b.bin");
    CHECK(layers[1].packed);
    for (const auto* bad : {"", "{}", R"({"layers":{}})", R"({"manifests":[]})",
                            R"({"layers":[{"digest":"sha256:1","size":1,"mediaType":"x"}]})"})
        CHECK(parse_oci_manifest(as_bytes(bad)).error().why == reason::manifest_malformed);

    script net;
    net.answer(200);
    net.answer(200, {}, manifest);
    oci_source registry({}, {});
    CHECK(registry.layers("oci://r.example/x@sha256:" + sha256(as_bytes(manifest)).hex(), net.ask).value().size() == 2);
    CHECK(header_of(net.asked[1].headers, "accept").find("application/vnd.oci.image.manifest.v1+json") != std::string::npos);
    CHECK(net.asked[1].digest_signed);  // a label of a content coding does not matter
    net.answer(200, {}, manifest);
    CHECK(registry.layers("oci://r.example/x@sha256:" + digest, net.ask).error().why == reason::digest_mismatch);
    net.answer(200, {{"content-encoding", "gzip"}}, manifest);
    const auto coded = registry.layers("oci://r.example/x@sha256:" + digest, net.ask).error();
    CHECK(coded.why == reason::digest_mismatch);
    CHECK(coded.detail.find("gzip") != std::string::npos);
}

TEST_CASE("Signature Version 4 is computed as Amazon's own example has it")
{
    // AWS S3 API Reference, "Authenticating Requests: Using the Authorization Header", example GET Object.
    const s3_credentials keys{"AKIAIOSFODNN7EXAMPLE", secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")};
    const auto headers = sigv4_headers({"GET",
                                        "examplebucket.s3.amazonaws.com",
                                        "/test.txt",
                                        {{"Range", "bytes=0-9"}},
                                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                                       keys, "us-east-1", *parse_rfc3339("2013-05-24T00:00:00Z"));
    CHECK(header_of(headers, "authorization") ==
          "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
          "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
          "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    // The same page, GET Bucket (List Objects): the query is sorted.
    const auto list = sigv4_headers({"GET",
                                     "examplebucket.s3.amazonaws.com",
                                     "/?prefix=J&max-keys=2",
                                     {},
                                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
                                    keys, "us-east-1", *parse_rfc3339("2013-05-24T00:00:00Z"));
    CHECK(header_of(list, "authorization")
              .ends_with("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
    CHECK(s3_region_of("b.s3.eu-west-1.amazonaws.com") == "eu-west-1");
    CHECK(s3_region_of("s3.dualstack.eu-west-1.amazonaws.com") == "eu-west-1");
    CHECK(s3_region_of("b.s3.amazonaws.com") == "us-east-1");
    CHECK(s3_region_of("minio.example") == "us-east-1");
}

TEST_CASE("presigned addresses are left as they are, and only buckets that there are keys to are signed for")
{
    s3_options options;
    options.credentials = [](const std::string& origin) -> result<std::optional<s3_credentials>> {
        if (origin != "https://s3.example")
            return std::optional<s3_credentials>();
        return std::optional(s3_credentials{"AKIAIOSFODNN7EXAMPLE", secret("k"), secret("session")});
    };
    s3_source s3(options, modelsec::clock::system());
    CHECK(s3.takes("https://s3.example/b/k"));
    CHECK_FALSE(s3.takes("https://s3.example/b/k?X-Amz-Signature=1"));
    CHECK_FALSE(s3.takes("https://elsewhere.example/b/k"));
    CHECK_FALSE(s3.takes("hf://o/r@c/x"));
    const auto request = s3.locate("https://s3.example/b/k", {}).value();
    CHECK(header_of(request.headers, "x-amz-security-token") == "session");
    CHECK(header_of(request.headers, "authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/"));
}

TEST_CASE("only the metadata service's own addresses are asked without TLS")
{
    const auto why = [](std::string_view text) {
        const auto r = parse_metadata_address(text);
        return r ? reason::none : r.error().why;
    };
    for (const auto* good : {"http://169.254.169.254", "http://169.254.170.2/v2/credentials/x",
                             "http://[fd00:ec2::254]/latest", "http://127.0.0.1:1338/x"})
        CHECK(why(good) == reason::none);
    for (const auto* bad : {"https://169.254.169.254", "http://169.254.169.254.evil.example/", "http://evil.example",
                            "http://10.0.0.1/", "http://169.254.169.254:0/", "http://169.254.169.254:x/",
                            "http://user@169.254.169.254/", "http://169.254.169.254/a b", "http://[::1"})
        CHECK(why(bad) == reason::plain_http);
    CHECK(parse_instance_keys(as_bytes(R"({"AccessKeyId":"A","SecretAccessKey":"S","Token":"T"})"))
              .value()
              .session_token.reveal_text() == "T");
    CHECK(parse_instance_keys(as_bytes(R"({"AccessKeyId":"A"})")).error().why == reason::bad_response);
}

TEST_CASE("a source says which headers go to its address, and is asked again only while that helps")
{
    std::string token = "hf_one";
    source_options options;
    options.hub.endpoint = "https://hub.example";
    options.hub.token = [&]() -> result<secret> { return secret(token); };
    source_set sources(options, {}, modelsec::clock::system(),
                       [](const http_request&) -> result<http_answer> { return fail(reason::connection_lost); });
    const std::string locator = "hf://org/repo@" + commit + "/m.gguf";
    const url at = sources.locate(locator).value();
    CHECK(header_of(sources.headers(at), "authorization") == "Bearer hf_one");
    CHECK(sources.headers(url::parse("https://hub.example/org/repo/other").value()).empty());
    CHECK(sources.locate_again(locator, at, fail(reason::unauthorized)).error().why == reason::unauthorized);
    token = "hf_two";
    CHECK(sources.locate_again(locator, at, fail(reason::unauthorized)).value() == at);
    CHECK(header_of(sources.headers(at), "authorization") == "Bearer hf_two");

    response_head gated;
    gated.status = 403;
    gated.headers = {{"X-Error-Code", "GatedRepo"}};
    CHECK(sources.classify(at, gated, {})->why == reason::gated);
    CHECK_FALSE(sources.classify(url::parse("https://cdn.example/x").value(), gated, {}).has_value());
    // A signed manifest's own mistake is the publisher's.
    CHECK(sources.locate("https://user@h.example/").error().why == reason::manifest_malformed);
    CHECK(sources.locate("hf://org/repo@main/x").error().why == reason::mutable_revision);
}

TEST_CASE("an application's own source is asked before the built-in ones")
{
    struct vault final : model_source
    {
        bool takes(std::string_view locator) const override { return locator.starts_with("vault:"); }
        result<source_request> locate(std::string_view locator, const source_exchange& ask) override
        {
            MODELSEC_TRY(const source_answer answer, ask(source_request{"https://vault.example/sign", {}, "{}"}));
            return source_request{"https://vault.example/" + std::string(locator.substr(6)) + '?' +
                                  std::string(as_text(answer.body))};
        }
    };
    source_options options;
    options.own.push_back(std::make_shared<vault>());
    source_set sources(options, {}, modelsec::clock::system(), [](const http_request& r) -> result<http_answer> {
        CHECK(r.any_status);
        return http_answer{200, {}, {'k'}, r.url};
    });
    CHECK(sources.locate("vault:m").value().str() == "https://vault.example/m?k");
}

TEST_SUITE_END();
