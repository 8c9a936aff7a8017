// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_MAKE_BUNDLE_IPP
#define MODELSEC_DETAIL_PUBLISH_MAKE_BUNDLE_IPP

#include <modelsec/detail/fetch/bundle.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/publish/make_bundle.hpp>
#include <modelsec/detail/publish/signing.hpp>

#include <charconv>
#include <filesystem>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A store of its own for one fetch, that goes with its object.
class bundle_workplace
{
public:
    explicit bundle_workplace(const std::string& bundle) : path_(bundle + ".work")
    {
        clear();
        std::error_code ignored;  // what cannot be written fails the fetch
        std::filesystem::create_directory(path_, ignored);
        std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    }
    bundle_workplace(const bundle_workplace&) = delete;
    bundle_workplace& operator=(const bundle_workplace&) = delete;
    ~bundle_workplace() { clear(); }

    std::string store() const { return (path_ / "store").string(); }

    /// The envelope that vouches for the pack that was fetched: the only one that is kept here.
    result<bytes> envelope() const
    {
        std::error_code ec;
        for (std::filesystem::directory_iterator at(path_ / "store/.modelsec/envelopes", ec), end; !ec && at != end;
             at.increment(ec))
            return read_local_file(at->path().string(), limits{}.envelope_bytes);
        return fail(reason::state_unreadable, "no envelope was kept");
    }

    std::string archive() const { return (path_ / "archive").string(); }

    /// Keeps a verified archive, which the store is about to drop.
    result<void> take_archive(const sha256_digest& content) const
    {
        std::error_code ec;
        for (std::filesystem::directory_iterator at(path_ / "store/.modelsec/staging", ec), end; !ec && at != end;
             at.increment(ec))
        {
            std::error_code moved;
            std::filesystem::rename(at->path() / ("partial-" + content.hex()), archive(), moved);
            if (!moved)
                return {};
        }
        return fail(reason::store_io, "the archive cannot be kept");
    }

    /// Successors of a pinned root, as the store keeps them: `<N>.root.json`.
    result<std::vector<std::pair<std::uint64_t, bytes>>> roots() const
    {
        std::vector<std::pair<std::uint64_t, bytes>> out;
        std::error_code ec;
        for (std::filesystem::recursive_directory_iterator at(path_ / "store/.modelsec/trust", ec), end; !ec && at != end;
             at.increment(ec))
        {
            const std::string name = at->path().filename().string();
            std::uint64_t version = 0;
            const char* const past = name.data() + name.size();
            const auto [rest, error] = std::from_chars(name.data(), past, version);
            if (error != std::errc() || std::string_view(rest, static_cast<std::size_t>(past - rest)) != ".root.json")
                continue;
            MODELSEC_TRY(bytes root, read_local_file(at->path().string(), limits{}.root_bytes));
            out.emplace_back(version, std::move(root));
        }
        return out;
    }

private:
    void clear() const
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    std::filesystem::path path_;
};

/// The files of the artifact that was fetched, as they were signed.
inline result<std::vector<bundle_file>> files_of_bundle(const envelope& signed_by, const fetch_result& got,
                                                        const std::string& archive)
{
    MODELSEC_TRY(const std::vector<artifact> artifacts, parse_known_artifacts(signed_by.payload()));
    for (const artifact& a : artifacts)
    {
        if (!(a.content_digest() == got.artifact))
            continue;
        std::vector<bundle_file> out;
        for (const artifact_file& f : a.files)
            out.push_back({a.is_zip ? archive : got.path + '/' + f.name->str(), f.sha256, f.size_bytes});
        return out;
    }
    return fail(reason::state_unreadable, "no artifact of the envelope is what was fetched");
}

}  // namespace detail

result<fetch_result> make_bundle(client_options access, const fetch_options& model, const bundle_options& to)
{
    if (model.offline || model.dry_run)
        return fail(reason::bad_option, "a bundle is made of a model that is fetched");
    if (std::holds_alternative<tuf_repository>(model.trust) || std::holds_alternative<model_signature>(model.trust))
        return fail(reason::bad_option, "a bundle carries an envelope, which neither a TUF target nor a signed model has");
    std::error_code ec;
    if (to.path.empty() || std::filesystem::exists(to.path, ec))
        return to.path.empty() ? fail(reason::bad_option, "a bundle needs a path") : fail(reason::file_exists, to.path);
    const detail::bundle_workplace work(to.path);
    access.store = work.store();
    MODELSEC_TRY(fetch_result got, detail::run_fetch(access, model, false, detail::make_network, nullptr, nullptr, nullptr,
                                                     [&work](const sha256_digest& a) { return work.take_archive(a); }));
    MODELSEC_TRY(const bytes envelope, work.envelope());
    MODELSEC_TRY(const auto roots, work.roots());
    MODELSEC_TRY(const detail::envelope signed_by, detail::parse_any_envelope(as_text(envelope)));
    MODELSEC_TRY(const auto files, detail::files_of_bundle(signed_by, got, work.archive()));
    MODELSEC_CHECK(detail::write_bundle(to.path, envelope, roots, files, model.operation.control));
    got.path = to.path;
    return got;
}

MODELSEC_END_NAMESPACE

#endif
