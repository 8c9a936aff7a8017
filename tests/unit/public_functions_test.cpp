// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Functions that the command and other users of the public headers stand on: files with secrets and credentials, keys to buckets, keys to
// encrypted models, manifests held against pins at a time.
#include "temp_dir.hpp"

#include <modelsec/publish.hpp>
#include <modelsec/s3_environment.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <map>

using namespace modelsec;

namespace {

const utc_time now = *parse_rfc3339("2026-06-01T00:00:00Z");

std::string private_file(const support::temp_dir& place, const std::string& name, const std::string& content)
{
    const std::string path = place.write(name, content);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path;
}

std::string key_of(const result<std::optional<s3_credentials>>& keys)
{
    return keys.has_value() && *keys ? (*keys)->access_key_id : std::string();
}

}  // namespace

TEST_CASE("the origin of an address is what credentials are bound to, and only https has one")
{
    CHECK(origin_of("https://H.example:443/a?b") == "https://h.example");
    CHECK(origin_of("https://h.example:8443/a") == "https://h.example:8443");
    CHECK(!origin_of("http://h.example/"));
    CHECK(!origin_of("h.example"));
    CHECK(is_header_field("X-Key", "a b"));
    CHECK(!is_header_field("X Key", "a"));
    CHECK(!is_header_field("X-Key", "a\r\nEvil: 1"));
    CHECK(!is_header_field("", "a"));
}

TEST_CASE("a credentials file is read whole or not at all, is its user's alone, and may change while it is used")
{
    const support::temp_dir place;
    const auto parsed = [](const char* text) { return parse_credentials(secret(std::string_view(text))); };
    for (const char* wrong :
         {"[]", R"({"https://h.example": {}})", R"({"https://h.example/path": {"bearer": "t"}})",
          R"({"http://h.example": {"bearer": "t"}})", R"({"https://h.example": {"bearer": "a", "basic": "b:c"}})",
          R"({"https://h.example": {"bearer": "a\r\nEvil: 1"}})",
          R"({"https://h.example": {"bearer": "a", "headers": {"authorization": "b"}}})",
          R"({"https://h.example": {"headers": {"X": 1}}})",
          R"({"https://h.example": {"bearer": "a"}, "https://h.example:443": {"bearer": "b"}})"})
        CHECK_MESSAGE(parsed(wrong).has_error(), wrong);
    const auto good = parsed(R"({"https://h.example": {"basic": "u:p", "headers": {"X-Key": "k"}}})").value();
    REQUIRE(good.at("https://h.example").size() == 2);
    CHECK(good.at("https://h.example")[0].value.view() == "Basic dTpw");

    const std::string path = private_file(place, "tokens.json", R"({"https://h.example": {"bearer": "one"}})");
    const auto provider =
        make_credential_provider({{"https://fixed.example", {{"Authorization", "Bearer fixed"}}}}, path).value();
    CHECK(provider("https://h.example").at(0).value.view() == "Bearer one");
    CHECK(provider("https://fixed.example").at(0).value.view() == "Bearer fixed");
    CHECK(provider("https://other.example").empty());
    private_file(place, "tokens.json", R"({"https://h.example": {"bearer": "two"}})");
    CHECK(provider("https://h.example").at(0).value.view() == "Bearer two");
    std::filesystem::remove(path);  // what it said last holds
    CHECK(provider("https://h.example").at(0).value.view() == "Bearer two");
    CHECK(make_credential_provider({{"https://h.example", {}}},
                                   private_file(place, "twice.json", R"({"https://h.example": {"bearer": "x"}})"))
              .error()
              .why == reason::bad_option);

    const std::string open = place.write("open.json", R"({"https://h.example": {"bearer": "x"}})");
    std::filesystem::permissions(open, std::filesystem::perms::owner_read | std::filesystem::perms::others_read);
    CHECK(load_credentials(open).error().why == reason::secret_file_exposed);
    CHECK(load_credentials(place / "absent.json").error().why == reason::file_unreadable);
}

TEST_CASE("keys to buckets come from the file of their origin first, and those of the environment go to storage hosts alone")
{
    const support::temp_dir place;
    std::map<std::string, std::string> variables{
        {"AWS_ACCESS_KEY_ID", "of-environment"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_DEFAULT_REGION", "eu-west-1"}};
    s3_environment given;
    given.get = [&](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    given.credentials_file = private_file(
        place, "keys.json",
        R"({"https://minio.example": {"s3": {"access_key_id": "of-file", "secret_access_key": "s"}}, "https://half.example": {"s3": {"access_key_id": "x"}}})");
    const s3_options options = s3_options_from(given);
    CHECK(options.region == "eu-west-1");
    CHECK(key_of(options.credentials("https://minio.example")) == "of-file");
    CHECK(options.credentials("https://half.example").error().why == reason::bad_option);
    CHECK(key_of(options.credentials("https://bucket.s3.eu-west-1.amazonaws.com")) == "of-environment");
    CHECK(key_of(options.credentials("https://models.example")).empty());
    CHECK(key_of(options.credentials("https://s3.amazonaws.com.evil.example")).empty());
    variables["AWS_ENDPOINT_URL_S3"] = "https://own.example:9000";  // named in place of Amazon's hosts
    CHECK(key_of(options.credentials("https://own.example:9000")) == "of-environment");
    CHECK(key_of(options.credentials("https://bucket.s3.eu-west-1.amazonaws.com")).empty());
}

TEST_CASE("keys to encrypted models are read as PEM, JSON and base64, and what is no key is refused")
{
    // Made by: openssl genpkey -algorithm x25519; openssl pkey -pubout
    static constexpr std::string_view private_pem =
        "-----BEGIN PRIVATE KEY-----\n"
        "MC4CAQAwBQYDK2VuBCIEIPjApuicKimsCWCLuOvO9IuhkzEbxSO2xN2IiyxeQ3tI\n"
        "-----END PRIVATE KEY-----\n";
    static constexpr std::string_view base64 = "+MCm6JwqKawJYIu46870i6GTMRvFI7bE3YiLLF5De0g=";
    const secret of_pem = parse_decryption_key(secret(private_pem)).value();
    const secret of_base64 = parse_decryption_key(secret(std::string("  ") + std::string(base64) + "\n")).value();
    const secret of_json =
        parse_decryption_key(secret(R"({"key_id": "k", "x25519_secret_b64": ")" + std::string(base64) + "\"}")).value();
    CHECK(of_pem.reveal_text() == of_base64.reveal_text());
    CHECK(of_json.reveal_text() == of_base64.reveal_text());
    for (const char* wrong :
         {"", "AAAA", "{}", R"({"key_id": "k"})", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"})
        CHECK_MESSAGE(parse_decryption_key(secret(std::string_view(wrong))).error().why == reason::bad_option, wrong);
    CHECK(parse_encryption_target(secret(private_pem)).has_error());  // a private key names nobody
    const auto named =
        parse_encryption_target(secret(R"({"key_id": "reader", "x25519_b64": ")" + std::string(base64) + "\"}")).value();
    CHECK(named.key_id == "reader");
    CHECK(named.recipient.size() == 32);
    CHECK(parse_encryption_target(secret(R"({"key_b64": ")" + std::string(base64) + "\"}"))
              .has_error());  // a file's own key needs an id
    const auto keys = make_key_provider(of_pem.clone())(encryption_info{}).value();
    REQUIRE(keys.size() == 1);
    CHECK(keys[0].reveal_text() == of_base64.reveal_text());
}

TEST_CASE("a publication is encrypted file by file, and its manifest is about what lies beside them")
{
    const support::temp_dir place;
    publication content;
    content.model_id = "demo";
    content.version = "1";
    content.sequence = 1;
    content.issued_at = now;
    content.expires_at = now + std::chrono::hours(24);
    content.artifacts = {{"any", {{place.write("m.bin", std::string(100'000, 'x')), "https://h.example/m.bin.enc"}}}};
    publication zipped = content;
    zipped.artifacts[0].is_zip = true;
    std::vector<encryption_target> targets(1);
    targets[0] = {"file-key", {}, secret(std::string(32, 'k'))};
    CHECK(encrypt_publication(zipped, targets).error().why == reason::bad_option);
    CHECK(encrypt_publication(content, {}).error().why == reason::bad_option);

    encryption_options options;
    std::uint64_t told = 0;
    options.on_progress = [&](std::uint64_t bytes, std::uint64_t total) {
        CHECK(total == 100'000);
        CHECK(bytes > told);
        told = bytes;
    };
    REQUIRE(encrypt_publication(content, targets, options).has_value());
    CHECK(told == 100'000);
    const file_to_publish& file = content.artifacts[0].files[0];
    CHECK(file.path == place / "m.bin.enc");
    CHECK(file.name == "m.bin");
    REQUIRE(file.encryption);
    CHECK(file.encryption->cipher_size_bytes() == std::filesystem::file_size(file.path));
    std::vector<signing_key> keys;
    keys.push_back(signing_key::generate("k").value());
    CHECK(make_manifest(content, keys).value().text.find("payload") != std::string::npos);
    publication again = content;
    control cancelled;
    encryption_options stopped;
    stopped.handle = cancelled;
    stopped.on_progress = [&](std::uint64_t, std::uint64_t) { cancelled.cancel(); };
    again.artifacts[0].files[0].path = place.write("large.bin", std::string(1u << 20, 'y'));
    CHECK(encrypt_publication(again, targets, stopped).error().why == reason::cancelled);
}

TEST_CASE("a manifest is believed while enough of the pinned keys have signed it and its time has come and not passed")
{
    const support::temp_dir place;
    publication content;
    content.model_id = "demo";
    content.version = "1.2";
    content.sequence = 7;
    content.issued_at = now;
    content.expires_at = now + std::chrono::hours(24);
    content.artifacts = {{"any", {{place.write("m.bin", "x"), "https://h.example/m.bin"}}}};
    std::vector<signing_key> keys;
    keys.push_back(signing_key::generate("a").value());
    keys.push_back(signing_key::generate("b").value());
    const std::string text = make_manifest(content, keys).value().text;
    pins both;
    for (const signing_key& k : keys)
        both.add(k.as_pin()).value();
    both.set_threshold(2);
    const manifest_summary read = verify_manifest(text, both, now).value();
    CHECK(read.model_id == "demo");
    CHECK(read.sequence == 7u);
    CHECK(verify_manifest(text, both, now + std::chrono::hours(24)).error().why == reason::manifest_expired);
    CHECK(verify_manifest(text, both, now - std::chrono::hours(24)).error().why == reason::issued_in_future);
    pins other;
    other.add(signing_key::generate("a").value().as_pin()).value();
    CHECK(verify_manifest(text, other, now).error().code() == errc::signature);
    both.add(signing_key::generate("c").value().as_pin()).value();
    both.set_threshold(3);
    CHECK(verify_manifest(text, both, now).error().code() == errc::signature);
}
