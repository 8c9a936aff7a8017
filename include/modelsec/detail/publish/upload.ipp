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

    /// A host that does not show it has it not.
    result<bool> present(const upload_file& file)
    {
        auto there = host_.already_holds(file);
        if (there.has_value())
            return there;
        return is_not_shown(there.error()) ? result<bool>(false) : std::move(there).error();
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

/// A file whose address the publisher left open.
struct open_address
{
    std::size_t artifact, file;
    std::size_t number;  ///< of all files
    std::vector<std::string> mirrors;
};

inline std::vector<open_address> open_addresses(const publication& content)
{
    std::vector<open_address> out;
    std::size_t number = 0;
    for (std::size_t a = 0; a < content.artifacts.size(); ++a)
        for (std::size_t f = 0; f < content.artifacts[a].files.size(); ++f, ++number)
            if (const file_to_publish& file = content.artifacts[a].files[f]; file.url.empty())
                out.push_back({a, f, number, file.mirrors});
    return out;
}

/// One of the hosts that a publication goes to.
class host_upload
{
public:
    static result<std::unique_ptr<host_upload>> make(const upload_options& where)
    {
        // Whoever fills in a placement by hand is held to the same: nothing private on S3 without its key service.
        if (where.where.target == upload_kind::s3 && where.where.is_private && !where.where.kms)
            return fail(reason::placement, "a private model on s3 is encrypted by aws:kms");
        MODELSEC_CHECK(name::parse(manifest_name(where)));
        std::unique_ptr<host_upload> out(new host_upload(where));
        MODELSEC_TRY(out->host_, make_upload_host(out->link_));
        return out;
    }

    const upload_options& where() const noexcept { return link_.options(); }
    void describe(const std::vector<upload_file>& files) { files_ = files; }
    std::string locator(std::size_t number) const { return host_->locator(files_[number]); }

    /// Before a byte is sent: is it as private as it must be, and would clients of what lies there take what is to come?
    result<void> prepare(const publication& content, const hashed_publication& hashed)
    {
        MODELSEC_CHECK(host_->prepare());
        MODELSEC_TRY(const auto there, host_->manifest_there(manifest_file(content)));
        return there ? check_predecessor(*there, content, hashed.digests) : result<void>();
    }

    result<void> send() { return uploading(*host_, link_, files_).run(); }

    result<uploaded_publication> finish(const publication& content, const published_manifest& made)
    {
        upload_file manifest = manifest_file(content);
        manifest.content = made.text;
        manifest.size_bytes = made.text.size();
        manifest.sha256 = sha256(as_bytes(made.text));
        uploaded_publication out{made, {}, 0, 0};
        MODELSEC_TRY(out.manifest_place, host_->put_manifest(manifest));
        out.bytes_sent = link_.bytes_sent();
        out.files_present = static_cast<std::uint64_t>(
            std::count_if(files_.begin(), files_.end(), [](const upload_file& f) { return f.present; }));
        return out;
    }

private:
    explicit host_upload(const upload_options& where) : link_(where) {}

    static std::string manifest_name(const upload_options& where)
    {
        return where.manifest_name.empty() ? "manifest.json" : where.manifest_name;
    }

    upload_file manifest_file(const publication& content) const
    {
        upload_file out;
        out.name = out.title = manifest_name(where());
        out.platform = content.version;
        return out;
    }

    upload_link link_;
    std::unique_ptr<upload_host> host_;
    std::vector<upload_file> files_;
};

/// The hosts of one publication; of several, a failure says which it came from.
class host_uploads
{
public:
    result<void> open(const std::vector<upload_options>& hosts)
    {
        if (hosts.empty())
            return fail(reason::bad_option, "a host to upload to");
        several_ = hosts.size() > 1;
        for (const upload_options& where : hosts)
        {
            for (const auto& other : all_)
                if (other->where().where.target == where.where.target && other->where().destination == where.destination &&
                    other->where().endpoint == where.endpoint)
                    return at(where, fail(reason::bad_option, "this place stands twice"));
            auto one = host_upload::make(where);
            if (one.has_error())
                return at(where, std::move(one).error());
            all_.push_back(std::move(*one));
        }
        return {};
    }

    /// Does it with each of them, one after the other, until one fails.
    template <class F>
    result<void> each(F f)
    {
        for (const auto& host : all_)
            if (result<void> done = f(*host); done.has_error())
                return at(host->where(), std::move(done).error());
        return {};
    }

    /// Fills in the addresses that the publisher left open.
    void set_addresses(publication& content, const std::vector<open_address>& open) const
    {
        for (const open_address& one : open)
        {
            file_to_publish& file = content.artifacts[one.artifact].files[one.file];
            file.url.clear();
            file.mirrors = one.mirrors;
            for (const auto& host : all_)
                if (std::string address = host->locator(one.number); file.url.empty())
                    file.url = std::move(address);
                else if (!address.empty())
                    file.mirrors.push_back(std::move(address));
        }
    }

private:
    failure at(const upload_options& where, failure why) const
    {
        if (several_)
            why.detail = std::string(to_string(where.where.target)) + ' ' + where.destination +
                         (why.detail.empty() ? "" : ": " + why.detail);
        return why;
    }

    std::vector<std::unique_ptr<host_upload>> all_;
    bool several_ = false;
};

}  // namespace detail

result<std::vector<uploaded_publication>> publish_to_hosts(publication content, const std::vector<signing_key>& keys,
                                                           const std::vector<upload_options>& hosts,
                                                           const hash_options& hashing)
{
    using namespace detail;
    host_uploads uploads;
    MODELSEC_CHECK(uploads.open(hosts));
    std::vector<upload_file> files = files_to_upload(content);
    const auto describe = [&] {
        return uploads.each([&](host_upload& host) -> result<void> {
            host.describe(files);
            return {};
        });
    };
    const std::vector<open_address> open = open_addresses(content);
    MODELSEC_CHECK(describe());
    uploads.set_addresses(content, open);
    MODELSEC_CHECK(add_indexes(content));

    MODELSEC_TRY(const hashed_publication hashed, hash_publication(content, keys, hashing));
    for (std::size_t i = 0; i < files.size(); ++i)
    {
        files[i].size_bytes = hashed.digests[i].size_bytes;
        files[i].sha256 = hashed.digests[i].sha256;
    }
    append_indexes(files, content, hashed);
    MODELSEC_CHECK(describe());
    MODELSEC_CHECK(uploads.each([&](host_upload& host) { return host.prepare(content, hashed); }));
    MODELSEC_CHECK(uploads.each([](host_upload& host) { return host.send(); }));
    uploads.set_addresses(content, open);

    MODELSEC_TRY(const published_manifest made, sign_publication(content, keys, hashed, hashing.handle));
    for (const upload_options& where : hosts)
        if (where.keep_manifest)
            MODELSEC_CHECK(where.keep_manifest(made));
    std::vector<uploaded_publication> out;
    MODELSEC_CHECK(uploads.each([&](host_upload& host) -> result<void> {
        MODELSEC_TRY(uploaded_publication done, host.finish(content, made));
        out.push_back(std::move(done));
        return {};
    }));
    return out;
}

result<uploaded_publication> publish_to_host(publication content, const std::vector<signing_key>& keys,
                                             const upload_options& where, const hash_options& hashing)
{
    MODELSEC_TRY(std::vector<uploaded_publication> done, publish_to_hosts(std::move(content), keys, {where}, hashing));
    return std::move(done.front());
}

MODELSEC_END_NAMESPACE

#endif
