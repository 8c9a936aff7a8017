// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_STATEMENT_PARSE_IPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_STATEMENT_PARSE_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/trust/signature_bundle.hpp>
#include <modelsec/detail/manifest/model_statement.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::string_view statement_type = "https://in-toto.io/Statement/v1";
inline constexpr std::string_view model_predicate_type = "https://model_signing/signature/v1.0";
inline constexpr std::string_view historic_predicate_type = "https://model_signing/Digests/v0.1";
inline constexpr std::string_view model_hash = "sha256";

/// A member that is there and not null.
inline const json* present(const json& object, std::string_view key)
{
    const json* v = object.find(key);
    return v && !v->is_null() ? v : nullptr;
}

/// What the digest of a resource must call itself.
inline std::string resource_algorithm(const model_serialization& how)
{
    return std::string(model_hash) +
           (how.method == serialization_method::shards ? "-sharded-" + std::to_string(how.shard_bytes) : "");
}

/// 1 to 2^53-1; model-signing writes 1000000000.0, because a protobuf Struct knows no integers.
inline std::optional<std::uint64_t> shard_size_at(const json& record)
{
    const json* v = record.find("shard_size");
    std::optional<std::uint64_t> n = record.size_at("shard_size");
    if (const double* d = v ? v->as_double() : nullptr)
        if (*d >= 1 && *d <= static_cast<double>(limits::max_integer) && std::floor(*d) == *d)
            n = static_cast<std::uint64_t>(*d);
    return n == 0u ? std::nullopt : n;
}

inline result<model_serialization> parse_serialization(const json& record, const limits& caps)
{
    const auto method = record.string_at("method");
    const auto hash = record.string_at("hash_type");
    const auto links = record.bool_at("allow_symlinks");
    if (!method || !hash || !links)
        return bundle_failure("serialization needs method, hash_type and allow_symlinks");
    model_serialization out;
    out.follow_links = *links;
    if (*method == "shards")
    {
        const auto size = shard_size_at(record);
        if (!size)
            return bundle_failure("shards need a shard_size");
        out.method = serialization_method::shards;
        out.shard_bytes = *size;
    }
    else if (*method != "files")
        return bundle_failure("serialization method " + std::string(*method));
    if (*hash != model_hash)
        return *hash == "blake2b" || *hash == "blake3" ? fail(reason::hash_unsupported, std::string(*hash))
                                                       : bundle_failure("hash type " + std::string(*hash));
    if (const json* ignored = present(record, "ignore_paths"))
    {
        if (!ignored->as_array())
            return bundle_failure("ignore_paths is not a list");
        if (ignored->as_array()->size() > caps.files)
            return fail(reason::too_large, "ignore_paths");
        for (const json& path : *ignored->as_array())
        {
            if (!path.as_string())
                return bundle_failure("ignore_paths has something that is not a string");
            MODELSEC_TRY(model_path parsed, model_path::parse(*path.as_string()));
            out.ignored.push_back(std::move(parsed));
        }
    }
    return out;
}

/// "NAME", or "NAME:BEGIN:END" of a shard.
struct resource_name
{
    std::string_view file;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

inline std::optional<std::uint64_t> take_last_number(std::string_view& text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    const std::string_view digits = text.substr(colon + 1);
    std::uint64_t n = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (problem != std::errc() || end != digits.data() + digits.size() || n > limits::max_integer ||
        (digits.size() > 1 && digits[0] == '0'))
        return std::nullopt;
    text = text.substr(0, colon);
    return n;
}

inline std::optional<resource_name> parse_resource_name(std::string_view text, serialization_method method)
{
    resource_name out{text};
    if (method == serialization_method::shards)
    {
        const auto end = take_last_number(out.file);
        const auto begin = end ? take_last_number(out.file) : std::nullopt;
        if (!begin)
            return std::nullopt;
        out.begin = *begin;
        out.end = *end;
    }
    return out;
}

/// Collects resources into files and refuses what two readers could understand differently.
class resource_reader
{
public:
    resource_reader(model_statement& into, const limits& caps)
        : into_(into), caps_(caps), algorithm_(resource_algorithm(into.serialization))
    {
        for (const model_path& p : into.serialization.ignored)
            ignored_.insert(p.str());
    }

    result<void> add(const json& resource)
    {
        const auto name = resource.string_at("name");
        const auto hex = resource.string_at("digest");
        const auto digest = hex ? sha256_digest::from_hex(*hex) : std::nullopt;
        if (!name || !digest)
            return bundle_failure("a resource needs a name and a digest");
        // OMS 1.0 section 6.3.2 calls shards by their hash alone; model-signing writes their size too.
        if (const auto said = resource.string_at("algorithm"); said != algorithm_ && said != model_hash)
            return bundle_failure("a resource's algorithm is not " + algorithm_);
        const auto parsed = parse_resource_name(*name, into_.serialization.method);
        if (!parsed)
            return bundle_failure("a resource that names no shard");
        const bool shards = into_.serialization.method == serialization_method::shards;
        auto place = places_.find(parsed->file);
        if (place == places_.end())
        {
            MODELSEC_CHECK(begin_file(parsed->file));
            place = places_.emplace(std::string(parsed->file), into_.files.size() - 1).first;
            if (shards)
                shards_.emplace_back();
        }
        else if (!shards)
            return bundle_failure("a resource stands twice");
        if (shards)
            shards_[place->second].push_back({parsed->begin, parsed->end, *digest});
        else
            into_.files[place->second].digests.push_back(*digest);
        whole_.update(digest->view());
        return {};
    }

    /// The digest of all digests, in the order in which they stand.
    result<sha256_digest> finish()
    {
        for (std::size_t i = 0; i < shards_.size(); ++i)
            MODELSEC_CHECK(join(shards_[i], into_.files[i]));
        return whole_.finish_sha256();
    }

private:
    struct shard
    {
        std::uint64_t begin = 0, end = 0;
        sha256_digest digest;
    };

    result<void> begin_file(std::string_view file)
    {
        // "." is what model-signing calls a model that is one file. It stands alone.
        if (!into_.files.empty() && (file == "." || !into_.files.front().path))
            return bundle_failure("a model is one file or a folder");
        if (places_.size() == caps_.files)
            return fail(reason::too_large, "files");
        signed_model_file added;
        if (file != ".")
        {
            // OWASP path traversal (CWE-22): no name leads out of the folder.
            MODELSEC_TRY(model_path path, model_path::parse(file));
            for (std::size_t at = file.find('/');; at = file.find('/', at + 1))
            {
                const std::string above(file.substr(0, at));
                if (ignored_.count(above) != 0)
                    return bundle_failure("a file is both signed and ignored");
                if (at == std::string_view::npos)
                    break;
                folders_.insert(above);
                if (places_.count(above) != 0)
                    return fail(reason::unsafe_name, "a file is another's folder: " + above);
            }
            if (folders_.count(std::string(file)) != 0)
                return fail(reason::unsafe_name, "a file is another's folder: " + std::string(file));
            added.path = std::move(path);
        }
        into_.files.push_back(std::move(added));
        return {};
    }

    /// The shards of a file cover it without gap or overlap; only the last one may be shorter. OMS 1.0 section 6.4 sorts them by name as
    /// text, where the shard at 10 comes before the one at 8 and another file's may stand between; model-signing sorts by offset.
    result<void> join(std::vector<shard>& shards, signed_model_file& file)
    {
        std::ranges::sort(shards, {}, &shard::begin);
        const std::uint64_t size = into_.serialization.shard_bytes;
        std::uint64_t& reached = file.size;
        file.digests.reserve(shards.size());
        for (const shard& s : shards)
        {
            if (s.begin != reached || reached % size != 0 || s.end <= s.begin || s.end - s.begin > size)
                return bundle_failure("shards with a gap, an overlap or another size");
            reached = s.end;
            file.digests.push_back(s.digest);
        }
        return {};
    }

    model_statement& into_;
    const limits& caps_;
    std::string algorithm_;
    std::set<std::string> ignored_;
    std::map<std::string, std::size_t, std::less<>> places_;  ///< of a file's name among the files
    std::vector<std::vector<shard>> shards_;                  ///< of each file, as they stand
    std::set<std::string> folders_;
    hasher whole_;
};

/// The predicate of release 0.2: each file is a subject of its own, and there is nothing else.
inline result<model_statement> parse_historic_statement(const json& subjects, const limits& caps)
{
    if (!subjects.as_array() || subjects.as_array()->empty())
        return bundle_failure("no file is signed");
    model_statement out;
    resource_reader reader(out, caps);
    for (const json& subject : *subjects.as_array())
    {
        const auto name = subject.string_at("name");
        const json* digests = subject.find("digest");
        const auto hex = digests ? digests->string_at("sha256") : std::nullopt;
        if (!name || !hex)
            return bundle_failure("a subject needs a name and a sha256 digest");
        MODELSEC_CHECK(reader.add(json{{"name", *name}, {"algorithm", model_hash}, {"digest", *hex}}));
    }
    MODELSEC_TRY(out.subject, reader.finish());  // release 0.2 signed none
    return out;
}

// in-toto Attestation Framework 1.0, Statement; model_signing's predicate 1.0, and 0.1 of its release 0.2.
result<model_statement> parse_model_statement(bytes_view payload, const limits& caps)
{
    auto doc = parse_json(payload, caps.json_depth);
    if (!doc)
        return bundle_failure(std::move(doc.error().detail));
    if (doc->string_at("_type") != statement_type)
        return bundle_failure("another statement _type than " + std::string(statement_type));
    if (doc->string_at("predicateType") == historic_predicate_type && doc->find("subject"))
        return parse_historic_statement(*doc->find("subject"), caps);
    if (doc->string_at("predicateType") != model_predicate_type)
        return bundle_failure("another predicateType than " + std::string(model_predicate_type));
    const json* subjects = doc->find("subject");
    const json* predicate = doc->find("predicate");
    const json* record = predicate ? predicate->find("serialization") : nullptr;
    const json* resources = predicate ? predicate->find("resources") : nullptr;
    if (!subjects || !subjects->as_array() || subjects->as_array()->size() != 1)
        return bundle_failure("not exactly one subject");
    if (!record || !record->as_object() || !resources || !resources->as_array())
        return bundle_failure("the predicate needs serialization and resources");
    const json& subject = subjects->as_array()->front();
    const json* digests = subject.find("digest");
    const auto hex = digests ? digests->string_at("sha256") : std::nullopt;
    const auto whole = hex ? sha256_digest::from_hex(*hex) : std::nullopt;
    const json* name = present(subject, "name");
    if (!whole || (name && !name->as_string()))
        return bundle_failure("the subject needs a sha256 digest");

    model_statement out;
    out.model_name = name ? *name->as_string() : "";
    MODELSEC_TRY(out.serialization, parse_serialization(*record, caps));
    resource_reader reader(out, caps);
    for (const json& resource : *resources->as_array())
        MODELSEC_CHECK(reader.add(resource));
    if (out.files.empty())
        return bundle_failure("no file is signed");
    MODELSEC_TRY(const sha256_digest of_all, reader.finish());
    if (of_all != *whole)
        return bundle_failure("the subject's digest is not that of the resources");
    out.subject = *whole;
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
