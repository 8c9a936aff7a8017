// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_CHECK_REMOTE_IPP
#define MODELSEC_DETAIL_PUBLISH_CHECK_REMOTE_IPP

#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/net/proxy.hpp>
#include <modelsec/detail/net/range_answer.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>
#include <modelsec/detail/net/session.hpp>
#include <modelsec/detail/net/tls.hpp>
#include <modelsec/detail/publish/check_remote.hpp>
#include <modelsec/detail/publish/publication.hpp>
#include <modelsec/detail/publish/signing.hpp>
#include <modelsec/detail/source/locator.hpp>

#include <algorithm>
#include <array>
#include <charconv>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

/// IMF-fixdate (RFC 9110 section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
inline std::optional<utc_time> parse_http_date(std::string_view text)
{
    static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() != 29 || !text.ends_with(" GMT"))
        return std::nullopt;
    const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
    if (month == months.end())
        return std::nullopt;
    std::string number = std::to_string(month - months.begin() + 1);
    number.insert(0, number.size() == 1 ? "0" : "");
    return parse_rfc3339(std::string(text.substr(12, 4)) + '-' + number + '-' + std::string(text.substr(5, 2)) + 'T' +
                         std::string(text.substr(17, 8)) + 'Z');
}

/// Holds the bytes of one file, as they come, against its signed digests.
class body_check
{
public:
    explicit body_check(const artifact_file& file) : file_(file) {}

    void update(bytes_view data)
    {
        whole_.update(data);
        seen_ += data.size();
        while (file_.chunks && !data.empty())
        {
            const std::uint64_t room = file_.chunks->size_bytes - in_chunk_;
            const auto part = data.first(static_cast<std::size_t>(std::min<std::uint64_t>(room, data.size())));
            chunk_.update(part);
            in_chunk_ += part.size();
            data = data.subspan(part.size());
            if (in_chunk_ == file_.chunks->size_bytes)
                end_chunk();
        }
    }

    void finish(std::vector<remote_finding>& findings)
    {
        if (in_chunk_ != 0)
            end_chunk();
        if (seen_ != file_.size_bytes)
            findings.push_back({remote_problem::length, reason::size_mismatch,
                                std::to_string(seen_) + " bytes came, " + std::to_string(file_.size_bytes) + " are signed"});
        else if (!(whole_.finish_sha256() == file_.sha256))
            findings.push_back(
                {remote_problem::digest, reason::digest_mismatch, "the SHA-256 of the whole file is not the signed one"});
        if (wrong_chunks_ != 0)
            findings.push_back({remote_problem::chunks, reason::chunk_mismatch,
                                std::to_string(wrong_chunks_) + " of " + std::to_string(chunks_) +
                                    " chunks are not the signed ones, the first is chunk " + std::to_string(first_wrong_)});
    }

    std::uint64_t seen() const noexcept { return seen_; }

private:
    void end_chunk()
    {
        const sha256_digest digest = chunk_.finish_sha256();
        const auto& expected = file_.chunks->sha256;
        if (chunks_ >= expected.size() || !(digest == expected[chunks_]))
            if (wrong_chunks_++ == 0)
                first_wrong_ = chunks_;
        ++chunks_;
        in_chunk_ = 0;
    }

    const artifact_file& file_;
    hasher whole_, chunk_;
    std::uint64_t seen_ = 0;
    std::uint64_t in_chunk_ = 0;
    std::size_t chunks_ = 0, wrong_chunks_ = 0, first_wrong_ = 0;
};

inline remote_finding finding_of(const failure& why)
{
    const remote_problem kind = why.why == reason::size_mismatch    ? remote_problem::length
                                : why.why == reason::range_mismatch ? remote_problem::ranges
                                                                    : remote_problem::unreachable;
    return {kind, why.why, why.detail};
}

inline constexpr std::string_view index_place = "index";

/// Asks hosts, one address after the other.
class remote_checker
{
public:
    /// `options` must outlive this. `home`: the origin that a client certificate is for.
    explicit remote_checker(const remote_options& options, std::string home = {})
        : options_(options), home_(std::move(home)),
          sources_(options.sources, options.transport.credentials, *options.clock,
                   [this](const http_request& request) { return client_.exchange(request); }),
          client_(environment())
    {
    }

    /// The first byte: status, length, ranges.
    awaitable<result<void>> ask(url where, const artifact_file* file, remote_file& out, remote_answer& answer)
    {
        session& s = client_.get();
        request_head head(std::move(where));
        // Of an index a client asks for all at once: it need not resume.
        const bool resumes = out.place != index_place;
        if (!file || file->size_bytes != 0)
            head.range = http_range{0, 0};
        MODELSEC_CO_TRY(response got, co_await s.follow(std::move(head)));
        answer.status = out.status = got.head.status;
        answer.host = got.where.host();
        if (const auto date = got.head.find("Date"))
            answer.date = parse_http_date(*date);
        if (file && got.head.status >= 400 && got.head.status != 416)
        {
            out.findings.push_back(finding_of(co_await s.refusal(std::move(got))));
            co_return result<void>();
        }
        if (file)
        {
            const auto verdict = check_range_answer(got.head, byte_range{0, 1}, file->size_bytes);
            if (file->size_bytes != 0 && verdict.has_error())
                out.findings.push_back(finding_of(verdict.error()));
            out.ranges = verdict.has_value() && !verdict->whole;
            if (file->size_bytes != 0 && verdict.has_value() && verdict->whole && resumes)
                out.findings.push_back({remote_problem::ranges, reason::range_mismatch,
                                        "the host ignores ranges: downloads cannot be resumed"});
            if (verdict.has_value() && verdict->whole)
                hold_length(got.head, *file, out);
            if (const auto coding = got.head.find("Content-Encoding"); coding && *coding != "identity")
                coding_ = coding->substr(0, 40);
        }
        answer.ranges = got.head.status == 206;
        if (out.ranges || !file)
            MODELSEC_CO_CHECK(co_await s.drain(std::move(got)));
        co_return result<void>();
    }

    /// The whole body, as one range: the Hub refuses files of more than 50 GB that are asked for without one. Who forbids ranges is asked
    /// without, as by a client.
    awaitable<result<void>> read(url where, const artifact_file& file, remote_file& out)
    {
        session& s = client_.get();
        request_head head(where);
        if (file.size_bytes != 0)
            head.range = http_range{0, file.size_bytes - 1};
        MODELSEC_CO_TRY(response got, co_await s.follow(head));
        if (head.range && got.head.status == 403)
        {
            MODELSEC_CO_TRY(got, co_await s.follow(request_head(std::move(where))));
        }
        if (got.head.status == 206)
        {
            const auto verdict = check_range_answer(got.head, byte_range{0, file.size_bytes}, file.size_bytes);
            if (verdict.has_error())
            {
                out.findings.push_back(finding_of(verdict.error()));
                co_return result<void>();
            }
        }
        else if (got.head.status != 200)
        {
            out.findings.push_back(finding_of(status_failure(got.head.status)));
            co_return result<void>();
        }
        body_check check(file);
        bytes space(256u << 10);
        while (check.seen() <= file.size_bytes)
        {
            MODELSEC_CO_TRY(const std::size_t size, co_await got.link->read_some(space));
            if (size == 0)
                break;
            check.update(bytes_view(space).first(size));
            out.bytes_read += size;
            advance(size);
        }
        check.finish(out.findings);
        co_return result<void>();
    }

    result<remote_answer> probe(const url& where)
    {
        remote_file unused;
        remote_answer out;
        MODELSEC_CHECK(client_.get().run(ask(where, nullptr, unused, out)));
        return out;
    }

    /// One address of one file. Fails only if the check cannot go on.
    result<void> check(const std::string& locator, const artifact_file& file, remote_file& out)
    {
        const std::uint64_t before = done_;
        auto where = sources_.locate(locator);
        result<void> done;
        coding_.clear();
        if (where.has_error())
            done = where.error();
        else
        {
            remote_answer answer;
            done = client_.get().run(ask(*where, &file, out, answer));
            if (done.has_value() && is_worth_reading(out) && options_.read_bodies)
                done = client_.get().run(read(*where, file, out));
        }
        if (done.has_error() && (done.error().why == reason::cancelled || done.error().why == reason::out_of_memory))
            return done;
        if (done.has_error())
            out.findings.push_back(finding_of(done.error()));
        // Clients decode nothing, and take no notice of the label while the bytes are those that were signed. Where they are not, it says why.
        const auto about_bytes = [](const remote_finding& f) {
            return f.kind == remote_problem::length || f.kind == remote_problem::digest || f.kind == remote_problem::chunks;
        };
        if (!coding_.empty() && std::ranges::any_of(out.findings, about_bytes))
            out.findings.push_back({remote_problem::encoding, reason::bad_response,
                                    "labelled Content-Encoding: " + coding_ + ", and other bytes than were signed"});
        advance(before + share(file) - std::min(done_, before + share(file)));
        return {};
    }

    /// Whether the first byte of this file is to be had.
    bool gives(const std::string& locator, const artifact_file& file)
    {
        remote_file out;
        remote_answer answer;
        const auto where = sources_.locate(locator);
        return where.has_value() && client_.get().run(ask(*where, &file, out, answer)).has_value() &&
               (out.status == 200 || out.status == 206);
    }

    /// The layers that the registry lists under an artifact's digest.
    result<std::vector<oci_layer>> layers(const std::string& locator) { return sources_.layers(locator); }

    void expect(const artifact_file& file) { total_ += share(file); }
    void begin() { advance(0); }
    /// Counts a file whose address is not known.
    void pass(const artifact_file& file) { advance(share(file)); }

    /// The address that an endpoint hands out.
    result<std::string> ask_endpoint(const url_endpoint& endpoint)
    {
        MODELSEC_TRY(const url where, url::parse(endpoint.url));
        MODELSEC_TRY(const http_answer answer,
                     client_.exchange({where, endpoint.body, {}, options_.caps.endpoint_answer_bytes}));
        MODELSEC_TRY(const url out, read_endpoint_answer(answer.body, answer.url));
        return out.str();
    }

private:
    http_environment environment() const
    {
        http_environment out;
        out.options = &options_.transport;
        out.caps = &options_.caps;
        out.manifest_origin = home_;
        out.time = options_.clock;
        out.handle = options_.handle;
        out.authorize = [this](const url& target) -> result<std::vector<http_header>> { return sources_.headers(target); };
        out.classify = [this](const url& from, const response_head& head, bytes_view body) {
            return sources_.classify(from, head, body);
        };
        return out;
    }

    /// Not if nothing came, or more or less than what is signed.
    static bool is_worth_reading(const remote_file& file)
    {
        return std::none_of(file.findings.begin(), file.findings.end(), [](const remote_finding& f) {
            return f.kind == remote_problem::unreachable || f.kind == remote_problem::length;
        });
    }

    static void hold_length(const response_head& head, const artifact_file& file, remote_file& out)
    {
        if (head.content_length && *head.content_length != file.size_bytes)
            out.findings.push_back({remote_problem::length, reason::size_mismatch,
                                    std::to_string(*head.content_length) + " bytes are announced, " +
                                        std::to_string(file.size_bytes) + " are signed"});
    }

    std::uint64_t share(const artifact_file& file) const noexcept { return options_.read_bodies ? file.size_bytes : 1; }

    void advance(std::uint64_t bytes)
    {
        done_ = std::min(done_ + bytes, total_);
        if (options_.on_progress)
            options_.on_progress(done_, total_);
    }

    const remote_options& options_;
    std::string home_;  // before client_, whose environment has it
    source_set sources_;
    http_client client_;
    std::uint64_t done_ = 0, total_ = 0;
    std::string coding_;  ///< what the address that is being checked labels its bytes with
};

/// The same without anything that only a caller with rights has.
inline remote_options without_credentials(remote_options options)
{
    options.transport.credentials = {};
    options.sources.hub.token = {};
    options.sources.registries.docker_config.clear();
    options.sources.s3.credentials = {};
    options.sources.own.clear();
    options.transport.tls.certificate_file.clear();
    options.transport.tls.private_key_file.clear();
    options.transport.tls.certificate_pem.clear();
    options.transport.tls.private_key_pem = {};
    return options;
}

/// Where a file of a whole OCI artifact is: it is a blob of the same repository.
inline std::string locator_of_file(const artifact& a, const artifact_file& f)
{
    return f.url.empty() && !a.oci.empty() ? a.oci.substr(0, a.oci.rfind('@')) + "@sha256:" + f.sha256.hex() : f.url;
}

/// One address of a manifest, and what it should give.
struct remote_place
{
    remote_file seen;
    artifact_file content;                   ///< of an OCI artifact's manifest: nothing
    const url_endpoint* endpoint = nullptr;  ///< which tells the address
    const artifact* layers = nullptr;        ///< whose files the manifest of an OCI artifact lists
};

/// All that a client may ask for, in the order in which it would.
inline std::vector<remote_place> places_of(const std::vector<artifact>& artifacts)
{
    std::vector<remote_place> out;
    const auto add = [&out](const artifact& a, const artifact_file& f, std::string place,
                            std::string address) -> remote_place& {
        remote_place& added = out.emplace_back();
        added.seen.platform = a.platform;
        added.seen.name = f.name ? f.name->str() : std::string();
        added.seen.place = std::move(place);
        added.seen.url = std::move(address);
        added.seen.size_bytes = f.size_bytes;
        added.content = f;
        return added;
    };
    for (const artifact& a : artifacts)
    {
        if (!a.oci.empty())
            add(a, {}, "oci", a.oci).layers = &a;
        for (const artifact_file& f : a.files)
        {
            if (const std::string first = locator_of_file(a, f); !first.empty())
                add(a, f, "url", first);
            // Also beside an address: a client turns to it when that is refused. What it tells is one file.
            if (a.endpoint && a.files.size() == 1)
                add(a, f, "url_endpoint", a.endpoint->url).endpoint = &*a.endpoint;
            for (std::size_t i = 0; i < f.mirrors.size(); ++i)
                add(a, f, "mirror " + std::to_string(i + 1), f.mirrors[i]).seen.mirror = i + 1;
            if (!f.index)
                continue;
            artifact_file index;
            index.size_bytes = f.index->size_bytes;
            index.sha256 = f.index->sha256;
            index.name = f.name;
            add(a, index, std::string(index_place), f.index->url);
        }
    }
    return out;
}

/// The origin of the first address; empty where only a source knows it.
inline std::string home_of(const std::vector<remote_place>& places)
{
    if (places.empty())
        return {};
    const std::string& first = places.front().seen.url;
    if (const auto blob = oci_locator::parse(first))
        return blob->origin;
    const auto where = url::parse(first);
    return where ? where->origin() : std::string();
}

/// What comes of one address. `stranger`: who should get nothing there. Fails only if the check cannot go on.
inline result<remote_file> check_place(const remote_place& p, remote_checker& checker, remote_checker* stranger)
{
    remote_file out = p.seen;
    const auto note = [&out](const failure& why) { out.findings.push_back(finding_of(why)); };
    if (p.layers)
    {
        auto listed = checker.layers(p.layers->oci);
        if (listed.has_error() && listed.error().why == reason::cancelled)
            return listed.error();
        if (listed.has_error())
            note(listed.error());
        else if (const auto same = compare_layers(*p.layers, *listed); same.has_error())
            note(same.error());
        checker.pass(p.content);
        return out;
    }
    result<std::string> address = out.url;
    if (p.endpoint)
        address = checker.ask_endpoint(*p.endpoint);
    if (address.has_error() && address.error().why == reason::cancelled)
        return address.error();
    if (address.has_error())
    {
        note(address.error());
        checker.pass(p.content);
        return out;
    }
    MODELSEC_CHECK(checker.check(*address, p.content, out));
    if (!stranger)
        return out;
    if (p.endpoint)
        address = stranger->ask_endpoint(*p.endpoint);
    if (address.has_value() && stranger->gives(*address, p.content))
        out.findings.push_back({remote_problem::open, reason::findings, "anybody can have it"});
    return out;
}

}  // namespace detail

std::string_view to_string(remote_problem kind) noexcept
{
    switch (kind)
    {
    case remote_problem::unreachable: return "unreachable";
    case remote_problem::length: return "length";
    case remote_problem::ranges: return "ranges";
    case remote_problem::digest: return "digest";
    case remote_problem::chunks: return "chunks";
    case remote_problem::encoding: return "encoding";
    case remote_problem::open: return "open";
    case remote_problem::expiry: return "expiry";
    }
    return "unknown";
}

result<void> check_transport(const transport_options& options)
{
    MODELSEC_CHECK(detail::proxy_rules::parse(options.proxy));
    MODELSEC_CHECK(detail::tls_context::make(options.tls, true));
    return {};
}

result<remote_report> check_remote(std::string_view manifest, const remote_options& options)
{
    MODELSEC_TRY(const detail::envelope e, detail::parse_any_envelope(manifest));
    MODELSEC_TRY(const manifest_summary about, summarize_manifest(manifest));
    MODELSEC_TRY(const std::vector<artifact> artifacts, detail::parse_known_artifacts(e.payload(), options.caps));
    remote_report out{about.model_id, about.version, {}, {}};
    if (about.expires_at && options.expires_within.count() > 0 &&
        *about.expires_at - options.clock->now() < options.expires_within)
        out.findings.push_back(
            {remote_problem::expiry, reason::expires_soon, "the manifest expires at " + format_rfc3339(*about.expires_at)});
    // What is wrong here is no finding about hosts.
    MODELSEC_CHECK(check_transport(options.transport));
    const std::vector<detail::remote_place> places = detail::places_of(artifacts);
    detail::remote_checker checker(options, detail::home_of(places));
    const remote_options bare = detail::without_credentials(options);
    detail::remote_checker stranger(bare);
    for (const detail::remote_place& p : places)
        checker.expect(p.content);
    checker.begin();
    for (const detail::remote_place& p : places)
    {
        MODELSEC_TRY(remote_file one, detail::check_place(p, checker, options.expect_private ? &stranger : nullptr));
        out.files.push_back(std::move(one));
    }
    return out;
}

result<remote_answer> probe_address(const std::string& url, const remote_options& options)
{
    MODELSEC_TRY(const detail::url where, detail::url::parse(url));
    return detail::remote_checker(options, where.origin()).probe(where);
}

MODELSEC_END_NAMESPACE

#endif
