// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What the command refuses before it does anything, and how it says so.
#include "command.hpp"

#include <algorithm>

using namespace integration;

namespace {

const std::vector<std::string> subcommands{
    "fetch",   "status",     "path",         "verify",     "rollback", "gc",           "repair", "inspect", "keygen",
    "publish", "sign",       "verify-model", "sign-model", "root",     "init",         "renew",  "check",   "remove",
    "doctor",  "completion", "manual",       "bundle",     "scan",     "check-remote", "audit"};

/// Runs a command that must be refused as wrong use; its error line.
std::string refused(const std::vector<std::string>& arguments, const std::string& why = "bad_option",
                    const support::process_options& options = {})
{
    const auto r = run_command(arguments, options);
    CHECK(r.exit_code == 2);
    CHECK(r.out.empty());
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
    CHECK_MESSAGE(r.err.find("(2 usage, " + why + ")") != std::string::npos, r.err);
    return r.err;
}

std::vector<std::string> fetch_with(std::vector<std::string> more)
{
    more.insert(more.begin(), {"fetch", "--manifest", "https://models.invalid/m.json", "--store", "nowhere"});
    return more;
}

}  // namespace

TEST_CASE("every subcommand explains itself with an example")
{
    for (const std::string& name : subcommands)
    {
        const auto r = run_command({name, "--help"});
        CHECK(r.exit_code == 0);
        CHECK(r.err.empty());
        CHECK_MESSAGE(r.out.find("Examples:") != std::string::npos, name);
    }
    const auto all = run_command({"--help"});
    for (const std::string& name : subcommands)
        CHECK(all.out.find("\n  " + name + " ") != std::string::npos);
    CHECK(run_command({"--version"}).out.starts_with("modelsec 0."));
}

TEST_CASE("options that are missing, unknown or contradictory are usage errors in one line")
{
    refused({});
    refused({"frobnicate"});
    CHECK(refused({"keygen"}).find("--out is required") != std::string::npos);
    CHECK(refused(fetch_with({"--frob=1"})).find("--frob") != std::string::npos);
    refused(fetch_with({"stray"}));
    refused(fetch_with({"--min-sequence", "many"}));
    refused(fetch_with({"--format", "zip"}));
    refused(fetch_with({"--profile", "root"}));
    refused(fetch_with({"--limit-rate", "fast"}));
    refused(fetch_with({"--limit-rate", "0"}));
    refused(fetch_with({"--connections", "0"}));
    refused(fetch_with({"--connections", "1000"}));
    refused(fetch_with({"--cert", "only.pem"}));
    refused(fetch_with({"--manifest-file", "m.json"}));
    refused(fetch_with({"--pin", "v1=short"}));
    refused(fetch_with({"--header", "no colon"}));
    refused(fetch_with({"--header-env", "NAME"}));
    refused({"fetch", "--store", "nowhere"});
    refused({"fetch", "--store", "nowhere", "--manifest-file", "m.json", "--token-env", "HOME"});
    refused({"path", "--store", "nowhere"});
    // A bundle is made in a place of its own, and noted nowhere: what it does not heed it does not take.
    for (const char* option : {"--store", "--metrics", "--audit-sink", "--actor", "--manifest-quota", "--manifest-rate",
                               "--no-audit", "--offline", "--dry-run", "--shared-read", "--fallback-after", "--tuf"})
        CHECK(refused({"bundle", "--manifest", "https://models.invalid/m.json", "--out", "nowhere", option}).find(option) !=
              std::string::npos);
}

TEST_CASE("help is a word, too")
{
    const auto all = run_command({"help"});
    CHECK(all.exit_code == 0);
    CHECK(all.out == run_command({"--help"}).out);
    const auto one = run_command({"help", "fetch"});
    CHECK(one.exit_code == 0);
    CHECK(one.out == run_command({"fetch", "--help"}).out);
    refused({"help", "frobnicate"});
    CHECK(run_command({"publish", "--help"}).out.find("--watch-expiry") != std::string::npos);
    CHECK(refused({"publish", "--watch-expiry", "14d"}).find("see modelsec publish --help") != std::string::npos);
}

TEST_CASE("who removes a model that is not there is told where the names of models are")
{
    const support::temp_dir place;
    const auto r = run_command({"remove", "--store", place / "store", "demo"});
    CHECK(r.exit_code == 43);
    CHECK_MESSAGE(r.err.find("modelsec status") != std::string::npos, r.err);
    CHECK(r.err.find("etch a model first") == std::string::npos);
}

TEST_CASE("a publisher is told which of his files it was")
{
    const support::temp_dir place;
    REQUIRE(run_command({"keygen", "--out", place / "keys", "--key-id", "k1"}).exit_code == 0);
    const auto err = [](const std::vector<std::string>& arguments, const std::string& why) {
        return refused(arguments, why);
    };
    CHECK(err({"keygen", "--out", place / "keys", "--key-id", "k1"}, "file_exists").find("k1.pem") != std::string::npos);
    CHECK(err({"inspect", place / "absent.json"}, "file_unreadable").find("absent.json") != std::string::npos);
    CHECK(err({"root", "verify", place / "absent.root.json"}, "file_unreadable").find("absent.root.json") !=
          std::string::npos);
    CHECK(err({"publish", "--watch-expiry", "14d", place / "absent.manifest.json"}, "file_unreadable")
              .find("absent.manifest.json") != std::string::npos);
    place.write("there.gguf", "content");
    const std::vector<std::string> publish{"publish",
                                           "--key",
                                           place / "keys/k1.pem",
                                           "--model",
                                           "demo",
                                           "--version",
                                           "1",
                                           "--sequence",
                                           "1",
                                           "--expires",
                                           "5d",
                                           "--platform",
                                           "any",
                                           "--file",
                                           place / "there.gguf",
                                           "--url",
                                           "https://models.invalid/a",
                                           "--file",
                                           place / "gone.gguf",
                                           "--url",
                                           "https://models.invalid/b",
                                           "--out",
                                           place / "manifest.json"};
    CHECK(err(publish, "file_unreadable").find("gone.gguf") != std::string::npos);
    place.write("there.bundle", "");
    CHECK(err({"bundle", "--manifest", "https://models.invalid/m.json", "--pins", place / "keys/k1.pub.json", "--out",
               place / "there.bundle"},
              "file_exists")
              .find("there.bundle") != std::string::npos);
}

TEST_CASE("the store is the user's own where none is given, and every command finds it there")
{
    const support::temp_dir place;
    support::process_options options;
    options.environment = {"XDG_DATA_HOME=" + (place / "data")};
    const auto status = run_command({"status"}, options);
    CHECK(status.exit_code == 0);
    CHECK(status.out == "The store is empty.\n");
    const auto doctor = run_command({"doctor"}, options);
    CHECK_MESSAGE(doctor.out.find(place / "data/modelsec") != std::string::npos, doctor.out);
    CHECK(run_command({"path", "demo"}, options).exit_code == 43);
    CHECK(run_command({"fetch", "--offline", "--model", "demo"}, options).exit_code == 43);
    CHECK(!std::filesystem::exists(place / "data"));
}

TEST_CASE("completions and manual pages name every subcommand and its options")
{
    for (const char* shell : {"bash", "zsh", "fish"})
    {
        const auto r = run_command({"completion", shell});
        CHECK(r.exit_code == 0);
        CHECK(r.out.find("limit-rate") != std::string::npos);
        for (const std::string& name : subcommands)
            CHECK_MESSAGE(r.out.find(name) != std::string::npos, shell << ' ' << name);
    }
    refused({"completion", "tcsh"});
    const support::temp_dir place;
    CHECK(run_command({"manual", "--out", place / "man1"}).exit_code == 0);
    for (const std::string& name : subcommands)
        if (name != "root")
            CHECK(support::read_file(place / ("man1/modelsec-" + name + ".1")).starts_with(".TH "));
    CHECK(support::read_file(place / "man1/modelsec-root-init.1").find("\\-\\-targets\\-key") != std::string::npos);
}

TEST_CASE("exactly one trust source is taken")
{
    refused(fetch_with({"--pin", support::signer().pin(), "--pins", "pins.json"}), "trust_source_twice");
    refused(fetch_with({}), "trust_source_missing");
    const support::signer key;
    refused(fetch_with({"--pin", key.pin(), "--pin", key.renamed("other").pin()}), "key_reused");
}

TEST_CASE("offline needs the model's name, asks nobody, and says none_active where there is nothing")
{
    const support::temp_dir place;
    const std::string store = place / "store";
    refused({"fetch", "--offline", "--store", store}, "model_required");
    const auto r = run_command({"fetch", "--offline", "--model", "demo", "--store", store});
    CHECK(r.exit_code == 43);
    CHECK(r.out.empty());
    CHECK(!std::filesystem::exists(store));
}

TEST_CASE("secrets are never taken from an argument")
{
    const std::string secret = planted_secret;
    refused({"fetch", "--manifest", "https://user:" + secret + "@models.invalid/m.json", "--store", "s"},
            "secret_in_argument");
    for (const char* name :
         {"Authorization", "authorization", "Cookie", "apikey", "APIKEY", "X-API-Key", "Proxy-Authorization"})
        refused(fetch_with({"--header", name + (": " + secret)}), "secret_in_argument");
    // Nor repeated in an error, wherever it was put by mistake.
    refused(fetch_with({secret}));
    refused(fetch_with({"--token=" + secret}));
    refused(fetch_with({"--min-sequence", secret}));
    refused(fetch_with({"--profile", secret}));
    refused(fetch_with({"--pin", secret}));
}

TEST_CASE("with --json also a usage error is one line of JSON and nothing else")
{
    for (const auto& arguments : {fetch_with({"--json", "--frob"}), fetch_with({"--frob", "--json"}),
                                  fetch_with({"--json", "--format", "zip"}), std::vector<std::string>{"sign", "--json"}})
    {
        const auto r = run_command(arguments);
        CHECK(r.exit_code == 2);
        CHECK(r.err.empty());
        const auto line = result_line(r.out);
        CHECK(line.size_at("code") == 2u);
        CHECK(line.string_at("name") == "usage");
        CHECK(line.string_at("reason") == "bad_option");
        CHECK(line.string_at("message") == "the request is not valid");
    }
}

TEST_CASE("a credentials file must be this user's alone")
{
    const support::temp_dir place;
    const auto file = place.write("credentials.json", R"({"https://models.invalid": {"bearer": "t"}})");
    ::chmod(file.c_str(), 0640);
    refused(fetch_with({"--credentials", file}), "secret_file_exposed");
    refused(fetch_with({"--credentials", place / "absent"}), "file_unreadable");
    for (const char* wrong :
         {"[]", R"({"https://h/path": {"bearer": "t"}})", R"({"https://h": {}})", R"({"http://h": {"bearer": "t"}})",
          R"({"https://h": {"bearer": "t", "basic": "u:p"}})", R"({"https://h": {"bearer": "two\nlines"}})"})
        refused(fetch_with({"--credentials", place.write("wrong.json", wrong)}));
}

TEST_CASE("what an error says to the owner comes only on request")
{
    const support::temp_dir place;
    const std::vector<std::string> arguments{"inspect", place / "absent"};
    CHECK(run_command(arguments).err.find("detail") == std::string::npos);
    support::process_options debug;
    debug.environment = {"MODELSEC_DEBUG=1"};
    const auto r = support::run(command(arguments), debug);
    CHECK(r.err.find("modelsec: detail: ") != std::string::npos);
    CHECK(r.err.find(place.path()) != std::string::npos);
}
