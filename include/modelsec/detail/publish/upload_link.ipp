// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_UPLOAD_LINK_IPP
#define MODELSEC_DETAIL_PUBLISH_UPLOAD_LINK_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/net/range_answer.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>
#include <modelsec/detail/net/session.hpp>
#include <modelsec/detail/publish/upload_host.hpp>
#include <modelsec/detail/source/percent.hpp>

#include <algorithm>
#include <filesystem>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<std::shared_ptr<const upload_body>> body_of(const upload_file& file, std::uint64_t first, std::uint64_t size,
                                                   upload_link* link)
{
    auto out = std::make_shared<upload_body>();
    out->size_bytes = size;
    std::function<void(std::uint64_t)> count;
    if (link)
        count = [link, highest = std::make_shared<std::uint64_t>(0)](std::uint64_t end) {
            if (end > *highest)  // a repeated request tells nothing twice
                link->sent(end - *highest);
            *highest = std::max(*highest, end);
        };
    if (file.path.empty())
    {
        out->read = [text = file.content, first, count](std::uint64_t offset,
                                                        std::span<std::uint8_t> space) -> result<void> {
            std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(first + offset), space.size(), space.begin());
            if (count)
                count(offset + space.size());
            return {};
        };
        return std::shared_ptr<const upload_body>(out);
    }
    MODELSEC_TRY(modelsec::detail::file opened, open_local_file(file.path));
    out->read = [opened = std::make_shared<const modelsec::detail::file>(std::move(opened)), path = file.path, first, count](
                    std::uint64_t offset, std::span<std::uint8_t> space) -> result<void> {
        MODELSEC_TRY(const std::size_t got, file_system::native().read_at(*opened, first + offset, space));
        if (got != space.size())
            return fail(reason::file_unreadable, path + ": it became shorter while it was read");
        if (count)
            count(offset + space.size());
        return {};
    };
    return std::shared_ptr<const upload_body>(out);
}

std::shared_ptr<const upload_body> body_of(std::string text)
{
    auto out = std::make_shared<upload_body>();
    out->size_bytes = text.size();
    out->read = [text = std::move(text)](std::uint64_t offset, std::span<std::uint8_t> space) -> result<void> {
        std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(offset), space.size(), space.begin());
        return {};
    };
    return out;
}

inline http_environment upload_environment(const upload_options& options, const transport_options& transport)
{
    http_environment out;
    out.options = &transport;
    out.caps = &options.caps;
    out.time = options.clock;
    out.handle = options.handle;
    return out;
}

/// The origin that is uploaded to, which a client certificate is for.
inline std::string upload_home(const upload_options& options)
{
    const bool registry = options.where.target == upload_kind::oci;
    const auto home = url::parse(registry ? "https://" + options.destination.substr(0, options.destination.find('/'))
                                 : options.where.target == upload_kind::hf ? options.sources.hub.endpoint
                                                                           : options.endpoint);
    return home ? home->origin() : std::string();
}

inline constexpr std::size_t upload_state_bytes = 1u << 20;

/// The requests of upload_link as coroutines.
class upload_requests
{
public:
    upload_requests(session& s, const upload_options& options) : session_(s), options_(options) {}

    /// One try. An answer that another try may better is a wait for that try, and nothing; a failure once there is none left.
    awaitable<result<std::optional<source_answer>>> ask(upload_request wanted, std::size_t answer_bytes, retry_fsm& retries)
    {
        std::optional<response_head> head;
        auto answer = co_await ask_once(std::move(wanted), answer_bytes, head);
        if (answer.has_value() && answer->status != 408 && answer->status != 429 && answer->status < 500)
            co_return std::move(*answer);
        failure problem = answer.has_value() ? status_failure(answer->status) : std::move(answer).error();
        MODELSEC_CO_CHECK(co_await session_.before_retry(retries, std::move(problem), head ? &*head : nullptr));
        co_return std::nullopt;
    }

    /// The whole of a file, hashed; a lost connection is taken up again where it was.
    awaitable<result<bool>> holds(url where, const std::vector<http_header>& headers, const upload_file& file,
                                  upload_link* told)
    {
        retry_fsm retries(options_.caps.retries, options_.caps.first_retry_wait);
        hasher whole;
        std::uint64_t seen = 0;
        bytes space(256u << 10);
        while (true)
        {
            auto part = co_await read_on(where, headers, file, whole, seen, space, told);
            if (part.has_value())
                co_return *part&& seen == file.size_bytes&& whole.finish_sha256() == file.sha256;
            if (!retry_fsm::worth_retrying(part.error().why))
                co_return std::move(part).error();
            MODELSEC_CO_CHECK(co_await session_.before_retry(retries, std::move(part).error(), nullptr));
        }
    }

    /// The first byte: (status, total).
    awaitable<result<response_head>> first_byte(url where, const std::vector<http_header>& headers)
    {
        request_head head(std::move(where));
        head.headers = headers;
        head.range = http_range{0, 0};
        MODELSEC_CO_TRY(response got, co_await session_.follow(std::move(head)));
        response_head out = got.head;
        MODELSEC_CO_CHECK(co_await session_.drain(std::move(got)));
        co_return out;
    }

private:
    awaitable<result<source_answer>> ask_once(upload_request wanted, std::size_t answer_bytes,
                                              std::optional<response_head>& head)
    {
        MODELSEC_CO_TRY(url where, url::parse(wanted.url));
        request_head outgoing(std::move(where));
        outgoing.method = std::move(wanted.method);
        outgoing.headers = std::move(wanted.headers);
        outgoing.upload = std::move(wanted.body);
        if (!outgoing.upload && outgoing.method != "GET" && outgoing.method != "HEAD")
            outgoing.upload = std::make_shared<const upload_body>();
        const bool headers_alone = outgoing.method == "HEAD";
        outgoing.redirects = false;  // CWE-522: nothing that is uploaded goes where only an answer says
        MODELSEC_CO_TRY(response got, co_await session_.follow(std::move(outgoing)));
        head = got.head;
        source_answer out;
        out.status = got.head.status;
        out.headers = got.head.headers;
        if (!headers_alone)  // whose length is that of a file which does not come
        {
            MODELSEC_CO_TRY(out.body, co_await session_.read_all(*got.link, got.head, answer_bytes));
        }
        session_.release(std::move(got.link));
        co_return out;
    }

    awaitable<result<bool>> read_on(const url& where, const std::vector<http_header>& headers, const upload_file& file,
                                    hasher& whole, std::uint64_t& seen, bytes& space, upload_link* told)
    {
        request_head head(where);
        head.headers = headers;
        if (file.size_bytes != 0)
            head.range = http_range{seen, file.size_bytes - 1};
        MODELSEC_CO_TRY(response got, co_await session_.follow(std::move(head)));
        const unsigned status = got.head.status;
        if (status == 404 || status == 416)
        {
            MODELSEC_CO_CHECK(co_await session_.drain(std::move(got)));
            co_return false;
        }
        if (status == 200)
        {
            whole = hasher();
            seen = 0;
        }
        else if (status != 206)
            co_return co_await session_.refusal(std::move(got));
        else
        {
            const auto verdict = check_range_answer(got.head, byte_range{seen, file.size_bytes}, file.size_bytes);
            if (verdict.has_error())
                co_return false;  // another total, so another file
        }
        while (seen <= file.size_bytes)
        {
            MODELSEC_CO_TRY(const std::size_t size, co_await got.link->read_some(space));
            if (size == 0)
                co_return true;
            whole.update(bytes_view(space).first(size));
            seen += size;
            if (told)
                told->advance(size);
        }
        co_return false;
    }

    session& session_;
    const upload_options& options_;
};

upload_link::upload_link(const upload_options& options)
    : options_(options), client_([&] {
          http_environment out = upload_environment(options, options.transport);
          out.manifest_origin = upload_home(options);
          out.authorize = [this](const url& where) -> result<std::vector<http_header>> {
              return sources_ ? sources_->headers(where) : std::vector<http_header>();
          };
          out.classify = [this](const url& from, const response_head& head, bytes_view body) {
              return sources_ ? sources_->classify(from, head, body) : std::nullopt;
          };
          return out;
      }())
{
    sources_ = std::make_unique<source_set>(options.sources, options.transport.credentials, *options.clock,
                                            [this](const http_request& request) { return client_.exchange(request); });
    exchange_ = [this](const source_request& first) -> result<source_answer> {
        MODELSEC_TRY(url address, url::parse(first.url));
        http_request request{std::move(address), first.post_body, first.headers, first.answer_bytes};
        request.any_status = true;
        request.digest_signed = first.digest_signed;
        MODELSEC_TRY(http_answer answer, client_.exchange(request));
        return source_answer{answer.status, std::move(answer.headers), std::move(answer.body)};
    };
    read_state();
}

upload_link::~upload_link() = default;

result<source_answer> upload_link::ask(const std::function<result<upload_request>()>& make, std::size_t answer_bytes)
{
    upload_requests requests(client_.get(), options_);
    retry_fsm retries(options_.caps.retries, options_.caps.first_retry_wait);
    while (true)
    {
        // Outside of run(): to sign a request may take one of its own (a registry's token).
        MODELSEC_TRY(upload_request wanted, make());
        MODELSEC_TRY(std::optional<source_answer> answer,
                     client_.get().run(requests.ask(std::move(wanted), answer_bytes, retries)));
        if (answer)
            return std::move(*answer);
    }
}

result<bool> upload_link::holds(const std::string& locator, const upload_file& file, bool tell_progress)
{
    MODELSEC_TRY(const url where, sources_->locate(locator));
    upload_requests requests(client_.get(), options_);
    const std::vector<http_header> none;
    return client_.get().run(requests.holds(where, none, file, tell_progress ? this : nullptr));
}

result<std::optional<std::uint64_t>> upload_link::size_at(const std::string& locator)
{
    MODELSEC_TRY(const url where, sources_->locate(locator));
    upload_requests requests(client_.get(), options_);
    const std::vector<http_header> none;
    MODELSEC_TRY(const response_head head, client_.get().run(requests.first_byte(where, none)));
    return announced_total(head);
}

result<bool> upload_link::is_public(const std::string& locator)
{
    // Like a stranger: no token, no key, no client certificate.
    transport_options bare;
    bare.tls.ca_file = options_.transport.tls.ca_file;
    bare.tls.ca_pem = options_.transport.tls.ca_pem;
    bare.proxy = options_.transport.proxy;
    source_options nothing;
    nothing.hub.endpoint = options_.sources.hub.endpoint;
    nothing.registries.allowed_realms = options_.sources.registries.allowed_realms;
    std::unique_ptr<source_set> sources;
    http_environment env = upload_environment(options_, bare);
    env.authorize = [&](const url& where) -> result<std::vector<http_header>> { return sources->headers(where); };
    http_client stranger(std::move(env));
    sources = std::make_unique<source_set>(nothing, credential_provider(), *options_.clock,
                                           [&](const http_request& request) { return stranger.exchange(request); });
    auto where = sources->locate(locator);
    result<response_head> head = where.has_error() ? result<response_head>(std::move(where).error()) : response_head();
    if (head.has_value())
    {
        upload_requests requests(stranger.get(), options_);
        const std::vector<http_header> none;
        head = stranger.get().run(requests.first_byte(*where, none));
    }
    if (head.has_value())
        return head->status < 300;
    // Who is not let in sees 401, or no server at all (a certificate is wanted): what cannot be told ends the upload.
    const errc kind = code_of(head.error().why);
    if (kind == errc::unauthorized || kind == errc::tls || kind == errc::http_status)
        return false;
    return std::move(head).error();
}

void upload_link::advance(std::uint64_t bytes)
{
    done_ = std::min(done_ + bytes, total_);
    if (options_.on_progress)
        options_.on_progress(done_, total_);
}

std::optional<std::string> upload_link::remembered(const std::string& key) const
{
    const auto known = state_.find(key);
    return known == state_.end() ? std::nullopt : std::optional(known->second);
}

void upload_link::read_state()
{
    if (options_.state_file.empty())
        return;
    const auto text = read_local_file(options_.state_file, upload_state_bytes);
    const auto doc = text ? parse_json(*text) : result<json>(fail(reason::json_malformed));
    const json* known = doc ? doc->find("uploads") : nullptr;
    if (!known || !known->as_object())
        return;
    state_.clear();
    for (const auto& [key, value] : *known->as_object())
        if (value.as_string())
            state_[key] = *value.as_string();
}

void upload_link::remember(const std::string& key, const std::string& address)
{
    read_state();
    if (address.empty() ? state_.erase(key) == 0 : state_[key] == address)
        return;
    if (!address.empty())
        state_[key] = address;
    if (options_.state_file.empty())
        return;
    json uploads{json::object{}};
    for (const auto& [name, value] : state_)
        uploads.set(name, value);
    // Without it the next call begins this upload anew, which is no failure of this one.
    const std::filesystem::path path(options_.state_file);
    const std::string text = json{{"uploads", std::move(uploads)}}.dump() + '\n';
    const std::string name = path.filename().string(), folder = path.parent_path().string();
    file_system& disk = file_system::native();
    const auto at = open_local_folder(folder.empty() ? "." : folder);
    if (at.has_error())
        return;
    if (state_.empty())
    {
        (void)disk.remove_file(*at, name);
        return;
    }
    (void)disk.remove_file(*at, name + ".new");
    const auto opened = disk.open_file(*at, name + ".new", open_mode::create_new);
    if (opened && *opened && disk.write_at(*opened, 0, as_bytes(text)))
        (void)disk.replace(*at, name + ".new", *at, name);
}

result<bucket_place> parse_bucket_place(const std::string& destination)
{
    const std::size_t slash = std::min(destination.find('/'), destination.size());
    bucket_place out{destination.substr(0, slash),
                     slash < destination.size() ? destination.substr(slash + 1) : std::string()};
    while (!out.prefix.empty() && out.prefix.back() == '/')
        out.prefix.pop_back();
    if (out.bucket.empty() ||
        out.bucket.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") !=
            std::string::npos ||
        (!out.prefix.empty() && !is_plain_path(out.prefix)))
        return fail(reason::bad_option, "a destination BUCKET or BUCKET/PREFIX of plain names");
    if (!out.prefix.empty())
        out.prefix += '/';
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
