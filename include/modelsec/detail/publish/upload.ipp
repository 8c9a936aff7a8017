// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_UPLOAD_IPP
#define MODELSEC_DETAIL_PUBLISH_UPLOAD_IPP

#include <modelsec/detail/publish/index_file.hpp>
#include <modelsec/detail/publish/signing.hpp>
#include <modelsec/detail/publish/upload_host.hpp>
#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/upload_folder.ipp>
#include <modelsec/detail/publish/upload_hub.ipp>
#include <modelsec/detail/publish/upload_link.ipp>
#include <modelsec/detail/publish/upload_registry.ipp>
#include <modelsec/detail/publish/upload_s3.ipp>
#include <modelsec/detail/publish/upload_supabase.ipp>
#endif

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline result<std::unique_ptr<upload_host>> make_upload_host(upload_link& link)
{
    switch (link.options().where.target)
    {
    case upload_kind::s3: return make_s3_upload(link);
    case upload_kind::supabase: return make_supabase_upload(link);
    case upload_kind::hf: return make_hub_upload(link);
    case upload_kind::oci: return make_registry_upload(link);
    case upload_kind::dir: break;
    }
    return make_folder_upload(link);
}

/// The files of a publication as they will be called at the host: by their place in the pack, below their platform where there are
/// several.
inline std::vector<upload_file> files_to_upload(const publication& content)
{
    std::vector<upload_file> out;
    for (const artifact_to_publish& artifact : content.artifacts)
        for (const file_to_publish& file : artifact.files)
        {
            upload_file one;
            one.path = file.path;
            one.title = name_of(file);
            one.platform = content.version + '-' + artifact.platform;
            one.name = content.version + '/' + (content.artifacts.size() > 1 ? artifact.platform + '/' : "") + one.title;
            out.push_back(std::move(one));
        }
    return out;
}

/// The indexes that lie beside their files, which `files` begins with.
inline void append_indexes(std::vector<upload_file>& files, const publication& content, const hashed_publication& hashed)
{
    std::size_t at = 0;
    for (const artifact_to_publish& artifact : content.artifacts)
        for (const file_to_publish& file : artifact.files)
        {
            if (const auto& index = hashed.indexes[at]; index && file.index_url.empty())
            {
                upload_file one = files[at];
                one.path = file.index_path;
                one.title += index_suffix;
                one.name += index_suffix;
                one.size_bytes = index->size_bytes;
                one.sha256 = index->sha256;
                files.push_back(std::move(one));
            }
            ++at;
        }
}

class uploading
{
public:
    uploading(upload_host& host, upload_link& link, std::vector<upload_file>& files)
        : host_(host), link_(link), files_(files)
    {
    }

    result<void> run()
    {
        for (const upload_file& file : files_)
            link_.expect(2 * file.size_bytes);
        link_.advance(0);
        MODELSEC_CHECK(host_.prepare());
        // The smallest first: it shows for little what strangers may do there.
        std::vector<upload_file*> order;
        for (upload_file& file : files_)
            order.push_back(&file);
        std::stable_sort(order.begin(), order.end(),
                         [](const upload_file* a, const upload_file* b) { return a->size_bytes < b->size_bytes; });
        for (upload_file* file : order)
        {
            MODELSEC_CHECK(put(*file));
            if (host_.at_once())
                MODELSEC_CHECK(look_once(*file));
        }
        MODELSEC_CHECK(host_.finish(files_));
        if (!order.empty())
            MODELSEC_CHECK(look_once(*order.front()));
        for (const upload_file& file : files_)
            if (!file.present)
                MODELSEC_CHECK(read_back(file));
        return {};
    }

private:
    result<void> put(upload_file& file)
    {
        MODELSEC_TRY(file.present, present(file));
        if (file.present)
        {
            link_.advance(2 * file.size_bytes);
            return {};
        }
        return host_.put(file, true);
    }

    /// A host that does not show it (no right to read, no such place yet) has it not.
    result<bool> present(const upload_file& file)
    {
        auto there = host_.already_holds(file);
        if (there.has_value())
            return there;
        const errc kind = code_of(there.error().why);
        if (kind == errc::unauthorized || kind == errc::http_status || kind == errc::malformed)
            return false;
        return std::move(there).error();
    }

    result<void> look_once(const upload_file& file)
    {
        if (!link_.options().where.is_private || std::exchange(looked_, true))
            return {};
        MODELSEC_TRY(const bool is_public, host_.is_public(file));
        return is_public ? fail(reason::publicly_readable, file.title) : result<void>();
    }

    result<void> read_back(const upload_file& file)
    {
        MODELSEC_TRY(const bool same, host_.holds(file, true));
        if (same)
            return {};
        // Parts of another file may have been there from before: once more, from nothing.
        MODELSEC_CHECK(host_.put(file, false));
        MODELSEC_CHECK(host_.finish(files_));
        MODELSEC_TRY(const bool now_same, host_.holds(file, false));
        return now_same ? result<void>() : fail(reason::upload_mismatch, file.title);
    }

    upload_host& host_;
    upload_link& link_;
    std::vector<upload_file>& files_;
    bool looked_ = false;
};

/// Fills in the addresses that the publisher left open.
inline void set_addresses(publication& content, const std::vector<std::pair<std::size_t, std::size_t>>& open,
                          const upload_host& host, const std::vector<upload_file>& files)
{
    std::size_t at = 0, next = 0;
    for (std::size_t a = 0; a < content.artifacts.size(); ++a)
        for (std::size_t f = 0; f < content.artifacts[a].files.size(); ++f, ++at)
            if (next < open.size() && open[next] == std::pair(a, f))
            {
                content.artifacts[a].files[f].url = host.locator(files[at]);
                ++next;
            }
}

}  // namespace detail

result<uploaded_publication> publish_to_host(publication content, const std::vector<signing_key>& keys,
                                             const upload_options& where, const hash_options& hashing)
{
    using namespace detail;
    // Whoever fills in a placement by hand is held to the same: nothing private on S3 without its key service.
    if (where.where.target == upload_kind::s3 && where.where.is_private && !where.where.kms)
        return fail(reason::placement, "a private model on s3 is encrypted by aws:kms");
    const std::string manifest_name = where.manifest_name.empty() ? "manifest.json" : where.manifest_name;
    MODELSEC_CHECK(name::parse(manifest_name));
    upload_link link(where);
    MODELSEC_TRY(const std::unique_ptr<upload_host> host, make_upload_host(link));
    std::vector<upload_file> files = files_to_upload(content);
    std::vector<std::pair<std::size_t, std::size_t>> open;
    for (std::size_t a = 0; a < content.artifacts.size(); ++a)
        for (std::size_t f = 0; f < content.artifacts[a].files.size(); ++f)
            if (content.artifacts[a].files[f].url.empty())
                open.emplace_back(a, f);
    set_addresses(content, open, *host, files);
    MODELSEC_CHECK(add_indexes(content));

    MODELSEC_TRY(const hashed_publication hashed, hash_publication(content, keys, hashing));
    for (std::size_t i = 0; i < files.size(); ++i)
    {
        files[i].size_bytes = hashed.digests[i].size_bytes;
        files[i].sha256 = hashed.digests[i].sha256;
    }
    append_indexes(files, content, hashed);
    MODELSEC_CHECK(uploading(*host, link, files).run());
    set_addresses(content, open, *host, files);

    uploaded_publication out;
    MODELSEC_TRY(out.manifest, sign_publication(content, keys, hashed, hashing.handle));
    if (where.keep_manifest)
        MODELSEC_CHECK(where.keep_manifest(out.manifest));
    upload_file manifest;
    manifest.content = out.manifest.text;
    manifest.name = manifest.title = manifest_name;
    manifest.platform = content.version;
    manifest.size_bytes = out.manifest.text.size();
    manifest.sha256 = sha256(as_bytes(out.manifest.text));
    MODELSEC_TRY(out.manifest_place, host->put_manifest(manifest));
    out.bytes_sent = link.bytes_sent();
    out.files_present = static_cast<std::uint64_t>(
        std::count_if(files.begin(), files.end(), [](const upload_file& f) { return f.present; }));
    return out;
}

MODELSEC_END_NAMESPACE

#endif
