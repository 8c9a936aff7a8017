// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FETCH_TRUST_IPP
#define MODELSEC_DETAIL_FETCH_FETCH_TRUST_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/trust/tuf_workflow.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Where the targets of a repository may lie. By custom `targets/` stands beside `metadata/`; where the metadata is the whole
/// repository, below it. A wrong guess costs a 404: the digest decides.
inline std::vector<std::string> target_folders(const tuf_repository& r)
{
    if (!r.urls.empty())
        return r.urls;
    std::string base = r.metadata_url;
    while (base.ends_with('/'))
        base.pop_back();
    std::vector<std::string> out;
    static constexpr std::size_t scheme = std::string_view("https://").size();
    if (const auto last = base.rfind('/'); last != std::string::npos && last > scheme)
        out.push_back(base.substr(0, last) + "/targets");
    out.push_back(base + "/targets");
    return out;
}

/// What a repository says of its target, as a manifest would say it.
inline result<manifest> manifest_of(const tuf_repository& from, const tuf_client& workflow, const std::string& model_id)
{
    const target_file& target = workflow.found();
    if (!target.hashes.checkable())
        return fail(reason::metadata_mismatch, "no known digest is listed for the target");
    MODELSEC_TRY(identifier model, identifier::parse(model_id));
    MODELSEC_TRY(identifier version,
                 identifier::parse(
                     (target.hashes.sha256 ? target.hashes.sha256->hex() : to_hex(*target.hashes.sha512)).substr(0, 16)));
    MODELSEC_TRY(const relative_path path, relative_path::parse(from.target));
    artifact_file file;
    file.size_bytes = target.length;
    file.sha512 = target.hashes.sha512.value_or(bytes());
    // A store names partials by SHA-256: where only a SHA-512 is listed, that of its bytes stands for it.
    file.stands_in = !target.hashes.sha256;
    file.sha256 = target.hashes.sha256 ? *target.hashes.sha256 : sha256(file.sha512);
    file.name.emplace(path.file());
    for (const std::string& folder : target_folders(from))
        (file.url.empty() ? file.url : file.mirrors.emplace_back()) = below(folder, workflow.found_location());
    artifact only;
    only.platform = "any";
    only.files.push_back(std::move(file));
    manifest out{std::move(model), std::move(version), {}, {}, {}, {}, {}, {}, {}};
    out.artifacts.push_back(std::move(only));
    return out;
}

// One attempt at a time for each pinned root: of two at once, one could write older metadata over the other's.
result<fetch_operation::known_metadata> fetch_operation::hold_metadata(const sha256_digest& folder) const
{
    known_metadata out;
    auto disk = open_store(!changes_nothing());
    if (!disk && changes_nothing() && disk.error().why == reason::none_active)
        return out;
    if (!disk)
        return std::move(disk).error();
    if (changes_nothing())
    {
        MODELSEC_TRY(out.folder, disk->known_metadata(folder));
        return out;
    }
    MODELSEC_TRY(out.alone, disk->lock_metadata(folder, lock_wait(), asked_.operation.control));
    MODELSEC_TRY(out.folder, disk->metadata(folder));
    return out;
}

result<signing_keys> fetch_operation::find_keys(utc_time now)
{
    trust_means means{nullptr, nullptr, &owner_.caps, [this] { return stopped(); }, changes_nothing()};
    known_metadata known;
    if (const auto folder = trust_folder(asked_.trust))
    {
        // The end of a transfer asks nobody: the latest root that is stored counts, and its expiry.
        means.web = delivered_ || bundle_ ? nullptr : &web();
        means.bundle = bundle_.get();
        MODELSEC_TRY(known, hold_metadata(*folder));
        means.kept = known.folder ? &*known.folder : nullptr;
    }
    return resolve_trust(asked_.trust, now, means);
}

// Metadata says nothing about tiers, platforms or sequences: an expectation that nobody checks must not look like one.
result<void> fetch_operation::check_target_options() const
{
    if (!asked_.manifest.url.empty() || !asked_.manifest.file.empty() || !asked_.manifest.bundle.empty())
        return fail(reason::bad_option, "a TUF repository takes the place of a manifest");
    if (!asked_.tier.empty() || !asked_.platforms.empty() || asked_.min_sequence != 0 ||
        asked_.format != envelope_format::dsse)
        return fail(reason::bad_option, "a TUF target has no tier, platform, sequence or envelope");
    if (asked_.model_id.empty())
        return fail(reason::model_required);
    if (identifier::parse(asked_.model_id).has_error())
        return fail(reason::bad_option, "not a model id");
    return check_trust(asked_.trust);
}

// TUF 1.0 section 5: the whole client workflow, then the search. The time is fixed for all of it (5.1).
result<fetch_operation::accepted> fetch_operation::find_target(utc_time now)
{
    const tuf_repository& from = *repository();
    const sha256_digest folder = sha256(from.root);
    MODELSEC_TRY(const known_metadata known, hold_metadata(folder));
    const auto go_on = [this] { return stopped(); };
    tuf_client workflow(from.root, now, owner_.caps, go_on);
    trust_driver driver(
        from.metadata_url, false,
        {delivered_ ? nullptr : &web(), known.folder ? &*known.folder : nullptr, &owner_.caps, go_on, changes_nothing()});
    MODELSEC_CHECK(driver.run(workflow, workflow.start(from.target)));
    MODELSEC_TRY(manifest m, manifest_of(from, workflow, asked_.model_id));
    // What stands for the envelope in the store's memory. Metadata has versions of its own: there is no sequence.
    const artifact_file& file = m.artifacts.front().files.front();
    const std::string record = json{
        {"tuf_target", from.target},
        {"length", file.size_bytes},
        {"sha256", file.sha256.hex()},
        {"root", folder.hex()}}.dump();
    const sha256_digest digest = sha256(as_bytes(record));
    return accepted{std::move(m), {{}, {}, {}, true, digest, digest, {}, true}, bytes(record.begin(), record.end())};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
