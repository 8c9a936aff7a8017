// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fetch_scene.hpp"
#include "tuf_world.hpp"

// A target of a TUF repository becomes active like any other artifact, and what the repository said before is not forgotten.

using namespace modelsec;

using namespace modelsec::detail;
using fetch_scene::body_1;
using fetch_scene::body_2;

namespace {

/// Serves a repository and targets by URL, 404 for all else.
class repository_network final : public detail::network
{
public:
    using files = std::map<std::string, bytes>;

    repository_network(const tuf_test::world& metadata, const std::map<std::string, std::string>& targets,
                       std::vector<std::string>& log)
        : metadata_(metadata), targets_(targets), log_(log)
    {
    }

    result<http_answer> exchange(const http_request& request) override
    {
        static const std::string base = "https://h.example/metadata/";
        const std::string where = request.url.str();
        REQUIRE(where.starts_with(base));
        log_.push_back(where.substr(base.size()));
        const auto found = metadata_.served.find(log_.back());
        if (found == metadata_.served.end())
            return request.first_hand ? result<http_answer>(http_answer{404, {}, {}, request.url})
                                      : result<http_answer>(fail(reason::not_found));
        return http_answer{200, {}, found->second, request.url};
    }

    result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) override
    {
        const wanted_file& wanted = what.files.at(0);
        for (const url& from : wanted.sources)
        {
            log_.push_back(from.target());
            const auto found = targets_.find(from.target());
            if (found == targets_.end())
                continue;
            MODELSEC_TRY(const file partial, staged.open_partial(wanted.expected->sha256));
            MODELSEC_CHECK(file_system::native().write_at(partial, 0, as_bytes(found->second)));
            stream_verifier check(*wanted.expected);
            MODELSEC_CHECK(check.update(as_bytes(found->second)));
            MODELSEC_TRY(const verified_file good, check.finish());
            return std::vector<verified_file>{good};
        }
        return fail(reason::not_found);
    }

private:
    const tuf_test::world& metadata_;
    const std::map<std::string, std::string>& targets_;
    std::vector<std::string>& log_;
};

struct scene
{
    support::temp_dir dir;
    fetch_scene::fixed_clock time;
    tuf_test::repository repository;
    tuf_test::world served;
    std::map<std::string, std::string> targets;  ///< by path
    std::vector<std::string> log;
    client_options owner;
    fetch_options asked;

    scene()
    {
        time.time = tuf_test::now;
        owner.store = dir / "store";
        owner.clock = std::shared_ptr<const modelsec::clock>(std::shared_ptr<const void>(), &time);
        owner.device = device_facts{std::uint64_t{1} << 40, std::uint64_t{1} << 40};
        asked.model_id = "demo";
        asked.trust = tuf_repository{repository.root.file(), "https://h.example/metadata", "llama/model.gguf"};
        offer(1, body_1);
    }

    tuf_repository& source() { return std::get<tuf_repository>(asked.trust); }

    static std::string place(const std::string& content)
    {
        return "/targets/llama/" + sha256(as_bytes(content)).hex() + ".model.gguf";
    }
    void offer(std::uint64_t version, const std::string& content)
    {
        offer_listed(version, tuf_test::target(content));
        targets[place(content)] = content;
    }
    void offer_listed(std::uint64_t version, const json& listed)
    {
        repository.roles["targets"] = {tuf_test::targets(version, {{"llama/model.gguf", listed}}), {4}};
        repository.timestamp_version = repository.snapshot_version = version;
        repository.serve(served);
    }

    result<fetch_result> fetch()
    {
        log.clear();
        asked.operation.control = control();
        return detail::run_fetch(owner, asked, false, [this](const http_client::environment& env) {
            CHECK(env.manifest_origin == "https://h.example");
            return std::make_unique<repository_network>(served, targets, log);
        });
    }
    reason why()
    {
        const auto r = fetch();
        return r ? reason::none : r.error().why;
    }
    std::string active()
    {
        const auto pack = detail::open_active(owner, "demo");
        return pack ? pack->info().version : std::string(to_string(pack.error().why));
    }
    static std::string version_of(const std::string& content) { return sha256(as_bytes(content)).hex().substr(0, 16); }
};

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a TUF target becomes active: its version is of its SHA-256, its one file the last part of its name")
{
    scene s;
    const auto got = s.fetch();
    REQUIRE_MESSAGE(got.has_value(), got.error().detail);
    CHECK(got->version == scene::version_of(body_1));
    CHECK(s.log == lines{"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json", scene::place(body_1)});
    const auto pack = detail::open_active(s.owner, "demo");
    REQUIRE(pack.has_value());
    REQUIRE(pack->only_file());
    CHECK(pack->only_file()->path == "model.gguf");

    // The second time only what can change without notice is asked for.
    CHECK(s.fetch()->already_active);
    CHECK(s.log == lines{"2.root.json", "timestamp.json"});

    s.offer(2, body_2);
    CHECK(s.fetch()->version == scene::version_of(body_2));
    CHECK(s.active() == scene::version_of(body_2));
}

TEST_CASE("metadata lies under the digest of the pinned root as raw bytes, and its versions survive a restart")
{
    scene s;
    s.offer(3, body_2);
    REQUIRE(s.why() == reason::none);
    const std::string kept = s.dir / ("store/.modelsec/trust/" + sha256(s.source().root).hex());
    CHECK(support::read_file(kept + "/root.json") == as_text(s.source().root));
    for (const auto& [file, served] :
         {std::pair("timestamp.json", "timestamp.json"), std::pair("snapshot.json", "3.snapshot.json"),
          std::pair("targets.json", "3.targets.json")})
        CHECK(support::read_file(kept + '/' + file) == as_text(s.served.served.at(served)));

    s.offer(2, body_1);  // a rollback attack
    CHECK(s.why() == reason::older_metadata);
    CHECK(s.active() == scene::version_of(body_2));
}

TEST_CASE("a dry run of a TUF target checks everything, rollback too, and changes nothing")
{
    scene s;
    s.asked.dry_run = true;
    const auto fresh = s.fetch();
    REQUIRE(fresh.has_value());
    CHECK_FALSE(fresh->already_active);
    CHECK_FALSE(std::filesystem::exists(s.owner.store));
    CHECK(s.log == lines{"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"});

    s.asked.dry_run = false;
    s.offer(3, body_1);
    REQUIRE(s.why() == reason::none);
    s.asked.dry_run = true;
    s.offer(2, body_2);
    CHECK(s.why() == reason::older_metadata);
    s.offer(4, body_2);
    REQUIRE(s.why() == reason::none);
    s.asked.dry_run = false;
    s.offer(3, body_1);
    CHECK(s.why() == reason::none);  // version 4 was only looked at
}

TEST_CASE("a TUF target is checked by every known digest; SHA-512 alone is enough")
{
    scene s;
    json both = tuf_test::target(body_1);
    json digests = *both.find("hashes");
    digests.set("sha512", to_hex(sha512(as_bytes(body_1))));
    digests.set("blake2b-256", "00");
    both.set("hashes", digests);
    s.offer_listed(2, both);
    CHECK(s.why() == reason::none);

    digests.set("sha512", to_hex(sha512(as_bytes(body_2))));
    digests.set("sha256", sha256(as_bytes(body_2)).hex());
    both.set("hashes", digests);
    both.set("length", std::uint64_t{body_2.size()});
    digests.set("sha512", to_hex(sha512(as_bytes(body_1))));
    both.set("hashes", digests);
    s.targets[scene::place(body_2)] = body_2;
    s.offer_listed(3, both);
    CHECK(s.why() == reason::digest_mismatch);

    CHECK(s.active() == scene::version_of(body_1));

    // The digest of the bytes that the store knows it by is found while they are fetched.
    const std::string long_digest = to_hex(sha512(as_bytes(body_2)));
    both.set("hashes", json{{"sha512", long_digest}});
    s.targets["/targets/llama/" + long_digest + ".model.gguf"] = body_2 + "x";
    s.offer_listed(4, both);
    CHECK(s.why() == reason::size_mismatch);
    s.targets["/targets/llama/" + long_digest + ".model.gguf"] = std::string(body_2.size(), 'x');
    CHECK(s.why() == reason::digest_mismatch);
    s.targets["/targets/llama/" + long_digest + ".model.gguf"] = body_2;
    CHECK(s.why() == reason::none);
    CHECK(s.active() == long_digest.substr(0, 16));
    CHECK(detail::verify_active(s.owner, "demo").has_value());
    s.log.clear();
    CHECK(s.why() == reason::none);  // already active
    CHECK(std::ranges::count_if(s.log, [](const std::string& l) { return l.starts_with("/targets"); }) == 0);

    both.set("hashes", json{{"blake2b-256", "00"}});
    s.offer_listed(5, both);
    CHECK(s.why() != reason::none);
    CHECK(s.active() == long_digest.substr(0, 16));
}

TEST_CASE("wrong bytes, an unlisted target and a freeze leave the active model as it is")
{
    scene s;
    REQUIRE(s.why() == reason::none);
    s.offer(2, body_2);
    s.targets[scene::place(body_2)].back() ^= 1;
    CHECK(s.why() == reason::digest_mismatch);
    s.source().target = "llama/other.gguf";
    CHECK(s.why() == reason::target_mismatch);
    s.source().target = "llama/model.gguf";
    s.time.time = parse_rfc3339(tuf_test::later).value();
    CHECK(s.why() == reason::root_expired);
    CHECK(s.active() == scene::version_of(body_1));
}

TEST_CASE("TUF 5.3.11: a repository that rotates timestamp and snapshot keys recovers from a fast-forward attack")
{
    scene s;
    REQUIRE(s.why() == reason::none);
    s.repository.timestamp_version = s.repository.snapshot_version = 900;  // by a thief of both keys
    s.repository.serve(s.served);
    REQUIRE(s.why() == reason::none);
    s.offer(2, body_2);
    CHECK(s.why() == reason::older_metadata);
    s.repository.root.version = 2;
    s.repository.root.timestamp = {{22}};
    s.repository.root.snapshot = {{23}};
    s.offer(2, body_2);
    s.served.served["2.root.json"] = s.repository.root.file();
    CHECK(s.fetch()->version == scene::version_of(body_2));
}

TEST_CASE("a rejected TUF target does not come back by itself, and what a manifest would promise is not asked of metadata")
{
    scene s;
    REQUIRE(s.why() == reason::none);
    s.offer(2, body_2);
    REQUIRE(s.why() == reason::none);
    REQUIRE(detail::run_rollback(s.owner, {"demo", {}}).has_value());
    CHECK(s.why() == reason::rejected);
    CHECK(s.active() == scene::version_of(body_1));

    const auto refused = [&](auto change) {
        const fetch_options before = s.asked;
        change(s.asked);
        const reason why = s.why();
        s.asked = before;
        CHECK(s.log.empty());
        return why;
    };
    CHECK(refused([](fetch_options& o) { o.tier = "llama8b"; }) == reason::bad_option);
    CHECK(refused([](fetch_options& o) { o.platforms = {"any"}; }) == reason::bad_option);
    CHECK(refused([](fetch_options& o) { o.min_sequence = 1; }) == reason::bad_option);
    CHECK(refused([](fetch_options& o) { o.format = envelope_format::pack; }) == reason::bad_option);
    CHECK(refused([](fetch_options& o) { o.manifest.url = "https://h.example/manifest"; }) == reason::bad_option);
    CHECK(refused([](fetch_options& o) { o.model_id.clear(); }) == reason::model_required);
    CHECK(refused([](fetch_options& o) { std::get<tuf_repository>(o.trust).target = "../model"; }) == reason::unsafe_name);
    CHECK(refused([](fetch_options& o) { std::get<tuf_repository>(o.trust).metadata_url = "http://h.example/"; }) ==
          reason::plain_http);
    CHECK(refused([](fetch_options& o) { std::get<tuf_repository>(o.trust).root.clear(); }) == reason::trust_source_missing);
}

TEST_CASE("targets are looked for beside the metadata, then below it, or where the caller says")
{
    scene s;
    s.targets.clear();
    const std::string name = "/llama/" + sha256(as_bytes(body_1)).hex() + ".model.gguf";
    CHECK(s.why() == reason::target_not_found);  // only the name with the digest was asked for: the hint says so
    CHECK(lines(s.log.end() - 2, s.log.end()) == lines{"/targets" + name, "/metadata/targets" + name});
    s.source().urls = {"https://cdn.example/models/"};
    s.targets["/models" + name] = body_1;
    CHECK(s.why() == reason::none);
}

TEST_CASE("the end of a transfer finds its target in the metadata that is stored, asks nobody, and minds its expiry")
{
    scene s;
    s.offer(1, body_1);
    const auto connect = [&](const http_client::environment&) {
        return std::make_unique<repository_network>(s.served, s.targets, s.log);
    };
    const auto job = run_begin_foreign(s.owner, s.asked, connect);
    REQUIRE(job.has_value());
    const auto range = fetch_operation(s.owner, s.asked, connect).hand_out(*job, {std::chrono::hours(1), 1u << 20});
    REQUIRE(range.has_value());
    REQUIRE(range->has_value());
    CHECK(fetch_operation(s.owner, s.asked, connect)
              .take_in(*job, (*range)->id, {detail::file(), as_bytes(body_1), body_1.size()})
              .has_value());
    s.log.clear();
    const auto finish = [&] {
        const auto r = run_fetch(s.owner, s.asked, false, connect, nullptr, nullptr, &*job);
        return r ? reason::none : r.error().why;
    };
    const utc_time begun = s.time.time;
    s.time.time += std::chrono::hours(24 * 60);
    CHECK(finish() == reason::root_expired);
    s.time.time = begun;
    CHECK(finish() == reason::none);
    CHECK(s.log.empty());
    CHECK(s.active() == scene::version_of(body_1));

    // Another fetch learnt meanwhile that the target is another one.
    scene t;
    t.offer(1, body_1);
    const auto connect_t = [&](const http_client::environment&) {
        return std::make_unique<repository_network>(t.served, t.targets, t.log);
    };
    const auto old = run_begin_foreign(t.owner, t.asked, connect_t);
    REQUIRE(old.has_value());
    t.offer(2, body_2);
    REQUIRE(t.fetch().has_value());
    CHECK(run_fetch(t.owner, t.asked, false, connect_t, nullptr, nullptr, &*old).error().why == reason::metadata_mismatch);
}
