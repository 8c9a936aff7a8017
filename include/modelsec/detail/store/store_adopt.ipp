// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_ADOPT_IPP
#define MODELSEC_DETAIL_STORE_STORE_ADOPT_IPP

#include <modelsec/detail/base/hash_file.hpp>
#include <modelsec/detail/store/store_aside.ipp>
#include <modelsec/detail/store/store_recover.ipp>
#include <modelsec/detail/store/stream.hpp>

#include <map>
#include <set>

// Bytes that are in the store already, in a pack of any model, set aside, or left by another pack manager: what a signed manifest
// proves of them is copied, never moved or linked, and need not be fetched (docs/manifest.md, Store).

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Regular files of the store of certain sizes. What cannot be read is no candidate: it is fetched then.
class adoption_candidates
{
public:
    static constexpr std::size_t most = 20'000;

    adoption_candidates(const store_disk& d, std::set<std::uint64_t> sizes) : disk_(d), sizes_(std::move(sizes)) {}

    /// Those below `<root>/<model>`. Files that the model's state names are known by their digests.
    void add_model(const std::string& model, const model_state& state)
    {
        for (const auto& [key, member] : state_packs)
            if (const auto& pack = state.*member)
                for (const file_record& f : pack->files)
                    if (sizes_.contains(f.size))
                        recorded_.emplace(model + '/' + pack->folder + '/' + f.path.str(), f.sha256);
        std::vector<std::string> path{model};
        if (auto home = disk_.files->open_source(disk_.root, model); home && *home)
            walk(*home, path, store_depth);
        recorded_.clear();  // a store may have any number of models
    }

    /// Those that stand beside the models' folders, that were set aside, and what was found in a model's folder and is no pack.
    void add_others()
    {
        std::vector<std::string> path;
        walk(disk_.root, path, 1);
        path = {inner_folder_name, aside_folder_name};
        if (auto aside = open_aside(disk_, false); aside && *aside)
            walk(*aside, path, store_depth);
        path = {inner_folder_name, "staging"};
        walk(disk_.staging, path, store_depth, orphan_prefix);
    }

    bool empty() const noexcept { return found_.empty(); }

    /// An open file of this size and digest, or an invalid one. Every candidate is hashed once at most.
    result<file> find(const artifact_file& wanted, const control& handle)
    {
        for (candidate& c : found_)
        {
            if (c.size != wanted.size_bytes || c.useless)
                continue;
            if (!c.digest)
            {
                auto digest = hash(c, handle);
                if (handle.cancelled())
                    return fail(reason::cancelled);
                c.useless = !digest;
                if (!digest)
                    continue;
                c.digest = *digest;
            }
            if (!(*c.digest == wanted.sha256))
                continue;
            if (auto at = open(c); at && *at)
                return at;
            c.useless = true;
        }
        return file();
    }

private:
    struct candidate
    {
        std::vector<std::string> path;  ///< from the root
        std::uint64_t size = 0;
        std::optional<sha256_digest> digest{};
        bool useless = false;
    };

    /// At most `depth` folders deep. Of the topmost one only the entries whose names begin so.
    void walk(const file& folder, std::vector<std::string>& path, unsigned depth, std::string_view beginning = {})
    {
        auto names = disk_.files->list(folder);
        if (!names)
            return;
        std::sort(names->begin(), names->end());
        for (const std::string& name : *names)
        {
            if (found_.size() == most)
                return;
            if (!name.starts_with(beginning))
                continue;
            const auto what = disk_.files->info_at(folder, name);
            if (!what)
                continue;
            path.push_back(name);
            if (what->kind == file_kind::folder && depth > 1)
            {
                if (auto below = disk_.files->open_source(folder, name); below && *below)
                    walk(*below, path, depth - 1);
            }
            else if (what->kind == file_kind::regular && sizes_.contains(what->size))
                found_.push_back({path, what->size, recorded(path)});
            path.pop_back();
        }
    }

    std::optional<sha256_digest> recorded(const std::vector<std::string>& path) const
    {
        std::string text;
        for (const std::string& part : path)
            text += (text.empty() ? "" : "/") + part;
        const auto at = recorded_.find(text);
        return at == recorded_.end() ? std::nullopt : std::optional(at->second);
    }

    result<file> open(const candidate& c) const
    {
        file held;
        const file* at = &disk_.root;
        for (std::size_t i = 0; i + 1 < c.path.size(); ++i)
        {
            MODELSEC_TRY(file next, disk_.files->open_source(*at, c.path[i]));
            if (!next)
                return file();
            held = std::move(next);
            at = &held;
        }
        return disk_.files->open_file(*at, c.path.back(), open_mode::read_linked);
    }

    result<sha256_digest> hash(const candidate& c, const control& handle) const
    {
        MODELSEC_TRY(const file at, open(c));
        if (!at)
            return fail(reason::store_layout, "a file that comes and goes");
        return hash_file(*disk_.files, at, handle, {});
    }

    const store_disk& disk_;
    std::set<std::uint64_t> sizes_;
    std::map<std::string, sha256_digest> recorded_;
    std::vector<candidate> found_;
};

/// Copies a file into its partial while hashing what the partial gets; nothing if it is not the signed file after all.
inline result<std::optional<verified_file>> copy_into_partial(staging& staged, const file& from, const artifact_file& wanted,
                                                              const control& handle)
{
    file_system& fs = staged.files();
    MODELSEC_CHECK(staged.drop_partial(wanted.sha256));
    MODELSEC_TRY(const file to, staged.open_partial(wanted.sha256));
    const auto shared = fs.clone(from, to);
    const bool cloned = shared && *shared;
    if (!cloned)
        MODELSEC_CHECK(fs.reserve(to, wanted.size_bytes));
    stream_verifier verifier(wanted);
    bytes block(std::size_t{1} << 20);
    for (std::uint64_t done = 0; done < wanted.size_bytes;)
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        // The clone is what becomes the pack's: it is what has to be right (docs/architecture.md, rule 2).
        const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), wanted.size_bytes - done));
        MODELSEC_TRY(const std::size_t got, fs.read_at(cloned ? to : from, done, std::span(block).first(size)));
        if (got == 0)
            break;
        const bytes_view part = bytes_view(block).first(got);
        if (verifier.update(part).has_error())
            break;
        if (!cloned)
            MODELSEC_CHECK(fs.write_at(to, done, part));
        done += got;
    }
    MODELSEC_TRY(const file_info copied, fs.info(to));
    auto verified = copied.size == wanted.size_bytes ? verifier.finish() : fail(reason::size_mismatch);
    if (!verified)
    {
        MODELSEC_CHECK(staged.drop_partial(wanted.sha256));
        return std::optional<verified_file>();
    }
    MODELSEC_CHECK(fs.sync(to));
    if (wanted.size_bytes > 0)
        MODELSEC_CHECK(staged.add_to_journal(wanted.sha256, wanted.size_bytes, {0, wanted.size_bytes}));
    return std::optional(std::move(*verified));
}

result<std::vector<known_file>> store::known_files(const identifier& model) const
{
    static constexpr std::size_t most = 10'000;
    MODELSEC_TRY(std::vector<identifier> all, models());
    std::stable_partition(all.begin(), all.end(), [&](const identifier& m) { return m == model; });
    std::vector<known_file> out;
    for (const identifier& m : all)
    {
        const auto known = state(m);
        if (!known)
            continue;
        const std::size_t first = out.size();
        for (const auto& pack : {known->active, known->last_good})
            if (pack)
                for (const file_record& f : pack->files)
                    if (out.size() < most)
                        out.push_back({m, pack->folder, f});
        std::stable_sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                         [](const known_file& a, const known_file& b) { return a.record.size > b.record.size; });
    }
    return out;
}

result<file> store::open_known(const known_file& known) const
{
    file_system& fs = *disk_->files;
    MODELSEC_TRY(const file home, fs.open_source(disk_->root, known.model.str()));
    if (!home)
        return file();
    MODELSEC_TRY(const file folder, fs.open_source(home, known.folder));
    if (!folder)
        return file();
    return in_parent_folder(fs, folder, known.record.path, false, [&](const file& parent) {
        return fs.open_file(parent, known.record.path.file().str(), open_mode::read_linked);
    });
}

result<std::vector<verified_file>> store::adopt(const identifier& model, staging& staged, const artifact& wanted,
                                                const control& handle) const
{
    std::vector<verified_file> out;
    std::vector<const artifact_file*> missing;
    std::set<std::uint64_t> sizes;
    std::set<std::string> asked;
    for (const artifact_file& f : wanted.files)
    {
        // A manifest may have one content under 10,000 names: it has one partial, and is copied there once (CWE-407).
        if (!asked.insert(f.sha256.hex()).second)
            continue;
        MODELSEC_TRY(const std::vector<staging::range> kept, staged.journal(f.sha256, f.size_bytes));
        const bool whole = kept.size() == 1 && kept.front().begin == 0 && kept.front().end == f.size_bytes;
        if (whole || f.size_bytes == 0)
            continue;
        missing.push_back(&f);
        sizes.insert(f.size_bytes);
    }
    if (missing.empty())
        return out;
    adoption_candidates candidates(*disk_, std::move(sizes));
    MODELSEC_TRY(std::vector<identifier> all, models());
    std::stable_partition(all.begin(), all.end(), [&](const identifier& m) { return m == model; });
    for (const identifier& m : all)
    {
        const auto known = state(m);
        candidates.add_model(m.str(), known ? *known : model_state{});
    }
    candidates.add_others();
    if (candidates.empty())
        return out;
    for (const artifact_file* f : missing)
    {
        MODELSEC_TRY(const file from, candidates.find(*f, handle));
        if (!from)
            continue;
        MODELSEC_TRY(auto copied, copy_into_partial(staged, from, *f, handle));
        if (copied)
            out.push_back(std::move(*copied));
    }
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
