// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FETCH_ARTIFACT_IPP
#define MODELSEC_DETAIL_FETCH_FETCH_ARTIFACT_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/machine.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/source/locator.hpp>
#include <modelsec/detail/store/archive/archive.hpp>
#include <modelsec/detail/store/decrypted_file.hpp>
#include <modelsec/detail/store/pack.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// TUF 1.0 section 7.2: with consistent snapshots only the name with the digest in front is asked for; who forgot that looks at a file that is
/// there.
inline failure name_missing_target(failure why, const artifact& wanted)
{
    const artifact_file& target = wanted.files.front();
    const std::string digest = target.stands_in ? to_hex(target.sha512) : target.sha256.hex();
    const std::string_view name = std::string_view(target.url).substr(target.url.rfind('/') + 1);
    return why.why == reason::not_found && name.starts_with(digest) ? fail(reason::target_not_found, std::move(why.detail))
                                                                    : std::move(why);
}

result<fetch_result> fetch_operation::install(const store& disk, const accepted& offer, const artifact& wanted)
{
    const identifier& model = offer.manifest.model_id;
    MODELSEC_CHECK(check_room(disk, offer, wanted));
    MODELSEC_TRY(const model_lock lock, disk.lock(model, lock_wait(), asked_.operation.control));
    MODELSEC_CHECK(disk.recover(lock, model));

    // Another process may have been here while this one waited.
    MODELSEC_TRY(const model_state state, disk.state(model));
    MODELSEC_CHECK(check_times(offer, state.memory, now_));
    MODELSEC_CHECK(check_pack(state, offer, wanted));
    MODELSEC_TRY(auto active, answer_active(disk, state, offer, wanted));
    if (active)
    {
        MODELSEC_CHECK(feed_from_active(disk, model));
        return std::move(*active);
    }

    MODELSEC_TRY(staging staged, disk.stage(model, wanted.content_digest()));
    MODELSEC_TRY(adopted_, disk.adopt(model, staged, wanted, asked_.operation.control));
    MODELSEC_CHECK(reuse_known_bytes(disk, model, staged, wanted));
    if (feed_)
    {
        feed_->growing([&staged](const artifact_file& f) { return staged.open_for_reading(f.sha256); });
        for (const verified_file& found : adopted_)
            feed_->all_good(found.sha256());
    }
    // `staged` goes when this function ends, however that is: nobody opens anything there then.
    struct last_opening
    {
        stream_feed* feed;
        bool active = false;
        ~last_opening()
        {
            if (feed && !active)
                feed->moving();
        }
    } opening{feed_};
    auto obtained = obtain_pack(staged, offer, wanted);
    if (feed_)
        feed_->moving();
    if (obtained.has_error())
    {
        sweep(disk, std::move(staged));
        return repository() ? name_missing_target(std::move(obtained).error(), wanted) : std::move(obtained).error();
    }
    const verified_pack& pack = *obtained;

    // A download can take longer than a manifest or a key lives.
    const utc_time now = owner_.clock->now();
    if (is_later_by_more(now_, now, owner_.caps.recheck_time_after))
        MODELSEC_CHECK(check_again(offer, state.memory, wanted, now));
    MODELSEC_CHECK(stopped());
    tell_stage(stage::activate);
    const std::uint64_t sequence = offer.claim.sequence.value_or(0);
    activation how{offer.manifest.version,
                   wanted.platform,
                   sequence,
                   offer.claim.sequence.has_value(),
                   offer.claim.envelope,
                   now,
                   offer.claim.issued_at,
                   offer.claim.ordered_elsewhere,
                   owner_.verity,
                   asked_.operation.control};
    MODELSEC_TRY(const pack_info info, disk.activate(lock, model, std::move(staged), pack, how));
    if (owner_.verity == verity_policy::wanted && !info.fs_verity)
        warn(reason::verity_unsupported);
    MODELSEC_CHECK(feed_from_active(disk, model));
    opening.active = true;
    return result_of(info, sequence, false);
}

/// Each content once that the store may hold parts of, and that is not there yet.
result<std::vector<fetch_operation::reusable>> fetch_operation::files_to_reuse(const store& disk, const identifier& model,
                                                                               staging& staged, const artifact& wanted) const
{
    std::vector<reusable> out;
    std::set<std::string> seen;
    for (const verified_file& found : adopted_)
        seen.insert(found.sha256().hex());
    for (const artifact_file& file : wanted.files)
    {
        const bool chunked = file.chunks && file.chunks->size_bytes > 0;
        if ((!file.index && !chunked) || !seen.insert(file.sha256.hex()).second)
            continue;
        MODELSEC_TRY(const auto there, staged.journal(file.sha256, file.size_bytes));
        range_set here;
        for (const byte_range& r : there)
            here.add(r);
        range_set missing = here.missing_of({0, file.size_bytes});
        if (!missing.empty())
            out.push_back({&file, std::move(missing)});
    }
    if (out.empty())
        return out;
    MODELSEC_TRY(const std::vector<known_file> known, disk.known_files(model));
    return known.empty() ? std::vector<reusable>() : std::move(out);
}

/// What is looked for, by the signed index, for which a host is asked, or else by chunks.
result<std::optional<wanted_pieces>> fetch_operation::pieces_of(const reusable& what, staging* keep)
{
    const artifact_file& file = *what.file;
    std::optional<wanted_pieces> out;
    if (file.index)
    {
        MODELSEC_TRY(out, obtain_index(file, what.missing, keep));
    }
    if (!out && file.chunks && file.chunks->size_bytes > 0)
        out.emplace(file, what.missing);
    return out;
}

result<void> fetch_operation::reuse_file(const store& disk, const identifier& model, staging& staged, const reusable& what,
                                         std::optional<wanted_pieces> pieces, reuse_watch& watch) const
{
    if (!pieces)
        return {};
    auto found = reuse_bytes(disk, model, staged, *what.file, std::move(*pieces), asked_.operation.control, watch);
    if (found.has_error() && (found.error().code() == errc::cancelled || found.error().code() == errc::disk_full))
        return std::move(found).error();
    return {};
}

/// What the store holds of another version, or anywhere else, need not travel.
result<void> fetch_operation::reuse_known_bytes(const store& disk, const identifier& model, staging& staged,
                                                const artifact& wanted)
{
    if (bundle_ || delivered_)
        return {};
    MODELSEC_TRY(const auto files, files_to_reuse(disk, model, staged, wanted));
    reuse_watch watch{owner_.clock.get()};
    for (const reusable& what : files)
    {
        if (watch.in_vain())
            break;
        MODELSEC_TRY(auto pieces, pieces_of(what, &staged));
        MODELSEC_CHECK(reuse_file(disk, model, staged, what, std::move(pieces), watch));
    }
    return {};
}

/// Brings a signed index into a partial of its own: on a slow line it takes longer than an application may live, and what came of it is
/// there for the next attempt as what came of the files is. It goes with the folder, once the pack is active.
result<void> fetch_operation::keep_index(staging& staged, const index_reference& index, const url& address)
{
    artifact_file wanted;
    wanted.sha256 = index.sha256;
    wanted.size_bytes = index.size_bytes;
    download_request what;
    what.files.push_back({&wanted, {address}, false});
    what.direct = false;
    what.progress = [](std::uint64_t) {};  // it is no part of the pack
    std::string coding;
    what.coding = &coding;
    // CWE-400: an index that drips would hold up the files, for which there may be other hosts.
    const std::uint64_t rate = owner_.caps.document_min_rate;
    what.min_rate = rate;
    if (rate != 0)
    {
        const auto due = steady_after(steady_after(owner_.clock->steady_now(), owner_.caps.document_start_time),
                                      std::chrono::seconds(index.size_bytes / rate));
        web().set_deadline(std::min(due, next_deadline().value_or(due)));
    }
    auto got = web().fetch_files(what, staged);
    web().set_deadline(next_deadline());
    if (got)
        return {};
    if (got.error().why == reason::deadline && !past_deadline())
        return fail(reason::too_slow, "an index that takes longer than a document may");
    if (got.error().code() == errc::disk_full)
        MODELSEC_CHECK(staged.drop_partial(index.sha256));
    // A warning has no words beside its reason: of bytes that were encoded on their way this one says so.
    if (got.error().code() == errc::digest && !coding.empty())
        return fail(reason::content_encoding, "an index in the content coding " + coding);
    return std::move(got).error();
}

// docs/architecture.md, rule 2: what is read again from disk is hashed again; the intake compares.
result<void> fetch_operation::read_index(staging& staged, const index_reference& index, index_intake& intake)
{
    MODELSEC_TRY(const file kept, staged.open_partial(index.sha256));
    bytes block(static_cast<std::size_t>(std::min<std::uint64_t>(index.size_bytes, std::uint64_t{64} << 10)));
    intake.begin();
    for (std::uint64_t at = 0; at < index.size_bytes;)
    {
        const auto room =
            std::span(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), index.size_bytes - at)));
        MODELSEC_TRY(const std::size_t n, staged.files().read_at(kept, at, room));
        if (n == 0)
            return fail(reason::store_io, "a partial was cut");
        intake.take(bytes_view(block).first(n));
        at += n;
    }
    return {};
}

/// Only a hint: what is wrong with it is told, and all bytes are fetched.
result<std::optional<wanted_pieces>> fetch_operation::obtain_index(const artifact_file& file, const range_set& missing,
                                                                   staging* keep)
{
    auto got = [&]() -> result<wanted_pieces> {
        MODELSEC_TRY(url address, sources_.locate(file.index->url));
        if (keep)
        {
            MODELSEC_CHECK(keep_index(*keep, *file.index, address));
            index_intake intake(file, missing);
            MODELSEC_CHECK(read_index(*keep, *file.index, intake));
            return intake.finish();
        }
        http_request request{std::move(address), std::nullopt, {}, static_cast<std::size_t>(file.index->size_bytes)};
        index_intake intake(file, missing);
        request.reader = &intake;
        request.digest_signed = true;
        MODELSEC_TRY(const http_answer answer, web().exchange(request));
        auto pieces = intake.finish();
        // A warning has no words beside its reason: of bytes that were encoded on their way this one says so.
        if (pieces.has_error() && pieces.error().why == reason::digest_mismatch && !answer.coding.empty())
            return fail(reason::content_encoding, "an index in the content coding " + answer.coding);
        return pieces;
    }();
    if (got)
        return std::optional(std::move(*got));
    if (got.error().code() == errc::cancelled || got.error().why == reason::deadline)
        return std::move(got).error();
    event e;
    e.kind = event_kind::warning;
    e.stage = stage::download;
    e.why = got.error().why;
    tell(std::move(e));
    return std::optional<wanted_pieces>();
}

/// What can be read before the pack is there: files as they are, or as the plain text that given keys open; not what must be unpacked first.
result<void> fetch_operation::begin_feed(const accepted& offer, const artifact& wanted) const
{
    if (!feed_)
        return {};
    if (wanted.is_zip)
        return fail(reason::not_streamable, "an archive is unpacked when all of it is there");
    std::map<std::string, std::vector<secret>> keys;
    for (const artifact_file& f : wanted.files)
    {
        if (!f.encryption)
            continue;
        if (!asked_.decrypt_keys || !f.name)
            return fail(reason::not_streamable, "an encrypted file, and no keys to it");
        if (f.encryption->scheme != encryption_info::stream_scheme)
            return fail(reason::encrypted, f.encryption->scheme);
        if (f.encryption->cipher_size_bytes() != f.size_bytes)
            return fail(reason::decrypt_failed, "not the size that its plain text has when it is encrypted");
        MODELSEC_TRY(const std::vector<secret> given, asked_.decrypt_keys(*f.encryption));
        std::vector<secret>& possible = keys[f.name->str()];
        for (const secret& one : given)
            for (secret& key : possible_file_keys(*f.encryption, one))
                possible.push_back(std::move(key));
    }
    feed_->begin(offer.manifest.model_id.str(), offer.manifest.version.str(), wanted.files, keys);
    return {};
}

result<void> fetch_operation::feed_from_active(const store& disk, const identifier& model) const
{
    if (!feed_)
        return {};
    MODELSEC_TRY(auto pack, disk.hold_active(model));
    feed_->active([pack = std::make_shared<const held_pack>(std::move(pack))](const artifact_file& f) -> result<file> {
        return f.name ? pack->open(*f.name) : fail(reason::not_streamable, "an archive");
    });
    return {};
}

result<void> fetch_operation::check_again(const accepted& offer, const model_memory& memory, const artifact& wanted,
                                          utc_time now)
{
    if (repository())
    {
        MODELSEC_TRY(const accepted again, find_target(now));
        return again.manifest.artifacts.front().content_digest() == wanted.content_digest()
                   ? result<void>()
                   : fail(reason::metadata_mismatch, "the target was replaced while it was downloaded");
    }
    if (signature())
    {
        MODELSEC_TRY(const accepted again, accept_signature(offer.raw, now));
        return check_times(again, memory, now);
    }
    MODELSEC_TRY(const signing_keys keys, find_keys(now));
    MODELSEC_TRY(envelope again, parse_envelope(offer.raw, asked_.format, owner_.caps));
    signature_budget budget{owner_.caps.signature_message_bytes, [this] { return stopped(); }};
    MODELSEC_CHECK(verify_envelope(std::move(again), keys.keys, keys.threshold, &budget));
    return check_times(offer, memory, now);
}

// What a failed attempt leaves is what the next one can use, and nothing else. The failure itself is what is reported.
void fetch_operation::sweep(const store& disk, staging&& staged)
{
    {
        const staging given_back = std::move(staged);
    }
    std::vector<std::string> removed;
    std::uint64_t bytes = 0;
    (void)disk.collect_staging(false, removed, bytes);
}

// Before the first byte rather than after the last but one. What an earlier attempt reserved or fetched counts as free: it is
// this pack's own.
result<void> fetch_operation::check_room(const store& disk, const accepted& offer, const artifact& wanted) const
{
    MODELSEC_TRY(const std::uint64_t free, disk.free_space());
    MODELSEC_TRY(const std::uint64_t ours, disk.partial_room(wanted.content_digest()));
    MODELSEC_CHECK(check_device(offer.manifest.needs, owner_.device.value_or(device_facts{total_memory(), free + ours})));
    const std::uint64_t total = wanted.total_bytes();
    const std::uint64_t unpacked = wanted.is_zip ? wanted.extracted_bytes.value_or(total) : 0;
    // What nobody signed must not be read as what the publisher wants: the host's word alone said how much it is.
    if (signature() && free + ours < total)
        return fail(reason::model_too_large, std::to_string(total) + " bytes, more than there is room for");
    if (free + ours < total + unpacked)
        return fail(reason::disk_full, "before the download: " + std::to_string(total + unpacked) + " bytes are needed");
    return {};
}

result<verified_pack> fetch_operation::obtain_pack(staging& staged, const accepted& offer, const artifact& wanted)
{
    tell_stage(stage::download);
    total_ = std::max(total_, wanted.total_bytes());  // what was told before goes not back, see bring_signed()
    if (!std::exchange(progress_begun_, true))
    {
        event e;
        e.kind = event_kind::progress;
        e.stage = stage::download;
        e.total = total_;
        tell(std::move(e));
    }

    if (!wanted.oci.empty() && !bundle_ && !delivered_)
        MODELSEC_CHECK(check_layers(wanted));
    MODELSEC_TRY(const std::vector<verified_file> files, download_files(staged, wanted));
    if (feed_)
        feed_->moving();  // partials become the pack's files
    MODELSEC_CHECK(check_decryption(staged, offer, wanted));
    if (wanted.is_zip)
        return unpack(staged, wanted, files.front());

    MODELSEC_TRY(std::vector<placed_file> placed, staged.assemble(wanted, files));
    return make_verified_pack(std::move(placed), wanted);
}

/// What cannot be opened, or is not what the publisher encrypted, must not replace what can.
result<void> fetch_operation::check_decryption(staging& staged, const accepted& offer, const artifact& wanted) const
{
    if (!asked_.decrypt_keys)
        return {};
    for (const artifact_file& f : wanted.files)
    {
        if (!f.encryption)
            continue;
        MODELSEC_TRY(const file content, staged.open_partial(f.sha256));
        MODELSEC_TRY(
            const decrypted_file opened,
            decrypted_file::open(*owner_.files, content, {offer.manifest.model_id.str(), offer.manifest.version.str(), f},
                                 asked_.decrypt_keys, asked_.operation.control));
        MODELSEC_CHECK(opened.check_plain(asked_.operation.control));
    }
    return {};
}

/// For every file of the artifact what is known of its partial, which several files of the same content share.
result<std::vector<verified_file>> fetch_operation::download_files(staging& staged, const artifact& wanted)
{
    // Small packs are never a reason to leave the digest of the whole out; what is unpacked is hashed as a whole anyway.
    static constexpr std::uint64_t small = std::uint64_t{256} << 20;
    std::map<std::string, verified_file> known;  // by digest
    for (const verified_file& file : adopted_)
        known.emplace(file.signed_as().hex(), file);
    download_request what;
    std::set<std::string> asked;
    std::uint64_t travelling = 0;
    for (const artifact_file& file : wanted.files)
    {
        if (known.contains(file.sha256.hex()) || !asked.insert(file.sha256.hex()).second)
            continue;
        travelling += file.size_bytes;
        MODELSEC_TRY(std::vector<url> addresses, sources(wanted, file));
        what.files.push_back({&file, std::move(addresses), wanted.endpoint || sources_.renewable(locator_of(wanted, file))});
    }
    // What is here already counts first.
    what.progress = [this, here = total_ - travelling](std::uint64_t bytes) { tell_progress(here + bytes); };
    what.direct = write_directly(wanted);
    what.connections = owner_.transport.connections;
    what.whole = owner_.digest == digest_policy::whole || wanted.is_zip || wanted.total_bytes() <= small;
    what.verity = owner_.verity != verity_policy::off && !wanted.is_zip;
    what.fetched = &fetched_;
    what.feed = feed_;
    what.sources = &metrics_.sources;
    std::map<std::size_t, url> renewed;
    what.renew = [&](std::size_t i) -> result<url> {
        const auto before = renewed.find(i);
        MODELSEC_TRY(url next, next_address(wanted, *what.files[i].expected,
                                            before != renewed.end() ? before->second : what.files[i].sources.front()));
        renewed.insert_or_assign(i, next);
        return next;
    };
    if (what.files.empty())
        tell_progress(total_);
    else
    {
        MODELSEC_TRY(const std::vector<verified_file> fetched, web().fetch_files(what, staged));
        for (const verified_file& file : fetched)
            known.emplace(file.signed_as().hex(), file);
    }
    std::vector<verified_file> out;
    for (const artifact_file& file : wanted.files)
        out.push_back(known.at(file.sha256.hex()));
    return out;
}

result<std::vector<url>> fetch_operation::sources(const artifact& wanted, const artifact_file& file)
{
    std::vector<url> out;
    if (bundle_ || delivered_)
    {
        MODELSEC_TRY(url stand_in, url::parse(bundle_address));
        out.push_back(std::move(stand_in));
        return out;
    }
    auto first = first_address(wanted, file);
    if (first)
        out.push_back(std::move(*first));
    // What is wrong with the manifest's own address is the publisher's, whatever the mirrors are; so is what policy forbids.
    else if (file.mirrors.empty() || first.error().code() == errc::malformed || first.error().code() == errc::policy ||
             first.error().code() == errc::cancelled)
        return std::move(first).error();
    for (const std::string& mirror : file.mirrors)
    {
        auto address = sources_.locate(mirror);
        if (address)
            out.push_back(std::move(*address));
        else if (const bool bad = is_bad_mirror(address.error());
                 !bad && (address.error().code() == errc::policy || address.error().code() == errc::cancelled))
            return std::move(address).error();
        else
        {
            event skipped;
            skipped.kind = event_kind::warning;
            skipped.stage = stage::download;
            skipped.why = bad ? reason::bad_mirror : address.error().why;
            tell(std::move(skipped));
        }
    }
    if (out.empty())
        return std::move(first).error();
    return out;
}

/// Where the file is, in the manifest's words; empty if only the endpoint knows.
std::string fetch_operation::locator_of(const artifact& wanted, const artifact_file& file)
{
    if (!file.url.empty() || wanted.oci.empty())
        return file.url;
    return wanted.oci.substr(0, wanted.oci.rfind('@')) + "@sha256:" + file.sha256.hex();
}

result<url> fetch_operation::first_address(const artifact& wanted, const artifact_file& file)
{
    const std::string locator = locator_of(wanted, file);
    if (locator.empty())
        return ask_endpoint(*wanted.endpoint);
    // A blob is named by its digest: one that is not the file's leads to other bytes (docs/manifest.md, Locators).
    if (locator.starts_with("oci://"))
        if (const auto blob = oci_locator::parse(locator); blob && !file.stands_in && !(blob->digest == file.sha256))
            return fail(reason::manifest_malformed, "an oci:// address with another digest than the file's");
    return sources_.locate(locator);
}

/// After the first address was refused: a new signature, another token, or the endpoint's next answer.
result<url> fetch_operation::next_address(const artifact& wanted, const artifact_file& file, const url& before)
{
    if (wanted.endpoint)
        return ask_endpoint(*wanted.endpoint);
    return sources_.locate_again(locator_of(wanted, file), before,
                                 fail(reason::unauthorized, "refused, and there is no other token"));
}

result<void> fetch_operation::check_layers(const artifact& wanted)
{
    MODELSEC_TRY(const std::vector<oci_layer> layers, sources_.layers(wanted.oci));
    return compare_layers(wanted, layers);
}

result<void> compare_layers(const artifact& wanted, const std::vector<oci_layer>& layers)
{
    if (layers.size() != wanted.files.size())
        return fail(reason::manifest_malformed, "the OCI artifact has another number of layers than the manifest has files");
    for (const artifact_file& file : wanted.files)
    {
        const std::string path = file.name->str();
        const auto layer = std::find_if(layers.begin(), layers.end(), [&](const oci_layer& l) { return l.title == path; });
        if (layer == layers.end())
            return fail(reason::manifest_malformed, "no layer of the OCI artifact has the title " + path);
        if (layer->packed)
            return fail(reason::packed_layer, path);
        if (!(layer->sha256 == file.sha256) || layer->size_bytes != file.size_bytes)
            return fail(reason::manifest_malformed, "the layer " + path + " is not the file of the manifest");
    }
    return {};
}

// The answer counts as a redirect: https only, and none of the manifest's headers go along.
result<url> fetch_operation::ask_endpoint(const url_endpoint& endpoint)
{
    MODELSEC_TRY(url address, resolve_signed(endpoint.url));
    std::vector<http_header> headers;
    if (const auto origin = url::parse(asked_.manifest.url); origin && origin->origin() == address.origin())
        headers = asked_.manifest.headers;
    MODELSEC_TRY(const http_answer answer,
                 web().exchange({address, endpoint.body, std::move(headers), owner_.caps.endpoint_answer_bytes}));
    return read_endpoint_answer(answer.body, address);
}

result<verified_pack> fetch_operation::unpack(staging& staged, const artifact& wanted, const verified_file& archive)
{
    tell_stage(stage::extract);
    MODELSEC_TRY(const file folder, staged.fresh_pack_folder());
    MODELSEC_TRY(const file content, staged.open_partial(archive.sha256()));
    const extraction what{archive.size(), archive.sha256(), wanted.extracted_bytes, {}};
    MODELSEC_TRY(auto tree, extract_zip(*owner_.files, content, folder, what, owner_.caps, asked_.operation.control));
    if (take_archive_)
        MODELSEC_CHECK(take_archive_(archive.sha256()));
    return make_verified_pack(std::move(tree), archive, wanted);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
