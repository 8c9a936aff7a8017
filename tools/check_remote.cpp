// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "check_remote.hpp"

#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/net/range_answer.hpp>
#include <modelsec/detail/net/session.hpp>
#include <modelsec/detail/source/locator.hpp>
#include <modelsec/detail/source/source_set.hpp>
#include <modelsec/detail/trust/envelope.hpp>

#include <algorithm>

namespace modelsec::tool {

namespace {

constexpr std::uint64_t step = 8u << 20;

/// What one address serves.
struct served
{
    bool ranges = true;
    bool encoded = false;
    sha256_digest digest;
};

class remote_reader
{
public:
    explicit remote_reader(const remote_check& what, bool with_credentials)
        : how_(what.how), sources_(with_credentials ? how_.sources : bare(how_.sources), with_credentials ? how_.transport.credentials : credential_provider(),
                                   *how_.clock, [this](const http_request& r) { return http_->exchange(r); })
    {
        if (!with_credentials)
            how_.transport.credentials = {};
        http_environment env;
        env.options = &how_.transport;
        env.caps = &how_.caps;
        env.time = how_.clock.get();
        env.handle = what.handle;
        env.authorize = [this](const url& target) -> result<std::vector<http_header>> { return sources_.headers(target); };
        env.classify = [this](const url& from, const response_head& head, bytes_view body) { return sources_.classify(from, head, body); };
        http_.emplace(std::move(env));
    }

    result<url> locate(const std::string& locator) { return sources_.locate(locator); }
    result<url> ask_endpoint(const url_endpoint& endpoint)
    {
        MODELSEC_TRY(const url address, url::parse(endpoint.url));
        MODELSEC_TRY(const http_answer answer, http_->exchange({address, endpoint.body, {}, how_.caps.endpoint_answer_bytes}));
        return read_endpoint_answer(answer.body, address);
    }

    /// Whether the first byte can be had.
    result<void> probe(const url& at, std::uint64_t size)
    {
        session& net = http_->get();
        return net.run(probe_one(net, at, size));
    }

    result<served> read(const url& at, std::uint64_t size, const std::function<void(std::uint64_t)>& progress)
    {
        session& net = http_->get();
        return net.run(read_all(net, at, size, progress));
    }

private:
    static source_options bare(source_options options)
    {
        options.hub.token = {};
        options.registries.docker_config.clear();
        options.s3.credentials = {};
        options.own.clear();
        return options;
    }

    static awaitable<result<void>> probe_one(session& net, url at, std::uint64_t size)
    {
        request_head request(std::move(at));
        if (size != 0)
            request.range = http_range{0, 0};
        MODELSEC_CO_TRY(response answer, co_await net.follow(std::move(request)));
        if (answer.head.status >= 400)
            co_return co_await net.refusal(std::move(answer));
        if (answer.head.status != 200 && answer.head.status != 206)
            co_return status_failure(answer.head.status);
        co_return result<void>();
    }

    static awaitable<result<served>> read_all(session& net, url at, std::uint64_t size, std::function<void(std::uint64_t)> progress)
    {
        served out;
        hasher whole;
        bytes buffer(256u << 10);
        std::uint64_t done = 0;
        do
        {
            request_head request(at);
            std::optional<byte_range> asked;
            if (size > 0)
            {
                asked = byte_range{done, std::min(size, done + step)};
                request.range = http_range{asked->begin, asked->end - 1};
            }
            MODELSEC_CO_TRY(response answer, co_await net.follow(std::move(request)));
            if (answer.head.status >= 400 && answer.head.status != 416)
                co_return co_await net.refusal(std::move(answer));
            if (const auto coding = answer.head.find("content-encoding"))
                out.encoded = *coding != "identity";
            MODELSEC_CO_TRY(const range_answer body, check_range_answer(answer.head, asked, size));
            out.ranges = out.ranges && !body.whole;
            while (done < body.bytes.end)
            {
                MODELSEC_CO_TRY(const std::size_t n, co_await answer.link->read_some(buffer));
                if (n == 0)
                    co_return fail(reason::truncated, "the body ended early");
                if (n > body.bytes.end - done)
                    co_return fail(reason::size_mismatch, "more bytes than were signed");
                whole.update(bytes_view(buffer).first(n));
                done += n;
                progress(n);
            }
            net.release(std::move(answer.link));
        } while (done < size);
        out.digest = whole.finish_sha256();
        co_return out;
    }

    client_options how_;
    source_set sources_;
    std::optional<http_client> http_;
};

class remote_checker
{
public:
    explicit remote_checker(const remote_check& what) : what_(what), reader_(what, true) {}

    result<void> check(const artifact& a, std::uint64_t total)
    {
        total_ = total;
        for (const artifact_file& f : a.files)
        {
            finding_ = {{}, a.platform, f.name ? f.name->str() : "the archive", "url", {}};
            std::string locator = f.url;
            if (locator.empty() && !a.oci.empty())
                locator = a.oci.substr(0, a.oci.rfind('@')) + "@sha256:" + f.sha256.hex();
            MODELSEC_CHECK(check_place(locator, a, f));
            for (std::size_t i = 0; i < f.mirrors.size(); ++i)
            {
                finding_.place = "mirror " + std::to_string(i + 1);
                MODELSEC_CHECK(check_place(f.mirrors[i], a, f));
            }
        }
        return {};
    }

    std::vector<remote_finding> out;

private:
    void found(const char* kind, std::string text)
    {
        finding_.kind = kind;
        finding_.text = std::move(text);
        out.push_back(finding_);
    }

    /// Failures of the operation itself end it; those of a host are findings.
    result<void> found_failure(const failure& why)
    {
        if (why.code() == errc::cancelled || why.code() == errc::internal)
            return why;
        const bool length = why.why == reason::size_mismatch;
        found(length ? "length" : why.why == reason::range_mismatch ? "ranges" : "unreachable", std::string(to_string(why.why)) + ": " + why.detail);
        return {};
    }

    result<void> check_place(const std::string& locator, const artifact& a, const artifact_file& f)
    {
        const auto at = locator.empty() && a.endpoint ? reader_.ask_endpoint(*a.endpoint) : reader_.locate(locator);
        if (!at)
            return found_failure(at.error());
        const auto got = reader_.read(*at, f.size_bytes, [this](std::uint64_t n) {
            if (what_.progress)
                what_.progress(done_ += n, total_);
        });
        if (!got)
            return found_failure(got.error());
        if (!got->ranges)
            found("ranges", "the host ignores ranges: downloads cannot be resumed");
        if (got->encoded)
            found("encoding", "the host encodes the content, though nobody asked");
        if (!(got->digest == f.sha256))
            found("digest", "other bytes than the signed ones");
        if (what_.expect_private && !locator.empty())
        {
            remote_reader stranger(what_, false);
            const auto open = stranger.locate(locator);
            if (open && stranger.probe(*open, f.size_bytes).has_value())
                found("public", "anybody can have it");
        }
        return {};
    }

    const remote_check& what_;
    remote_reader reader_;
    remote_finding finding_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
};

/// When the manifest expires; nothing if it never does.
std::optional<utc_time> expiry_of(bytes_view payload)
{
    const auto doc = parse_json(payload);
    const auto text = doc ? doc->string_at("expires_at") : std::nullopt;
    return text ? parse_rfc3339(*text) : std::nullopt;
}

}  // namespace

result<std::vector<remote_finding>> check_remote(bytes_view raw, const remote_check& what)
{
    auto signed_by = parse_envelope(raw, envelope_format::dsse);
    if (!signed_by)
        signed_by = parse_envelope(raw, envelope_format::pack);
    if (!signed_by)
        return std::move(signed_by).error();
    MODELSEC_TRY(const std::vector<artifact> artifacts, parse_known_artifacts(signed_by->payload()));
    std::uint64_t total = 0;
    for (const artifact& a : artifacts)
        for (const artifact_file& f : a.files)
            total += f.size_bytes * (1 + f.mirrors.size());
    remote_checker checker(what);
    for (const artifact& a : artifacts)
        MODELSEC_CHECK(checker.check(a, total));
    const auto expires = expiry_of(signed_by->payload());
    if (expires && *expires - what.how.clock->now() < what.expires_after)
        checker.out.push_back({"expiry", {}, {}, {}, "the manifest expires at " + format_rfc3339(*expires)});
    return std::move(checker.out);
}

}  // namespace modelsec::tool
