// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_DESCRIPTION_IPP
#define MODELSEC_DETAIL_PUBLISH_DESCRIPTION_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/publish/description.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <initializer_list>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

/// The number that `text` begins with; `text` becomes what follows it.
inline std::optional<std::uint64_t> leading_number(std::string_view& text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > limits::max_integer)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

template <std::size_t N>
std::optional<std::uint64_t> unit_factor(std::string_view name,
                                         const std::array<std::pair<std::string_view, std::uint64_t>, N>& table)
{
    for (const auto& [text, value] : table)
        if (name == text)
            return value;
    return std::nullopt;
}

/// Reads one object of a description.
class description_reader
{
public:
    description_reader(const json& object, std::string where) : object_(object), where_(std::move(where)) {}

    failure wrong(std::string_view member, std::string_view rule) const
    {
        return fail(reason::json_malformed, where_ + ": " + std::string(member) + ": " + std::string(rule));
    }

    result<void> only(std::initializer_list<std::string_view> members) const
    {
        if (!object_.as_object())
            return fail(reason::json_malformed, where_ + ": not an object");
        for (const auto& [key, value] : *object_.as_object())
            if (std::find(members.begin(), members.end(), key) == members.end())
                return wrong(key, "no such member");
        return {};
    }

    bool has(std::string_view member) const { return object_.find(member) != nullptr; }

    result<std::string> text(std::string_view member, bool required = false) const
    {
        const json* value = object_.find(member);
        if (!value)
            return required ? result<std::string>(wrong(member, "is missing")) : std::string();
        if (!value->as_string() || value->as_string()->empty())
            return wrong(member, "a text is expected");
        return *value->as_string();
    }

    result<std::optional<std::uint64_t>> number(std::string_view member) const
    {
        if (!has(member))
            return std::optional<std::uint64_t>();
        const auto value = object_.size_at(member);
        if (!value)
            return wrong(member, "a whole number is expected");
        return value;
    }

    result<bool> flag(std::string_view member) const
    {
        if (!has(member))
            return false;
        const auto value = object_.bool_at(member);
        return value ? result<bool>(*value) : wrong(member, "true or false is expected");
    }

    result<std::vector<std::string>> texts(std::string_view member) const
    {
        std::vector<std::string> out;
        const json* value = object_.find(member);
        if (!value)
            return out;
        if (!value->as_array())
            return wrong(member, "a list of texts is expected");
        for (const json& element : *value->as_array())
        {
            if (!element.as_string())
                return wrong(member, "a list of texts is expected");
            out.push_back(*element.as_string());
        }
        return out;
    }

    const json* find(std::string_view member) const { return object_.find(member); }
    const std::string& where() const noexcept { return where_; }

private:
    const json& object_;
    std::string where_;
};

inline std::string path_from(const std::string& folder, const std::string& path)
{
    return (std::filesystem::path(folder) / path).lexically_normal().string();
}

inline result<file_to_publish> read_file_to_publish(const description_reader& r, const std::string& folder)
{
    file_to_publish out;
    MODELSEC_TRY(const std::string path, r.text("file", true));
    out.path = path_from(folder, path);
    MODELSEC_TRY(out.url, r.text("url", true));
    MODELSEC_TRY(out.mirrors, r.texts("mirrors"));
    MODELSEC_TRY(out.name, r.text("name"));
    if (const json* index = r.find("index"))
    {
        const description_reader inner(*index, r.where() + ": index");
        MODELSEC_CHECK(inner.only({"file", "url"}));
        MODELSEC_TRY(const std::string to, inner.text("file", true));
        out.index_path = path_from(folder, to);
        MODELSEC_TRY(out.index_url, inner.text("url"));
    }
    return out;
}

inline result<artifact_to_publish> read_platform(const json& object, const std::string& where, const std::string& folder)
{
    const description_reader r(object, where);
    artifact_to_publish out;
    const bool whole_folder = r.has("folder"), several = r.has("files");
    if (static_cast<int>(whole_folder) + static_cast<int>(several) + static_cast<int>(r.has("file")) != 1)
        return fail(reason::json_malformed, where + ": one of file, files and folder");
    if (whole_folder)
    {
        MODELSEC_CHECK(r.only({"platform", "folder", "base_url", "mirror_base_urls", "exclude", "follow_links"}));
        folder_to_publish all;
        MODELSEC_TRY(const std::string path, r.text("folder", true));
        all.path = path_from(folder, path);
        MODELSEC_TRY(all.base_url, r.text("base_url", true));
        MODELSEC_TRY(all.mirror_base_urls, r.texts("mirror_base_urls"));
        MODELSEC_TRY(all.exclude, r.texts("exclude"));
        MODELSEC_TRY(all.follow_links, r.flag("follow_links"));
        MODELSEC_TRY(out.files, list_folder(all));
    }
    else if (several)
    {
        MODELSEC_CHECK(r.only({"platform", "files"}));
        const json::array* list = r.find("files")->as_array();
        if (!list || list->empty())
            return r.wrong("files", "a list of files is expected");
        for (std::size_t i = 0; i < list->size(); ++i)
        {
            const description_reader each((*list)[i], where + ": file " + std::to_string(i + 1));
            MODELSEC_CHECK(each.only({"file", "name", "url", "mirrors", "index"}));
            MODELSEC_TRY(file_to_publish file, read_file_to_publish(each, folder));
            out.files.push_back(std::move(file));
        }
    }
    else
    {
        MODELSEC_CHECK(r.only({"platform", "zip", "file", "name", "url", "mirrors", "index"}));
        MODELSEC_TRY(out.is_zip, r.flag("zip"));
        MODELSEC_TRY(file_to_publish file, read_file_to_publish(r, folder));
        out.files.push_back(std::move(file));
    }
    MODELSEC_TRY(out.platform, r.text("platform", true));
    return out;
}

inline result<void> read_needs_to_publish(const description_reader& r, publication& out)
{
    const json* needs = r.find("min_device");
    if (!needs)
        return {};
    const description_reader inner(*needs, "min_device");
    MODELSEC_CHECK(inner.only({"min_ram_mb", "min_free_disk_mb"}));
    MODELSEC_TRY(const auto ram, inner.number("min_ram_mb"));
    MODELSEC_TRY(const auto disk, inner.number("min_free_disk_mb"));
    out.needs = {ram.value_or(0), disk.value_or(0)};
    return {};
}

}  // namespace detail

std::optional<std::uint64_t> parse_size(std::string_view text)
{
    static constexpr std::uint64_t k = 1024;
    static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 15> units{{{"", 1},
                                                                                       {"B", 1},
                                                                                       {"k", k},
                                                                                       {"K", k},
                                                                                       {"KiB", k},
                                                                                       {"kB", 1000},
                                                                                       {"KB", 1000},
                                                                                       {"M", k * k},
                                                                                       {"m", k * k},
                                                                                       {"MiB", k * k},
                                                                                       {"MB", 1'000'000},
                                                                                       {"G", k * k * k},
                                                                                       {"g", k * k * k},
                                                                                       {"GiB", k * k * k},
                                                                                       {"GB", 1'000'000'000}}};
    const auto number = detail::leading_number(text);
    const auto factor = detail::unit_factor(text, units);
    if (!number || !factor || *number > limits::max_integer / *factor)
        return std::nullopt;
    return *number * *factor;
}

std::optional<utc_time> parse_expiry(std::string_view text, utc_time now)
{
    static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> units{
        {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}, {"w", 604'800}}};
    if (const auto time = parse_rfc3339(text))
        return *time;
    const auto number = detail::leading_number(text);
    const auto factor = detail::unit_factor(text, units);
    if (!number || !factor || *number > limits::max_integer / 1024 / *factor)
        return std::nullopt;
    return now + std::chrono::seconds(static_cast<std::int64_t>(*number * *factor));
}

result<publication> parse_description(bytes_view text, const std::string& folder, utc_time now)
{
    MODELSEC_TRY(const detail::json document, detail::parse_json(text));
    const detail::description_reader r(document, "the description");
    MODELSEC_CHECK(r.only({"$schema", "model_id", "version", "tier", "sequence", "expires", "chunk_size", "format", "family",
                           "context_len", "min_device", "index_dir", "platforms"}));
    publication out;
    out.issued_at = now;
    MODELSEC_TRY(out.model_id, r.text("model_id"));
    MODELSEC_TRY(out.version, r.text("version"));
    MODELSEC_TRY(out.tier, r.text("tier"));
    MODELSEC_TRY(out.family, r.text("family"));
    if (r.has("index_dir"))
    {
        MODELSEC_TRY(const std::string indexes, r.text("index_dir"));
        out.index_dir = detail::path_from(folder, indexes);
    }
    MODELSEC_TRY(out.sequence, r.number("sequence"));
    MODELSEC_TRY(out.context_len, r.number("context_len"));
    MODELSEC_CHECK(detail::read_needs_to_publish(r, out));
    MODELSEC_TRY(const std::string format, r.text("format"));
    if (!format.empty() && format != "dsse" && format != "pack")
        return r.wrong("format", "dsse or pack");
    out.format = format == "pack" ? envelope_format::pack : envelope_format::dsse;
    if (r.has("expires"))
    {
        MODELSEC_TRY(const std::string expires, r.text("expires"));
        out.expires_at = parse_expiry(expires, now);
        if (!out.expires_at)
            return r.wrong("expires", "a time span as 30d, or a time in RFC 3339");
    }
    if (r.has("chunk_size"))
    {
        MODELSEC_TRY(const std::string chunk, r.text("chunk_size"));
        const auto size = parse_size(chunk);
        if (!size)
            return r.wrong("chunk_size", "a size as 4MiB");
        out.chunk_bytes = *size;
    }
    const detail::json* platforms = r.find("platforms");
    if (!platforms || !platforms->as_array() || platforms->as_array()->empty())
        return r.wrong("platforms", "a list of platforms is expected");
    for (std::size_t i = 0; i < platforms->as_array()->size(); ++i)
    {
        MODELSEC_TRY(artifact_to_publish one,
                     detail::read_platform((*platforms->as_array())[i], "platform " + std::to_string(i + 1), folder));
        out.artifacts.push_back(std::move(one));
    }
    return out;
}

MODELSEC_END_NAMESPACE

#endif
