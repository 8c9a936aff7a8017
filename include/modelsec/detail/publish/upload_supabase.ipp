// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_UPLOAD_SUPABASE_IPP
#define MODELSEC_DETAIL_PUBLISH_UPLOAD_SUPABASE_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/publish/upload_host.hpp>
#include <modelsec/detail/source/percent.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Supabase's storage. Its service key is what the caller's credentials have for the project's origin (`Authorization`, `apikey`).
class supabase_upload final : public upload_host
{
public:
    supabase_upload(upload_link& link, bucket_place place, std::string origin)
        : upload_host(link), place_(std::move(place)), api_(std::move(origin) + "/storage/v1")
    {
    }

    std::string locator(const upload_file& file) const override
    {
        return api_ + (link_.options().where.is_private ? "/object/authenticated/" : "/object/public/") + place_.bucket +
               '/' + percent_encode(key_of(file), true);
    }

    result<void> prepare() override
    {
        MODELSEC_TRY(const source_answer known, link_.ask({"GET", api_ + "/bucket/" + place_.bucket}));
        const bool must_be_private = link_.options().where.is_private;
        if (known.status == 200)
        {
            const auto doc = parse_json(known.body);
            const auto is_public = doc ? doc->bool_at("public") : std::nullopt;
            if (!is_public)
                return fail(reason::bad_response, "the bucket does not say whether it is public");
            if (must_be_private && *is_public)
                return fail(reason::publicly_readable, "the bucket is public");
            return {};
        }
        if (!is_absent(known))
            return status_failure(known.status);
        const std::string said = json{{"id", place_.bucket}, {"name", place_.bucket}, {"public", !must_be_private}}.dump();
        MODELSEC_TRY(const source_answer made,
                     link_.ask({"POST", api_ + "/bucket", {{"Content-Type", "application/json"}}, body_of(said)}));
        return expect_status(made, {200, 201});
    }

    result<void> put(const upload_file& file, bool resume) override
    {
        if (file.size_bytes <= part_bytes)
            return put_whole(file, file.path.empty() ? nullptr : &link_);
        const std::string memory = "supabase " + locator(file) + ' ' + file.sha256.hex();
        std::string address;
        std::uint64_t at = 0;
        if (const auto known = link_.remembered(memory); known && resume)
        {
            MODELSEC_TRY(const auto reached, offset_of(*known));
            if (reached && *reached <= file.size_bytes)
            {
                address = *known;
                at = *reached;
                link_.advance(at);
            }
        }
        if (address.empty())
        {
            MODELSEC_TRY(address, begin_upload(file));
            link_.remember(memory, address);
        }
        for (unsigned lost = 0; at < file.size_bytes;)
        {
            const std::uint64_t size = std::min(part_bytes, file.size_bytes - at);
            MODELSEC_TRY(const auto body, body_of(file, at, size, &link_));
            MODELSEC_TRY(const source_answer answer, link_.ask({"PATCH",
                                                                address,
                                                                {{"Tus-Resumable", "1.0.0"},
                                                                 {"Content-Type", "application/offset+octet-stream"},
                                                                 {"Upload-Offset", std::to_string(at)}},
                                                                body}));
            if (answer.status == 204 || answer.status == 200)
            {
                at += size;
                continue;
            }
            // tus.io 1.0.0: 409 where the server has got more, or less, than we know of: it says how much.
            if (answer.status != 409 || ++lost > 5)
                return status_failure(answer.status);
            MODELSEC_TRY(const auto reached, offset_of(address));
            if (!reached || *reached > file.size_bytes)
                return fail(reason::server_error, "the upload in progress is gone");
            at = *reached;
        }
        link_.remember(memory, {});
        return {};
    }

    result<std::string> put_manifest(const upload_file& manifest) override
    {
        MODELSEC_CHECK(put_whole(manifest, nullptr));
        MODELSEC_TRY(const bool same, holds(manifest, false));
        return same ? result<std::string>(locator(manifest)) : fail(reason::upload_mismatch, manifest.name);
    }

private:
    static constexpr std::uint64_t part_bytes = 6u << 20;  // what Supabase asks of every part but the last

    std::string key_of(const upload_file& file) const { return place_.prefix + file.name; }

    /// 404, or Supabase's 400 that means it.
    static bool is_absent(const source_answer& answer)
    {
        if (answer.status == 404)
            return true;
        const auto doc = answer.status == 400 ? parse_json(answer.body) : result<json>(fail(reason::json_malformed));
        return doc && doc->string_at("statusCode") == std::string_view("404");
    }

    result<void> put_whole(const upload_file& file, upload_link* told)
    {
        MODELSEC_TRY(const auto body, body_of(file, 0, file.size_bytes, told));
        MODELSEC_TRY(
            const source_answer answer,
            link_.ask({"POST",
                       api_ + "/object/" + place_.bucket + '/' + percent_encode(key_of(file), true),
                       {{"Content-Type", "application/octet-stream"}, {"x-upsert", "true"}, {"Cache-Control", "max-age=0"}},
                       body}));
        return expect_status(answer, {200, 201});
    }

    /// The address of a new resumable upload (tus.io 1.0.0, creation).
    result<std::string> begin_upload(const upload_file& file)
    {
        const auto field = [](const char* name, const std::string& value) {
            return std::string(name) + ' ' + to_base64(as_bytes(value));
        };
        const std::string metadata = field("bucketName", place_.bucket) + ',' + field("objectName", key_of(file)) + ',' +
                                     field("contentType", "application/octet-stream") + ',' + field("cacheControl", "3600");
        const std::string endpoint = api_ + "/upload/resumable";
        MODELSEC_TRY(const source_answer answer, link_.ask({"POST",
                                                            endpoint,
                                                            {{"Tus-Resumable", "1.0.0"},
                                                             {"Upload-Length", std::to_string(file.size_bytes)},
                                                             {"Upload-Metadata", metadata},
                                                             {"x-upsert", "true"}}}));
        MODELSEC_CHECK(expect_status(answer, {201}));
        MODELSEC_TRY(const url base, url::parse(endpoint));
        MODELSEC_TRY(const url where, base.resolve(answer.header("location").value_or("")));
        if (where.origin() != base.origin())  // CWE-522: the service key goes nowhere else
            return fail(reason::bad_redirect, "the upload's address is at another host");
        return where.str();
    }

    /// How much of an upload has arrived; nothing if it is gone.
    result<std::optional<std::uint64_t>> offset_of(const std::string& address)
    {
        MODELSEC_TRY(const url where, url::parse(address));
        MODELSEC_TRY(const url own, url::parse(api_));
        if (where.origin() != own.origin())
            return std::optional<std::uint64_t>();
        MODELSEC_TRY(const source_answer answer, link_.ask({"HEAD", address, {{"Tus-Resumable", "1.0.0"}}}));
        const std::string_view digits = answer.header("upload-offset").value_or("");
        if ((answer.status != 200 && answer.status != 204) || digits.empty() || digits.size() > 15 ||
            digits.find_first_not_of("0123456789") != std::string_view::npos)
            return std::optional<std::uint64_t>();
        return std::optional<std::uint64_t>(std::stoull(std::string(digits)));
    }

    bucket_place place_;
    std::string api_;
};

result<std::unique_ptr<upload_host>> make_supabase_upload(upload_link& link)
{
    MODELSEC_TRY(bucket_place place, parse_bucket_place(link.options().destination));
    if (link.options().endpoint.empty())
        return fail(reason::bad_option, "supabase: the project's address as endpoint");
    MODELSEC_TRY(const url endpoint, url::parse(link.options().endpoint));
    return std::unique_ptr<upload_host>(std::make_unique<supabase_upload>(link, std::move(place), endpoint.origin()));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
