// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_UPLOAD_S3_IPP
#define MODELSEC_DETAIL_PUBLISH_UPLOAD_S3_IPP

#include <modelsec/detail/publish/s3_xml.hpp>
#include <modelsec/detail/publish/upload_host.hpp>
#include <modelsec/detail/source/percent.hpp>
#include <modelsec/detail/source/s3.hpp>

#include <algorithm>
#include <map>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// S3's protocol. Objects get no ACL: whoever may read is the bucket's policy, and is asked as a stranger afterwards.
class s3_upload final : public upload_host
{
public:
    s3_upload(upload_link& link, bucket_place place, std::string bucket_url, std::string region)
        : upload_host(link), place_(std::move(place)), bucket_url_(std::move(bucket_url)), region_(std::move(region))
    {
    }

    std::string locator(const upload_file& file) const override
    {
        return bucket_url_ + '/' + percent_encode(key_of(file), true);
    }

    result<void> prepare() override { return {}; }

    result<void> put(const upload_file& file, bool resume) override
    {
        if (file.size_bytes <= part_bytes)
            return put_whole(file);
        const std::uint64_t part = std::max<std::uint64_t>(part_bytes, (file.size_bytes + 9999) / 10000);
        std::string id;
        std::map<std::uint64_t, std::string> parts;
        bool begun_before = false;
        if (resume)
        {
            MODELSEC_TRY(id, upload_in_progress(key_of(file)));
            if (!id.empty())
            {
                MODELSEC_TRY(parts, parts_there(file, id, part));
                begun_before = !id.empty();
            }
        }
        if (id.empty())
        {
            MODELSEC_TRY(id, begin_upload(file));
        }
        const std::uint64_t count = (file.size_bytes + part - 1) / part;
        for (std::uint64_t number = 1; number <= count; ++number)
        {
            const std::uint64_t first = (number - 1) * part, size = std::min(part, file.size_bytes - first);
            if (parts.contains(number))
            {
                link_.advance(size);
                continue;
            }
            MODELSEC_TRY(const auto body, body_of(file, first, size, &link_));
            MODELSEC_TRY(const source_answer answer, send("PUT",
                                                          locator(file) + "?partNumber=" + std::to_string(number) +
                                                              "&uploadId=" + percent_encode(id, false),
                                                          {}, body, "UNSIGNED-PAYLOAD"));
            MODELSEC_CHECK(expect_status(answer, {200}));
            // How it is encrypted was said when it was begun, perhaps for a model that anybody may have.
            if (begun_before && check_encryption(answer).has_error())
                return put(file, false);
            const auto tag = answer.header("etag");
            if (!tag || tag->empty() || tag->size() > 256)
                return fail(reason::bad_response, "a part without ETag");
            parts[number] = std::string(*tag);
        }
        MODELSEC_CHECK(complete(file, id, parts));
        MODELSEC_TRY(const bool encrypted, is_encrypted(file));
        if (encrypted)
            return {};
        return begun_before ? put(file, false) : not_encrypted();
    }

    /// What lies there as plain text is not there, however equal: it is sent again.
    result<bool> already_holds(const upload_file& file) override
    {
        MODELSEC_TRY(const bool encrypted, is_encrypted(file));
        return encrypted ? upload_host::already_holds(file) : result<bool>(false);
    }

    result<std::optional<std::string>> manifest_there(const upload_file& manifest) override
    {
        return text_of(send("GET", locator(manifest), {}, nullptr, empty_sha256(), manifest_bytes));
    }

    result<std::string> put_manifest(const upload_file& manifest) override
    {
        MODELSEC_CHECK(put_whole(manifest));
        MODELSEC_TRY(const bool same, holds(manifest, false));
        return same ? result<std::string>(locator(manifest)) : fail(reason::upload_mismatch, manifest.name);
    }

private:
    static constexpr std::uint64_t part_bytes = 16u << 20;

    std::string key_of(const upload_file& file) const { return place_.prefix + file.name; }

    std::vector<http_header> storage_headers() const
    {
        std::vector<http_header> out;
        if (!link_.options().where.kms)
            return out;
        out.push_back({"x-amz-server-side-encryption", "aws:kms"});
        if (!link_.options().kms_key.empty())
            out.push_back({"x-amz-server-side-encryption-aws-kms-key-id", link_.options().kms_key});
        return out;
    }

    /// The server says how it encrypts what it was given; one that ignores what was asked for says nothing.
    result<void> check_encryption(const source_answer& answer) const
    {
        if (link_.options().where.kms && answer.header("x-amz-server-side-encryption") != std::string_view("aws:kms"))
            return not_encrypted();
        return {};
    }

    static failure not_encrypted() { return fail(reason::placement, "the server does not encrypt by aws:kms"); }

    /// Whether the object is stored as it must be; one that is not there is not. To list the parts does not tell, to ask for the object does.
    result<bool> is_encrypted(const upload_file& file)
    {
        if (!link_.options().where.kms)
            return true;
        MODELSEC_TRY(const source_answer answer, send("HEAD", locator(file), {}, nullptr, empty_sha256()));
        // Amazon answers 403 also for what is not there, to keys that may not list (API reference, HeadObject): it says nothing of encryption.
        if (answer.status == 403)
            return fail(reason::encryption_unknown, "HEAD is answered 403");
        return answer.status == 200 && check_encryption(answer).has_value();
    }

    result<source_answer> send(const std::string& method, const std::string& address,
                               const std::vector<http_header>& headers, const std::shared_ptr<const upload_body>& body,
                               const std::string& payload_sha256, std::size_t answer_bytes = 1u << 20)
    {
        const auto make = [&]() -> result<upload_request> {
            MODELSEC_TRY(const url where, url::parse(address));
            const upload_options& how = link_.options();
            if (!how.sources.s3.credentials)
                return fail(reason::unauthorized, "no keys to the bucket");
            MODELSEC_TRY(const auto keys, how.sources.s3.credentials(where.origin()));
            if (!keys)
                return fail(reason::unauthorized, "no keys to the bucket");
            upload_request out{method, address, headers, body};
            for (http_header& h : sigv4_headers({method, where.authority(), where.target(), headers, payload_sha256}, *keys,
                                                region_, how.clock->now()))
                out.headers.push_back(std::move(h));
            return out;
        };
        return link_.ask(make, answer_bytes);
    }

    result<void> put_whole(const upload_file& file)
    {
        MODELSEC_TRY(const auto body, body_of(file, 0, file.size_bytes, file.path.empty() ? nullptr : &link_));
        MODELSEC_TRY(const source_answer answer, send("PUT", locator(file), storage_headers(), body, file.sha256.hex()));
        MODELSEC_CHECK(expect_status(answer, {200}));
        return check_encryption(answer);
    }

    result<std::string> begin_upload(const upload_file& file)
    {
        MODELSEC_TRY(const source_answer answer,
                     send("POST", locator(file) + "?uploads=", storage_headers(), nullptr, empty_sha256()));
        MODELSEC_CHECK(expect_status(answer, {200}));
        MODELSEC_CHECK(check_encryption(answer));
        std::string id = xml_text(as_text(answer.body), "UploadId");
        if (id.empty())
            return fail(reason::bad_response, "an upload without id");
        return id;
    }

    /// The newest one of this key; empty if there is none. One whose parts are of another file comes out when it is read back.
    result<std::string> upload_in_progress(const std::string& key)
    {
        MODELSEC_TRY(
            const source_answer answer,
            send("GET", bucket_url_ + "?prefix=" + percent_encode(key, false) + "&uploads=", {}, nullptr, empty_sha256()));
        if (answer.status != 200)
            return std::string();  // who may write need not have the right to list
        std::string out;
        for (const std::string& upload : xml_texts(as_text(answer.body), "Upload"))
            if (xml_text(upload, "Key") == key)
                out = xml_text(upload, "UploadId");
        return out;
    }

    /// ETags of the parts that are there in full, by number.
    result<std::map<std::uint64_t, std::string>> parts_there(const upload_file& file, std::string& id, std::uint64_t part)
    {
        std::map<std::uint64_t, std::string> out;
        std::string marker;
        for (unsigned page = 0; page < 100; ++page)
        {
            const std::string after = marker.empty() ? "" : "part-number-marker=" + percent_encode(marker, false) + '&';
            MODELSEC_TRY(const source_answer answer,
                         send("GET", locator(file) + '?' + after + "uploadId=" + percent_encode(id, false), {}, nullptr,
                              empty_sha256()));
            if (answer.status != 200)
            {
                id.clear();  // gone meanwhile: begun anew
                return std::map<std::uint64_t, std::string>();
            }
            for (const std::string& one : xml_texts(as_text(answer.body), "Part"))
            {
                const std::uint64_t number = number_of(xml_text(one, "PartNumber"));
                if (number == 0 || (number - 1) * part >= file.size_bytes)
                    continue;
                if (number_of(xml_text(one, "Size")) == std::min(part, file.size_bytes - (number - 1) * part))
                    out[number] = xml_text(one, "ETag");
            }
            marker = xml_text(as_text(answer.body), "NextPartNumberMarker");
            if (xml_text(as_text(answer.body), "IsTruncated") != "true" || marker.empty())
                break;
        }
        return out;
    }

    result<void> complete(const upload_file& file, const std::string& id, const std::map<std::uint64_t, std::string>& parts)
    {
        std::string text = "<CompleteMultipartUpload>";
        for (const auto& [number, tag] : parts)
            text +=
                "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + xml_escape(tag) + "</ETag></Part>";
        text += "</CompleteMultipartUpload>";
        const std::string digest = sha256(as_bytes(text)).hex();
        MODELSEC_TRY(const source_answer answer,
                     send("POST", locator(file) + "?uploadId=" + percent_encode(id, false),
                          {{"Content-Type", "application/xml"}}, body_of(std::move(text)), digest));
        MODELSEC_CHECK(expect_status(answer, {200}));
        // S3 begins its 200 before it knows: a failure comes in the body (API reference, CompleteMultipartUpload).
        if (as_text(answer.body).find("<Error>") != std::string_view::npos)
            return fail(reason::server_error, "the parts could not be put together");
        return {};
    }

    static std::uint64_t number_of(std::string_view digits)
    {
        std::uint64_t out = 0;
        if (digits.empty() || digits.size() > 15 || digits.find_first_not_of("0123456789") != std::string_view::npos)
            return 0;
        for (const char c : digits)
            out = out * 10 + static_cast<std::uint64_t>(c - '0');
        return out;
    }

    static std::string empty_sha256() { return sha256(bytes_view()).hex(); }

    bucket_place place_;
    std::string bucket_url_;
    std::string region_;
};

result<std::unique_ptr<upload_host>> make_s3_upload(upload_link& link)
{
    const upload_options& how = link.options();
    MODELSEC_TRY(bucket_place place, parse_bucket_place(how.destination));
    std::string region = how.sources.s3.region.empty() ? "us-east-1" : how.sources.s3.region;
    std::string bucket_url = "https://" + place.bucket + ".s3." + region + ".amazonaws.com";
    if (!how.endpoint.empty())
    {
        MODELSEC_TRY(const url endpoint, url::parse(how.endpoint));
        bucket_url = endpoint.origin() + '/' + place.bucket;
        if (how.sources.s3.region.empty())
            region = s3_region_of(endpoint.host());
    }
    MODELSEC_CHECK(url::parse(bucket_url));
    return std::unique_ptr<upload_host>(
        std::make_unique<s3_upload>(link, std::move(place), std::move(bucket_url), std::move(region)));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
