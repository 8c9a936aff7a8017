// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_OCI_IPP
#define MODELSEC_DETAIL_SOURCE_OCI_IPP

#include <modelsec/detail/base/content_coding.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/secret_json.hpp>
#include <modelsec/detail/net/connection.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>
#include <modelsec/detail/net/url.hpp>
#include <modelsec/detail/source/oci.hpp>
#include <modelsec/detail/source/percent.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t oci_manifest_bytes = 4u << 20;  // what registries take (distribution specification)
inline constexpr std::size_t oci_layers = 10'000;
inline constexpr std::size_t docker_config_bytes = 1u << 20;

/// Distribution specification 1.1, "pulling manifests": `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/…)*`, here as its alphabet.
inline bool is_repository(std::string_view text) noexcept
{
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' || c == '/';
    };
    return text.size() <= 255 && is_plain_path(text) && std::all_of(text.begin(), text.end(), plain);
}

result<oci_locator> oci_locator::parse(std::string_view text)
{
    if (!text.starts_with("oci://"))
        return fail(reason::bad_url, "oci:// takes HOST/REPOSITORY@sha256:HEX");
    text.remove_prefix(6);
    const std::size_t slash = text.find('/');
    const std::size_t at = text.rfind('@');
    if (slash == std::string_view::npos)
        return fail(reason::bad_url, "oci:// takes HOST/REPOSITORY@sha256:HEX");
    // A tag can be moved under us.
    if (at == std::string_view::npos || at < slash || !text.substr(at + 1).starts_with("sha256:"))
        return fail(reason::mutable_revision, "oci:// takes a digest: HOST/REPOSITORY@sha256:HEX");
    const auto digest = sha256_digest::from_hex(text.substr(at + 8));
    const std::string_view repository = text.substr(slash + 1, at - slash - 1);
    if (!digest || !is_repository(repository))
        return fail(reason::bad_url, "oci:// takes HOST/REPOSITORY@sha256:HEX");
    MODELSEC_TRY(const url host, url::parse("https://" + std::string(text.substr(0, slash))));
    return oci_locator{host.origin(), std::string(repository), *digest};
}

/// Reads `name="value"` or `name=value`, and the comma after it (RFC 9110 section 11.2); false at the end or at the next scheme.
inline bool take_parameter(std::string_view& text, std::string& name, std::string& value)
{
    text.remove_prefix(std::min(text.find_first_not_of(" ,\t"), text.size()));
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || text.substr(0, equals).find_first_of(" ,") != std::string_view::npos)
        return false;
    name = text.substr(0, equals);
    value.clear();
    text.remove_prefix(equals + 1);
    if (!text.starts_with('"'))
    {
        const std::size_t end = std::min(text.find_first_of(", "), text.size());
        value = text.substr(0, end);
        text.remove_prefix(end);
        return true;
    }
    for (std::size_t i = 1; i < text.size(); ++i)
    {
        if (text[i] == '"')
        {
            text.remove_prefix(i + 1);
            return true;
        }
        if (text[i] == '\\' && i + 1 < text.size())
            ++i;
        value.push_back(text[i]);
    }
    return false;
}

/// Calls `with` (scheme, its parameters) for each challenge, until it says that it has what it wants. One field may hold several, and there
/// may be several fields (RFC 9110 section 11.6.1).
template <class With>
void each_challenge(const std::vector<http_header>& headers, const With& with)
{
    for (const http_header& h : headers)
    {
        if (!source_same(h.name, "www-authenticate"))
            continue;
        std::string_view text = h.value;
        while (true)
        {
            text.remove_prefix(std::min(text.find_first_not_of(" ,\t"), text.size()));
            if (text.empty())
                break;
            const std::string_view scheme = text.substr(0, text.find_first_of(" ,\t"));
            text.remove_prefix(scheme.size());
            std::vector<std::pair<std::string, std::string>> parameters;
            std::string name, value;
            while (take_parameter(text, name, value))
                parameters.emplace_back(name, value);
            if (with(scheme, parameters))
                return;
        }
    }
}

std::optional<bearer_challenge> find_bearer_challenge(const std::vector<http_header>& headers)
{
    std::optional<bearer_challenge> found;
    each_challenge(headers, [&found](std::string_view scheme, const auto& parameters) {
        if (!source_same(scheme, "bearer"))
            return false;
        bearer_challenge out;
        for (const auto& [name, value] : parameters)
        {
            if (source_same(name, "realm"))
                out.realm = value;
            else if (source_same(name, "service"))
                out.service = value;
        }
        if (!out.realm.empty())
            found = std::move(out);
        return found.has_value();
    });
    return found;
}

inline bool asks_for_basic(const source_answer& answer)
{
    bool out = false;
    each_challenge(answer.headers,
                   [&out](std::string_view scheme, const auto&) { return out = source_same(scheme, "basic"); });
    return out;
}

inline bool is_packed_layer(std::string_view media_type)
{
    for (const std::string_view mark : {".tar", "+tar", "+gzip", "+zstd", ".gzip", "/tar"})
        if (media_type.find(mark) != std::string_view::npos)
            return true;
    return false;
}

result<std::vector<oci_layer>> parse_oci_manifest(bytes_view body)
{
    const auto doc = parse_json(body);
    if (!doc || !doc->as_object())
        return fail(reason::manifest_malformed, "the OCI manifest is not the JSON it should be");
    if (doc->find("manifests"))
        return fail(reason::manifest_malformed, "the OCI digest names an index: name one manifest of it");
    const json* list = doc->find("layers");
    if (!list || !list->as_array() || list->as_array()->size() > oci_layers)
        return fail(reason::manifest_malformed, "the OCI manifest has no layers, or too many");
    std::vector<oci_layer> out;
    for (const json& element : *list->as_array())
    {
        const auto digest = element.string_at("digest");
        const auto size = element.size_at("size");
        const auto media_type = element.string_at("mediaType");
        const auto hash =
            digest && digest->starts_with("sha256:") ? sha256_digest::from_hex(digest->substr(7)) : std::nullopt;
        if (!hash || !size || !media_type)
            return fail(reason::manifest_malformed, "a layer of the OCI manifest lacks type, size or SHA-256");
        oci_layer layer{{}, *hash, *size, is_packed_layer(*media_type)};
        if (const json* notes = element.find("annotations"))
            for (const char* key : {"org.opencontainers.image.title", "org.cncf.model.filepath"})
                if (const auto title = notes->string_at(key); title && layer.title.empty())
                    layer.title = *title;
        out.push_back(std::move(layer));
    }
    return out;
}

result<secret> docker_authorization(bytes_view config, std::string_view host)
{
    const auto doc = secret_json::parse(config);
    if (!doc || !doc->root().is_object())
        return fail(reason::bad_option, "Docker's config file is not the JSON it should be");
    const auto names_host = [&](std::string_view key) {
        for (const std::string_view scheme : {"https://", "http://"})
            if (key.starts_with(scheme))
                key.remove_prefix(scheme.size());
        return key.substr(0, key.find('/')) == host;
    };
    const auto member_of = [&](const char* name) -> std::optional<json_view> {
        const auto all = doc->root().find(name);
        const auto members = all ? all->as_object() : std::nullopt;
        if (!members)
            return std::nullopt;
        for (const auto [key, value] : *members)
            if (names_host(key))
                return value;
        return std::nullopt;
    };
    if (const auto helper = member_of("credHelpers"))
        return fail(reason::credential_helper,
                    "docker-credential-" + std::string(helper->as_string().value_or("?")) + " for " + std::string(host));
    if (const auto entry = member_of("auths"))
    {
        // Written by hand, or by other tools, the two stand beside each other, as Docker has them in memory.
        const auto user = entry->string_at("username"), password = entry->string_at("password");
        if (const auto auth = entry->string_at("auth"); auth && !auth->empty())
        {
            auto plain = from_base64(*auth);
            if (!plain || std::find(plain->begin(), plain->end(), ':') == plain->end())
                return fail(reason::bad_option, "Docker's config file holds credentials that are none");
            wipe(plain->data(), plain->size());
            return secret(secret_text("Basic ").append(*auth).view());
        }
        if (user && password && !user->empty())
        {
            // RFC 7617 section 2: what stands before the first colon is the user.
            if (user->find(':') != std::string_view::npos)
                return fail(reason::bad_option, "Docker's config file holds credentials that are none");
            const secret_text plain = secret_text(*user).append(":").append(*password);
            std::string encoded = to_base64(as_bytes(plain.view()));
            secret out(secret_text("Basic ").append(encoded).view());
            wipe(encoded);
            return out;
        }
    }
    if (const auto store = doc->root().string_at("credsStore"); store && !store->empty())
        return fail(reason::credential_helper, "docker-credential-" + std::string(*store) + " for " + std::string(host));
    return secret();
}

bool oci_source::takes(std::string_view locator) const
{
    return locator.starts_with("oci://");
}

result<source_request> oci_source::locate(std::string_view locator, const source_exchange& ask)
{
    MODELSEC_TRY(const oci_locator what, oci_locator::parse(locator));
    bool again = false;
    {
        const std::lock_guard lock(mutex_);
        again = located_[std::string(locator)]++ > 0;
    }
    std::string blob = what.origin + "/v2/" + what.repository + "/blobs/sha256:" + what.digest.hex();
    MODELSEC_TRY(std::vector<http_header> headers, authorize(what, again, ask, blob));
    return source_request{std::move(blob), std::move(headers)};
}

result<std::vector<oci_layer>> oci_source::layers(std::string_view locator, const source_exchange& ask)
{
    MODELSEC_TRY(const oci_locator what, oci_locator::parse(locator));
    source_request request{what.origin + "/v2/" + what.repository + "/manifests/sha256:" + what.digest.hex()};
    request.answer_bytes = oci_manifest_bytes;
    request.digest_signed = true;
    source_answer answer;
    for (const bool again : {false, true})
    {
        MODELSEC_TRY(request.headers, authorize(what, again, ask, request.url));
        request.headers.push_back({"Accept",
                                   "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
                                   "application/vnd.docker.distribution.manifest.v2+json, "
                                   "application/vnd.docker.distribution.manifest.list.v2+json"});
        MODELSEC_TRY(answer, ask(request));
        if (answer.status != 401)
            break;
    }
    if (answer.status != 200)
        return status_failure(answer.status);
    // The digest was signed; whatever else the registry serves under it is not the artifact (OCI distribution specification, "pulling manifests").
    if (!(sha256(answer.body) == what.digest))
        return with_coding_named({reason::digest_mismatch, "the registry serves another manifest under this digest"},
                                 content_coding(answer.headers));
    return parse_oci_manifest(answer.body);
}

/// What requests to this repository carry: nothing, Basic, or a token of the realm that the registry names.
result<std::vector<http_header>> oci_source::authorize(const oci_locator& what, bool again, const source_exchange& ask,
                                                       const std::string& refused)
{
    const std::string key = what.origin + ' ' + what.repository;
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = grants_.find(key); known != grants_.end() && !again)
            return known->second;
    }
    MODELSEC_TRY(std::vector<http_header> headers, log_in(what, ask, again ? refused : std::string()));
    const std::lock_guard lock(mutex_);
    return grants_[key] = std::move(headers);
}

/// Whether the registry refuses this address, and how: 401 with a challenge. One byte of it is asked for.
inline result<source_answer> ask_for_a_byte(const std::string& address, std::vector<http_header> headers,
                                            const source_exchange& ask)
{
    source_request request{address, std::move(headers)};
    request.status_only = true;
    return ask(request);
}

result<std::vector<http_header>> oci_source::log_in(const oci_locator& what, const source_exchange& ask,
                                                    const std::string& refused) const
{
    MODELSEC_TRY(source_answer hello, ask(source_request{what.origin + "/v2/"}));
    // Open, or the origin's own credentials were enough; but some let anybody in at the door, and ask at what lies behind it.
    if (hello.status != 401 && !refused.empty())
    {
        MODELSEC_TRY(hello, ask_for_a_byte(refused, {}, ask));
    }
    if (hello.status != 401)
        return std::vector<http_header>();
    const auto basic = basic_for(what);
    const bool helped = basic.has_error() && basic.error().why == reason::credential_helper && actions_ == "pull";
    const auto challenge = find_bearer_challenge(hello.headers);
    if (basic.has_error() && !(helped && challenge))
        return basic.error();
    if (!challenge)
    {
        if (basic->empty() || !asks_for_basic(hello))
            return fail(reason::unauthorized, "the registry wants a user");
        return std::vector<http_header>{{"Authorization", *basic}};
    }
    auto token = fetch_token(what, *challenge, helped ? secret_text() : *basic, ask);
    // What is public is to be had with a token for nobody; that there is a user whom only a program knows matters where that does not do.
    if (token.has_error())
        return helped && token.error().code() == errc::unauthorized ? basic.error() : std::move(token).error();
    std::vector<http_header> out{{"Authorization", secret_text("Bearer ").append(*token)}};
    if (helped && !refused.empty())
    {
        MODELSEC_TRY(const source_answer answer, ask_for_a_byte(refused, out, ask));
        if (answer.status == 401 || answer.status == 403)
            return basic.error();
    }
    return out;
}

/// The user and password of the registry's origin, as a header's value; empty if there is none.
result<secret_text> oci_source::basic_for(const oci_locator& what) const
{
    if (credentials_)
        for (const http_header& h : credentials_(what.origin))
            if (source_same(h.name, "authorization") && h.value.size() > 6 &&
                source_same(std::string_view(h.value).substr(0, 6), "Basic "))
                return h.value;
    if (options_.docker_config.empty())
        return secret_text();
    const auto config = read_local_secret(options_.docker_config, docker_config_bytes);
    if (config.has_error())
        return config.error().why == reason::file_unreadable ? result<secret_text>(secret_text()) : config.error();
    MODELSEC_TRY(const secret found, docker_authorization(config->reveal(), std::string_view(what.origin).substr(8)));
    return secret_text(found.reveal_text());
}

result<secret_text> oci_source::fetch_token(const oci_locator& what, const bearer_challenge& challenge,
                                            const secret_text& basic, const source_exchange& ask) const
{
    auto realm = url::parse(challenge.realm);
    if (realm.has_error())
        return fail(realm.error().why == reason::plain_http ? reason::plain_http : reason::bad_response,
                    "the realm that the registry names");
    // CWE-522: the registry's word alone sends nobody's password, nor a request, to another host.
    const bool own = realm->origin() == what.origin;
    const bool allowed = std::any_of(
        options_.allowed_realms.begin(), options_.allowed_realms.end(),
        [&](const std::string& host) { return source_same(host, realm->host()) || source_same(host, realm->authority()); });
    if (!own && !allowed)
        return fail(reason::realm_not_allowed, "the registry names " + realm->host() + " for its tokens");
    std::string address = realm->str();
    address += address.find('?') == std::string::npos ? '?' : '&';
    if (!challenge.service.empty())
        address += "service=" + percent_encode(challenge.service, false) + '&';
    address += "scope=" + percent_encode("repository:" + what.repository + ':' + actions_, false);
    source_request request{std::move(address)};
    if (!basic.empty())
        request.headers.push_back({"Authorization", basic});
    MODELSEC_TRY(source_answer answer, ask(request));
    if (answer.status != 200)
        return status_failure(answer.status);
    const auto doc = secret_json::parse(answer.body);
    wipe(answer.body.data(), answer.body.size());
    std::string_view token = doc ? doc->root().string_at("token").value_or("") : "";
    if (doc && token.empty())
        token = doc->root().string_at("access_token").value_or("");
    // RFC 6750 section 2.1: b64token; nothing else may get into a header (CWE-113).
    if (token.empty() ||
        std::any_of(token.begin(), token.end(), [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }))
        return fail(reason::bad_response, "the realm's answer holds no token");
    return secret_text(token);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
