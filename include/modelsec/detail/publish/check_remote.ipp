// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_CHECK_REMOTE_IPP
#define MODELSEC_DETAIL_PUBLISH_CHECK_REMOTE_IPP

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

/// Asks hosts, one address after the other.
class remote_checker
{
public:
    /// `options` must outlive this.
    explicit remote_checker(const remote_options& options)
        : options_(options), sources_(options.sources, options.transport.credentials, *options.clock,
                                      [this](const http_request& request) { return client_.exchange(request); }),
          client_(environment())
    {
    }

    /// The first byte: status, length, ranges.
    awaitable<result<void>> ask(url where, const artifact_file* file, remote_file& out, remote_answer& answer)
    {
        session& s = client_.get();
        request_head head(std::move(where));
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
            if (file->size_bytes != 0 && verdict.has_value() && verdict->whole)
                out.findings.push_back({remote_problem::ranges, reason::range_mismatch,
                                        "the host ignores ranges: downloads cannot be resumed"});
            if (verdict.has_value() && verdict->whole)
                hold_length(got.head, *file, out);
            if (const auto coding = got.head.find("Content-Encoding"); coding && *coding != "identity")
                out.findings.push_back(
                    {remote_problem::encoding, reason::bad_response, "a Content-Encoding: clients ask for none"});
        }
        answer.ranges = got.head.status == 206;
        if (out.ranges || !file)
            MODELSEC_CO_CHECK(co_await s.drain(std::move(got)));
        co_return result<void>();
    }

    /// The whole body.
    awaitable<result<void>> read(url where, const artifact_file& file, remote_file& out)
    {
        session& s = client_.get();
        MODELSEC_CO_TRY(response got, co_await s.follow(request_head(std::move(where))));
        if (got.head.status != 200)
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

    void expect(const artifact_file& file) { total_ += share(file); }
    void begin() { advance(0); }

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
    source_set sources_;
    http_client client_;
    std::uint64_t done_ = 0, total_ = 0;
};

/// The same without anything that only a caller with rights has.
inline remote_options without_credentials(remote_options options)
{
    options.transport.credentials = {};
    options.sources.hub.token = {};
    options.sources.registries.docker_config.clear();
    options.sources.s3.credentials = {};
    options.sources.own.clear();
    return options;
}

/// Where a file of a whole OCI artifact is: it is a blob of the same repository.
inline std::string locator_of_file(const artifact& a, const artifact_file& f)
{
    return f.url.empty() && !a.oci.empty() ? a.oci.substr(0, a.oci.rfind('@')) + "@sha256:" + f.sha256.hex() : f.url;
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
    detail::remote_checker checker(options);
    const remote_options bare = detail::without_credentials(options);
    detail::remote_checker stranger(bare);
    for (const artifact& a : artifacts)
        for (const artifact_file& f : a.files)
            for (std::size_t i = 0; i < f.mirrors.size() + 1; ++i)
                checker.expect(f);
    checker.begin();
    for (const artifact& a : artifacts)
        for (const artifact_file& f : a.files)
            for (std::size_t i = 0; i < f.mirrors.size() + 1; ++i)
            {
                remote_file one{a.platform, f.name ? f.name->str() : std::string(),
                                i == 0 ? detail::locator_of_file(a, f) : f.mirrors[i - 1], i};
                one.size_bytes = f.size_bytes;
                result<std::string> address = one.url;
                if (one.url.empty() && a.endpoint)
                {
                    one.url = a.endpoint->url;
                    address = checker.ask_endpoint(*a.endpoint);
                }
                if (address.has_value())
                {
                    MODELSEC_CHECK(checker.check(*address, f, one));
                    if (options.expect_private && !a.endpoint && stranger.gives(*address, f))
                        one.findings.push_back({remote_problem::open, reason::findings, "anybody can have it"});
                }
                else if (address.error().why == reason::cancelled)
                    return address.error();
                else
                    one.findings.push_back(detail::finding_of(address.error()));
                out.files.push_back(std::move(one));
            }
    return out;
}

result<remote_answer> probe_address(const std::string& url, const remote_options& options)
{
    MODELSEC_TRY(const detail::url where, detail::url::parse(url));
    return detail::remote_checker(options).probe(where);
}

MODELSEC_END_NAMESPACE

#endif
