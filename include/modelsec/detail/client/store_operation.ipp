// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_STORE_OPERATION_IPP
#define MODELSEC_DETAIL_CLIENT_STORE_OPERATION_IPP

#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/client/store_operation.hpp>
#include <modelsec/detail/fetch/repair.hpp>
#include <modelsec/detail/fetch/trust_again.hpp>
#include <modelsec/detail/fetch/trust_anchor.hpp>
#include <modelsec/detail/store/with_active.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/store/store.hpp>

#include <algorithm>
#include <functional>
#include <map>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline result<store> existing_store(const client_options& owner)
{
    if (owner.store.empty())
        return fail(reason::bad_option, "no store was given");
    return store::open(
        {owner.store, false, owner.group_shared, owner.policy, owner.files, owner.caps, false, owner.clock.get()});
}

inline result<identifier> known_model(const std::string& model_id)
{
    auto model = identifier::parse(model_id);
    return model ? model : fail(reason::bad_option, "not a model id");
}

/// What the manifest that a pack came by says of its files' chunks; nothing, if it says nothing that can be read.
inline std::vector<artifact_file> signed_chunks(const store& disk, const pack_record& pack, const limits& caps)
{
    const auto raw = disk.read_envelope(pack.envelope);
    if (!raw)
        return {};
    auto e = parse_envelope(*raw, envelope_format::dsse, caps);
    if (!e)
        e = parse_envelope(*raw, envelope_format::pack, caps);
    auto artifacts = e ? parse_known_artifacts(e->payload(), caps) : result<std::vector<artifact>>(e.error());
    if (!artifacts)
        return {};
    for (artifact& a : *artifacts)
        if (!a.is_zip && a.content_digest() == pack.artifact)
            return std::move(a.files);
    return {};
}

/// Reports bytes of `total` as they are hashed.
class hash_progress
{
public:
    hash_progress(const event_handler& on_event, const std::string& model_id, std::uint64_t total) : on_event_(on_event)
    {
        event_.kind = event_kind::progress;
        event_.stage = stage::verify;
        event_.model_id = model_id;
        event_.total = total;
        (*this)(0);
    }

    void operator()(std::uint64_t bytes)
    {
        event_.bytes = bytes;
        if (on_event_)
            on_event_(event_);
    }

private:
    const event_handler& on_event_;
    event event_;
};

inline std::uint64_t size_of(const pack_record& pack)
{
    std::uint64_t sum = 0;
    for (const file_record& f : pack.files)
        sum += f.size;
    return sum;
}

/// The end of an attempt: its one final event, and the outcome.
template <class T>
result<T> finish(result<T> outcome, const std::string& model_id, stage ended_in, const operation_options& asked)
{
    outcome = with_deadline_named(std::move(outcome), asked.control);
    if (!asked.events)
        return outcome;
    event last;
    last.kind = event_kind::done;
    last.stage = ended_in;
    last.model_id = model_id;
    last.why = outcome ? reason::none : outcome.error().why;
    last.code = code_of(last.why);
    asked.events(last);
    return outcome;
}

result<open_pack> open_active(const client_options& owner, const model_options& asked)
{
    return finish(
        [&]() -> result<open_pack> {
            MODELSEC_TRY(const identifier model, known_model(asked.model_id));
            MODELSEC_TRY(const store disk, existing_store(owner));
            MODELSEC_CHECK(repair_if_allowed(owner, disk, model, asked.operation.control, asked.operation.events));
            return disk.open_active(model, asked.operation.control);
        }(),
        asked.model_id, stage::verify, asked.operation);
}

result<decrypted_pack> open_decrypted(const client_options& owner, const model_options& asked, const key_provider& keys)
{
    return finish(
        [&]() -> result<decrypted_pack> {
            MODELSEC_TRY(const identifier model, known_model(asked.model_id));
            MODELSEC_TRY(const store disk, existing_store(owner));
            return decrypted_pack_opener::open(disk, *owner.files, model, keys, owner.caps, asked.operation.control);
        }(),
        asked.model_id, stage::verify, asked.operation);
}

result<std::vector<model_status>> read_status(const client_options& owner)
{
    std::vector<model_status> out;
    auto disk = existing_store(owner);
    if (!disk)
        return disk.error().why == reason::none_active ? result<std::vector<model_status>>(out)
                                                       : result<std::vector<model_status>>(std::move(disk).error());
    MODELSEC_TRY(const auto models, disk->models());
    for (const identifier& model : models)
    {
        model_status s;
        s.model_id = model.str();
        const auto read = disk->state(model);
        if (!read)
        {
            // What is wrong with one model is told of that one, and keeps nobody from the others.
            s.why = read.error().why;
            out.push_back(std::move(s));
            continue;
        }
        const model_state& state = *read;
        s.sequence = state.memory.sequence;
        if (state.active)
        {
            MODELSEC_TRY(s.active, disk->info(model, *state.active));
        }
        if (state.last_good)
        {
            MODELSEC_TRY(s.last_good, disk->info(model, *state.last_good));
        }
        for (const barred_pack& p : state.rejected)
            s.rejected.push_back({p.version.str(), p.artifact, 0, 0, {}});
        s.bytes = (s.active ? s.active->bytes : 0) + (s.last_good ? s.last_good->bytes : 0);
        // What another user downloads is no reader's business, and keeps nobody from the rest.
        const auto partial = disk->partial_bytes(model);
        if (partial)
            s.partial_bytes = *partial;
        else if (!is_kept_out(partial.error().why))
            return partial.error();
        out.push_back(std::move(s));
    }
    return out;
}

/// The chunk digests of a pack's files, as the manifest has them that it came by.
class known_chunks
{
public:
    known_chunks(const store& disk, const pack_record& pack, const limits& caps) : files_(signed_chunks(disk, pack, caps)) {}

    const chunk_digests* operator()(const file_record& f) const
    {
        for (const artifact_file& a : files_)
            if (a.chunks && a.name && *a.name == f.path && a.size_bytes == f.size && a.sha256 == f.sha256)
                return &*a.chunks;
        return nullptr;
    }

private:
    std::vector<artifact_file> files_;
};

/// A publisher who contradicts himself cannot be right: the pack is left for last good. What somebody else holds stays as it is, and
/// is told all the same.
inline void leave_contradicted(const client_options& owner, const store& disk, const identifier& model,
                               const pack_record& pack, const control& handle)
{
    if (const auto lock = disk.lock(model, owner.lock_wait, handle))
        (void)disk.leave_contradicted(*lock, model, pack, owner.clock->now());
}

result<pack_info> verify_active(const client_options& owner, const model_options& asked)
{
    const control& handle = asked.operation.control;
    return finish(
        [&]() -> result<pack_info> {
            MODELSEC_TRY(const identifier model, known_model(asked.model_id));
            MODELSEC_TRY(const store disk, existing_store(owner));
            return with_active(disk, model, [&](const pack_record& pack) -> result<pack_info> {
                const known_chunks chunks(disk, pack, owner.caps);
                hash_progress progress(asked.operation.events, asked.model_id, size_of(pack));
                auto good = disk.hash_again(model, pack, handle, std::ref(progress), std::cref(chunks),
                                            asked.whole ? hash_scope::whole : hash_scope::chunks_may_decide);
                if (good.has_error() && good.error().why == reason::chunks_contradict)
                    leave_contradicted(owner, disk, model, pack, handle);
                MODELSEC_CHECK(good);
                return disk.info(model, pack);
            });
        }(),
        asked.model_id, stage::verify, asked.operation);
}

result<void> settle_digests(const client_options& owner, const std::string& model_id, const control& handle)
{
    MODELSEC_TRY(const identifier model, known_model(model_id));
    MODELSEC_TRY(const store disk, existing_store(owner));
    MODELSEC_TRY(const model_state state, disk.state(model));
    const auto by_chunks = [](const file_record& f) { return f.decided_by == digest_scope::chunks; };
    if (!state.active || std::ranges::none_of(state.active->files, by_chunks))
        return {};
    const known_chunks chunks(disk, *state.active, owner.caps);
    auto good = disk.hash_again(model, *state.active, handle, {}, std::cref(chunks), hash_scope::whole);
    if (good.has_error() && good.error().why == reason::chunks_contradict)
        leave_contradicted(owner, disk, model, *state.active, handle);
    return good;
}

result<pack_info> run_rollback(const client_options& owner, const rollback_options& asked)
{
    const control& handle = asked.operation.control;
    stage reached = stage::verify;
    auto outcome = [&]() -> result<pack_info> {
        MODELSEC_TRY(const identifier model, known_model(asked.model_id));
        MODELSEC_TRY(const store disk, existing_store(owner));
        MODELSEC_CHECK(repair_if_allowed(owner, disk, model, handle, asked.operation.events));
        MODELSEC_TRY(const model_lock lock, disk.lock(model, owner.lock_wait, handle));
        MODELSEC_CHECK(disk.recover(lock, model));
        MODELSEC_TRY(const model_state state, disk.state(model));
        if (!state.last_good)
            return fail(reason::no_last_good);
        const utc_time now = owner.clock->now();
        MODELSEC_CHECK(ask_trust_again(disk, state, *state.last_good, asked.trust, now, owner.caps, handle));
        hash_progress progress(asked.operation.events, asked.model_id, size_of(*state.last_good));
        const known_chunks chunks(disk, *state.last_good, owner.caps);
        MODELSEC_CHECK(
            disk.hash_again(model, *state.last_good, handle, std::ref(progress), std::cref(chunks), hash_scope::whole));
        if (handle.cancelled())
            return fail(reason::cancelled);
        reached = stage::activate;
        MODELSEC_TRY(const model_state after, disk.roll_back(lock, model, *state.last_good, now));
        return disk.info(model, *after.active);
    }();
    return finish(std::move(outcome), asked.model_id, reached, asked.operation);
}

result<gc_report> run_gc(const client_options& owner, const gc_options& asked)
{
    const control& handle = asked.operation.control;
    return finish(
        [&]() -> result<gc_report> {
            gc_report out;
            auto disk = existing_store(owner);
            if (!disk)
                return disk.error().why == reason::none_active ? result<gc_report>(out)
                                                               : result<gc_report>(std::move(disk).error());
            MODELSEC_TRY(const auto models, disk->models());
            for (const identifier& model : models)
            {
                MODELSEC_TRY(const model_lock lock, disk->lock(model, owner.lock_wait, handle));
                if (const auto state = disk->state(model); !state)
                {
                    out.skipped.push_back(model.str());
                    continue;
                }
                if (!asked.dry_run)
                    MODELSEC_CHECK(disk->recover(lock, model));
                MODELSEC_CHECK(disk->collect(lock, model, asked.keep, asked.dry_run, out.removed, out.bytes));
            }
            if (handle.cancelled())
                return fail(reason::cancelled);
            MODELSEC_CHECK(disk->collect_staging(asked.dry_run, out.removed, out.bytes));
            return out;
        }(),
        {}, stage::activate, asked.operation);
}

result<gc_report> run_remove(const client_options& owner, const remove_options& asked)
{
    return finish(
        [&]() -> result<gc_report> {
            gc_report out;
            MODELSEC_TRY(const identifier model, known_model(asked.model_id));
            MODELSEC_TRY(const store disk, existing_store(owner));
            MODELSEC_TRY(const model_lock lock, disk.lock(model, owner.lock_wait, asked.operation.control));
            MODELSEC_CHECK(disk.recover(lock, model));
            MODELSEC_TRY(const model_state state, disk.state(model));
            if (!asked.partial && !state.active && !state.last_good)
            {
                MODELSEC_TRY(const std::uint64_t partial, disk.partial_bytes(model));
                if (partial == 0)
                    return fail(reason::none_active);
            }
            MODELSEC_CHECK(disk.remove_partials(lock, model, out.removed, out.bytes));
            if (asked.partial)
                return out;
            // What was accepted stays known: an older manifest is refused after a removal too (TUF specification 5.4.3).
            MODELSEC_CHECK(disk.update(model, [](model_state& s) -> result<bool> {
                if (!s.active && !s.last_good)
                    return false;
                s.active.reset();
                s.last_good.reset();
                return true;
            }));
            MODELSEC_CHECK(disk.collect(lock, model, 0, false, out.removed, out.bytes));
            MODELSEC_CHECK(disk.remove_aside(lock, model, out.removed, out.bytes));  // gc spares it while nothing is active
            return out;
        }(),
        asked.model_id, stage::activate, asked.operation);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
