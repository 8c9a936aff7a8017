// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_SOURCE_SET_IPP
#define MODELSEC_DETAIL_SOURCE_SOURCE_SET_IPP

#include <modelsec/detail/net/connection.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>
#include <modelsec/detail/source/answer.hpp>
#include <modelsec/detail/source/locator.hpp>
#include <modelsec/detail/source/source_set.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Any https host: the address itself, and what the caller has for its origin.
class https_source final : public model_source
{
public:
    explicit https_source(bool has_credentials) : has_credentials_(has_credentials) {}
    bool renewable() const override { return has_credentials_; }
    bool takes(std::string_view) const override { return true; }  // the last one asked
    result<source_request> locate(std::string_view locator, const source_exchange&) override
    {
        MODELSEC_TRY(const url address, resolve_locator(locator));
        return source_request{address.str()};
    }

private:
    bool has_credentials_;
};

source_set::source_set(const source_options& options, credential_provider credentials, const clock& time,
                       exchange_function exchange)
    : credentials_(std::move(credentials)), exchange_(std::move(exchange)), sources_(options.own),
      registries_(std::make_shared<oci_source>(options.registries, credentials_))
{
    ask_ = [this](const source_request& first) -> result<source_answer> {
        MODELSEC_TRY(url address, url::parse(first.url));
        http_request request{std::move(address), first.post_body, first.headers, first.answer_bytes};
        request.any_status = true;
        request.size_only = first.status_only;
        request.digest_signed = first.digest_signed;
        MODELSEC_TRY(http_answer answer, exchange_(request));
        return source_answer{answer.status, std::move(answer.headers), std::move(answer.body)};
    };
    sources_.push_back(std::make_shared<hub_source>(options.hub));
    sources_.push_back(registries_);
    sources_.push_back(std::make_shared<s3_source>(options.s3, time));
    sources_.push_back(std::make_shared<https_source>(static_cast<bool>(credentials_)));
}

std::shared_ptr<model_source> source_set::find(std::string_view locator) const
{
    for (const auto& source : sources_)
        if (source->takes(locator))
            return source;
    return nullptr;
}

/// What the host gets to see of the caller at this address: it tells whether asking again is of any use.
sha256_digest source_set::print_of(const url& target, const std::vector<http_header>& headers) const
{
    hasher print;
    const auto add = [&print](const std::vector<http_header>& list) {
        for (const http_header& h : list)
            for (const std::string_view text : {std::string_view(h.name), h.value.view()})
            {
                print.update(as_bytes(text));
                print.update(as_bytes(std::string_view("\0", 1)));
            }
    };
    print.update(as_bytes(target.target()));
    add(headers);
    if (credentials_)
        add(credentials_(target.origin()));
    return print.finish_sha256();
}

result<url> source_set::locate(const std::string& locator)
{
    const auto source = find(locator);
    auto said = source->locate(locator, ask_);
    if (said.has_error())
    {
        // The locator stands in a signed manifest: what is wrong with it is the publisher's doing.
        if (said.error().why == reason::bad_url)
            return fail(reason::manifest_malformed, "an address that cannot be understood: " + said.error().detail);
        return std::move(said).error();
    }
    auto address = url::parse(said->url);
    if (address.has_error())
        return address.error().why == reason::bad_url ? fail(reason::bad_response, "a source gave no URL")
                                                      : std::move(address).error();
    grant given{std::move(said->headers), source, {}};
    given.credentials = print_of(*address, given.headers);
    const std::lock_guard lock(mutex_);
    grants_[address->str()] = std::move(given);
    return address;
}

result<url> source_set::locate_again(const std::string& locator, const url& before, failure refused_as)
{
    sha256_digest seen;
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = grants_.find(before.str()); known != grants_.end())
            seen = known->second.credentials;
    }
    MODELSEC_TRY(url address, locate(locator));
    const std::lock_guard lock(mutex_);
    if (grants_.at(address.str()).credentials == seen)
        return refused_as;
    return address;
}

bool source_set::renewable(const std::string& locator) const
{
    return !locator.empty() && find(locator)->renewable();
}

result<std::vector<oci_layer>> source_set::layers(const std::string& locator)
{
    auto out = registries_->layers(locator, ask_);
    if (out.has_error() && out.error().why == reason::bad_url)
        return fail(reason::manifest_malformed, "an OCI address that cannot be understood");
    return out;
}

std::vector<http_header> source_set::headers(const url& target) const
{
    const std::lock_guard lock(mutex_);
    const auto known = grants_.find(target.str());
    return known == grants_.end() ? std::vector<http_header>() : known->second.headers;
}

std::optional<failure> source_set::classify(const url& from, const response_head& head, bytes_view body) const
{
    source_answer answer{head.status, head.headers, bytes(body.begin(), body.end())};
    std::shared_ptr<model_source> source;
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = grants_.find(from.str()); known != grants_.end())
            source = known->second.source;
    }
    std::optional<reason> meant;
    if (source)
        meant = source->meaning(answer);
    if (!meant)
        meant = known_meaning(answer);
    if (!meant)
        return std::nullopt;
    return fail(*meant, "status " + std::to_string(head.status) + " from " + from.host());
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
