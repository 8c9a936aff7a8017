// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_UPLOAD_REGISTRY_IPP
#define MODELSEC_DETAIL_PUBLISH_UPLOAD_REGISTRY_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/publish/upload_host.hpp>
#include <modelsec/detail/source/percent.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// An OCI registry (OCI distribution specification 1.1, "push"): blobs in parts, then an image manifest for each platform whose layers bear the
/// files' names as titles, as ORAS has it; the signed manifest is an artifact of its own, tagged with the model's version.
class registry_upload final : public upload_host
{
public:
    registry_upload(upload_link& link, oci_locator place, std::string host)
        : upload_host(link), place_(std::move(place)), host_(std::move(host)),
          access_(link.options().sources.registries, link.options().transport.credentials, "pull,push")
    {
    }

    std::string locator(const upload_file& file) const override
    {
        return "oci://" + host_ + '/' + place_.repository + "@sha256:" + file.sha256.hex();
    }

    result<void> prepare() override
    {
        if (link_.options().where.is_private)
        {
            // One that lets everybody in is none to put this into.
            MODELSEC_TRY(const bool open, registry_is_open());
            if (open)
                return fail(reason::publicly_readable, "the registry asks nobody who they are");
        }
        return {};
    }

    result<void> put(const upload_file& file, bool resume) override
    {
        const std::string memory = "oci " + locator(file);
        std::string address;
        std::uint64_t at = 0;
        unsigned restarts = link_.options().caps.retries;
        if (const auto known = link_.remembered(memory); known && resume)
        {
            MODELSEC_TRY(const auto reached, reached_by(*known, address));
            if (reached && *reached <= file.size_bytes)
            {
                at = *reached;
                link_.advance(at);
            }
            else
                address.clear();
        }
        while (at < file.size_bytes || address.empty())
        {
            if (address.empty())
            {
                MODELSEC_TRY(const source_answer begun, call("POST", base() + "/blobs/uploads/", {}, nullptr));
                MODELSEC_CHECK(expect_status(begun, {202}));
                MODELSEC_TRY(address, next_address(begun));
                at = 0;
                continue;
            }
            link_.remember(memory, address);
            const std::uint64_t size = std::min(part_bytes, file.size_bytes - at);
            MODELSEC_TRY(const auto body, body_of(file, at, size, file.path.empty() ? nullptr : &link_));
            MODELSEC_TRY(const source_answer answer,
                         call("PATCH", address,
                              {{"Content-Type", "application/octet-stream"},
                               {"Content-Range", std::to_string(at) + '-' + std::to_string(at + size - 1)}},
                              body));
            // A line that was cut in the middle of a part leaves the registry with more than its own address says: it takes nothing there any
            // more (Docker's registry: 404 BLOB_UPLOAD_INVALID; OCI distribution specification 1.1: 416). From nothing, then.
            const bool lost = answer.status == 400 || answer.status == 404 || answer.status == 416;
            if (lost && restarts-- > 0)
            {
                address.clear();
                continue;
            }
            MODELSEC_CHECK(expect_status(answer, {202, 204}));
            MODELSEC_TRY(address, next_address(answer));
            at += size;
        }
        const char* mark = address.find('?') == std::string::npos ? "?" : "&";
        MODELSEC_TRY(const source_answer done, call("PUT", address + mark + "digest=sha256%3A" + file.sha256.hex(),
                                                    {{"Content-Type", "application/octet-stream"}}, nullptr));
        link_.remember(memory, {});
        return expect_status(done, {201});
    }

    result<void> finish(const std::vector<upload_file>& files) override
    {
        std::vector<std::string> platforms;
        for (const upload_file& file : files)
            if (std::find(platforms.begin(), platforms.end(), file.platform) == platforms.end())
                platforms.push_back(file.platform);
        for (const std::string& platform : platforms)
        {
            json::array layers;
            for (const upload_file& file : files)
                if (file.platform == platform)
                    layers.push_back(layer(file, "application/octet-stream"));
            MODELSEC_CHECK(push_artifact(std::move(layers), "application/vnd.modelsec.model.v1", tag_of(platform)));
        }
        return {};
    }

    /// By the tag of its version: manifests of others lie under theirs.
    result<std::optional<std::string>> manifest_there(const upload_file& manifest) override
    {
        MODELSEC_TRY(const auto text, text_of(call("GET", base() + "/manifests/" + tag_of(manifest.platform),
                                                   {{"Accept", manifest_type}}, nullptr)));
        const auto doc = text ? parse_json(as_bytes(*text)) : result<json>(fail(reason::json_malformed));
        const json* layers = doc ? doc->find("layers") : nullptr;
        const auto digest = layers && layers->as_array() && layers->as_array()->size() == 1
                                ? layers->as_array()->front().string_at("digest")
                                : std::nullopt;
        const auto hex =
            digest && digest->starts_with("sha256:") ? sha256_digest::from_hex(digest->substr(7)) : std::nullopt;
        if (!hex)
            return std::nullopt;
        return text_of(call("GET", base() + "/blobs/sha256:" + hex->hex(), {}, nullptr, manifest_bytes));
    }

    result<std::string> put_manifest(const upload_file& manifest) override
    {
        MODELSEC_CHECK(put(manifest, false));
        MODELSEC_TRY(const bool same, holds(manifest, false));
        if (!same)
            return fail(reason::upload_mismatch, manifest.name);
        json::array layers{layer(manifest, "application/vnd.modelsec.manifest.v1+json")};
        MODELSEC_CHECK(push_artifact(std::move(layers), "application/vnd.modelsec.manifest.v1", tag_of(manifest.platform)));
        return locator(manifest);
    }

private:
    static constexpr std::uint64_t part_bytes = 16u << 20;
    static constexpr const char* manifest_type = "application/vnd.oci.image.manifest.v1+json";

    std::string base() const { return place_.origin + "/v2/" + place_.repository; }

    /// A tag takes letters, digits and `_ . -`, at most 128 of them.
    static std::string tag_of(std::string text)
    {
        std::replace_if(
            text.begin(), text.end(),
            [](char c) {
                return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                         c == '_' || c == '-');
            },
            '_');
        if (!text.empty() && (text.front() == '.' || text.front() == '-'))
            text.front() = '_';
        return text.substr(0, 128);
    }

    static json layer(const upload_file& file, const char* type)
    {
        return json{{"mediaType", type},
                    {"digest", "sha256:" + file.sha256.hex()},
                    {"size", file.size_bytes},
                    {"annotations", json{{"org.opencontainers.image.title", file.title}}}};
    }

    result<source_answer> call(const std::string& method, const std::string& address,
                               const std::vector<http_header>& headers, const std::shared_ptr<const upload_body>& body,
                               std::size_t answer_bytes = 1u << 20)
    {
        source_answer answer;
        for (const bool again : {false, true})
        {
            const auto make = [&]() -> result<upload_request> {
                upload_request out{method, address, headers, body};
                MODELSEC_TRY(std::vector<http_header> own, access_.authorize(place_, again, link_.exchange()));
                for (http_header& h : own)
                    out.headers.push_back(std::move(h));
                return out;
            };
            MODELSEC_TRY(answer, link_.ask(make, answer_bytes));
            if (answer.status != 401)  // tokens end in the middle of an upload
                break;
        }
        return answer;
    }

    /// `Location` of an answer: the next request of this upload goes there.
    result<std::string> next_address(const source_answer& answer) const
    {
        MODELSEC_TRY(const url own, url::parse(base() + '/'));
        MODELSEC_TRY(const url where, own.resolve(answer.header("location").value_or("")));
        if (where.origin() != own.origin())  // CWE-522: the registry's credentials go nowhere else
            return fail(reason::bad_redirect, "the registry takes blobs at another host");
        return where.str();
    }

    /// How many bytes of an upload in progress there are, and where it goes on; nothing if it is gone.
    result<std::optional<std::uint64_t>> reached_by(const std::string& known, std::string& address)
    {
        using none = std::optional<std::uint64_t>;
        const auto where = url::parse(known);
        if (!where || where->origin() != place_.origin)
            return none();
        MODELSEC_TRY(const source_answer answer, call("GET", known, {}, nullptr));
        const std::string_view range = answer.header("range").value_or("");
        if (answer.status != 204 || !range.starts_with("0-"))
            return none();
        const std::string_view digits = range.substr(2);
        if (digits.empty() || digits.size() > 15 || digits.find_first_not_of("0123456789") != std::string_view::npos)
            return none();
        MODELSEC_TRY(address, next_address(answer));
        const std::uint64_t last = std::stoull(std::string(digits));
        return none(last == 0 ? 0 : last + 1);
    }

    /// Whether strangers are let in.
    result<bool> registry_is_open()
    {
        transport_options bare;
        bare.tls.ca_file = link_.options().transport.tls.ca_file;
        bare.tls.ca_pem = link_.options().transport.tls.ca_pem;
        bare.proxy = link_.options().transport.proxy;
        http_environment env;
        env.options = &bare;
        env.caps = &link_.options().caps;
        env.time = link_.options().clock;
        env.handle = link_.options().handle;
        http_client stranger(std::move(env));
        MODELSEC_TRY(url where, url::parse(place_.origin + "/v2/"));
        http_request request{std::move(where), std::nullopt, {}, 64u << 10};
        request.any_status = true;
        auto answer = stranger.exchange(request);
        if (answer.has_error())
            return code_of(answer.error().why) == errc::tls ? result<bool>(false) : std::move(answer).error();
        return answer->status < 300;
    }

    result<void> push_artifact(json::array layers, const char* type, const std::string& tag)
    {
        upload_file empty;
        empty.content = "{}";
        empty.size_bytes = 2;
        empty.sha256 = sha256(as_bytes(empty.content));
        MODELSEC_CHECK(put(empty, false));
        const std::string text = json{
            {"schemaVersion", 2},
            {"mediaType", manifest_type},
            {"artifactType", type},
            {"config", json{{"mediaType", "application/vnd.oci.empty.v1+json"},
                            {"digest", "sha256:" + empty.sha256.hex()},
                            {"size", 2}}},
            {"layers",
             std::move(layers)}}.dump();
        const std::string digest = sha256(as_bytes(text)).hex();
        // By digest, so that it is kept whatever becomes of the tag; then by tag, for people.
        for (const std::string& name : {"sha256:" + digest, tag})
            if (!name.empty())
            {
                MODELSEC_TRY(const source_answer answer,
                             call("PUT", base() + "/manifests/" + name, {{"Content-Type", manifest_type}}, body_of(text)));
                MODELSEC_CHECK(expect_status(answer, {201}));
            }
        return {};
    }

    oci_locator place_;
    std::string host_;
    oci_source access_;
};

result<std::unique_ptr<upload_host>> make_registry_upload(upload_link& link)
{
    std::string place = link.options().destination;
    const std::size_t slash = place.find('/');
    auto parsed = oci_locator::parse("oci://" + place + "@sha256:" + std::string(64, '0'));
    if (parsed.has_error() || slash == std::string::npos)
        return fail(reason::bad_option, "oci: a destination HOST[:PORT]/REPOSITORY");
    return std::unique_ptr<upload_host>(std::make_unique<registry_upload>(link, std::move(*parsed), place.substr(0, slash)));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
