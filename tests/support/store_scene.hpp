// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_STORE_SCENE_HPP
#define MODELSEC_TESTS_SUPPORT_STORE_SCENE_HPP

#include <modelsec/detail/store/store.hpp>
#include <modelsec/detail/store/pack.hpp>
#include <modelsec/detail/store/stream.hpp>

#include "temp_dir.hpp"

#include <filesystem>
#include <set>

namespace support {

/// Files of a pack: path and content.
using pack_content = std::vector<std::pair<std::string, std::string>>;

inline modelsec::identifier id(std::string_view text)
{
    return modelsec::identifier::parse(text).value();
}

inline modelsec::utc_time noon()
{
    return modelsec::parse_rfc3339("2026-01-02T12:00:00Z").value();
}

inline modelsec::artifact artifact_of(const pack_content& content)
{
    modelsec::artifact out;
    out.platform = "linux";
    for (const auto& [path, text] : content)
    {
        modelsec::artifact_file f;
        f.size_bytes = text.size();
        f.sha256 = modelsec::sha256(modelsec::as_bytes(text));
        f.name = modelsec::relative_path::parse(path).value();
        out.files.push_back(std::move(f));
    }
    return out;
}

/// Writes, syncs, journals and verifies every file of the pack, as a download would.
inline modelsec::result<modelsec::detail::verified_pack> stage_all(modelsec::detail::file_system& fs,
                                                                   modelsec::detail::staging& staged,
                                                                   const pack_content& content)
{
    const modelsec::artifact a = artifact_of(content);
    std::vector<modelsec::detail::placed_file> placed;
    for (std::size_t i = 0; i < content.size(); ++i)
    {
        const auto text = modelsec::as_bytes(content[i].second);
        const auto& expected = a.files[i];
        MODELSEC_TRY(const modelsec::detail::file partial, staged.open_partial(expected.sha256));
        MODELSEC_CHECK(fs.write_at(partial, 0, text));
        MODELSEC_CHECK(fs.sync(partial));
        MODELSEC_CHECK(staged.add_to_journal(expected.sha256, text.size(), {0, text.size()}));
        modelsec::detail::stream_verifier verifier(expected);
        MODELSEC_CHECK(verifier.update(text));
        MODELSEC_TRY(const modelsec::detail::verified_file verified, verifier.finish());
        placed.push_back({*expected.name, verified});
    }
    MODELSEC_CHECK(staged.fresh_pack_folder());
    std::vector<modelsec::detail::staging::placement> moves;
    for (const auto& p : placed)
        moves.push_back({p.content.sha256(), p.path});
    MODELSEC_CHECK(staged.place(moves));
    return modelsec::detail::make_verified_pack(std::move(placed), a);
}

inline modelsec::result<modelsec::detail::store> open_store(const std::string& path, modelsec::detail::file_system& fs,
                                                            bool create = true)
{
    modelsec::detail::store_options options;
    options.path = path;
    options.create = create;
    options.files = &fs;
    return modelsec::detail::store::open(options);
}

inline modelsec::detail::activation how_to_activate(std::string_view version, std::uint64_t sequence = 0)
{
    return {id(version), "linux", sequence, sequence != 0, {}, noon()};
}

/// What a fetch does to a store.
inline modelsec::result<modelsec::pack_info> install(modelsec::detail::file_system& fs, const std::string& path,
                                                     std::string_view model, const modelsec::detail::activation& how,
                                                     const pack_content& content,
                                                     const std::function<void()>& before_activation = {})
{
    MODELSEC_TRY(const modelsec::detail::store s, open_store(path, fs));
    MODELSEC_TRY(const modelsec::detail::model_lock lock, s.lock(id(model), std::chrono::milliseconds(0), {}));
    MODELSEC_CHECK(s.recover(lock, id(model)));
    MODELSEC_TRY(modelsec::detail::staging staged, s.stage(id(model), artifact_of(content).content_digest()));
    MODELSEC_TRY(const modelsec::detail::verified_pack pack, stage_all(fs, staged, content));
    if (before_activation)
        before_activation();
    return s.activate(lock, id(model), std::move(staged), pack, how);
}

inline modelsec::result<modelsec::detail::model_state> roll_back(modelsec::detail::file_system& fs, const std::string& path,
                                                                 std::string_view model)
{
    MODELSEC_TRY(const modelsec::detail::store s, open_store(path, fs, false));
    MODELSEC_TRY(const modelsec::detail::model_lock lock, s.lock(id(model), std::chrono::milliseconds(0), {}));
    MODELSEC_CHECK(s.recover(lock, id(model)));
    MODELSEC_TRY(const modelsec::detail::model_state state, s.state(id(model)));
    if (!state.last_good)
        return modelsec::fail(modelsec::reason::no_last_good);
    return s.roll_back(lock, id(model), *state.last_good, noon());
}

/// What gc removed.
inline modelsec::result<std::vector<std::string>> collect(modelsec::detail::file_system& fs, const std::string& path,
                                                          std::string_view model, unsigned keep = 0, bool dry_run = false)
{
    std::vector<std::string> removed;
    std::uint64_t freed = 0;
    MODELSEC_TRY(const modelsec::detail::store s, open_store(path, fs, false));
    {
        MODELSEC_TRY(const modelsec::detail::model_lock lock, s.lock(id(model), std::chrono::milliseconds(0), {}));
        MODELSEC_CHECK(s.collect(lock, id(model), keep, dry_run, removed, freed));
    }
    MODELSEC_CHECK(s.collect_staging(dry_run, removed, freed));
    return removed;
}

inline std::set<std::string> names_in(const std::string& folder)
{
    std::set<std::string> out;
    std::error_code absent;
    for (const auto& e : std::filesystem::directory_iterator(folder, absent))
        out.insert(e.path().filename().string());
    return out;
}

}  // namespace support

#endif
