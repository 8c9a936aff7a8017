// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "handles.hpp"

#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/version.hpp>

#include <new>

namespace c_api {

uint64_t process_id() noexcept
{
    return modelsec::detail::process_number();
}

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
}

owned_pack_info::owned_pack_info(const modelsec::pack_info& p)
    : modelsec_pack_info{}, version_text(p.version), sha256_text(p.artifact.hex()), path_text(p.path)
{
    struct_size = sizeof(modelsec_pack_info);
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
