// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_FOLDER_IPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_FOLDER_IPP

#include <modelsec/detail/manifest/model_hash.ipp>
#include <modelsec/detail/manifest/model_folder.hpp>

#include <filesystem>
#include <map>

MODELSEC_BEGIN_NAMESPACE

std::string_view to_string(difference_kind kind) noexcept
{
    switch (kind)
    {
    case difference_kind::missing: return "missing";
    case difference_kind::unsigned_: return "unsigned";
    case difference_kind::altered: return "altered";
    case difference_kind::forbidden: return "forbidden";
    }
    return {};
}

namespace detail {

/// Collects what is not as it was signed; the worst of it is the verdict.
class difference_list
{
public:
    explicit difference_list(const model_walk& how) : how_(how) {}

    void add(difference_kind kind, const std::string& path)
    {
        const reason why = reason_of(kind);
        if (!first_ || (code_of(why) == errc::unsafe && first_->code() != errc::unsafe))
            first_ = fail(why, path);
        if (++count_ <= most && how_.on_difference)
            how_.on_difference({kind, path});
    }
    bool full() const noexcept { return count_ >= most; }

    result<void> verdict() const
    {
        if (first_)
            return *first_;
        return {};
    }

private:
    static constexpr std::size_t most = 1000;

    static reason reason_of(difference_kind kind) noexcept
    {
        switch (kind)
        {
        case difference_kind::missing: return reason::file_missing;
        case difference_kind::unsigned_: return reason::file_unsigned;
        case difference_kind::altered: return reason::file_altered;
        case difference_kind::forbidden: break;
        }
        return reason::unsafe_entry;
    }

    const model_walk& how_;
    std::optional<failure> first_;
    std::size_t count_ = 0;
};

/// One job for a file, or one for each of its shards.
inline void add_jobs(std::vector<hash_job>& jobs, const model_serialization& serialization, std::size_t file,
                     const std::string& path, std::uint64_t size)
{
    if (serialization.method == serialization_method::files)
        jobs.push_back({file, path, 0, size, true, {}, 0});
    else
        for (std::uint64_t at = 0; at < size; at += serialization.shard_bytes)
            jobs.push_back({file, path, at, std::min(serialization.shard_bytes, size - at), false, {}, 0});
}

/// Finds the signed files on the disk, and everything else that is there.
inline result<std::vector<hash_job>> match_files(const model_tree& tree, const std::string& path,
                                                 const model_statement& expected, const model_walk& how, const limits& caps,
                                                 difference_list& differences)
{
    const bool shards = expected.serialization.method == serialization_method::shards;
    const std::optional<model_path>& first = expected.files.front().path;
    // OMS 1.0 section 6.1.2: a model that is one file has the file's name; model-signing calls it ".".
    const bool only = !first || (tree.is_file() && expected.files.size() == 1 &&
                                 first->str() == std::filesystem::path(path).filename().string());
    if (tree.is_file() != only)
        return fail(reason::file_missing,
                    tree.is_file() ? "a folder was signed, this is a file" : "a file was signed, this is a folder");
    std::map<std::string, std::size_t> wanted;
    for (std::size_t i = 0; i < expected.files.size(); ++i)
        wanted.emplace(only ? "" : expected.files[i].path->str(), i);
    std::set<std::string> extra;
    for (const std::string& given : how.also_ignored)
    {
        MODELSEC_TRY(const std::optional<model_path> place, place_in_model(path, given));
        if (place)
            extra.insert(place->str());
    }
    const auto ignored = [&](const std::string& seen) {
        for (std::size_t at = seen.find('/'); at != std::string::npos; at = seen.find('/', at + 1))
            if (extra.count(seen.substr(0, at)) != 0)
                return true;
        return how.ignore_unsigned || extra.count(seen) != 0;
    };
    std::vector<hash_job> jobs;
    const auto visit = [&](const std::string& seen, std::uint64_t size, bool allowed) -> result<void> {
        if (how.handle.cancelled())
            return fail(reason::cancelled);
        const auto found = wanted.find(seen);
        if (found == wanted.end())
        {
            // OMS 1.0 section 6.3.2: an empty file has no shard, and stands in no such statement.
            if (!ignored(seen) && !(shards && allowed && size == 0))
                differences.add(allowed ? difference_kind::unsigned_ : difference_kind::forbidden, seen);
            return differences.full() ? differences.verdict() : result<void>();
        }
        if (!allowed)
            differences.add(difference_kind::forbidden, seen);
        else if (shards && size != expected.files[found->second].size)
            differences.add(difference_kind::altered, seen);
        else
            add_jobs(jobs, expected.serialization, found->second, seen, size);
        wanted.erase(found);
        return {};
    };
    MODELSEC_CHECK(tree.is_file() ? visit("", tree.size(), true) : tree.walk(visit, caps));
    for (const auto& [missing, index] : wanted)
        differences.add(difference_kind::missing, missing);
    return jobs;
}

/// The last part of the model's path, for people.
inline std::string name_of_model(const std::string& path)
{
    const std::filesystem::path p(path);
    std::error_code ignored;
    std::string name = p.filename().string();
    if (name.empty() || name == "." || name == "..")
        name = std::filesystem::canonical(p, ignored).filename().string();
    return name::parse(name) ? name : "model";
}

}  // namespace detail

result<std::optional<model_path>> place_in_model(const std::string& model, const std::string& path)
{
    namespace fs = std::filesystem;
    std::string below = path;
    if (fs::path given(path); given.is_absolute())
    {
        while (given.has_relative_path() && (given.filename().empty() || given.filename() == "."))
            given = given.parent_path();
        std::error_code failed;
        const fs::path folder = fs::canonical(model, failed);
        if (failed)
            return fail(reason::file_unreadable, "the model");
        // Of a link itself, not of what it leads to.
        const fs::path real = given.filename() == ".."
                                  ? fs::weakly_canonical(given, failed)
                                  : fs::weakly_canonical(given.parent_path(), failed) / given.filename();
        if (failed)
            return std::optional<model_path>();
        const fs::path relative = real.lexically_relative(folder);
        if (relative.empty() || *relative.begin() == "..")
            return std::optional<model_path>();
        below = relative.generic_string();
    }
    // OMS 1.0 section 6.1.2, points 3 and 4. What is left must lead out of nothing (CWE-22).
    std::string plain;
    for (std::string_view rest = below; !rest.empty();)
    {
        const auto slash = rest.find('/');
        const std::string_view part = rest.substr(0, slash);
        rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
        if (!part.empty() && part != ".")
            (plain += plain.empty() ? "" : "/") += part;
    }
    MODELSEC_TRY(model_path place, model_path::parse(plain));
    return std::optional(std::move(place));
}

result<model_summary> verify_model(const std::string& path, const model_statement& expected, const model_walk& how,
                                   const limits& caps)
{
    if (expected.files.empty())
        return fail(reason::bad_option, "nothing was signed");
    MODELSEC_TRY(const detail::model_tree tree, detail::model_tree::open(path, expected.serialization));
    detail::difference_list differences(how);
    MODELSEC_TRY(std::vector<detail::hash_job> jobs, detail::match_files(tree, path, expected, how, caps, differences));
    MODELSEC_CHECK(differences.verdict());  // known without reading a byte
    MODELSEC_CHECK(detail::model_hasher(tree, how).run(jobs));

    model_summary out{expected.files.size(), 0};
    std::vector<std::size_t> shard(expected.files.size(), 0);
    const std::string* last = nullptr;
    for (const detail::hash_job& job : jobs)
    {
        out.bytes += job.hashed;
        const std::vector<sha256_digest>& digests = expected.files[job.file].digests;
        const std::size_t at = shard[job.file]++;
        if (at < digests.size() && digests[at] == job.digest)
            continue;
        if (!last || *last != job.path)  // once a file, not once a shard
            differences.add(difference_kind::altered, job.path);
        last = &job.path;
    }
    // Every signed digest was compared: trust fails closed (docs/architecture.md, rule 3).
    for (std::size_t i = 0; i < expected.files.size(); ++i)
        if (shard[i] != expected.files[i].digests.size() || shard[i] == 0)
            differences.add(difference_kind::altered, expected.files[i].path ? expected.files[i].path->str() : "");
    MODELSEC_CHECK(differences.verdict());
    return out;
}

result<model_statement> describe_model(const std::string& path, model_serialization serialization, const model_walk& how,
                                       const limits& caps)
{
    if (serialization.shard_bytes == 0 || serialization.shard_bytes > limits::max_integer)
        return fail(reason::bad_option, "the size of a shard");
    MODELSEC_TRY(const detail::model_tree tree, detail::model_tree::open(path, serialization));
    model_statement out;
    out.serialization = std::move(serialization);
    out.model_name = detail::name_of_model(path);
    path_set paths;
    std::vector<detail::hash_job> jobs;
    const auto visit = [&](const std::string& found, std::uint64_t size, bool allowed) -> result<void> {
        if (how.handle.cancelled())
            return fail(reason::cancelled);
        if (!allowed)
            return fail(reason::unsafe_entry, found);
        if (out.files.size() == caps.files)
            return fail(reason::too_large, "files of the model");
        // OMS 1.0 section 6.3.2: "Files with zero bytes MUST be omitted".
        if (size == 0 && out.serialization.method == serialization_method::shards)
            return {};
        if (out.serialization.method == serialization_method::shards &&
            size / out.serialization.shard_bytes >= caps.chunks_per_file)
            return fail(reason::too_large, "shards of " + found);
        signed_model_file added;
        if (!tree.is_file())
        {
            MODELSEC_TRY(relative_path parsed, relative_path::parse(found));
            MODELSEC_CHECK(paths.add_file(parsed));
            MODELSEC_TRY(added.path, model_path::parse(found));
        }
        added.size = size;
        detail::add_jobs(jobs, out.serialization, out.files.size(), found, size);
        out.files.push_back(std::move(added));
        return {};
    };
    MODELSEC_CHECK(tree.is_file() ? visit("", tree.size(), true) : tree.walk(visit, caps));
    if (out.files.empty())
        return fail(reason::file_missing, "there is no file to sign");
    MODELSEC_CHECK(detail::model_hasher(tree, how).run(jobs));
    for (const detail::hash_job& job : jobs)
    {
        if (job.hashed != job.size)
            return fail(reason::file_altered, "changed while it was hashed: " + job.path);
        out.files[job.file].digests.push_back(job.digest);
    }
    detail::sort_files(out);
    out.subject = detail::subject_of(out);
    return out;
}

MODELSEC_END_NAMESPACE

#endif
