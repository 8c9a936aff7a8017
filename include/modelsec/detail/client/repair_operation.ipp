// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_REPAIR_OPERATION_IPP
#define MODELSEC_DETAIL_CLIENT_REPAIR_OPERATION_IPP

#include <modelsec/detail/client/store_operation.hpp>
#include <modelsec/detail/fetch/repair.hpp>
#include <modelsec/detail/fetch/signed_model.hpp>
#include <modelsec/detail/fetch/trust_anchor.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The store; made where only packs of another manager are. Nothing if there is no folder at all.
inline result<std::optional<store>> store_to_repair(const client_options& owner)
{
    if (owner.store.empty())
        return fail(reason::bad_option, "no store was given");
    MODELSEC_TRY(const file root, owner.files->open_root(owner.store, false, owner.policy));
    if (!root)
        return std::optional<store>();
    MODELSEC_TRY(store out, store::open({owner.store, true, owner.group_shared, owner.policy, owner.files, owner.caps, false,
                                         owner.clock.get()}));
    return std::optional(std::move(out));
}

/// Whether the keys of today vouch for an envelope that was accepted once.
inline result<std::function<bool(bytes_view)>> judge_of(const trust_source& trust, const store& disk, utc_time now,
                                                        const limits& caps, const control& handle)
{
    const go_on_function go_on = until_cancelled(handle);
    if (std::holds_alternative<std::monostate>(trust))
        return std::function<bool(bytes_view)>();
    if (const auto* signature = std::get_if<model_signature>(&trust))
    {
        MODELSEC_CHECK(check_signature_trust(*signature, false));
        return std::function<bool(bytes_view)>([by = *signature, now, caps, go_on](bytes_view raw) {
            return verify_by_any(raw, by, now, caps, go_on).has_value();
        });
    }
    MODELSEC_CHECK(check_trust(trust, false));
    trust_means means{nullptr, nullptr, &caps, go_on};
    std::optional<metadata_folder> kept;
    if (const auto folder = trust_folder(trust))
    {
        MODELSEC_TRY(kept, disk.metadata(*folder));
        means.kept = &*kept;
    }
    MODELSEC_TRY(signing_keys keys, resolve_trust(trust, now, means));
    return std::function<bool(bytes_view)>(
        [keys = std::move(keys), caps, go_on](bytes_view raw) { return still_vouched(raw, keys, caps, go_on).has_value(); });
}

inline result<model_repair> repair_model(const client_options& owner, const repair_options& asked, const store& disk,
                                         const identifier& model, const std::function<bool(bytes_view)>& judge)
{
    model_repair out;
    out.model_id = model.str();
    MODELSEC_TRY(const model_lock lock, disk.lock(model, owner.lock_wait, asked.operation.control));
    const auto* signature = std::get_if<model_signature>(&asked.trust);
    const signature_reader signatures =
        signature ? reader_of_signatures(*signature, owner.clock->now(), owner.caps) : signature_reader();
    MODELSEC_TRY(state_repair done, disk.repair(lock, model, signatures));
    out.found = done.found;
    out.forgotten_changes = done.damaged_generations;
    if (done.found != reason::none)
        tell_memory_lost(asked.operation.events, model);
    if (done.state.found_files)
    {
        MODELSEC_TRY(out.adopted,
                     disk.adopt_known(lock, model, judge, owner.clock->now(), asked.operation.control, out.set_aside));
        MODELSEC_TRY(done.state, disk.state(model));
        if (done.state.found_files)  // adopting sets aside by itself
        {
            MODELSEC_TRY(out.set_aside, disk.set_found_files_aside(lock, model));
        }
        MODELSEC_TRY(out.candidates, disk.found_files(model));
        MODELSEC_TRY(done.state, disk.state(model));
    }
    MODELSEC_CHECK(disk.share(model, true));
    out.sequence = done.state.memory.sequence;
    if (done.state.active)
    {
        MODELSEC_TRY(out.active, disk.info(model, *done.state.active));
    }
    return out;
}

result<repair_report> run_repair(const client_options& owner, const repair_options& asked)
{
    repair_report out;
    MODELSEC_TRY(const std::optional<store> disk, store_to_repair(owner));
    if (!disk)
        return out;
    MODELSEC_TRY(const auto judge, judge_of(asked.trust, *disk, owner.clock->now(), owner.caps, asked.operation.control));
    if (!asked.model_id.empty())
    {
        const auto model = identifier::parse(asked.model_id);
        if (!model)
            return fail(reason::bad_option, "not a model id");
        MODELSEC_TRY(model_repair done, repair_model(owner, asked, *disk, *model, judge));
        out.models.push_back(std::move(done));
        return out;
    }
    MODELSEC_TRY(const std::vector<identifier> models, disk->models());
    for (const identifier& model : models)
    {
        auto done = repair_model(owner, asked, *disk, model, judge);
        if (!done && (done.error().code() != errc::store || asked.operation.control.cancelled()))
            return std::move(done).error();
        if (done)
        {
            out.models.push_back(std::move(*done));
            continue;
        }
        model_repair failed;
        failed.model_id = model.str();
        failed.why = done.error().why;
        out.models.push_back(std::move(failed));
    }
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
