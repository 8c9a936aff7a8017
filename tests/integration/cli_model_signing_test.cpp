// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// verify-model and sign-model as people run them.
#include "command.hpp"

#include <modelsec/detail/base/encoding.hpp>

#include <filesystem>
#include <sstream>

#include <sys/stat.h>

using namespace integration;
namespace fs = std::filesystem;

namespace {

const std::string vectors = MODELSEC_SOURCE_DIR "/tests/vectors/model-signing/";

struct model_place
{
    model_place()
    {
        fs::create_directories(model + "/weights");
        place.write("model/config.json", "{\"a\": 1}\n");
        place.write("model/empty.txt", "");
        place.write("model/mod\xC3\xA8le.txt", "name");
        place.write("model/weights/part-1.bin", "hello");
        place.write("model/weights/part-2.bin", "world!");
    }

    /// A key pair NAME.pem, NAME.pub by OpenSSL.
    void make_key(const std::string& name, const std::vector<std::string>& kind) const
    {
        std::vector<std::string> command{"openssl", "genpkey", "-out", place / (name + ".pem")};
        command.insert(command.end(), kind.begin(), kind.end());
        REQUIRE(support::run(command).exit_code == 0);
        REQUIRE(::chmod((place / (name + ".pem")).c_str(), 0600) == 0);
        REQUIRE(support::run({"openssl", "pkey", "-in", place / (name + ".pem"), "-pubout", "-out", place / (name + ".pub")})
                    .exit_code == 0);
    }
    std::vector<std::string> sign(const std::string& key, const std::vector<std::string>& more = {}) const
    {
        std::vector<std::string> all{"sign-model", "--key", place / (key + ".pem"), "--out", place / "model.sig", model};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    std::vector<std::string> verify(const std::string& key) const
    {
        return {"verify-model", place / "model.sig", "--key", place / (key + ".pub"), model};
    }

    support::temp_dir place;
    std::string model = place / "model";
};

const std::vector<std::string> p256{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"};

void expect(const std::vector<std::string>& arguments, int code, const std::string& said)
{
    const auto r = run_command(arguments);
    CHECK_MESSAGE(r.exit_code == code, r.err);
    CHECK_MESSAGE((r.out + r.err).find(said) != std::string::npos, r.out << r.err);
}

}  // namespace

TEST_CASE("verify-model accepts what model-signing signed, and says which files differ when they do")
{
    const model_place m;
    const std::vector<std::string> arguments{"verify-model", vectors + "p384.json", "--key", vectors + "p384.pub", m.model};
    expect(arguments, 0, "is what was signed: 5 files");
    m.place.write("model/weights/part-1.bin", "hellO");
    expect(arguments, 30, "altered: weights/part-1.bin");
    m.place.write("model/\x1b[2J", "x");
    fs::remove(m.place / "model/config.json");
    const auto r = run_command(arguments);
    CHECK(r.exit_code == 30);
    CHECK(r.err.find("missing: config.json") != std::string::npos);
    CHECK(r.err.find("unsigned: ") != std::string::npos);
    CHECK(r.err.find('\x1b') == std::string::npos);
    expect({"verify-model", vectors + "p384.json", "--key", vectors + "p256.pub", m.model}, 20, "unknown_key");
    expect({"verify-model", vectors + "p384.pub", "--key", vectors + "p384.pub", m.model}, 24, "bundle_malformed");
    expect({"verify-model", vectors + "none.json", "--key", vectors + "p384.pub", m.model}, 2, "BUNDLE cannot be read");
    expect({"verify-model", vectors + "p384.json", "--key", vectors + "p384.json", m.model}, 2, "--key takes a public key");
    expect({"verify-model", vectors + "p384.json", "--key", vectors + "rsa.pub", m.model}, 2, "bad_option");
    expect({"verify-model", vectors + "p384.json", "--key", vectors + "p384.pub", m.place / "none"}, 2, "file_unreadable");
}

TEST_CASE("sign-model by each kind of key makes what verify-model accepts, and only by that key")
{
    const model_place m;
    m.make_key("p256", p256);
    m.make_key("p384", {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"});
    m.make_key("p521", {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"});
    m.make_key("ed25519", {"-algorithm", "ed25519"});
    for (const std::string key : {"p256", "p384", "p521", "ed25519"})
    {
        CAPTURE(key);
        expect(m.sign(key), 0, "5 files described and signed");
        expect(m.verify(key), 0, "is what was signed");
        expect(m.verify(key == "p256" ? "ed25519" : "p256"), 20, "unknown_key");
        // OMS 1.0 section 6: the same model, the same statement. (A signature by ECDSA has a random number in it.)
        const std::string made = support::read_file(m.place / "model.sig");
        expect(m.sign(key), 0, "5 files described and signed");
        const std::string again = support::read_file(m.place / "model.sig");
        const auto payload = [](const std::string& bundle) {
            const auto tree = modelsec::detail::parse_json(modelsec::as_bytes(bundle)).value();
            return std::string(tree.find("dsseEnvelope")->string_at("payload").value());
        };
        CHECK(payload(again) == payload(made));
        CHECK((again == made) == (key == "ed25519"));
    }
    REQUIRE(run_command({"keygen", "--out", m.place / "keys", "--key-id", "k"}).exit_code == 0);
    CHECK(run_command({"sign-model", "--key", m.place / "keys/k.pem", "--out", m.place / "k.sig", m.model}).exit_code == 0);
}

TEST_CASE("a bundle within the folder is not a part of the model, nor is git's own")
{
    const model_place m;
    m.make_key("k", p256);
    const std::string bundle = m.place / "model/model.sig";
    for (int again = 0; again < 2; ++again)
    {
        expect({"sign-model", "--key", m.place / "k.pem", "--out", bundle, m.model}, 0, "5 files");
        expect({"verify-model", bundle, "--key", m.place / "k.pub", m.model}, 0, "5 files");
    }
    m.place.write("model/.gitignore", "*.tmp");
    expect({"verify-model", bundle, "--key", m.place / "k.pub", m.model}, 0, "5 files");
    fs::rename(bundle, m.place / "model.sig");
    expect(m.verify("k"), 0, "5 files");
    expect(m.sign("k", {"--git-files"}), 0, "6 files");
    m.place.write("model/.gitignore", "");
    expect(m.verify("k"), 30, "altered: .gitignore");
    m.place.write("model/notes.tmp", "");
    expect(m.sign("k", {"--ignore", "notes.tmp"}), 0, "5 files");
    expect(m.sign("k", {"--ignore", "../up"}), 31, "--ignore");
}

TEST_CASE(
    "--ignore takes a path below the model in each way that it may be written, when it is verified and when it is signed")
{
    const model_place m;
    m.make_key("k", p256);
    expect(m.sign("k"), 0, "5 files");
    fs::create_directories(m.place / "model/cache");
    m.place.write("model/cache/a", "x");
    const auto verified = [&](const std::string& ignored) {
        std::vector<std::string> all = m.verify("k");
        all.insert(all.end(), {"--ignore", ignored});
        return all;
    };
    expect(m.verify("k"), 30, "unsigned: cache/a");
    const std::vector<std::string> ways{
        "cache", "cache/", "./cache", "./cache/", m.place / "model/cache", m.place / "model/cache/"};
    for (const std::string& way : ways)
        expect(verified(way), 0, "5 files");
    expect(verified(m.place / "cache"), 30, "unsigned: cache/a");  // elsewhere, as model-signing has it
    expect(verified("../model/cache"), 31, "unsafe_name");
    expect(verified("."), 31, "unsafe_name");
    for (const std::string& way : ways)
    {
        CAPTURE(way);
        expect(m.sign("k", {"--ignore", way}), 0, "5 files");
        expect(m.verify("k"), 0, "5 files");
        // OMS 1.0 section 6.2.1: exact relative paths from the model's root.
        const auto bundle =
            modelsec::detail::parse_json(modelsec::as_bytes(support::read_file(m.place / "model.sig"))).value();
        const auto payload = modelsec::from_base64(*bundle.find("dsseEnvelope")->string_at("payload")).value();
        CHECK(modelsec::as_text(payload).find(
                  R"("ignore_paths":[".git",".gitattributes",".github",".gitignore","cache"])") != std::string::npos);
    }
    expect(m.sign("k", {"--ignore", m.place / "cache"}), 0, "6 files");
    expect(m.sign("k", {"--ignore", "weights/../cache"}), 31, "--ignore");
}

TEST_CASE("of several signers that verify-model is given any may have signed")
{
    const model_place m;
    m.make_key("k", p256);
    m.make_key("other", p256);
    m.make_key("third", p256);
    expect(m.sign("k"), 0, "5 files");
    const auto by = [&](const std::vector<std::string>& keys) {
        std::vector<std::string> all{"verify-model", m.place / "model.sig", m.model};
        for (const std::string& key : keys)
            all.insert(all.end(), {"--key", m.place / (key + ".pub")});
        return all;
    };
    expect(by({"k", "other"}), 0, "5 files");
    expect(by({"other", "k"}), 0, "5 files");
    expect(by({"other", "third"}), 20, "unknown_key");
}

TEST_CASE("links and shards are signed when they are asked for")
{
    const model_place m;
    m.make_key("k", p256);
    fs::create_symlink("config.json", m.place / "model/link.json");
    expect(m.sign("k"), 31, "unsafe_entry");
    expect(m.sign("k", {"--follow-links"}), 0, "6 files");
    expect(m.verify("k"), 0, "6 files");
    fs::remove(m.place / "model/link.json");
    expect(m.sign("k", {"--shard-size", "4"}), 0, "4 files");  // an empty file has no shard
    expect(m.verify("k"), 0, "4 files");
    expect(m.sign("k", {"--shard-size", "four"}), 2, "--shard-size");
    fs::remove(m.place / "model/empty.txt");
    expect(m.sign("k", {"--shard-size", "4"}), 0, "4 files");
    expect(m.verify("k"), 0, "4 files");
}

TEST_CASE("the private key that signs models is its user's alone, of a supported kind and without passphrase")
{
    const model_place m;
    m.make_key("k", p256);
    m.make_key("rsa", {"-algorithm", "RSA"});
    expect(m.sign("rsa"), 2, "--key takes");
    REQUIRE(support::run(
                {"openssl", "pkey", "-in", m.place / "k.pem", "-aes256", "-passout", "pass:x", "-out", m.place / "e.pem"})
                .exit_code == 0);
    ::chmod((m.place / "e.pem").c_str(), 0600);
    expect(m.sign("e"), 2, "without passphrase");
    REQUIRE(support::run({"openssl", "ec", "-in", m.place / "k.pem", "-out", m.place / "sec1.pem"}).exit_code == 0);
    ::chmod((m.place / "sec1.pem").c_str(), 0600);
    expect(m.sign("sec1"), 0, "signed");
    expect(m.verify("k"), 0, "is what was signed");
    ::chmod((m.place / "k.pem").c_str(), 0644);
    expect(m.sign("k"), 2, "secret_file_exposed");
    expect(m.sign("none"), 2, "file_unreadable");
}

TEST_CASE("sign-model by a certificate makes what verify-model accepts by its CA, and by no other")
{
    const model_place m;
    const auto openssl = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "openssl");
        const auto r = support::run(arguments);
        REQUIRE_MESSAGE(r.exit_code == 0, r.err);
    };
    m.place.write("ca.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n");
    m.place.write("leaf.ext", "keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n");
    for (const std::string name : {"root", "middle", "leaf", "stranger"})
    {
        m.make_key(name, p256);
        openssl(
            {"req", "-new", "-key", m.place / (name + ".pem"), "-subj", "/CN=" + name, "-out", m.place / (name + ".csr")});
    }
    const auto issue = [&](const std::string& name, const std::string& by, const std::string& extensions) {
        std::vector<std::string> command{"x509",     "-req",
                                         "-days",    "30",
                                         "-in",      m.place / (name + ".csr"),
                                         "-out",     m.place / (name + ".crt"),
                                         "-extfile", m.place / extensions};
        const std::vector<std::string> signer = name == by
                                                    ? std::vector<std::string>{"-signkey", m.place / (name + ".pem")}
                                                    : std::vector<std::string>{"-CA", m.place / (by + ".crt"), "-CAkey",
                                                                               m.place / (by + ".pem"), "-CAcreateserial"};
        command.insert(command.end(), signer.begin(), signer.end());
        openssl(command);
    };
    issue("root", "root", "ca.ext");
    issue("stranger", "stranger", "ca.ext");
    issue("middle", "root", "ca.ext");
    issue("leaf", "middle", "leaf.ext");
    // The same key, certified for other ends.
    m.place.write("tls.ext", "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n");
    m.place.write("bare.ext", "keyUsage=critical,digitalSignature\n");
    for (const std::string name : {"tls", "bare"})
    {
        fs::copy_file(m.place / "leaf.csr", m.place / (name + ".csr"));
        issue(name, "middle", name + ".ext");
    }
    const auto verified_by = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"verify-model", m.place / "model.sig", m.model});
        return more;
    };
    expect(m.sign("leaf", {"--cert", m.place / "leaf.crt", "--chain", m.place / "middle.crt"}), 0, "5 files");
    for (const std::string option : {"--ca", "--ca-signing"})
        expect(verified_by({option, m.place / "root.crt"}), 0, "5 files");
    expect(verified_by({"--ca", m.place / "stranger.crt"}), 20, "chain_invalid");
    for (const std::string option : {"--ca", "--ca-signing"})
        expect(verified_by({option, m.place / "middle.crt"}), 2,
               "the certificates that --ca or --ca-signing names none is self-signed");
    expect(verified_by({"--ca", m.place / "middle.crt"}), 2, "no_trust_anchor");
    expect({"fetch", "--store", m.place / "store", "--model", "m", "--signature", m.place / "model.sig", "--base",
            "https://localhost/m/", "--ca-signing", m.place / "middle.crt"},
           2, "name the root CA's file too");
    expect(verified_by({"--key", m.place / "leaf.pub"}), 20, "unknown_key");
    const auto base64_of = [&](const std::string& name) {
        std::string out;
        std::istringstream pem(support::read_file(m.place / (name + ".crt")));
        for (std::string line; std::getline(pem, line);)
            if (!line.starts_with("-----"))
                out += line;
        return out;
    };
    const std::string bundle = support::read_file(m.place / "model.sig"), own = base64_of("leaf");
    const auto with_certificate = [&](const std::string& name) {
        const auto at = bundle.find(own);
        REQUIRE(at != std::string::npos);
        m.place.write("model.sig", std::string(bundle).replace(at, own.size(), base64_of(name)));
    };
    with_certificate("tls");
    expect(verified_by({"--ca", m.place / "root.crt"}), 20, "chain_invalid");
    with_certificate("bare");
    expect(verified_by({"--ca", m.place / "root.crt"}), 0, "5 files");
    m.place.write("model.sig", bundle);
    for (const std::string name : {"tls", "bare"})
        expect(m.sign("leaf", {"--cert", m.place / (name + ".crt"), "--chain", m.place / "middle.crt"}), 2, "bad_option");
    m.place.write("model/config.json", "{}");
    expect(verified_by({"--ca", m.place / "root.crt"}), 30, "altered: config.json");
    m.place.write("model/config.json", "{\"a\": 1}\n");
    // Without the certificate between, it must be given.
    expect(m.sign("leaf", {"--cert", m.place / "leaf.crt"}), 0, "5 files");
    expect(verified_by({"--ca", m.place / "root.crt"}), 20, "chain_invalid");
    expect(verified_by({"--ca", m.place / "root.crt", "--ca", m.place / "middle.crt"}), 0, "5 files");
    expect(m.sign("leaf", {"--cert", m.place / "root.crt"}), 2, "bad_option");
    expect(m.sign("leaf", {"--chain", m.place / "root.crt"}), 2, "--chain belongs to --cert");
}

TEST_CASE("verify-model by identity asks the trusted root that is given, and nobody else")
{
    const std::string signed_vectors = MODELSEC_SOURCE_DIR "/tests/vectors/signed-model/";
    const std::string identity = "https://ci.example/model.yml@refs/heads/main", issuer = "https://token.example";
    const support::temp_dir place;
    fs::create_directories(place / "model/weights");
    place.write("model/config.json", "{\"a\": 1}\n");
    place.write("model/empty.txt", "");
    place.write("model/weights/part-1.bin", std::string(300'000, '1'));
    const auto verify = [&](const std::string& bundle, std::vector<std::string> by) {
        by.insert(by.begin(), {"verify-model", signed_vectors + bundle, place / "model"});
        return by;
    };
    const std::vector<std::string> root{"--trusted-root", signed_vectors + "trusted_root.json"};
    const auto with_root = [&](std::vector<std::string> by) {
        by.insert(by.end(), root.begin(), root.end());
        return by;
    };
    expect(verify("a_1.json", with_root({"--identity", identity, "--issuer", issuer})), 0, "3 files");
    // Who it was and since when, for people and for programs.
    expect(verify("a_1.json", with_root({"--identity", identity, "--issuer", issuer})), 0,
           "by " + identity + " (" + issuer + "); at 2026-02-01T12:00:00Z");
    const auto told =
        result_line(run_command(verify("a_1.json", with_root({"--identity", identity, "--issuer", issuer, "--json"}))).out);
    CHECK(told.string_at("identity") == identity);
    CHECK(told.string_at("issuer") == issuer);
    CHECK(told.string_at("trusted_time") == "2026-02-01T12:00:00Z");
    expect(verify("key.json", {"--key", signed_vectors + "key.pub"}), 0, "nobody who is trusted says when");
    expect(verify("a_1.json", {"--ca", signed_vectors + "key.pub"}), 2, "--ca takes certificates in PEM");
    expect(verify("a_1.json", {"--ca", signed_vectors + "none.pem"}), 2, "--ca: the file cannot be read");
    expect(verify("a_1.json", with_root({"--identity", identity, "--issuer", "https://other.example"})), 20,
           "identity_mismatch");
    expect(verify("a_1.json", with_root({"--identity", identity + "x", "--issuer", issuer})), 20, "identity_mismatch");
    const std::string pattern = "https://ci.example/*@refs/heads/main", tags = "https://ci.example/*@refs/tags/*";
    expect(verify("a_1.json", with_root({"--identity-pattern", pattern, "--issuer", issuer})), 0, "by " + identity);
    expect(verify("a_1.json", with_root({"--identity-pattern", tags, "--issuer", issuer})), 20, "identity_mismatch");
    expect(verify("a_1.json", with_root({"--identity", pattern, "--issuer", issuer})), 20, "identity_mismatch");
    expect(verify("a_1.json", with_root({"--identity-pattern", pattern, "--issuer", "https://*.example"})), 20,
           "identity_mismatch");
    expect(verify("a_1.json", with_root({"--identity-pattern", pattern})), 2, "--issuer");
    expect(verify("a_1.json", {"--identity-pattern", pattern, "--issuer", issuer}), 2, "--trusted-root");
    expect(verify("a_1.json", {"--identity", identity, "--issuer", issuer}), 2, "--trusted-root");
    expect(verify("a_1.json", with_root({"--identity", identity})), 2, "--issuer");
    expect(verify("key.json", with_root({"--identity", identity, "--issuer", issuer})), 20, "unknown_key");
    expect(verify("a_1.json", {"--identity", identity, "--issuer", issuer, "--trusted-root", signed_vectors + "key.pub"}),
           24, "root_malformed");
    // By a CA, a timestamp of the root's authorities counts; by a key, the root's log.
    expect(verify("ca_stamped.json", with_root({"--ca", signed_vectors + "ca.pem"})), 0, "3 files");
    expect(verify("key_logged.json", with_root({"--key", signed_vectors + "key.pub"})), 0, "3 files");
    expect(verify("key.json", with_root({"--key", signed_vectors + "key.pub"})), 20, "log_proof");
    expect(verify("key.json", {"--key", signed_vectors + "key.pub"}), 0, "3 files");
    expect(verify("a_1.json", with_root({"--key", signed_vectors + "key.pub", "--ca", signed_vectors + "ca.pem"})), 2,
           "trust_source_twice");
    place.write("model/extra", "");
    expect(verify("a_1.json", with_root({"--identity", identity, "--issuer", issuer})), 30, "unsigned: extra");
    expect(verify("a_1.json", with_root({"--identity", identity, "--issuer", issuer, "--ignore-unsigned-files"})), 0,
           "3 files");
}

TEST_CASE("verify-model and sign-model speak JSON")
{
    const model_place m;
    m.make_key("k", p256);
    auto arguments = m.sign("k", {"--json"});
    auto line = result_line(run_command(arguments).out);
    CHECK(line.size_at("code") == 0u);
    CHECK(line.size_at("files") == 5u);
    arguments = m.verify("k");
    arguments.emplace_back("--json");
    line = result_line(run_command(arguments).out);
    CHECK(line.string_at("model_name") == "model");
    CHECK(line.size_at("bytes") == 24u);
    fs::remove(m.place / "model/config.json");
    const auto r = run_command(arguments);
    CHECK(r.exit_code == 30);
    CHECK(r.out.find(R"("difference":"missing","file":"config.json")") != std::string::npos);
    CHECK(result_line(r.out).string_at("reason") == "file_missing");
}
