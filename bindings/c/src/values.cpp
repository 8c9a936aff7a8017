// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "handles.hpp"

#include <modelsec/version.hpp>

#include <new>

namespace c_api {

owned_error::owned_error(const modelsec::failure& f)
    : modelsec_error{}, name_text(to_string(f.code())), reason_text(to_string(f.why)),
      message_text(modelsec::message(f.code())), hint_text(modelsec::hint(f.why)), detail_text(f.detail)
{
    struct_size = sizeof(modelsec_error);
    code = static_cast<int32_t>(f.code());
    name = name_text.c_str();
    reason = reason_text.c_str();
    message = message_text.c_str();
    hint = hint_text.c_str();
    detail = detail_text.c_str();
}

owned_result::owned_result(const modelsec::fetch_result& r)
    : modelsec_result{}, model_text(r.model_id), version_text(r.version), path_text(r.path), sha256_text(r.artifact.hex())
{
    point();
    already_active = r.already_active;
    stale = r.stale;
    sequence = r.sequence;
    bytes_fetched = r.bytes_fetched;
    stale_reason_text = to_string(r.stale_why);
    stale_reason = stale_reason_text.c_str();
}

owned_result::owned_result(const modelsec::check_result& r)
    : modelsec_result{}, model_text(r.model_id), version_text(r.version), path_text(r.active_path),
      sha256_text(r.artifact.hex()), active_version_text(r.active_version), platform_text(r.platform), tier_text(r.tier)
{
    point();
    already_active = r.already_active;
    sequence = r.sequence;
    total_bytes = r.total_bytes;
    bytes_to_fetch = r.bytes_to_fetch;
}

owned_result::owned_result(const modelsec::repair_report& report) : modelsec_result{}
{
    point();
    for (const modelsec::model_repair& m : report.models)
    {
        repaired_owners.push_back(std::make_unique<owned_repaired>(m));
        repaired_list.push_back(repaired_owners.back().get());
    }
    repaired = repaired_list.data();
    repaired_count = repaired_list.size();
}

owned_repaired::owned_repaired(const modelsec::model_repair& r)
    : modelsec_repaired{}, model_text(r.model_id), found_text(to_string(r.found)), reason_text(to_string(r.why)),
      active_text(r.active ? r.active->version : std::string()), aside_texts(r.set_aside)
{
    struct_size = sizeof(modelsec_repaired);
    adopted = r.adopted;
    model_id = model_text.c_str();
    found = found_text.c_str();
    reason = reason_text.c_str();
    active_version = active_text.c_str();
    forgotten_changes = r.forgotten_changes;
    sequence = r.sequence;
    for (const std::string& name : aside_texts)
        aside_list.push_back(name.c_str());
    set_aside = aside_list.data();
    set_aside_count = aside_list.size();
}

owned_result::owned_result(const std::string& model, const modelsec::pack_info& pack)
    : modelsec_result{}, model_text(model), version_text(pack.version), path_text(pack.path),
      sha256_text(pack.artifact.hex())
{
    point();
    already_active = 1;
    sequence = pack.sequence;
}

owned_result::owned_result(const modelsec::gc_report& report) : modelsec_result{}
{
    point();
    bytes_removed = report.bytes;
    removed_texts = report.removed;
    for (const std::string& name : removed_texts)
        removed_list.push_back(name.c_str());
    removed = removed_list.data();
    removed_count = removed_list.size();
}

void owned_result::point()
{
    struct_size = sizeof(modelsec_result);
    model_id = model_text.c_str();
    version = version_text.c_str();
    path = path_text.c_str();
    sha256 = sha256_text.c_str();
    active_version = active_version_text.c_str();
    platform = platform_text.c_str();
    tier = tier_text.c_str();
    if (stale_reason_text.empty())
        stale_reason_text = to_string(modelsec::reason::none);
    stale_reason = stale_reason_text.c_str();
}

owned_pack_info::owned_pack_info(const modelsec::pack_info& p)
    : modelsec_pack_info{}, version_text(p.version), sha256_text(p.artifact.hex()), path_text(p.path)
{
    struct_size = sizeof(modelsec_pack_info);
    fs_verity = p.fs_verity ? 1 : 0;
    version = version_text.c_str();
    sha256 = sha256_text.c_str();
    path = path_text.c_str();
    sequence = p.sequence;
    bytes = p.bytes;
}

int32_t give(const modelsec::failure& f, modelsec_error** to) noexcept
{
    if (to)
    {
        try
        {
            *to = new owned_error(f);
        }
        catch (const std::bad_alloc&)
        {
            *to = nullptr;  // the code alone has to do
        }
    }
    return static_cast<int32_t>(f.code());
}

}  // namespace c_api

const char* modelsec_version(void)
{
    return MODELSEC_VERSION_STRING;
}

const char* modelsec_code_name(int32_t code)
{
    return to_string(static_cast<modelsec::errc>(code)).data();  // made of literals: zero-terminated
}

const char* modelsec_code_message(int32_t code)
{
    return modelsec::message(static_cast<modelsec::errc>(code)).data();
}

void modelsec_error_release(modelsec_error* error)
{
    delete static_cast<c_api::owned_error*>(error);
}

void modelsec_result_release(modelsec_result* result)
{
    delete static_cast<c_api::owned_result*>(result);
}
