// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_UPLOAD_HUB_IPP
#define MODELSEC_DETAIL_PUBLISH_UPLOAD_HUB_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/publish/upload_host.hpp>
#include <modelsec/detail/source/percent.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A repository of a Hugging Face Hub: large files by Git LFS, small ones within the commit, all of them in one commit, by whose number
/// the manifest names them.
class hub_upload final : public upload_host
{
public:
    hub_upload(upload_link& link, std::string origin, std::string organization, std::string name)
        : upload_host(link), origin_(std::move(origin)), organization_(std::move(organization)), name_(std::move(name)),
          repository_(organization_ + '/' + name_)
    {
    }

    std::string locator(const upload_file& file) const override
    {
        return "hf://" + repository_ + '@' + (commit_.empty() ? std::string(40, '0') : commit_) + '/' + file.name;
    }

    bool at_once() const override { return false; }
    result<bool> already_holds(const upload_file&) override { return false; }  // LFS is asked by digest when it is put

    result<void> prepare() override
    {
        const bool must_be_private = link_.options().where.is_private;
        const std::string said =
            json{{"name", name_}, {"organization", organization_}, {"type", "model"}, {"private", must_be_private}}.dump();
        MODELSEC_TRY(const source_answer made, call("POST", "/api/repos/create", said, "application/json"));
        MODELSEC_CHECK(expect_status(made, {200, 201, 409}));  // 409: it is there
        MODELSEC_TRY(const source_answer about, call("GET", "/api/models/" + repository_, {}, {}));
        MODELSEC_CHECK(expect_status(about, {200}));
        const auto doc = parse_json(about.body, 32);
        const auto is_private = doc ? doc->bool_at("private") : std::nullopt;
        if (!is_private)
            return fail(reason::bad_response, "the repository does not say whether it is private");
        if (must_be_private && !*is_private)
            return fail(reason::publicly_readable, "the repository is public");
        return {};
    }

    result<void> put(const upload_file& file, bool) override
    {
        MODELSEC_TRY(const bool large, goes_to_lfs(file));
        if (!large)
        {
            MODELSEC_TRY(const std::string text, content_of(file));
            small_[file.name] = to_base64(as_bytes(text));
            link_.sent(file.size_bytes);
            return {};
        }
        small_.erase(file.name);
        const json object{{"oid", file.sha256.hex()}, {"size", file.size_bytes}};
        const std::string said = json{
            {"operation", "upload"},
            {"transfers", json::array{"basic", "multipart"}},
            {"objects", json::array{object}},
            {"hash_algo", "sha256"}}.dump();
        MODELSEC_TRY(const source_answer answer,
                     call("POST", '/' + repository_ + ".git/info/lfs/objects/batch", said, lfs_type));
        MODELSEC_CHECK(expect_status(answer, {200}));
        const auto doc = parse_json(answer.body);
        const json* list = doc ? doc->find("objects") : nullptr;
        if (!list || !list->as_array() || list->as_array()->size() != 1 || list->as_array()->front().find("error"))
            return fail(reason::bad_response, "the Hub takes no object of this size");
        const json* actions = list->as_array()->front().find("actions");
        const json* upload = actions ? actions->find("upload") : nullptr;
        if (!upload)
        {
            link_.advance(file.size_bytes);  // it has this object already
            return {};
        }
        MODELSEC_CHECK(send_object(file, *upload));
        if (const json* verify = actions->find("verify"))
            return verify_object(object, *verify);
        return {};
    }

    result<std::optional<std::string>> manifest_there(const upload_file& manifest) override
    {
        return text_of(
            call("GET", '/' + repository_ + "/resolve/main/" + percent_encode(manifest.name, true), {}, {}, manifest_bytes));
    }

    result<void> finish(const std::vector<upload_file>& files) override { return commit(files, "Files of a model"); }

    result<std::string> put_manifest(const upload_file& manifest) override
    {
        small_[manifest.name] = to_base64(as_bytes(manifest.content));
        MODELSEC_CHECK(commit({manifest}, "The signed manifest"));
        MODELSEC_TRY(const bool same, holds(manifest, false));
        return same ? result<std::string>(locator(manifest)) : fail(reason::upload_mismatch, manifest.name);
    }

private:
    static constexpr const char* lfs_type = "application/vnd.git-lfs+json";
    static constexpr std::uint64_t small_bytes = 5u << 20;  // no text of a model has more

    result<source_answer> call(const std::string& method, const std::string& path, const std::string& said,
                               const std::string& type, std::size_t answer_bytes = 1u << 20)
    {
        const auto make = [&]() -> result<upload_request> {
            upload_request out{method, origin_ + path};
            MODELSEC_TRY(const secret_text token, bearer());
            if (!token.empty())
                out.headers.push_back({"Authorization", token});
            if (!said.empty())
            {
                out.headers.push_back({"Content-Type", type});
                out.body = body_of(said);
            }
            if (type == lfs_type)
                out.headers.push_back({"Accept", type});
            return out;
        };
        return link_.ask(make, answer_bytes);
    }

    result<secret_text> bearer() const
    {
        if (!link_.options().sources.hub.token)
            return secret_text();
        MODELSEC_TRY(const secret token, link_.options().sources.hub.token());
        return token.empty() ? secret_text() : secret_text("Bearer ").append(token.reveal_text());
    }

    static result<std::string> content_of(const upload_file& file)
    {
        if (file.path.empty())
            return file.content;
        MODELSEC_TRY(const auto body, body_of(file, 0, file.size_bytes));
        std::string out(static_cast<std::size_t>(file.size_bytes), '\0');
        MODELSEC_CHECK(body->read(0, std::span(reinterpret_cast<std::uint8_t*>(out.data()), out.size())));
        return out;
    }

    /// The Hub says which files its repository keeps in LFS, by name and by how they begin.
    result<bool> goes_to_lfs(const upload_file& file)
    {
        if (file.size_bytes > small_bytes)
            return true;
        std::string sample(static_cast<std::size_t>(std::min<std::uint64_t>(file.size_bytes, 512)), '\0');
        MODELSEC_TRY(const auto body, body_of(file, 0, sample.size()));
        MODELSEC_CHECK(body->read(0, std::span(reinterpret_cast<std::uint8_t*>(sample.data()), sample.size())));
        const std::string said =
            json{{"files", json::array{json{
                               {"path", file.name}, {"size", file.size_bytes}, {"sample", to_base64(as_bytes(sample))}}}}}
                .dump();
        MODELSEC_TRY(const source_answer answer,
                     call("POST", "/api/models/" + repository_ + "/preupload/main", said, "application/json"));
        MODELSEC_CHECK(expect_status(answer, {200}));
        const auto doc = parse_json(answer.body);
        const json* files = doc ? doc->find("files") : nullptr;
        if (!files || !files->as_array() || files->as_array()->size() != 1)
            return fail(reason::bad_response, "the Hub does not say how it takes the file");
        return files->as_array()->front().string_at("uploadMode") != std::string_view("regular");
    }

    /// By one PUT, or in parts where the Hub hands out an address for each (its own "multipart" transfer).
    result<void> send_object(const upload_file& file, const json& upload)
    {
        const auto where = upload.string_at("href");
        const json* given = upload.find("header");
        const std::uint64_t part = given ? chunk_size(*given) : 0;
        if (!where)
            return fail(reason::bad_response, "an upload without address");
        if (part == 0)
        {
            upload_request request{"PUT", std::string(*where)};
            if (given && given->as_object())
                for (const auto& [name, value] : *given->as_object())
                    if (value.as_string())
                        request.headers.push_back({name, *value.as_string()});
            MODELSEC_TRY(request.body, body_of(file, 0, file.size_bytes, &link_));
            MODELSEC_TRY(const source_answer answer, link_.ask(request));
            return expect_status(answer, {200, 201, 204});
        }
        const std::uint64_t count = (file.size_bytes + part - 1) / part;
        json::array parts;
        for (std::uint64_t number = 1; number <= count; ++number)
        {
            const json* address = nullptr;
            for (const auto& [name, value] : *given->as_object())
                if (name.find_first_not_of("0123456789") == std::string::npos && name.size() <= 9 &&
                    std::stoull(name) == number)
                    address = &value;
            if (!address || !address->as_string())
                return fail(reason::bad_response, "a part without address");
            const std::uint64_t first = (number - 1) * part, size = std::min(part, file.size_bytes - first);
            upload_request request{"PUT", *address->as_string()};
            MODELSEC_TRY(request.body, body_of(file, first, size, &link_));
            MODELSEC_TRY(const source_answer answer, link_.ask(request));
            MODELSEC_CHECK(expect_status(answer, {200, 201, 204}));
            parts.push_back(json{{"partNumber", number}, {"etag", std::string(answer.header("etag").value_or(""))}});
        }
        const std::string said = json{{"oid", file.sha256.hex()}, {"parts", std::move(parts)}}.dump();
        upload_request request{
            "POST", std::string(*where), {{"Content-Type", lfs_type}, {"Accept", lfs_type}}, body_of(said)};
        MODELSEC_TRY(const source_answer answer, link_.ask(request));
        return expect_status(answer, {200, 201, 204});
    }

    static std::uint64_t chunk_size(const json& given)
    {
        if (const auto number = given.size_at("chunk_size"))
            return *number;
        const auto text = given.string_at("chunk_size");
        return text && !text->empty() && text->size() <= 15 &&
                       text->find_first_not_of("0123456789") == std::string_view::npos
                   ? std::stoull(std::string(*text))
                   : 0;
    }

    result<void> verify_object(const json& object, const json& verify)
    {
        MODELSEC_TRY(const url where, url::parse(verify.string_at("href").value_or("")));
        if (where.origin() != origin_)  // CWE-522: the token goes to the Hub alone
            return fail(reason::bad_redirect, "the Hub verifies at another host");
        MODELSEC_TRY(const source_answer answer, call("POST", where.target(), object.dump(), lfs_type));
        return expect_status(answer, {200});
    }

    result<void> commit(const std::vector<upload_file>& files, const std::string& summary)
    {
        std::string lines =
            json{{"key", "header"}, {"value", json{{"summary", summary}, {"description", ""}}}}.dump() + '\n';
        for (const upload_file& file : files)
        {
            const auto small = small_.find(file.name);
            json value{{"path", file.name}};
            if (small != small_.end())
            {
                value.set("content", small->second);
                value.set("encoding", "base64");
            }
            else
            {
                value.set("algo", "sha256");
                value.set("oid", file.sha256.hex());
                value.set("size", file.size_bytes);
            }
            lines += json{{"key", small != small_.end() ? "file" : "lfsFile"}, {"value", std::move(value)}}.dump() + '\n';
        }
        MODELSEC_TRY(const source_answer answer,
                     call("POST", "/api/models/" + repository_ + "/commit/main", lines, "application/x-ndjson"));
        MODELSEC_CHECK(expect_status(answer, {200, 201}));
        const auto doc = parse_json(answer.body);
        const auto number = doc ? doc->string_at("commitOid") : std::nullopt;
        if (!number || number->size() != 40 || number->find_first_not_of("0123456789abcdef") != std::string_view::npos)
            return fail(reason::bad_response, "a commit without number");
        commit_ = *number;
        return {};
    }

    std::string origin_, organization_, name_, repository_;
    std::string commit_;
    std::map<std::string, std::string> small_;  ///< base64, by name
};

result<std::unique_ptr<upload_host>> make_hub_upload(upload_link& link)
{
    const std::string& place = link.options().destination;
    const std::size_t slash = place.find('/');
    static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (slash == std::string::npos || slash == 0 || slash + 1 == place.size() ||
        place.substr(0, slash).find_first_not_of(letters) != std::string::npos ||
        place.substr(slash + 1).find_first_not_of(letters) != std::string::npos)
        return fail(reason::bad_option, "hf: a destination ORG/REPO");
    MODELSEC_TRY(const url endpoint, url::parse(link.options().sources.hub.endpoint));
    return std::unique_ptr<upload_host>(
        std::make_unique<hub_upload>(link, endpoint.origin(), place.substr(0, slash), place.substr(slash + 1)));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
