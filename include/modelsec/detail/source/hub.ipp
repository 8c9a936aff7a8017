// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_HUB_IPP
#define MODELSEC_DETAIL_SOURCE_HUB_IPP

#include <modelsec/detail/base/shown_name.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/net/url.hpp>
#include <modelsec/detail/source/hub.hpp>
#include <modelsec/detail/source/percent.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t hub_token_bytes = 4096;
inline constexpr std::string_view hub_public_endpoint = "https://huggingface.co";

inline bool is_commit(std::string_view text) noexcept
{
    return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Names of organisations and repositories.
inline bool is_hub_repository(std::string_view text) noexcept
{
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
               c == '.' || c == '/';
    };
    return !text.empty() && text.front() != '/' && text.back() != '/' && std::all_of(text.begin(), text.end(), plain) &&
           text.find("..") == std::string_view::npos && std::count(text.begin(), text.end(), '/') == 1;
}

result<std::string> hub_address(std::string_view rest, const std::string& endpoint)
{
    const std::size_t at = rest.find('@');
    if (rest.find('/') == std::string_view::npos)
        return fail(reason::bad_url, "hf:// takes ORG/REPO@COMMIT/PATH");
    const std::size_t slash = rest.find('/', at == std::string_view::npos ? 0 : at);
    if (at == std::string_view::npos || slash == std::string_view::npos || !is_commit(rest.substr(at + 1, slash - at - 1)))
        return fail(reason::mutable_revision, "hf:// takes ORG/REPO@COMMIT/PATH: hf://" + shown_name(rest));
    const std::string_view repository = rest.substr(0, at), commit = rest.substr(at + 1, slash - at - 1);
    const std::string_view path = rest.substr(slash + 1);
    if (!is_hub_repository(repository) || !is_plain_path(path))
        return fail(reason::bad_url, "hf:// takes ORG/REPO@COMMIT/PATH");
    std::string base = endpoint;
    while (base.ends_with('/'))
        base.pop_back();
    return base + '/' + std::string(repository) + "/resolve/" + std::string(commit) + '/' + percent_encode(path, true);
}

bool hub_source::takes(std::string_view locator) const
{
    return locator.starts_with("hf://");
}

result<source_request> hub_source::locate(std::string_view locator, const source_exchange&)
{
    MODELSEC_TRY(std::string address, hub_address(locator.substr(5), options_.endpoint));
    MODELSEC_CHECK(url::parse(address));
    source_request out{std::move(address)};
    if (options_.token)
    {
        MODELSEC_TRY(const secret token, options_.token());
        if (!token.empty())
            out.headers.push_back({"Authorization", secret_text("Bearer ").append(token.reveal_text())});
    }
    return out;
}

std::optional<reason> hub_source::meaning(const source_answer& answer) const
{
    const auto code = answer.header("x-error-code");
    if (!code)
        return std::nullopt;
    if (*code == "GatedRepo")
        return reason::gated;
    // The Hub tells nobody without a token whether a private repository exists: 401 with RepoNotFound.
    if (*code == "RepoNotFound")
        return answer.status == 401 ? reason::unauthorized : reason::not_found;
    if (*code == "RevisionNotFound")
        return reason::revision_not_found;
    if (*code == "EntryNotFound")
        return reason::not_found;
    return std::nullopt;
}

inline std::string_view hub_trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// A token is one word that can stand in a header (CWE-113).
inline result<secret> hub_token(std::string_view text)
{
    const std::string_view word = hub_trimmed(text);
    if (std::any_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }))
        return fail(reason::bad_option, "the Hub's token is not one word");
    return secret(word);
}

/// A token file that is not there is no token.
inline result<secret> read_hub_token(const std::string& path)
{
    const auto content = read_local_secret(path, hub_token_bytes);
    if (content.has_error())
        return content.error().why == reason::file_unreadable ? result<secret>(secret()) : content.error();
    return hub_token(content->reveal_text());
}

}  // namespace detail

result<hub_options> hub_options::from_environment(const variable& get, bool allow_endpoint)
{
    using namespace detail;
    const auto value = [&](const char* name) {
        auto v = get(name);
        return v && !v->empty() ? v : std::nullopt;
    };
    hub_options out;
    const auto endpoint = value("HF_ENDPOINT");
    if (endpoint)
    {
        MODELSEC_CHECK(url::parse(*endpoint));
        out.endpoint = *endpoint;
    }
    if (value("HF_TOKEN"))
    {
        out.token = [get]() -> result<secret> {
            auto now = get("HF_TOKEN");
            if (!now)
                return secret();
            auto out_of_variable = hub_token(*now);
            wipe(*now);
            return out_of_variable;
        };
        return out;
    }
    std::string path;
    if (const auto named = value("HF_TOKEN_PATH"))
        path = *named;
    else if (const auto home = value("HF_HOME"))
        path = *home + "/token";
    else if (const auto cache = value("XDG_CACHE_HOME"))
        path = *cache + "/huggingface/token";
    else if (const auto user = value("HOME"))
        path = *user + "/.cache/huggingface/token";
    // CWE-522: a stored token belongs to the Hub it was got from. Who can set one variable must not get at it.
    const bool elsewhere = endpoint && url::parse(*endpoint)->origin() != hub_public_endpoint;
    if (!path.empty() && (!elsewhere || allow_endpoint))
        out.token = [path] { return read_hub_token(path); };
    return out;
}

MODELSEC_END_NAMESPACE

#endif
