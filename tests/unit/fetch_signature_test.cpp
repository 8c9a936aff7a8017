// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A signature as the manifest: who may have signed, what is remembered of when, and what nobody signed: sizes. The vectors were made by
// tests/interop/make_signed_model_vectors.py.
#include "faulty_file_system.hpp"
#include "fetch_scene.hpp"
#include "made_certificate.hpp"
#include "model_scene.hpp"
#include "own_log.hpp"

#include <modelsec/detail/base/json.hpp>

using namespace fetch_scene;
using support::bundle_around;
using support::public_half;
using support::statement_about;

namespace {

std::string kept(const std::string& name)
{
    return support::read_file(MODELSEC_SOURCE_DIR "/tests/vectors/signed-model/" + name);
}

utc_time at(std::string_view text)
{
    return *parse_rfc3339(text);
}

const std::string one = "https://ci.example/model.yml@refs/heads/main",
                  other = "https://ci.example/other.yml@refs/heads/main";
const std::string issuer = "https://token.example";

sigstore_root trusted()
{
    return sigstore_root::parse(as_bytes(kept("trusted_root.json"))).value();
}

model_signer identity(const std::string& who, bool pattern = false)
{
    return sigstore_signer{trusted(), who, issuer, pattern};
}

const std::map<std::string, std::string> model_a{
    {"config.json", "{\"a\": 1}\n"}, {"empty.txt", ""}, {"weights/part-1.bin", std::string(300'000, '1')}};
const std::map<std::string, std::string> model_b{
    {"config.json", "{\"b\": 2}\n"}, {"empty.txt", ""}, {"weights/part-1.bin", std::string(200'000, '2')}};

struct signed_world : world
{
    explicit signed_world(std::vector<model_signer> signers = {identity(one), identity(other)})
    {
        time.time = at("2026-12-01T00:00:00Z");
        asked.manifest.url = "https://h.example/model.sig";
        asked.model_id = "demo";
        trust(std::move(signers));
    }

    void trust(std::vector<model_signer> signers)
    {
        asked.trust = model_signature{std::move(signers), {"https://h.example/files"}, {}};
    }
    model_signature& source() { return std::get<model_signature>(asked.trust); }

    void serve(const std::map<std::string, std::string>& files)
    {
        for (const auto& [name, content] : files)
            net.bodies["https://h.example/files/" + name] = content;
    }
    /// A bundle of the vectors, and its files.
    reason offer_kept(const std::string& bundle)
    {
        net.envelope = kept(bundle);
        serve(bundle.front() == 'b' ? model_b : model_a);
        return why();
    }
    reason offer_signed(const json& statement, const support::signer& by)
    {
        net.envelope = bundle_around(statement.dump(), by).dump();
        return why();
    }
    std::size_t told(reason what) const
    {
        return static_cast<std::size_t>(
            std::ranges::count_if(events, [&](const event& e) { return e.kind == event_kind::warning && e.why == what; }));
    }
};

std::string version_of_signed(const json& statement)
{
    return std::string(*statement.find("subject")->as_array()->front().find("digest")->string_at("sha256")).substr(0, 16);
}

}  // namespace

TEST_CASE("a model that was signed by a key for everybody becomes active without a manifest")
{
    const support::signer publisher("any");
    signed_world w({public_half(publisher)});
    const json statement = statement_about(model_a);
    w.net.envelope = bundle_around(statement.dump(), publisher).dump();
    w.serve(model_a);
    const auto got = w.fetch();
    REQUIRE_MESSAGE(got.has_value(), got.error().detail);
    check_events(w);
    CHECK(got->version == version_of_signed(statement));
    CHECK(got->sequence == 0);
    for (const auto& [name, content] : model_a)
        CHECK((support::read_file(got->path + "/" + name) == content));
    CHECK(w.net.sizes_asked == 2);  // the digest of the empty file says its size
    CHECK(w.told(reason::unordered) == 1);

    SUBCASE("what is active is not asked for again, not even how long it is")
    {
        w.net.sizes_asked = w.net.downloads = 0;
        const auto again = w.fetch();
        REQUIRE(again.has_value());
        CHECK(again->already_active);
        CHECK(w.net.sizes_asked == 0);
        CHECK(w.net.downloads == 0);
    }
    SUBCASE("another key's signature is refused, and what is active stays")
    {
        const support::signer stranger("s");
        CHECK(w.offer_signed(statement_about(model_b), stranger) == reason::bad_signature);
        CHECK(w.active() == got->version);
    }
    SUBCASE("bytes that were not signed are refused, and what is active stays")
    {
        w.serve(model_b);
        w.net.bodies["https://h.example/files/config.json"] = "{\"b\": 3}\n";
        CHECK(w.offer_signed(statement_about(model_b), publisher) == reason::digest_mismatch);
        CHECK(w.active() == got->version);
    }
}

TEST_CASE(
    "memory of signatures is one instant: earlier ones are refused, and others of the same one, by whomever of the signers")
{
    signed_world w;
    REQUIRE(w.offer_kept("a_2.json") == reason::none);
    const std::string first = w.active();
    CHECK(w.told(reason::unordered) == 0);
    CHECK(w.offer_kept("a_2.json") == reason::none);
    CHECK(w.offer_kept("a_1.json") == reason::older_issue);
    CHECK(w.offer_kept("b_1.json") == reason::older_issue);
    CHECK(w.offer_kept("b_2.json") == reason::equivocation);
    CHECK(w.active() == first);
    CHECK(w.offer_kept("b_3.json") == reason::none);
    CHECK(w.active() != first);
    CHECK(w.offer_kept("a_2.json") == reason::older_issue);

    SUBCASE("it holds for one of the signers alone, as long as all stay configured")
    {
        w.trust({identity("https://ci.example/*", true)});
        CHECK(w.offer_kept("b_2.json") == reason::older_issue);
    }
    SUBCASE("it falls with the identity that is not configured any more, and only then")
    {
        w.trust({identity(other)});
        CHECK(w.offer_kept("b_3.json") == reason::identity_mismatch);
        CHECK(w.offer_kept("b_2.json") == reason::none);  // a_2 and b_3 were by the identity that is gone
        CHECK(w.offer_kept("b_1.json") == reason::older_issue);
    }
    SUBCASE("what has no trusted time comes after nothing")
    {
        const auto key = public_key::pem(kept("key.pub")).value();
        w.trust({identity(one), identity(other), key});
        CHECK(w.offer_kept("key.json") == reason::order_lost);
    }
    SUBCASE("a refused statement of the same instant leaves no trace")
    {
        CHECK(w.offer_kept("b_3.json") == reason::none);
    }
}

TEST_CASE("without a state the kept signatures prove the memory, to whom their signers are configured")
{
    signed_world w;
    REQUIRE(w.offer_kept("a_2.json") == reason::none);
    REQUIRE(w.offer_kept("b_3.json") == reason::none);
    const std::string states = w.owner.store + "/.modelsec/state";
    SUBCASE("by a fetch")
    {
        std::filesystem::remove_all(states);
    }
    SUBCASE("by repair, with that trust")
    {
        std::filesystem::remove_all(states);
        repair_options how;
        how.model_id = "demo";
        how.trust = w.asked.trust;
        const auto done = detail::run_repair(w.owner, how);
        REQUIRE(done.has_value());
        REQUIRE(done->models.size() == 1);
        CHECK(done->models.front().found == reason::memory_lost);
    }
    CHECK(w.offer_kept("a_2.json") == reason::older_issue);
    CHECK(w.offer_kept("b_2.json") == reason::older_issue);
    CHECK(w.offer_kept("b_3.json") == reason::none);
    CHECK(w.told(reason::memory_lost) <= 1);
}

TEST_CASE("an old signature that somebody has logged, stamped or mirrored anew brings no old model back")
{
    const auto key = public_key::pem(kept("times/key.pub")).value();
    const auto root = sigstore_root::parse(as_bytes(kept("times/trusted_root.json"))).value();
    signed_world w({logged_key{root, key}});
    w.time.time = at("2027-01-01T00:00:00Z");
    const auto offered = [&](const std::string& name, const std::map<std::string, std::string>& files = model_a) {
        w.net.envelope = kept("times/" + name + ".json");
        w.serve(files);
        return w.why();
    };
    REQUIRE(offered("key_1") == reason::none);
    const std::string first = w.active();
    CHECK(offered("key_1_again") == reason::none);  // what is active, and no younger for it
    REQUIRE(offered("key_2", model_b) == reason::none);
    for (const char* name : {"key_1", "key_1_both", "key_1_stamped", "key_1_again", "key_1_mirrored"})
    {
        CAPTURE(name);
        CHECK(offered(name) == reason::older_issue);
        CHECK(w.active() != first);
    }
    w.source().max_age = std::chrono::hours(24 * 30);
    w.time.time = at("2026-07-25T00:00:00Z");
    CHECK(offered("key_1_again") == reason::signature_too_old);  // five days by its log, half a year by what is remembered
}

TEST_CASE("a signature that was accepted undated, or by an earlier version, is made no younger by a date of today")
{
    const auto key = public_key::pem(kept("times/key.pub")).value();
    const auto root = sigstore_root::parse(as_bytes(kept("times/trusted_root.json"))).value();
    signed_world w({logged_key{root, key}, key});
    const auto offered = [&](const std::string& bundle, const std::map<std::string, std::string>& files) {
        w.net.envelope = bundle;
        w.serve(files);
        return w.why();
    };
    json undated = parse_json(as_bytes(kept("times/key_1.json"))).value();
    json material = *undated.find("verificationMaterial");
    material.set("tlogEntries", json::array());
    undated.set("verificationMaterial", std::move(material));
    // What states of earlier versions lack.
    const auto forget = [&] {
        const auto disk = store::open({w.owner.store, false, w.owner.group_shared, w.owner.policy, w.owner.files,
                                       w.owner.caps, false, w.owner.clock.get()})
                              .value();
        REQUIRE(disk.update(identifier::parse("demo").value(),
                            [](model_state& state) -> result<bool> {
                                state.memory.signatures.clear();
                                return true;
                            })
                    .has_value());
    };
    w.time.time = at("2026-02-10T00:00:00Z");
    bool dated = false, older = false;
    SUBCASE("undated") {}
    SUBCASE("undated, by an earlier version")
    {
        older = true;
    }
    SUBCASE("dated, by an earlier version")
    {
        dated = older = true;
    }
    REQUIRE(offered(dated ? kept("times/key_1.json") : undated.dump(), model_a) == reason::none);
    const std::string first = w.active();
    w.time.time = at("2026-07-25T00:00:00Z");
    REQUIRE(offered(kept("times/key_2.json"), model_b) == reason::none);
    REQUIRE(w.active() != first);
    if (older)
        forget();
    w.asked.dry_run = true;
    CHECK(offered(kept("times/key_1_again.json"), model_a) == reason::older_issue);
    w.asked.dry_run = false;
    CHECK(offered(kept("times/key_1_again.json"), model_a) == reason::older_issue);
    CHECK(offered(kept("times/key_2.json"), model_b) == reason::none);  // writes down what was learned
    CHECK(offered(kept("times/key_1_mirrored.json"), model_a) == reason::older_issue);
    CHECK(w.active() != first);
    w.source().max_age = std::chrono::hours(24 * 30);
    CHECK(offered(kept("times/key_1_again.json"), model_a) == reason::signature_too_old);
}

TEST_CASE("memory of what a CA or a key signed holds as long as that one is configured, and falls with it")
{
    const support::own_log log;
    const sigstore_root root = sigstore_root::parse(as_bytes(log.root())).value();
    const std::string a = statement_about(model_a).dump(), b = statement_about(model_b).dump();
    const utc_time earlier = at("2026-02-01T00:00:00Z"), later = at("2026-03-01T00:00:00Z");
    std::function<std::string(const std::string& statement, utc_time)> first, second;
    model_signer by_first = public_half(support::signer("-")), by_second = by_first;
    SUBCASE("a CA")
    {
        static const auto own = support::made_root("own"), other_root = support::made_root("other");
        const auto signed_below = [&](const support::made_certificate& issuer) {
            return [&log, leaf = support::made_leaf(issuer)](const std::string& statement, utc_time time) {
                return log.logged(support::certified_bundle(statement, leaf).dump(), time);
            };
        };
        const auto authority_of = [&](const support::made_certificate& issuer) {
            signing_authority out;
            REQUIRE(out.add(issuer.pem()).has_value());
            out.trust_timestamps_of(root);
            return out;
        };
        first = signed_below(own);
        second = signed_below(other_root);
        by_first = authority_of(own);
        by_second = authority_of(other_root);
    }
    SUBCASE("a key")
    {
        const auto signed_by = [&](const support::signer& key) {
            return [&log, key](const std::string& statement, utc_time time) {
                return log.logged(bundle_around(statement, key).dump(), time, public_half(key).pem_text());
            };
        };
        const support::signer own("own"), other_key("other");
        first = signed_by(own);
        second = signed_by(other_key);
        by_first = logged_key{root, public_half(own)};
        by_second = logged_key{root, public_half(other_key)};
    }
    signed_world w({by_first});
    const auto offered = [&](const std::string& bundle, const std::map<std::string, std::string>& files) {
        w.net.envelope = bundle;
        w.serve(files);
        return w.why();
    };
    REQUIRE(offered(first(b, later), model_b) == reason::none);
    const std::string active = w.active();
    CHECK(offered(first(a, earlier), model_a) == reason::older_issue);
    w.trust({by_second, by_first});
    CHECK(offered(first(a, earlier), model_a) == reason::older_issue);
    CHECK(offered(second(a, earlier), model_a) == reason::older_issue);
    CHECK(w.active() == active);
    w.trust({by_second});
    CHECK(offered(first(b, later), model_b) != reason::none);
    CHECK(offered(second(a, earlier), model_a) == reason::none);
    CHECK(w.active() != active);
}

TEST_CASE("the same statement signed anew later raises the instant")
{
    signed_world w;
    REQUIRE(w.offer_kept("a_1.json") == reason::none);
    REQUIRE(w.offer_kept("a_2.json") == reason::none);
    CHECK(w.net.downloads == 3);  // once
    CHECK(w.offer_kept("a_1.json") == reason::older_issue);
    CHECK(w.offer_kept("b_1.json") == reason::older_issue);
}

TEST_CASE("a plain key is ordered by the log that it is asked for, and is in disorder without")
{
    const auto key = public_key::pem(kept("key.pub")).value();
    signed_world w({key});
    w.asked.require_order = true;
    CHECK(w.offer_kept("key.json") == reason::unordered);
    CHECK(w.offer_kept("key_logged.json") == reason::unordered);  // nobody said whose log counts
    w.trust({logged_key{trusted(), key}});
    CHECK(w.offer_kept("key.json") == reason::log_proof);
    CHECK(w.offer_kept("key_logged.json") == reason::none);
}

TEST_CASE("the age of a signature is that of its trusted time, and none is too old")
{
    signed_world w;
    w.source().max_age = std::chrono::hours(24 * 30);
    w.time.time = at("2026-03-31T00:00:00Z");  // a_2 was signed at noon of March 2
    CHECK(w.offer_kept("a_2.json") == reason::none);
    w.time.time = at("2026-04-01T12:00:00Z");
    CHECK(w.offer_kept("a_2.json") == reason::none);
    w.time.time = at("2026-04-01T12:00:01Z");
    CHECK(w.offer_kept("a_2.json") == reason::signature_too_old);
    CHECK(code_of(reason::signature_too_old) == errc::expired);
    CHECK(w.active() != "none_active");
    w.trust({public_key::pem(kept("key.pub")).value()});
    w.source().max_age = std::chrono::hours(1);
    CHECK(w.offer_kept("key.json") == reason::signature_too_old);
    w.source().max_age = std::chrono::seconds(0);
    CHECK(w.offer_kept("key.json") == reason::bad_option);
}

TEST_CASE("a time that has not come yet is a wrong clock")
{
    signed_world w;
    w.time.time = at("2026-02-20T00:00:00Z");
    CHECK(w.offer_kept("a_2.json") == reason::issued_in_future);
    CHECK(w.offer_kept("a_1.json") == reason::none);
}

TEST_CASE("a certificate of the publisher's CA counts at the time that a trusted authority stamped, else now")
{
    signing_authority authority;
    REQUIRE(authority.add(kept("ca.pem")).has_value());
    signed_world w({authority});
    w.time.time = at("2028-01-01T00:00:00Z");
    CHECK(w.offer_kept("ca_stamped.json") == reason::signer_expired);
    authority.trust_timestamps_of(trusted());
    w.trust({authority});
    w.asked.require_order = true;
    CHECK(w.offer_kept("ca_stamped.json") == reason::none);
    CHECK(w.offer_kept("a_2.json") == reason::chain_invalid);
    w.trust({signing_authority()});
    CHECK(w.offer_kept("ca_stamped.json") == reason::no_trust_anchor);
}

TEST_CASE("files together are bounded before the first byte of one is fetched")
{
    signed_world w;
    w.owner.caps.max_model_bytes = 300'008;
    CHECK(w.offer_kept("a_2.json") == reason::model_too_large);
    CHECK(code_of(reason::model_too_large) == errc::policy);
    CHECK(w.net.downloads == 0);
    w.owner.caps.max_model_bytes = 300'009;
    CHECK(w.offer_kept("a_2.json") == reason::none);
}

TEST_CASE("what the disk has no room for is refused before the first byte: the host alone said how much it is")
{
    struct small_disk : support::faulty_file_system
    {
        using faulty_file_system::faulty_file_system;
        result<std::uint64_t> free_space(const file&) override { return 300'008; }
    };
    signed_world w;
    std::filesystem::create_directories(w.dir / "lost");
    small_disk disk(w.dir / "lost");
    w.owner.files = &disk;
    CHECK(w.offer_kept("a_2.json") == reason::model_too_large);
    CHECK(code_of(reason::model_too_large) == errc::policy);
    CHECK(w.net.downloads == 0);
    w.owner.files = &file_system::native();
    CHECK(w.offer_kept("a_2.json") == reason::none);
}

TEST_CASE("only SHA-256 is fetched by, whole or in shards")
{
    const support::signer publisher("any");
    signed_world w({public_half(publisher)});
    const std::string content(250'000, 'x');
    const auto digest = [&](std::size_t begin, std::size_t size) {
        return support::sha256_hex(content.substr(begin, size));
    };
    const auto in_shards = [&](const std::string& last) {
        const std::string hex[] = {digest(0, 100'000), digest(100'000, 100'000), last};
        std::string raw;
        json::array resources;
        for (std::size_t i = 0; i < 3; ++i)
        {
            raw += as_text(from_hex(hex[i]).value());
            resources.push_back(json{{"name", "model.bin:" + std::to_string(i * 100'000) + ':' +
                                                  std::to_string(std::min<std::size_t>((i + 1) * 100'000, content.size()))},
                                     {"algorithm", "sha256-sharded-100000"},
                                     {"digest", hex[i]}});
        }
        return json{
            {"_type", "https://in-toto.io/Statement/v1"},
            {"subject", json::array{json{{"name", "m"}, {"digest", json{{"sha256", support::sha256_hex(raw)}}}}}},
            {"predicateType", "https://model_signing/signature/v1.0"},
            {"predicate",
             json{{"serialization",
                   json{{"method", "shards"}, {"hash_type", "sha256"}, {"shard_size", 100'000}, {"allow_symlinks", false}}},
                  {"resources", std::move(resources)}}}};
    };
    w.net.bodies["https://h.example/files/model.bin"] = content;
    CHECK(w.offer_signed(in_shards(support::sha256_hex("other")), publisher) == reason::chunk_mismatch);
    CHECK(code_of(reason::chunk_mismatch) == errc::digest);
    CHECK(w.active() == "none_active");
    REQUIRE(w.offer_signed(in_shards(digest(200'000, 50'000)), publisher) == reason::none);
    CHECK(w.net.sizes_asked == 0);  // shards say how long a file is
    const auto pack = detail::open_active(w.owner, "demo");
    REQUIRE(pack.has_value());
    // From now on the store knows the file by the digest of its bytes.
    CHECK(detail::verify_active(w.owner, "demo").has_value());
    CHECK(w.offer_signed(in_shards(digest(200'000, 50'000)), publisher) == reason::none);
    CHECK(w.net.downloads == 2);

    json blake = statement_about(model_a);
    json predicate = *blake.find("predicate");
    predicate.set("serialization", json{{"method", "files"}, {"hash_type", "blake3"}, {"allow_symlinks", false}});
    blake.set("predicate", std::move(predicate));
    CHECK(w.offer_signed(blake, publisher) == reason::hash_unsupported);
    CHECK(code_of(reason::hash_unsupported) == errc::policy);
}

TEST_CASE("a name that is good for others but for no store is refused before anything is fetched")
{
    const support::signer publisher("any");
    signed_world w({public_half(publisher)});
    for (const std::string name : {"a:b", "CON", "x/../y", "dir/ ends"})
    {
        CAPTURE(name);
        CHECK(w.offer_signed(statement_about({{name, "x"}}), publisher) == reason::unsafe_name);
    }
    CHECK(w.offer_signed(statement_about({{"twin", "x"}, {"TWIN", "y"}}), publisher) == reason::unsafe_name);
    CHECK(w.net.sizes_asked == 0);
}

TEST_CASE("a model of one file lies in the folder under the name that it was signed by, or is the address itself")
{
    const support::signer publisher("any");
    for (const std::string base : {"https://h.example/files/", "https://h.example/files", "https://h.example/files/m"})
    {
        CAPTURE(base);
        signed_world w({public_half(publisher)});
        w.source().bases = {base};
        w.net.bodies["https://h.example/files/m"] = "weights";
        REQUIRE(w.offer_signed(statement_about({{".", "weights"}}), publisher) == reason::none);
        const auto pack = detail::open_active(w.owner, "demo");
        REQUIRE(pack.has_value());
        CHECK(support::read_file(pack->info().path + "/m") == "weights");
    }
}

TEST_CASE("options that nobody would check, or that nothing could be fetched by, are usage errors")
{
    const support::signer publisher("any");
    const auto refused = [&](const std::function<void(signed_world&)>& change) {
        signed_world w({public_half(publisher)});
        change(w);
        return w.offer_signed(statement_about(model_a), publisher);
    };
    CHECK(refused([](auto& w) { w.asked.tier = "t"; }) == reason::bad_option);
    CHECK(refused([](auto& w) { w.asked.platforms = {"p"}; }) == reason::bad_option);
    CHECK(refused([](auto& w) { w.asked.min_sequence = 1; }) == reason::bad_option);
    CHECK(refused([](auto& w) { w.asked.format = envelope_format::pack; }) == reason::bad_option);
    CHECK(refused([](auto& w) { w.asked.model_id.clear(); }) == reason::model_required);
    CHECK(refused([](auto& w) { w.asked.manifest = {}; }) == reason::bad_option);
    CHECK(refused([](auto& w) { w.source().signers.clear(); }) == reason::trust_source_missing);
    CHECK(refused([](auto& w) { w.source().bases.clear(); }) == reason::bad_option);
    CHECK(refused([](auto& w) { w.source().bases = {"http://h.example/"}; }) == reason::plain_http);
    CHECK(refused([](auto& w) { w.source().bases = {"ftp://h.example/"}; }) == reason::scheme_not_allowed);
    CHECK(refused([](auto& w) { w.source().bases = {"https://h.example/?token=1"}; }) == reason::bad_url);
    CHECK(refused([](auto& w) { w.source().bases = {"hf://org/repo@main/"}; }) == reason::mutable_revision);
    CHECK(refused([](auto& w) { w.source().bases = {"oci://h.example/repo:latest"}; }) == reason::mutable_revision);
    CHECK(refused([](auto& w) {
              w.source().signers = {sigstore_signer{trusted(), "", issuer, false}};
          }) == reason::bad_option);
}

TEST_CASE("a host that says no length is passed over, and the first that says one fixes it for all")
{
    const support::signer publisher("any");
    signed_world w({public_half(publisher)});
    w.source().bases = {"https://gone.example/", "https://h.example/files/"};
    w.serve(model_a);
    // The scripted network downloads from the first address alone: what is checked is whose word was taken.
    for (const auto& [name, content] : model_a)
        w.net.bodies.emplace("https://gone.example/" + name, std::string());
    w.net.bodies.erase("https://gone.example/config.json");
    w.asked.dry_run = true;
    REQUIRE(w.offer_signed(statement_about(model_a), publisher) == reason::none);
    CHECK(w.net.sizes_asked == 4);  // a length of nothing is none for a digest of something
    CHECK(w.active() == "none_active");
}

TEST_CASE("one host that lies about a length denies no model that another one has")
{
    const support::signer publisher("any");
    signed_world w({public_half(publisher)});
    w.source().bases = {"https://liar.example/", "https://h.example/files/"};
    w.serve(model_a);
    for (const auto& [name, content] : model_a)
        w.net.bodies["https://liar.example/" + name] = content;
    w.net.bodies["https://liar.example/config.json"] = std::string(400'000, 'x');
    w.owner.caps.max_model_bytes = 300'009;
    CHECK(w.offer_signed(statement_about(model_a), publisher) == reason::none);
    check_events(w);
    w.owner.store = w.dir / "other";
    w.net.bodies["https://liar.example/config.json"] = "x";  // small enough: only the bytes give it away
    CHECK(w.offer_signed(statement_about(model_a), publisher) == reason::none);
    check_events(w);
    w.owner.store = w.dir / "third";
    w.net.bodies["https://liar.example/config.json"] = std::string(400'000, 'x');
    w.source().bases = {"https://liar.example/"};
    CHECK(w.offer_signed(statement_about(model_a), publisher) == reason::model_too_large);
}

TEST_CASE("cancelled or failed at any step, an attempt by a signature changes nothing that is active")
{
    for (const bool cancel : {false, true})
        for (int step = 0;; ++step)
        {
            CAPTURE(step);
            signed_world w;
            REQUIRE(w.offer_kept("a_1.json") == reason::none);
            const std::string before = w.active();
            w.net.fail_at = step;
            w.net.cancel_at_failure = cancel ? &w.asked.operation.control : nullptr;
            const reason ended = w.offer_kept("b_3.json");
            if (ended == reason::none)
            {
                CHECK(step >= 5);
                break;
            }
            CHECK(ended == (cancel ? reason::cancelled : reason::connection_lost));
            CHECK(w.active() == before);
            check_events(w);
        }
}

TEST_CASE("rollback asks by whom the returning model was signed, and what was left is not installed again")
{
    signed_world w;
    REQUIRE(w.offer_kept("a_2.json") == reason::none);
    const std::string first = w.active();
    REQUIRE(w.offer_kept("b_3.json") == reason::none);
    rollback_options back;
    back.model_id = "demo";
    back.trust = model_signature{{identity(other)}, {}, {}};
    const auto refused = detail::run_rollback(w.owner, back);
    REQUIRE(refused.has_error());
    CHECK(refused.error().why == reason::identity_mismatch);
    back.trust = model_signature{{identity(one)}, {}, {}};
    REQUIRE(detail::run_rollback(w.owner, back).has_value());
    CHECK(w.active() == first);
    CHECK(w.offer_kept("b_3.json") == reason::rejected);
}

TEST_CASE("a model leaves its manifests for a signature, and comes back, only by who is trusted")
{
    signed_world w;
    const auto signed_by = w.asked.trust;
    pins keys;
    REQUIRE(keys.add(w.key.pin()).has_value());
    w.asked.trust = keys;
    w.time.time = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    w.offer(7, "1.0.0", body_1);
    REQUIRE(w.why() == reason::none);
    // The keys of the manifests are not configured for the signature: what they vouched for does not bind.
    w.time.time = std::max(w.time.time, at("2026-12-01T00:00:00Z"));
    w.asked.trust = signed_by;
    CHECK(w.offer_kept("a_2.json") == reason::none);
}
