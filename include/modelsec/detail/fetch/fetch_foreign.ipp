// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FETCH_FOREIGN_IPP
#define MODELSEC_DETAIL_FETCH_FETCH_FOREIGN_IPP

#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/fetch/foreign_delivery.hpp>
#include <modelsec/detail/fetch/foreign_plan.hpp>
#include <modelsec/detail/net/credentials.hpp>
#include <modelsec/detail/net/redirect_fsm.hpp>

#include <algorithm>
#include <set>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<foreign_job> fetch_operation::begin_foreign()
{
    if (asked_.offline || asked_.dry_run || !asked_.manifest.bundle.empty())
        return fail(reason::not_transferable);
    MODELSEC_CHECK(check_options());
    tell_stage(stage::manifest);
    MODELSEC_TRY(accepted offer, obtain_offer());
    model_id_ = offer.manifest.model_id.str();
    version_ = offer.manifest.version.str();
    MODELSEC_TRY(const store disk, open_store(true));
    MODELSEC_CHECK(look_after_state(disk, offer.manifest.model_id));
    MODELSEC_TRY(const model_state known, remember_accepted(disk, offer));
    offer.claim.envelope = kept_envelope(known.memory, offer.claim);
    if (signature())
        MODELSEC_CHECK(learn_sizes(offer.manifest.artifacts.front(), known));
    MODELSEC_TRY(const artifact* const wanted, select_artifact(offer.manifest, asked_.platforms));
    chosen_ = wanted->content_digest();
    chosen_bytes_ = wanted->total_bytes();
    MODELSEC_CHECK(check_pack(known, offer, *wanted));
    if (!wanted->oci.empty())
        MODELSEC_CHECK(check_layers(*wanted));
    MODELSEC_CHECK(check_room(disk, offer, *wanted));
    foreign_job out{std::move(offer), 0};
    out.artifact = static_cast<std::size_t>(wanted - out.offer.manifest.artifacts.data());
    const auto use_what_is_here = [&](staging* staged, const model_state&) -> result<void> {
        if (!staged)
            return {};
        // What others were asked for already is theirs to bring.
        for (const artifact_file& f : out.wanted().files)
        {
            MODELSEC_TRY(const partial_notes notes, staged->notes_on(f.sha256, f.size_bytes));
            if (!notes.leases.empty())
                return {};
        }
        MODELSEC_CHECK(disk.adopt(out.offer.manifest.model_id, *staged, out.wanted(), asked_.operation.control));
        return reuse_known_bytes(disk, out.offer.manifest.model_id, *staged, out.wanted());
    };
    MODELSEC_CHECK(in_staging(out, use_what_is_here));
    return out;
}

/// Calls `work` with the staging folder of what is to be brought, the model locked; with null if that is active already.
template <class Work>
auto fetch_operation::in_staging(const foreign_job& job, const Work& work)
    -> decltype(work(std::declval<staging*>(), model_state()))
{
    const identifier& model = job.offer.manifest.model_id;
    const sha256_digest content = job.wanted().content_digest();
    MODELSEC_TRY(const store disk, open_store(true));
    MODELSEC_TRY(const model_lock lock, disk.lock(model, lock_wait(), asked_.operation.control));
    MODELSEC_CHECK(disk.recover(lock, model));
    MODELSEC_TRY(const model_state state, disk.state(model));
    MODELSEC_CHECK(check_pack(state, job.offer, job.wanted()));
    if (state.active && state.active->version == job.offer.manifest.version && state.active->artifact == content)
    {
        const auto opened = disk.open_files(model, *state.active, asked_.operation.control);
        if (opened)
            return work(nullptr, state);
        if (opened.error().why != reason::pack_damaged)
            return opened.error();
        // What is damaged has to be brought again.
    }
    MODELSEC_TRY(staging staged, disk.stage(model, content));
    if (!staged.is_found_again(content))
        return fail(reason::lock_timeout, "others work on the same content now, or the store's disk has no locks");
    return work(&staged, state);
}

/// Each content of the artifact once, with what is known of its partial.
inline result<std::vector<foreign_file>> foreign_files(const artifact& wanted, staging& staged)
{
    std::vector<foreign_file> out;
    std::set<std::string> seen;
    for (const artifact_file& f : wanted.files)
    {
        if (!seen.insert(f.sha256.hex()).second)
            continue;
        foreign_file next{&f, {}};
        MODELSEC_TRY(next.notes, staged.notes_on(f.sha256, f.size_bytes));
        // What of it is really there: the journal's word holds for no more than the file has.
        MODELSEC_TRY(const auto there, staged.journal(f.sha256, f.size_bytes));
        next.notes.synced = {};
        for (const byte_range& r : there)
            next.notes.synced.add(r);
        out.push_back(std::move(next));
    }
    return out;
}

inline std::string foreign_path(const artifact& wanted, const artifact_file& f)
{
    return f.name && !wanted.is_zip ? f.name->str() : std::string();
}

result<std::optional<foreign_range>> fetch_operation::hand_out(const foreign_job& job, const foreign_terms& terms)
{
    using answer = std::optional<foreign_range>;
    const artifact& wanted = job.wanted();
    return in_staging(job, [&](staging* staged, const model_state& state) -> result<answer> {
        if (!staged)
            return answer();
        // Nothing more is asked for that finish() would refuse.
        const utc_time now = owner_.clock->now();
        MODELSEC_CHECK(check_times(job.offer, state.memory, now));
        MODELSEC_TRY(const auto files, foreign_files(wanted, *staged));
        const auto choice = choose_foreign_range(files, terms.range_bytes, now);
        if (!choice)
            return answer();
        const artifact_file& f = *files[choice->file].expected;
        const bool by_endpoint = f.url.empty() && wanted.endpoint.has_value();
        std::optional<failure> first;
        for (const std::size_t source : order_of_sources(files[choice->file].notes, by_endpoint ? 1 : 1 + f.mirrors.size()))
        {
            auto address = address_of(wanted, f, source);
            if (address.has_error())
            {
                if (address.error().code() == errc::cancelled)
                    return std::move(address).error();
                if (!first)
                    first = std::move(address).error();
                continue;
            }
            foreign_range out;
            MODELSEC_TRY(out.headers, headers_for(*address));
            if (!(choice->bytes == byte_range{0, f.size_bytes}))
                out.headers.push_back(
                    {"Range", "bytes=" + std::to_string(choice->bytes.begin) + '-' + std::to_string(choice->bytes.end - 1)});
            // A body that a transport unpacks is another one than was asked for.
            out.headers.push_back({"Accept-Encoding", "identity"});
            out.id = foreign_id({f.sha256, choice->bytes});
            out.file = foreign_path(wanted, f);
            out.url = address->str();
            out.begin = choice->bytes.begin;
            out.end = choice->bytes.end;
            out.file_size = f.size_bytes;
            out.leased_until = now + terms.lease;
            // Durable before anybody is told: the same bytes are not asked for twice, whoever dies now. Neither address nor headers
            // are written down (CWE-522).
            MODELSEC_CHECK(staged->lease(f.sha256, f.size_bytes,
                                         {choice->bytes, static_cast<std::uint64_t>(now.time_since_epoch().count()),
                                          static_cast<std::uint64_t>(out.leased_until.time_since_epoch().count()), source}));
            return answer(std::move(out));
        }
        return std::move(*first);
    });
}

/// The address of a file that has this number among those that were signed, anew.
result<url> fetch_operation::address_of(const artifact& wanted, const artifact_file& file, std::size_t source)
{
    MODELSEC_TRY(url out, source == 0 ? first_address(wanted, file) : sources_.locate(file.mirrors[source - 1]));
    // The same addresses are allowed as for the library's own downloads.
    MODELSEC_CHECK(redirect_fsm(out, false, owner_.caps.redirects, owner_.transport.allowed_hosts).check());
    return out;
}

/// The headers of the library's own requests to this address.
result<std::vector<http_header>> fetch_operation::headers_for(const url& address) const
{
    std::vector<http_header> out;
    if (owner_.transport.credentials)
        out = owner_.transport.credentials(address.origin());
    add_headers(out, sources_.headers(address));
    if (owner_.profile == profile::client)
        MODELSEC_CHECK(check_client_headers(out));
    return out;
}

/// The file of the artifact that an id is about.
inline result<std::pair<const artifact_file*, byte_range>> find_foreign(const artifact& wanted, std::string_view id)
{
    const auto name = parse_foreign_id(id);
    if (!name)
        return fail(reason::unknown_range, "not an id of a range");
    for (const artifact_file& f : wanted.files)
        if (f.sha256 == name->content && name->bytes.end <= f.size_bytes)
            return std::pair(&f, name->bytes);
    return fail(reason::unknown_range, "no range of this version");
}

inline std::optional<std::uint64_t> source_of_lease(const partial_notes& notes, byte_range bytes)
{
    for (const range_lease& l : notes.leases)
        if (l.bytes == bytes)
            return l.source;
    return std::nullopt;
}

/// Whether a range may be delivered: it was handed out (even if its time is over), its bytes are there already, or they can be verified
/// without any others. CWE-345: bytes of a made-up range could be told from the signed ones only at the end, when they have spoilt the
/// rest of the file.
inline result<bool> is_deliverable(staging& staged, const artifact_file& f, byte_range asked)
{
    const std::uint64_t chunk = f.chunks ? f.chunks->size_bytes : 0;
    if (chunk > 0 ? asked.begin % chunk == 0 && (asked.end % chunk == 0 || asked.end == f.size_bytes)
                  : asked == byte_range{0, f.size_bytes})
        return true;
    MODELSEC_TRY(const partial_notes notes, staged.notes_on(f.sha256, f.size_bytes));
    return notes.synced.covers(asked) ||
           std::ranges::any_of(notes.leases, [&](const range_lease& l) { return l.bytes == asked; });
}

result<std::uint64_t> fetch_operation::take_in(const foreign_job& job, std::string_view id, const foreign_bytes& brought)
{
    MODELSEC_TRY(const auto found, find_foreign(job.wanted(), id));
    const artifact_file& f = *found.first;
    const byte_range asked = found.second;
    return in_staging(job, [&](staging* staged, const model_state&) -> result<std::uint64_t> {
        if (!staged)
            return std::uint64_t{0};
        MODELSEC_TRY(const bool expected, is_deliverable(*staged, f, asked));
        if (!expected)
            return fail(reason::unknown_range, "a range that was not handed out");
        auto taken = take_delivery(*staged, f, asked, brought, asked_.operation.control);
        // What is wrong with the bytes ends the lease: they can be asked for again. What is wrong here does not.
        const bool refused = taken.has_error() && taken.error().code() == errc::digest;
        if (taken.has_error() && !refused)
            return taken;
        MODELSEC_TRY(const partial_notes notes, staged->notes_on(f.sha256, f.size_bytes));
        const auto source = source_of_lease(notes, asked);
        MODELSEC_CHECK(staged->end_lease(f.sha256, asked, refused ? source : std::nullopt));
        return taken;
    });
}

result<void> fetch_operation::give_back(const foreign_job& job, std::string_view id, reason why)
{
    MODELSEC_TRY(const auto found, find_foreign(job.wanted(), id));
    const artifact_file& f = *found.first;
    // An address that only ran out of time, or a task that was ended on purpose, says nothing against the host.
    const bool blameless = why == reason::none || why == reason::cancelled || why == reason::url_expired;
    return in_staging(job, [&](staging* staged, const model_state&) -> result<void> {
        if (!staged)
            return {};
        MODELSEC_TRY(const partial_notes notes, staged->notes_on(f.sha256, f.size_bytes));
        const auto source = source_of_lease(notes, found.second);
        return staged->end_lease(f.sha256, found.second, blameless ? std::nullopt : source);
    });
}

result<std::vector<foreign_lease>> fetch_operation::outstanding(const foreign_job& job)
{
    using answer = std::vector<foreign_lease>;
    return in_staging(job, [&](staging* staged, const model_state&) -> result<answer> {
        answer out;
        if (!staged)
            return out;
        const utc_time now = owner_.clock->now();
        MODELSEC_TRY(const auto files, foreign_files(job.wanted(), *staged));
        for (const foreign_file& f : files)
            for (const range_lease& l : f.notes.leases)
                if (is_running(l, now) && !f.notes.synced.covers(l.bytes))
                    out.push_back({foreign_id({f.expected->sha256, l.bytes}), foreign_path(job.wanted(), *f.expected),
                                   l.bytes.begin, l.bytes.end, utc_time(std::chrono::seconds(l.until))});
        return out;
    });
}

result<std::uint64_t> fetch_operation::missing_bytes(const foreign_job& job)
{
    return in_staging(job, [&](staging* staged, const model_state&) -> result<std::uint64_t> {
        std::uint64_t sum = 0;
        if (!staged)
            return sum;
        MODELSEC_TRY(const auto files, foreign_files(job.wanted(), *staged));
        for (const foreign_file& f : files)
            sum += f.expected->size_bytes - f.notes.synced.size();
        return sum;
    });
}

result<foreign_job> run_begin_foreign(const client_options& owner, const fetch_options& asked, const network_maker& connect)
{
    event last;
    last.kind = event_kind::done;
    last.model_id = asked.model_id;
    auto outcome = guarded([&] {
        fetch_operation operation(owner, asked, connect);
        auto r = operation.begin_foreign();
        if (last.model_id.empty())
            last.model_id = operation.model_id();
        return with_deadline_named(std::move(r), asked.operation.control);
    });
    if (outcome.has_error())
        last.why = outcome.error().why;
    last.code = code_of(last.why);
    if (asked.operation.events)
        asked.operation.events(last);
    return outcome;
}

/// The network of finish(): the manifest is the one that the ranges were handed out by, and files come from nowhere.
class delivered_network final : public network
{
public:
    delivered_network(std::unique_ptr<network> web, std::shared_ptr<const foreign_job> job, std::string manifest_url,
                      control handle)
        : web_(std::move(web)), job_(std::move(job)), manifest_url_(std::move(manifest_url)), handle_(std::move(handle))
    {
    }

    result<http_answer> exchange(const http_request& request) override
    {
        if (!manifest_url_.empty() && request.url.str() == manifest_url_)
            return http_answer{200, {}, job_->offer.raw, request.url};
        return web_->exchange(request);
    }
    result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) override
    {
        return verify_partials(what, staged, handle_);
    }
    void set_deadline(std::optional<steady_time> due) override { web_->set_deadline(due); }

private:
    std::unique_ptr<network> web_;
    std::shared_ptr<const foreign_job> job_;
    std::string manifest_url_;
    control handle_;
};

network_maker foreign_network(network_maker connect, std::shared_ptr<const foreign_job> job, const fetch_options& asked)
{
    std::string manifest_url;
    if (const auto address = url::parse(asked.manifest.url))
        manifest_url = address->str();
    return [connect = std::move(connect), job = std::move(job),
            manifest_url = std::move(manifest_url)](http_client::environment env) -> std::unique_ptr<network> {
        control handle = env.handle;
        return std::make_unique<delivered_network>(connect(std::move(env)), job, manifest_url, std::move(handle));
    };
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
