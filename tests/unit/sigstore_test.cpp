// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Sigstore bundles, offline. The vectors were made by tests/interop/make_sigstore_vectors.py, which asks sigstore-python too.
#include "own_log.hpp"
#include "temp_dir.hpp"

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/trust/sigstore/timestamp.hpp>
#include <modelsec/detail/trust/sigstore/transparency.hpp>
#include <modelsec/model_signing.hpp>

#include <doctest/doctest.h>

#include <openssl/ct.h>
#include <openssl/x509v3.h>

#include <functional>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

std::string kept(const std::string& name)
{
    return support::read_file(MODELSEC_SOURCE_DIR "/tests/vectors/sigstore/" + name);
}

const std::string identity = "https://ci.example/model.yml@refs/heads/main", issuer = "https://token.example";

sigstore_root root_of(std::string_view text)
{
    return sigstore_root::parse(as_bytes(text)).value();
}

const std::string& root_text()
{
    static const std::string text = kept("trusted_root.json");
    return text;
}

sigstore_signer signer(const std::string& who = identity, const std::string& by = issuer, bool pattern = false)
{
    return {root_of(root_text()), who, by, pattern};
}

reason why_not(std::string_view bundle, const model_signer& by, std::string_view artifact = "weights\n")
{
    const auto r = verify_artifact(as_bytes(bundle), sha256(as_bytes(artifact)), by);
    return r ? reason::none : r.error().why;
}

const std::vector<std::string> keyless{"message_v1", "message_v0_1", "message_v2",
                                       "dsse_v1",    "dsse_v2",      "dsse_hashedrekord_v2"};

/// A text with the first occurrence of something replaced.
std::string with(std::string text, std::string_view from, std::string_view to)
{
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_SUITE_BEGIN("sigstore");

TEST_CASE("a bundle of every version and kind of entry is verified offline by identity and issuer")
{
    for (const std::string& name : keyless)
    {
        CAPTURE(name);
        const std::string bundle = kept(name + ".sigstore.json");
        const auto said = verify_artifact(as_bytes(bundle), sha256(as_bytes("weights\n")), signer());
        REQUIRE_MESSAGE(said.has_value(), said.error().detail);
        CHECK(said->identity == identity);
        CHECK(said->issuer == issuer);
        CHECK(said->trusted_time.has_value());
        CHECK(why_not(bundle, signer(identity, "https://other.example")) == reason::identity_mismatch);
        CHECK(why_not(bundle, signer(identity + "x")) == reason::identity_mismatch);
        CHECK(why_not(bundle, signer("", issuer)) == reason::bad_option);
        CHECK(why_not(bundle, signer(identity, "")) == reason::bad_option);
        CHECK(why_not(bundle, signer("https://ci.example/*@refs/heads/main", issuer, true)) == reason::none);
        CHECK(why_not(bundle, signer("https://ci.example/*@refs/tags/*", issuer, true)) == reason::identity_mismatch);
        CHECK(why_not(bundle, signer("https://ci.example/*", issuer)) ==
              reason::identity_mismatch);  // no pattern unless asked
        CHECK(code_of(why_not(bundle, signer(), "other")) != errc::ok);
    }
}

TEST_CASE("a plain key's bundle is verified by key and log, and by nothing else")
{
    const auto key = public_key::pem(kept("key.pub")).value();
    const logged_key by{root_of(root_text()), key};
    const std::string managed = kept("managed_key.sigstore.json");
    CHECK(why_not(managed, by) == reason::none);
    CHECK(why_not(managed, by, "other") == reason::log_proof);
    CHECK(why_not(managed, signer()) == reason::unknown_key);
    CHECK(why_not(managed, key) == reason::bad_option);
    CHECK(why_not(kept("message_v1.sigstore.json"), by) == reason::unknown_key);
    const auto other = public_key::ed25519_base64("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=").value();
    CHECK(why_not(managed, logged_key{by.root, other}) != reason::none);
}

/// The change of one byte: every mask of one bit, and one of all, by turns.
std::string flipped(std::string text, std::size_t at)
{
    static constexpr unsigned char masks[] = {0x01, 0x20, 0x02, 0x80, 0x04, 0xFF, 0x08, 0x40, 0x10};
    text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ masks[at % std::size(masks)]);
    return text;
}

bool says_same(const signature_facts& a, const signature_facts& b)
{
    return a.identity == b.identity && a.issuer == b.issuer && a.trusted_time == b.trusted_time &&
           a.payload_type == b.payload_type && a.signer == b.signer;
}

TEST_CASE("every one-byte change of a bundle is refused or without effect")
{
    struct tried
    {
        std::string name;
        model_signer by;
    };
    std::vector<tried> all;
    for (const std::string& name : keyless)
        all.push_back({name, signer()});
    all.push_back({"managed_key", logged_key{root_of(root_text()), public_key::pem(kept("key.pub")).value()}});
    const sigstore_signer by{root_of(kept("digests/trusted_root.json")), identity, issuer, false};
    for (const char* name :
         {"subject_sha384", "subject_sha512", "message_p384_v1", "message_p384_v2", "message_p521_v1", "message_p521_v2"})
        all.push_back({std::string("digests/") + name, by});
    const artifact_digests artifact = artifact_digests::of(as_bytes("weights\n"));
    for (const tried& one : all)
    {
        CAPTURE(one.name);
        const std::string good = kept(one.name + ".sigstore.json");
        const auto said = verify_artifact(as_bytes(good), artifact, one.by);
        REQUIRE_MESSAGE(said.has_value(), said.error().detail);
        std::size_t accepted = 0;
        for (std::size_t at = 0; at < good.size(); ++at)
        {
            const auto now_said = verify_artifact(as_bytes(flipped(good, at)), artifact, one.by);
            if (!now_said)
            {
                CHECK(now_said.error().code() != errc::internal);
                continue;
            }
            ++accepted;
            CHECK_MESSAGE(says_same(*now_said, *said), "at ", at);
        }
        // Names and values that nothing is made of: the log's display index under a proof, key ids, witnesses.
        CHECK(accepted < good.size() / 8);
    }
}

TEST_CASE("every one-byte change of a signed model's bundle, by key, certificate or identity, is refused or without effect")
{
    const auto read = [](const std::string& name) {
        return support::read_file(MODELSEC_SOURCE_DIR "/tests/vectors/signed-model/" + name);
    };
    const auto authority_of = [&](const std::string& pem, const sigstore_root& root) {
        signing_authority out;
        REQUIRE(out.add(read(pem)).has_value());
        out.trust_timestamps_of(root);
        return out;
    };
    const sigstore_root root = root_of(read("trusted_root.json")), times = root_of(read("times/trusted_root.json"));
    const auto key = public_key::pem(read("key.pub")).value(), dated = public_key::pem(read("times/key.pub")).value();
    const std::vector<std::pair<std::string, model_signer>> signed_by{
        {"key.json", key},
        {"key_logged.json", logged_key{root, key}},
        {"times/key_1_both.json", logged_key{times, dated}},
        {"times/key_1_stamped.json", logged_key{times, dated}},
        {"ca_stamped.json", authority_of("ca.pem", root)},
        {"times/ca_logged.json", authority_of("times/ca.pem", times)},
        {"a_1.json", sigstore_signer{root, identity, issuer, false}}};
    const utc_time now = parse_rfc3339("2028-01-01T00:00:00Z").value();
    for (const auto& [name, by] : signed_by)
    {
        CAPTURE(name);
        const std::string good = read(name);
        const auto said = verify_model_bundle(as_bytes(good), by, now);
        REQUIRE_MESSAGE(said.has_value(), said.error().detail);
        std::size_t accepted = 0;
        for (std::size_t at = 0; at < good.size(); ++at)
        {
            const auto now_said = verify_model_bundle(as_bytes(flipped(good, at)), by, now);
            if (!now_said)
            {
                CHECK(now_said.error().code() != errc::internal);
                continue;
            }
            ++accepted;
            CHECK_MESSAGE(says_same(now_said->signer, said->signer), "at ", at);
            CHECK(now_said->payload == said->payload);
            CHECK(now_said->statement.subject == said->statement.subject);
            CHECK(now_said->statement.files.size() == said->statement.files.size());
        }
        // What nothing is made of, for this signer.
        CHECK(accepted < good.size() / 4);
    }
}

namespace {

using said_of = std::function<result<signature_facts>(const sigstore_root&)>;

/// What each of the bundles says under a trusted root, it says under a changed one, or is refused.
void check_changed_root(const std::string& text, const std::vector<said_of>& all)
{
    std::vector<signature_facts> said;
    for (const said_of& one : all)
    {
        const auto good = one(root_of(text));
        REQUIRE_MESSAGE(good.has_value(), good.error().detail);
        said.push_back(*good);
    }
    for (std::size_t at = 0; at < text.size(); ++at)
    {
        const auto root = sigstore_root::parse(as_bytes(flipped(text, at)));
        if (!root)
        {
            CHECK(root.error().code() == errc::malformed);
            continue;
        }
        for (std::size_t i = 0; i < all.size(); ++i)
            if (const auto now_said = all[i](*root))
                CHECK_MESSAGE(says_same(*now_said, said[i]), "at ", at);
            else
                CHECK(now_said.error().code() != errc::internal);
    }
}

}  // namespace

namespace {

const artifact_digests& weights()
{
    static const artifact_digests all = artifact_digests::of(as_bytes("weights\n"));
    return all;
}

said_of keyless_of(const std::string& name)
{
    return [bundle = kept(name + ".sigstore.json")](const sigstore_root& root) {
        return verify_artifact(as_bytes(bundle), weights(), sigstore_signer{root, identity, issuer, false});
    };
}

std::string of_model(const std::string& name)
{
    return support::read_file(MODELSEC_SOURCE_DIR "/tests/vectors/signed-model/" + name);
}

said_of model_by(const std::string& name, const std::function<model_signer(const sigstore_root&)>& signer)
{
    return [bundle = of_model(name), signer](const sigstore_root& root) -> result<signature_facts> {
        const utc_time now = parse_rfc3339("2028-01-01T00:00:00Z").value();
        MODELSEC_TRY(const verified_model verified, verify_model_bundle(as_bytes(bundle), signer(root), now));
        return verified.signer;
    };
}

std::function<model_signer(const sigstore_root&)> dated_authority(const std::string& name)
{
    signing_authority authority;
    REQUIRE(authority.add(of_model(name)).has_value());
    return [authority](const sigstore_root& root) {
        signing_authority dated = authority;
        dated.trust_timestamps_of(root);
        return model_signer(dated);
    };
}

}  // namespace

TEST_CASE("every one-byte change of a trusted root is refused or without effect")
{
    const auto managed = [bundle = kept("managed_key.sigstore.json"),
                          key = public_key::pem(kept("key.pub")).value()](const sigstore_root& root) {
        return verify_artifact(as_bytes(bundle), weights(), logged_key{root, key});
    };
    check_changed_root(root_text(), {keyless_of("message_v2"), keyless_of("message_v1"), managed});
}

TEST_CASE("every one-byte change of a trusted root with larger curves is refused or without effect")
{
    check_changed_root(kept("digests/trusted_root.json"), {keyless_of("digests/message_p384_v2")});
}

TEST_CASE("every one-byte change of a trusted root for models is refused or without effect")
{
    const auto by_identity = [](const sigstore_root& root) {
        return model_signer(sigstore_signer{root, identity, issuer, false});
    };
    check_changed_root(of_model("trusted_root.json"),
                       {model_by("a_1.json", by_identity), model_by("ca_stamped.json", dated_authority("ca.pem"))});
}

TEST_CASE("every one-byte change of a trusted root that dates a CA's signatures is refused or without effect")
{
    check_changed_root(of_model("times/trusted_root.json"),
                       {model_by("times/ca_logged_stamped.json", dated_authority("times/ca.pem"))});
}

TEST_CASE("of what a key or a CA signed the earliest time counts: anybody can have an old signature stamped or logged anew")
{
    const auto read = [](const std::string& name) {
        return support::read_file(MODELSEC_SOURCE_DIR "/tests/vectors/signed-model/times/" + name);
    };
    const sigstore_root root = root_of(read("trusted_root.json"));
    const auto key = public_key::pem(read("key.pub")).value();
    signing_authority authority;
    REQUIRE(authority.add(read("ca.pem")).has_value());
    const utc_time now = parse_rfc3339("2028-01-01T00:00:00Z").value();
    const auto said = [&](const std::string& bundle, const model_signer& by) -> std::string {
        const auto r = verify_model_bundle(as_bytes(bundle), by, now);
        if (!r)
            return std::string(to_string(r.error().why));
        return r->signer.trusted_time ? format_rfc3339(*r->signer.trusted_time) : "undated";
    };
    const logged_key logged{root, key};
    const std::string first = "2026-02-01T12:00:00Z";
    CHECK(said(read("key_1.json"), logged) == first);
    CHECK(said(read("key_1_stamped.json"), logged) == first);
    CHECK(said(read("key_1_both.json"), logged) == first);
    CHECK(said(read("key_1_again.json"), logged) == "2026-07-20T12:00:00Z");  // alone: what only a memory can tell

    SUBCASE("a CA's certificate must have been valid at that time, which a log may tell too")
    {
        CHECK(said(read("ca_logged.json"), authority) == "signer_expired");
        authority.trust_timestamps_of(root);
        CHECK(said(read("ca_logged.json"), authority) == "2026-02-01T12:02:00Z");
        CHECK(said(read("ca_logged_stamped.json"), authority) == "2026-02-01T12:02:00Z");
        CHECK(said(read("ca_logged_late.json"), authority) == "signer_expired");
        CHECK(said(read("ca_foreign_log.json"), authority) == "log_proof");
    }
    SUBCASE("an entry of Rekor v1 that lost its promise is no undated one")
    {
        authority.trust_timestamps_of(root);
        const auto without = [&](const std::string& name) {
            return with(read(name), "inclusionPromise", "inclusionPromisf");
        };
        CHECK(said(without("key_1.json"), logged) == "log_proof");
        CHECK(said(without("key_1_both.json"), logged) == "log_proof");
        CHECK(said(without("key_1_stamped.json"), logged) == "log_proof");
        CHECK(said(without("ca_logged.json"), authority) == "log_proof");
    }
}

TEST_CASE("the key that a bundle brings along is the one that is given, in PEM or DER, or the bundle is another's")
{
    const auto read = [](const std::string& name) {
        return support::read_file(MODELSEC_SOURCE_DIR "/tests/vectors/signed-model/" + name);
    };
    const auto key = public_key::pem(read("key.pub")).value(), other = public_key::pem(read("times/key.pub")).value();
    const logged_key logged{root_of(read("trusted_root.json")), key};
    const utc_time now = parse_rfc3339("2028-01-01T00:00:00Z").value();
    const auto judged = [&](const std::string& name, const model_signer& by, json material) {
        json bundle = parse_json(as_bytes(read(name))).value(), all = *bundle.find("verificationMaterial");
        all.set("publicKey", std::move(material));
        bundle.set("verificationMaterial", std::move(all));
        const auto r = verify_model_bundle(as_bytes(bundle.dump()), by, now);
        return r ? reason::none : r.error().why;
    };
    for (const auto& [name, by] : {std::pair<std::string, model_signer>{"key.json", key}, {"key_logged.json", logged}})
    {
        CAPTURE(name);
        const auto brings = [&](const bytes_view raw) { return judged(name, by, json{{"rawBytes", to_base64(raw)}}); };
        CHECK(brings(as_bytes(key.pem_text())) == reason::none);
        CHECK(brings(key.spki_der()) == reason::none);
        CHECK(brings(as_bytes(other.pem_text())) == reason::unknown_key);
        CHECK(brings(other.spki_der()) == reason::unknown_key);
        CHECK(brings(as_bytes("no key")) == reason::unknown_key);
        CHECK(judged(name, by, json{{"rawBytes", "?"}}) == reason::bundle_malformed);
        CHECK(judged(name, by, json{{"rawBytes", ""}}) == reason::bundle_malformed);
        CHECK(judged(name, by, json{{"rawBytes", 1}}) == reason::bundle_malformed);
        CHECK(judged(name, by, json{{"hint", 1}}) == reason::bundle_malformed);
        CHECK(judged(name, by, json{{"hint", model_key_hint(key)}}) == reason::none);
        CHECK(judged(name, by, json{{"hint", model_key_hint(other)}}) == reason::unknown_key);
        CHECK(judged(name, by, json{{"hint", "any"}}) == reason::unknown_key);
        CHECK(judged(name, by, json::object()) == reason::none);
    }
}

TEST_CASE("what is trusted is trusted for its time, both ends included, and says since when")
{
    const std::string v1 = kept("message_v1.sigstore.json"), v2 = kept("message_v2.sigstore.json");
    const auto said = verify_artifact(as_bytes(v1), sha256(as_bytes("weights\n")), signer()).value();
    const std::string at = format_rfc3339(*said.trusted_time),
                      before = format_rfc3339(*said.trusted_time - std::chrono::seconds(1));
    const std::string begin = "\"start\": \"2026-01-01T00:00:00Z\"";
    const auto ending = [&](std::string_view list, const std::string& end) {
        std::string text = root_text();
        const auto from = text.find(begin, text.find(list));
        REQUIRE(from != std::string::npos);
        return text.replace(from, begin.size(), begin + ", \"end\": \"" + end + "\"");
    };
    const auto judged = [&](const std::string& bundle, const std::string& root) {
        return why_not(bundle, sigstore_signer{root_of(root), identity, issuer, false});
    };
    CHECK(judged(v1, ending("\"tlogs\"", at)) == reason::none);
    CHECK(judged(v1, ending("\"tlogs\"", before)) == reason::log_proof);
    CHECK(judged(v1, ending("\"certificateAuthorities\"", before)) == reason::chain_invalid);
    CHECK(judged(v1, ending("\"ctlogs\"", "2026-01-02T00:00:00Z")) == reason::log_proof);
    CHECK(judged(v2, ending("\"timestampAuthorities\"", "2026-01-02T00:00:00Z")) == reason::timestamp_invalid);

    // Every element of a list begins then.
    const auto beginning = [&](std::string_view list, utc_time start) {
        json root = parse_json(as_bytes(root_text())).value();
        json::array elements = *root.find(list)->as_array();
        for (json& element : elements)
        {
            const json window{{"start", format_rfc3339(start)}};
            if (!element.find("publicKey"))
            {
                element.set("validFor", window);
                continue;
            }
            json key = *element.find("publicKey");
            key.set("validFor", window);
            element.set("publicKey", std::move(key));
        }
        root.set(list, std::move(elements));
        return root.dump();
    };
    const utc_time logged = *said.trusted_time;
    const utc_time stamped = *verify_artifact(as_bytes(v2), sha256(as_bytes("weights\n")), signer()).value().trusted_time;
    const auto leaf = parse_sigstore_bundle(as_bytes(v1)).value().certificates.front();
    const std::shared_ptr<STACK_OF(SCT)> promised(
        static_cast<STACK_OF(SCT)*>(X509_get_ext_d2i(leaf.native(), NID_ct_precert_scts, nullptr, nullptr)), SCT_LIST_free);
    REQUIRE(promised);
    const utc_time certified{std::chrono::seconds(SCT_get_timestamp(sk_SCT_value(promised.get(), 0)) / 1000)};
    struct first_second
    {
        const char* list;
        const std::string& bundle;
        utc_time time;
        reason too_late;
    };
    for (const first_second& one : {first_second{"tlogs", v1, logged, reason::log_proof},
                                    first_second{"certificateAuthorities", v1, logged, reason::chain_invalid},
                                    first_second{"ctlogs", v1, certified, reason::log_proof},
                                    first_second{"timestampAuthorities", v2, stamped, reason::timestamp_invalid}})
    {
        CAPTURE(one.list);
        CHECK(judged(one.bundle, beginning(one.list, one.time)) == reason::none);
        CHECK(judged(one.bundle, beginning(one.list, one.time + std::chrono::seconds(1))) == one.too_late);
    }
    for (const char* list : {"\"tlogs\"", "\"ctlogs\"", "\"certificateAuthorities\"", "\"timestampAuthorities\""})
    {
        std::string text = root_text();
        const auto from = text.find(begin, text.find(list));
        text.erase(from, begin.size());
        CHECK(sigstore_root::parse(as_bytes(text)).error().why == reason::root_malformed);
    }
}

TEST_CASE("RFC 6962: a certificate has a timestamp of a trusted certificate log, and each that it has is by one")
{
    const auto leaf_of = [](const std::string& bundle) {
        return parse_sigstore_bundle(as_bytes(bundle)).value().certificates.front();
    };
    const sigstore_root root = root_of(root_text());
    const certificate leaf = leaf_of(kept("message_v1.sigstore.json"));
    const certificate_authority& authority = root.trust().authorities.front();
    const auto chain = verify_chain(leaf, authority.helpers, {authority.anchor}, leaf.validity().value().begin);
    REQUIRE(chain.has_value());
    std::vector<certificate_log> logs = root.trust().certificate_logs;
    CHECK(verify_embedded_scts(*chain, logs).has_value());
    const auto refused = [&](const std::vector<certificate>& certificates, const std::vector<certificate_log>& by) {
        const auto r = verify_embedded_scts(certificates, by);
        return r.has_error() && r.error().why == reason::log_proof;
    };
    CHECK(refused(*chain, {}));
    CHECK(refused({leaf}, logs));        // it says who issued it
    CHECK(refused({leaf, leaf}, logs));  // issued by another
    const certificate bare = leaf_of(support::read_file(MODELSEC_SOURCE_DIR "/tests/vectors/signed-model/ca_stamped.json"));
    CHECK(refused({bare, authority.anchor}, logs));
    for (certificate_log& log : logs)
        log.key = root.trust().transparency_logs.front().key;
    CHECK(refused(*chain, logs));
}

TEST_CASE("a log entry of another bundle, no entry, no time or no proof is refused")
{
    const json one = parse_json(as_bytes(kept("message_v1.sigstore.json"))).value();
    const json two = parse_json(as_bytes(kept("dsse_v1.sigstore.json"))).value();
    const auto changed = [&](const std::function<void(json & material)>& change) {
        json bundle = one;
        json material = *bundle.find("verificationMaterial");
        change(material);
        bundle.set("verificationMaterial", std::move(material));
        return why_not(bundle.dump(), signer());
    };
    // CVE-2022-36056.
    CHECK(changed([&](json& m) { m.set("tlogEntries", *two.find("verificationMaterial")->find("tlogEntries")); }) ==
          reason::log_proof);
    CHECK(changed([](json& m) { m.set("tlogEntries", json::array()); }) == reason::log_proof);
    const auto entry_without = [&](const char* member) {
        return changed([&](json& m) {
            json entry = m.find("tlogEntries")->as_array()->front();
            entry.set(member, json());
            m.set("tlogEntries", json::array{entry});
        });
    };
    CHECK(entry_without("inclusionProof") == reason::log_proof);
    CHECK(entry_without("inclusionPromise") == reason::timestamp_invalid);
    CHECK(entry_without("canonicalizedBody") == reason::bundle_malformed);
    CHECK(entry_without("logId") == reason::bundle_malformed);
}

TEST_CASE("a checkpoint is signed by the name that it is of, whatever the key's hint says")
{
    for (const std::string& name : keyless)
    {
        CAPTURE(name);
        const json good = parse_json(as_bytes(kept(name + ".sigstore.json"))).value();
        const auto noted = [&](const std::function<std::string(std::string)>& change) {
            json bundle = good, material = *bundle.find("verificationMaterial");
            json entry = material.find("tlogEntries")->as_array()->front();
            json proof = *entry.find("inclusionProof");
            if (!proof.find("checkpoint"))
                return reason::log_proof;
            const std::string note(proof.find("checkpoint")->string_at("envelope").value());
            proof.set("checkpoint", json{{"envelope", change(note)}});
            entry.set("inclusionProof", std::move(proof));
            material.set("tlogEntries", json::array{entry});
            bundle.set("verificationMaterial", std::move(material));
            return why_not(bundle.dump(), signer());
        };
        const auto renamed = [&](const std::string& other) {
            return noted([&](std::string note) {
                const auto line = note.rfind("\xE2\x80\x94 ") + 4, end = note.find(' ', line);
                return note.replace(line, end - line, other);
            });
        };
        CHECK(renamed("other.example") == reason::log_proof);
        CHECK(renamed("log") == reason::log_proof);  // the begin of a name is none
        CHECK(noted([](std::string note) { return note.substr(note.find('\n') + 1); }) == reason::log_proof);
    }
}

TEST_CASE("a checkpoint is signed by the log's key, not only under its id")
{
    // Every log has another key under its own id.
    json root = parse_json(as_bytes(root_text())).value();
    const json stranger = *root.find("ctlogs")->as_array()->front().find("publicKey");
    json::array logs = *root.find("tlogs")->as_array();
    for (json& log : logs)
    {
        REQUIRE(log.find("logId"));
        log.set("publicKey", stranger);
    }
    root.set("tlogs", logs);
    const sigstore_signer by{root_of(root.dump()), identity, issuer, false};
    CHECK(why_not(kept("message_v2.sigstore.json"), by) == reason::log_proof);
    CHECK(why_not(kept("message_v1.sigstore.json"), by) == reason::log_proof);
    // Without the promise nothing but the checkpoint speaks against it; under the right key the time alone is missing.
    const std::string unpromised = with(kept("message_v1.sigstore.json"), "inclusionPromise", "inclusionPromisf");
    CHECK(why_not(unpromised, by) == reason::log_proof);
    CHECK(why_not(unpromised, signer()) == reason::timestamp_invalid);
}

TEST_CASE("a keyless certificate was valid at the time that the log promised: else its signature has expired")
{
    const support::own_log log;
    const std::string bundle = kept("message_v1.sigstore.json");
    const sigstore_signer by{root_of(log.root(root_text())), identity, issuer, false};
    const auto valid = parse_sigstore_bundle(as_bytes(bundle)).value().certificates.front().validity().value();
    const std::chrono::seconds second{1};
    CHECK(why_not(log.logged(bundle, valid.begin), by) == reason::none);
    CHECK(why_not(log.logged(bundle, *valid.end), by) == reason::none);
    CHECK(why_not(log.logged(bundle, valid.begin - second), by) == reason::signer_expired);
    CHECK(why_not(log.logged(bundle, *valid.end + second), by) == reason::signer_expired);
    CHECK(code_of(reason::signer_expired) == errc::expired);
    CHECK(why_not(log.logged(bundle, valid.begin), signer()) == reason::log_proof);

    const auto read = [](const std::string& name) {
        return support::read_file(MODELSEC_SOURCE_DIR "/tests/vectors/signed-model/" + name);
    };
    const sigstore_signer of_models{root_of(log.root(read("trusted_root.json"))), identity, issuer, false};
    const std::string model = read("a_1.json");
    const auto minutes = parse_sigstore_bundle(as_bytes(model)).value().certificates.front().validity().value();
    const auto judged = [&](utc_time at) {
        const auto r = verify_model_bundle(as_bytes(log.logged(model, at)), of_models, minutes.begin);
        return r ? reason::none : r.error().why;
    };
    CHECK(judged(*minutes.end) == reason::none);
    CHECK(judged(*minutes.end + second) == reason::signer_expired);
}

TEST_CASE("a bundle of version 0.2 needs the log's proof, whatever else it brings")
{
    const auto as_v0_2 = [](const std::string& bundle, std::string_view type) {
        return with(bundle, type, "application/vnd.dev.sigstore.bundle+json;version=0.2");
    };
    const std::string_view newest = "application/vnd.dev.sigstore.bundle.v0.3+json",
                           oldest = "application/vnd.dev.sigstore.bundle+json;version=0.1";
    for (const char* name : {"message_v1", "dsse_v1", "message_v2"})
    {
        CAPTURE(name);
        const std::string bundle = as_v0_2(kept(std::string(name) + ".sigstore.json"), newest);
        CHECK(why_not(bundle, signer()) == reason::none);
        CHECK(why_not(with(bundle, "inclusionProof", "inclusionProog"), signer()) == reason::log_proof);
    }
    const std::string old = with(kept("message_v0_1.sigstore.json"), "inclusionProof", "inclusionProog");
    CHECK(why_not(old, signer()) == reason::none);  // a promise is enough
    CHECK(why_not(as_v0_2(old, oldest), signer()) == reason::log_proof);
}

TEST_CASE("what a bundle brings along holds, needed or not: a proof without checkpoint, no root of its own")
{
    const json old = parse_json(as_bytes(kept("message_v0_1.sigstore.json"))).value();
    json material = *old.find("verificationMaterial");
    const auto judged = [&](const json& with) {
        json bundle = old;
        bundle.set("verificationMaterial", with);
        return why_not(bundle.dump(), signer());
    };
    REQUIRE(judged(material) == reason::none);
    json entry = material.find("tlogEntries")->as_array()->front();
    const json modern = parse_json(as_bytes(kept("dsse_v1.sigstore.json"))).value();
    json foreign = *modern.find("verificationMaterial")->find("tlogEntries")->as_array()->front().find("inclusionProof");
    foreign.set("checkpoint", json());
    entry.set("inclusionProof", foreign);
    json other = material;
    other.set("tlogEntries", json::array{entry});
    CHECK(judged(other) == reason::log_proof);

    // sigstore-conformance, bundle-with-root-cert_fail.
    const json root = parse_json(as_bytes(root_text())).value();
    const json::array authorities =
        *root.find("certificateAuthorities")->as_array()->front().find("certChain")->find("certificates")->as_array();
    json::array chain = *material.find("x509CertificateChain")->find("certificates")->as_array();
    chain.insert(chain.end(), authorities.begin(), authorities.end() - 1);
    material.set("x509CertificateChain", json{{"certificates", chain}});
    CHECK(judged(material) == reason::none);
    chain.push_back(authorities.back());
    material.set("x509CertificateChain", json{{"certificates", chain}});
    CHECK(judged(material) == reason::bundle_malformed);
}

TEST_CASE("RFC 5280: a certificate is valid from its first second to its last, both included")
{
    const auto bundle = parse_sigstore_bundle(as_bytes(kept("message_v1.sigstore.json"))).value();
    const sigstore_root root = root_of(root_text());
    const certificate_authority& ca = root.trust().authorities.front();
    const certificate& leaf = bundle.certificates.front();
    const time_window valid = leaf.validity().value();
    const auto fault = [](const certificate& c, const std::vector<certificate>& helpers, const certificate& anchor,
                          utc_time at) {
        const auto chain = verify_chain(c, helpers, {anchor}, at);
        return chain ? std::optional<chain_fault>() : chain.error();
    };
    const std::chrono::seconds second{1};
    CHECK(fault(leaf, ca.helpers, ca.anchor, valid.begin - second) == chain_fault::outside_window);
    CHECK(fault(leaf, ca.helpers, ca.anchor, valid.begin) == std::nullopt);
    CHECK(fault(leaf, ca.helpers, ca.anchor, *valid.end) == std::nullopt);
    CHECK(fault(leaf, ca.helpers, ca.anchor, *valid.end + second) == chain_fault::outside_window);

    // Of a chain each has a last second of its own, and it forgives no other: here the leaf has long expired.
    const time_window above = ca.anchor.validity().value();
    CHECK(fault(ca.anchor, {}, ca.anchor, *above.end) == std::nullopt);
    CHECK(fault(ca.anchor, {}, ca.anchor, *above.end + second) == chain_fault::outside_window);
    CHECK(fault(leaf, ca.helpers, ca.anchor, *above.end) == chain_fault::outside_window);
    const certificate& stranger = root.trust().timestamp_authorities.front().anchor;
    CHECK(fault(leaf, ca.helpers, stranger, *valid.end) == chain_fault::untrusted);
}

TEST_CASE("a timestamp is by the signer that is listed or, where only authorities are, by one that they issued")
{
    json root = parse_json(as_bytes(root_text())).value();
    json authority = root.find("timestampAuthorities")->as_array()->front();
    json::array chain = *authority.find("certChain")->find("certificates")->as_array();
    REQUIRE(chain.size() == 2);
    const auto judged = [&](const json::array& listed) {
        authority.set("certChain", json{{"certificates", listed}});
        root.set("timestampAuthorities", json::array{authority});
        return why_not(kept("message_v2.sigstore.json"), sigstore_signer{root_of(root.dump()), identity, issuer, false});
    };
    CHECK(judged(chain) == reason::none);
    CHECK(judged({chain[1]}) == reason::none);
    const auto stranger = root.find("certificateAuthorities")->as_array()->front().find("certChain")->find("certificates");
    CHECK(judged({stranger->as_array()->back()}) == reason::timestamp_invalid);
    const json bundle = parse_json(as_bytes(kept("message_v2.sigstore.json"))).value();
    CHECK(judged({*bundle.find("verificationMaterial")->find("certificate"), chain[1]}) == reason::timestamp_invalid);
}

TEST_CASE("an authority's certificate leads to its root by what is listed between them")
{
    const json given = parse_json(as_bytes(kept("chained_timestamp.json"))).value();
    const auto raw = [](std::string_view text) { return from_base64(text).value(); };
    std::vector<certificate> chain;
    for (const json& one : *given.find("certificates")->as_array())
        chain.push_back(certificate::der(raw(*one.as_string())).value());
    const bytes response = raw(given.string_at("response").value()), content = raw(given.string_at("signature").value());
    const time_window window{parse_rfc3339("2026-01-01T00:00:00Z").value(), {}};
    const auto holds = [&](const std::vector<certificate>& helpers, const certificate& anchor) {
        return verify_timestamp(response, content, {{anchor, helpers, window}}).has_value();
    };
    REQUIRE(chain.size() == 3);
    CHECK(holds({chain[0], chain[1]}, chain[2]));
    CHECK(holds({chain[0]}, chain[1]));
    CHECK_FALSE(holds({chain[0]}, chain[2]));
    CHECK_FALSE(holds({chain[1]}, chain[2]));  // the token does not say whose it is
    const std::vector<certificate_authority> two{{chain[2], {chain[1]}, window}, {chain[2], {chain[0]}, window}};
    CHECK_FALSE(verify_timestamp(as_bytes("x"), content, two).has_value());
    CHECK_FALSE(verify_timestamp(response, as_bytes("another"), {{chain[2], {chain[0], chain[1]}, window}}).has_value());
}

TEST_CASE("RFC 9162: a proof of inclusion leads to the root it says, for every leaf of small trees")
{
    const auto leaf = [](std::size_t i) {
        bytes text{0};
        const std::string body = "leaf " + std::to_string(i);
        text.insert(text.end(), body.begin(), body.end());
        return sha256(text);
    };
    const auto node = [](const sha256_digest& left, const sha256_digest& right) {
        bytes text{1};
        text.insert(text.end(), left.view().begin(), left.view().end());
        text.insert(text.end(), right.view().begin(), right.view().end());
        return sha256(text);
    };
    const std::function<sha256_digest(std::size_t, std::size_t)> tree = [&](std::size_t from, std::size_t to) {
        if (to - from == 1)
            return leaf(from);
        std::size_t half = 1;
        while (half * 2 < to - from)
            half *= 2;
        return node(tree(from, from + half), tree(from + half, to));
    };
    const std::function<void(std::size_t, std::size_t, std::size_t, std::vector<bytes>&)> path =
        [&](std::size_t at, std::size_t from, std::size_t to, std::vector<bytes>& out) {
            if (to - from == 1)
                return;
            std::size_t half = 1;
            while (half * 2 < to - from)
                half *= 2;
            const bool left = at < from + half;
            path(at, left ? from : from + half, left ? from + half : to, out);
            const sha256_digest other = left ? tree(from + half, to) : tree(from, from + half);
            out.emplace_back(other.view().begin(), other.view().end());
        };
    for (std::size_t size = 1; size <= 17; ++size)
        for (std::size_t at = 0; at < size; ++at)
        {
            inclusion_proof proof;
            proof.index = at;
            proof.tree_size = size;
            const sha256_digest root = tree(0, size);
            proof.root_hash.assign(root.view().begin(), root.view().end());
            path(at, 0, size, proof.hashes);
            const std::string body = "leaf " + std::to_string(at);
            CHECK(proves_inclusion(proof, as_bytes(body)));
            CHECK_FALSE(proves_inclusion(proof, as_bytes(body + "x")));
            proof.hashes.emplace_back(32);
            CHECK_FALSE(proves_inclusion(proof, as_bytes(body)));
            proof.hashes.pop_back();
            proof.index = size;
            CHECK_FALSE(proves_inclusion(proof, as_bytes(body)));
            if (size > 1)
            {
                proof.index = (at + 1) % size;
                CHECK_FALSE(proves_inclusion(proof, as_bytes(body)));
            }
        }
}

TEST_CASE("a statement of an unknown type, or about something else, says nothing of the artifact")
{
    const std::string good = kept("dsse_v1.sigstore.json");
    CHECK(why_not(good, signer(), "other") == reason::digest_mismatch);
    CHECK(why_not(with(good, "application/vnd.in-toto+json", "application/vnd.in-toto+jsom"), signer()) != reason::none);
}

TEST_CASE("an artifact is known by SHA-256, SHA-384 or SHA-512, whichever a statement names it by or a key's curve signs")
{
    const sigstore_signer by{root_of(kept("digests/trusted_root.json")), identity, issuer, false};
    const artifact_digests all = artifact_digests::of(as_bytes("weights\n")),
                           other = artifact_digests::of(as_bytes("other\n"));
    const auto judged = [&](const std::string& bundle, const artifact_digests& about) {
        const auto r = verify_artifact(as_bytes(bundle), about, by);
        return r ? reason::none : r.error().why;
    };
    const auto without = [&](const std::string& name) {
        artifact_digests out = all;
        (name.find("384") != std::string::npos ? out.sha384 : out.sha512).clear();
        return out;
    };
    // sigstore.js agrees on all of them.
    for (const std::string name : {"subject_sha384", "subject_sha512"})
    {
        CAPTURE(name);
        const std::string bundle = kept("digests/" + name + ".sigstore.json");
        CHECK(judged(bundle, all) == reason::none);
        CHECK(judged(bundle, other) == reason::digest_mismatch);
        CHECK(judged(bundle, without(name)) == reason::digest_mismatch);
        CHECK(why_not(bundle, by) == reason::digest_mismatch);
    }
    for (const std::string name : {"message_p384_v1", "message_p384_v2", "message_p521_v1", "message_p521_v2"})
    {
        CAPTURE(name);
        const std::string bundle = kept("digests/" + name + ".sigstore.json");
        CHECK(judged(bundle, all) == reason::none);
        CHECK(judged(bundle, other) == reason::log_proof);
        // Whoever knows the SHA-256 alone cannot tell.
        CHECK(judged(bundle, without(name.find("384") != std::string::npos ? "384" : "512")) == reason::log_proof);
        CHECK(why_not(bundle, by) == reason::log_proof);
        const std::string stated = name.find("384") != std::string::npos ? "SHA2_384" : "SHA2_512";
        const std::string digest = to_base64(name.find("384") != std::string::npos ? all.sha384 : all.sha512);
        CHECK(judged(with(bundle, stated, "SHA3_384"), all) == reason::bad_signature);
        CHECK(judged(with(bundle, digest, to_base64(other.sha512)), all) == reason::bad_signature);
    }
    CHECK(all.match(hash_algorithm::sha256, sha256(as_bytes("weights\n")).view()));
    CHECK_FALSE(artifact_digests{}.match(hash_algorithm::sha512, {}));
    // FIPS 180-4's example.
    CHECK(to_hex(sha384(as_bytes("abc"))) ==
          "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
    hasher half(hash_algorithm::sha384);
    half.update(as_bytes("a"));
    hasher twin = half.clone();
    twin.update(as_bytes("bc"));
    CHECK(twin.finish() == sha384(as_bytes("abc")));
}

TEST_SUITE_END();
