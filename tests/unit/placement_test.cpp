// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Where models may lie: the whole table, and what a key's address may say.
#include <modelsec/publish.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace modelsec;

TEST_SUITE_BEGIN("placement");

TEST_CASE("where a model may go follows what it is for and who may have it, and what is not said counts as the strictest")
{
    struct row
    {
        const char *purpose, *secrecy;
        std::vector<const char*> allowed;  // the first is chosen where nothing is said
    };
    const std::vector<row> table{
        {"development", "public", {"hf", "s3", "supabase", "oci", "dir"}},
        {"staging", "public", {"s3", "hf", "supabase", "oci", "dir"}},
        {"production", "public", {"s3", "hf", "supabase", "oci", "dir"}},
        {"development", "internal", {"hf", "s3", "supabase", "oci", "dir"}},
        {"staging", "internal", {"s3", "oci", "dir"}},
        {"production", "internal", {"s3", "oci", "dir"}},
        {"development", "high", {"oci", "dir"}},
        {"staging", "high", {"oci", "dir"}},
        {"production", "high", {"oci", "dir"}},
        // Missing or unknown: production, high.
        {"", "public", {"s3", "hf", "supabase", "oci", "dir"}},
        {"", "internal", {"s3", "oci", "dir"}},
        {"prod", "internal", {"s3", "oci", "dir"}},
        {"development", "", {"oci", "dir"}},
        {"development", "Public", {"oci", "dir"}},
        {"", "", {"oci", "dir"}},
    };
    for (const row& r : table)
    {
        CAPTURE(std::string(r.purpose) + " x " + r.secrecy);
        const deployment purpose = parse_deployment(r.purpose);
        const sensitivity secrecy = parse_sensitivity(r.secrecy);
        const placement chosen = place_model(purpose, secrecy).value();
        CHECK(to_string(chosen.target) == r.allowed.front());
        for (const char* name : {"dir", "s3", "supabase", "hf", "oci"})
        {
            CAPTURE(name);
            const auto placed = place_model(purpose, secrecy, parse_upload_kind(name));
            const bool allowed = std::find(r.allowed.begin(), r.allowed.end(), std::string(name)) != r.allowed.end();
            REQUIRE(placed.has_value() == allowed);
            if (!allowed)
            {
                CHECK(placed.error().why == reason::placement);
                CHECK(code_of(placed.error().why) == errc::policy);
                continue;
            }
            // Private unless everybody may have it; what is private on S3 is encrypted by its key service.
            CHECK(placed->is_private == (secrecy != sensitivity::public_));
            CHECK(placed->kms == (placed->is_private && placed->target == upload_kind::s3));
        }
    }
    CHECK(!parse_upload_kind("ftp").has_value());
    CHECK(!parse_upload_kind("").has_value());
}

TEST_CASE("nothing private is uploaded to a bucket that is not asked to encrypt it")
{
    upload_options where;
    where.where = {upload_kind::s3, true, false};
    where.destination = "models";
    publication content;
    const auto done = publish_to_host(content, {}, where);
    REQUIRE(done.has_error());
    CHECK(done.error().why == reason::placement);
}

TEST_CASE("a key's PKCS#11 address is read as RFC 7512 has it")
{
    const token_address full =
        token_address::parse(
            "pkcs11:token=My%20token;manufacturer=M;model=m1;serial=42;object=release-2026;type=private;id=%01%ff"
            "?module-path=/usr/lib/m.so&pin-source=file:/run/pin")
            .value();
    CHECK(full.token == "My token");
    CHECK(full.manufacturer == "M");
    CHECK(full.model == "m1");
    CHECK(full.serial == "42");
    CHECK(full.object == "release-2026");
    CHECK(full.id == bytes{0x01, 0xff});
    CHECK(full.module_path == "/usr/lib/m.so");
    CHECK(full.pin_file == "/run/pin");
    CHECK(token_address::parse("pkcs11:object=a?pin-source=file:///run/pin")->pin_file == "/run/pin");

    const auto why = [](const char* text) {
        const auto parsed = token_address::parse(text);
        return parsed.has_error() ? parsed.error().why : reason::none;
    };
    CHECK(why("pkcs11:object=a") == reason::none);
    CHECK(why("pkcs11:") == reason::bad_option);
    CHECK(why("pkcs11:token=a") == reason::bad_option);  // names no key
    CHECK(why("file:object=a") == reason::bad_option);
    CHECK(why("pkcs11:object=a;object=b") == reason::bad_option);
    CHECK(why("pkcs11:object=%4") == reason::bad_option);
    CHECK(why("pkcs11:object=%zz") == reason::bad_option);
    CHECK(why("pkcs11:object=a%00b") == reason::bad_option);
    CHECK(why("pkcs11:object") == reason::bad_option);
    CHECK(why("pkcs11:object=a?pin-value=1234") == reason::secret_in_argument);
    CHECK(why("pkcs11:object=a;type=cert") == reason::unsupported);
    CHECK(why("pkcs11:object=a;slot-id=1") == reason::unsupported);
    CHECK(why("pkcs11:object=a?pin-source=%7Cprogram") == reason::unsupported);  // no program is run

    // A module of the search path is never loaded, nor one that is not there.
    for (const char* module : {"libsofthsm2.so", "./m.so", "/nowhere/m.so"})
    {
        const auto key = load_token_key(std::string("pkcs11:object=a?module-path=") + module);
        REQUIRE(key.has_error());
        CHECK(key.error().why == reason::key_unavailable);
    }
}

TEST_SUITE_END();
