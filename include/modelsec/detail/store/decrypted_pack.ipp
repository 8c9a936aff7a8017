// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_DECRYPTED_PACK_IPP
#define MODELSEC_DETAIL_STORE_DECRYPTED_PACK_IPP

#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/store/decrypted_pack.hpp>
#include <modelsec/detail/store/with_active.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE

const decrypted_file* decrypted_pack::find(std::string_view path) const noexcept
{
    const auto found = std::find_if(files_.begin(), files_.end(), [&](const decrypted_file& f) { return f.path() == path; });
    return found == files_.end() ? nullptr : &*found;
}

namespace detail {

/// What was signed about the files of a pack, from the envelope that vouched for it. The state names that envelope by its digest, and the
/// state is the owner's: its signatures were verified before it was named.
inline result<artifact> signed_artifact(const store& disk, const pack_record& pack, const limits& caps)
{
    MODELSEC_TRY(const bytes raw, disk.read_envelope(pack.envelope));
    for (const envelope_format format : {envelope_format::dsse, envelope_format::pack})
    {
        const auto signed_by = parse_envelope(raw, format, caps);
        if (!signed_by)
            continue;
        MODELSEC_TRY(std::vector<artifact> all, parse_known_artifacts(signed_by->payload(), caps));
        for (artifact& a : all)
            if (a.content_digest() == pack.artifact)
                return std::move(a);
    }
    return fail(reason::pack_damaged, "what was signed about the pack is not there any more");
}

result<decrypted_pack> decrypted_pack_opener::open(const store& disk, file_system& files, const identifier& model,
                                                   const key_provider& keys, const limits& caps, const control& handle)
{
    return with_active(disk, model, [&](const pack_record& p) -> result<decrypted_pack> {
        decrypted_pack out;
        MODELSEC_TRY(out.pack_, disk.open_files(model, p, handle));
        MODELSEC_TRY(const artifact what, signed_artifact(disk, p, caps));
        for (const artifact_file& f : what.files)
        {
            if (!f.encryption)
                continue;
            const auto* entry = f.name ? out.pack_.find(f.name->str()) : nullptr;
            if (!entry)
                return fail(reason::pack_damaged, "an encrypted file is missing");
            // CWE-770: as with other packs, no more files are open than are read.
            MODELSEC_TRY(const file content, entry->content->open_once());
            MODELSEC_TRY(decrypted_file opened,
                         decrypted_file::open(files, content, {model.str(), p.version.str(), f}, keys, handle));
            opened.read_from(entry->content);
            out.files_.push_back(std::move(opened));
        }
        return out;
    });
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
