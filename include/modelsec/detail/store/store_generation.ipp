// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_GENERATION_IPP
#define MODELSEC_DETAIL_STORE_STORE_GENERATION_IPP

#include <modelsec/detail/store/layout.hpp>
#include <modelsec/detail/store/store_disk.ipp>
#include <modelsec/limits.hpp>
#include <modelsec/detail/store/state/state.hpp>

#include <optional>

// The generations of a model's state on disk: `<model_id>.<generation>.json`. Each is written once, whole, and published by giving
// a finished file its name, which only one writer can do. The highest one is the truth; if it cannot be read, nothing is: what an
// older one says may be a way back (TUF 1.0 section 5.1), so only repair() takes it. No lock is needed for that.

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::uint64_t state_cap = std::uint64_t{256} << 20;
inline constexpr std::size_t kept_generations = 3;
inline constexpr std::size_t kept_ancestors = 64;

/// The numbers of a model's generations, ascending. `unsafe_name` if the store knows the model by another spelling: on some file
/// systems the two would share one folder (CWE-178).
inline result<std::vector<std::uint64_t>> list_generations(const store_disk& d, const identifier& model)
{
    std::vector<std::uint64_t> out;
    bool other_spelling = false;
    const std::string folded = case_fold(model.str());
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(d.state));
    for (const std::string& text : names)
    {
        const auto name = generation_name::parse(text);
        if (name && name->model == model.str())
            out.push_back(name->number);
        else if (name && case_fold(name->model) == folded)
            other_spelling = true;
    }
    if (out.empty() && other_spelling)
        return fail(reason::unsafe_name, "this store has a model whose id differs only in case");
    std::sort(out.begin(), out.end());
    return out;
}

/// Opens a generation: under however many names, as a backup of hard links (`cp -al`) gives it a second one and a writer that ended
/// too early leaves its temporary one. Nothing depends on that: generations are never written to, and have a checksum.
inline result<file> open_generation(const store_disk& d, const generation_name& name)
{
    return d.files->open_file(d.state, name.str(), open_mode::read_linked);
}

/// A generation as it was read.
struct generation
{
    bool there = false;
    std::optional<model_state> state;
    reason trouble = reason::none;  ///< why there is no state: `state_damaged`, `newer_schema`
    sha256_digest identity;         ///< of its text
};

inline result<generation> read_generation(const store_disk& d, const generation_name& name)
{
    generation out;
    MODELSEC_TRY(const file at, open_generation(d, name));
    if (!at)
        return out;
    out.there = true;
    state_reading reading;
    MODELSEC_CHECK(read_parts(*d.files, at, state_cap, [&](bytes_view part) { reading.take(part); }));
    auto state = reading.finish();
    out.identity = reading.identity();
    if (state && state->generation == name.number)
        out.state = std::move(*state);
    else
        out.trouble = state ? reason::state_damaged : state.error().why;
    return out;
}

/// The truth about a model, and where the next generation goes.
struct newest_generation
{
    model_state state;
    sha256_digest identity;
    std::uint64_t highest = 0;  ///< of all that are there, whole or not
};

inline result<bool> has_packs(const store_disk& d, const std::string& model)
{
    MODELSEC_TRY(const file_info what, d.files->info_at(d.root, model));
    if (what.kind != file_kind::folder)
        return what.links != 0;
    MODELSEC_TRY(const file home, d.files->open_folder(d.root, model, false));
    if (!home)
        return false;
    MODELSEC_TRY(const std::vector<std::string> packs, d.files->list(home));
    return !packs.empty();
}

inline result<newest_generation> load_newest(const store_disk& d, const identifier& model)
{
    for (unsigned i = 0; i < store_patience; ++i)
    {
        MODELSEC_TRY(const std::vector<std::uint64_t> numbers, list_generations(d, model));
        if (numbers.empty())
        {
            // Packs without a state are no first run: their memory was lost, or an older pack manager left them. Their files are
            // candidates, and nothing is moved before a signed manifest proved some of them (docs/manifest.md, Store).
            MODELSEC_TRY(const bool packs, has_packs(d, model.str()));
            MODELSEC_TRY(const std::vector<std::uint64_t> again, list_generations(d, model));
            if (!again.empty())
                continue;
            newest_generation fresh;
            fresh.state.found_files = packs;
            return fresh;
        }
        MODELSEC_TRY(generation g, read_generation(d, {model.str(), numbers.back()}));
        if (g.state)
            return newest_generation{std::move(*g.state), g.identity, numbers.back()};
        if (g.there)  // else many newer ones were published meanwhile
            return fail(g.trouble, d.path + "/.modelsec/state/" + generation_name{model.str(), numbers.back()}.str());
    }
    return fail(reason::lock_timeout, "the state changes all the time");
}

/// Whether the newest generation has this number and this text; only its bytes are looked at.
inline result<bool> is_newest(const store_disk& d, const identifier& model, std::uint64_t number,
                              const sha256_digest& identity)
{
    MODELSEC_TRY(const std::vector<std::uint64_t> numbers, list_generations(d, model));
    if (numbers.empty() || numbers.back() != number)
        return false;
    MODELSEC_TRY(const file at, open_generation(d, {model.str(), number}));
    if (!at)
        return false;
    hasher hash;
    MODELSEC_CHECK(read_parts(*d.files, at, state_cap, [&](bytes_view part) { hash.update(part); }));
    return hash.finish_sha256() == identity;
}

/// Publishes a generation. False: another writer was faster, decide again.
inline result<bool> publish_generation(const store_disk& d, const identifier& model, const model_state& next)
{
    hasher hash;
    const auto write = [&](const auto& to) {
        return write_state(next, [&](bytes_view part) {
            hash.update(part);
            return to(part);
        });
    };
    MODELSEC_TRY(temporary_file written, write_temporary(*d.files, d.state, model.str(), write));
    const sha256_digest identity = hash.finish_sha256();
    auto linked = d.files->link(d.state, written.name, d.state, generation_name{model.str(), next.generation}.str());
    if (linked && *linked)
        MODELSEC_CHECK(d.files->sync(d.state));
    if (const auto there = is_there(*d.files, d.state, written.name); !linked && there && !*there)
        return false;                                   // without locks somebody may have taken it for a stale one
    (void)d.files->remove_file(d.state, written.name);  // else open_generation does it
    if (!linked || !*linked)
        return linked;

    // A writer that slept may have taken a number that was used and cleaned away long ago. It has won only if the newest generation
    // is its own or was made from it.
    MODELSEC_TRY(const bool newest, is_newest(d, model, next.generation, identity));
    if (newest)
        return true;
    MODELSEC_TRY(const newest_generation now, load_newest(d, model));
    const auto& before = now.state.ancestors;
    return now.identity == identity || std::find(before.begin(), before.end(), identity) != before.end();
}

/// Removes a model's generations but the newest `keep`, oldest first.
inline result<void> trim_generations(const store_disk& d, const identifier& model, std::size_t keep)
{
    MODELSEC_TRY(const std::vector<std::uint64_t> numbers, list_generations(d, model));
    for (std::size_t i = 0; i + keep < numbers.size(); ++i)
        MODELSEC_CHECK(d.files->remove_file(d.state, generation_name{model.str(), numbers[i]}.str()));
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
