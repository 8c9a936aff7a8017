// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FETCH_FOREIGN_IPP
#define MODELSEC_DETAIL_FETCH_FETCH_FOREIGN_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/fetch/foreign_delivery.hpp>
#include <modelsec/detail/fetch/foreign_plan.hpp>
#include <modelsec/detail/net/credentials.hpp>
#include <modelsec/detail/net/redirect_fsm.hpp>

#include <algorithm>
#include <map>
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
    offer.claim.issued_at = first_told(known.memory, offer.claim);
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
    // Hosts are asked while the model is free: what is asked of it meanwhile waits for the store only. One index at a time, as each
    // may be large.
    const identifier& model = out.offer.manifest.model_id;
    std::vector<reusable> unknown;
    const auto unless_asked_for = [&](const auto& work) {
        return in_staging(out, [&](staging* staged, const model_state&) -> result<void> {
            if (!staged)
                return {};
            MODELSEC_TRY(const bool asked, was_asked_for(out, *staged));
            return asked ? result<void>() : work(*staged);
        });
    };
    const auto look = [&](staging& staged) -> result<void> {
        MODELSEC_CHECK(disk.adopt(model, staged, out.wanted(), asked_.operation.control));
        MODELSEC_TRY(unknown, files_to_reuse(disk, model, staged, out.wanted()));
        return {};
    };
    MODELSEC_CHECK(unless_asked_for(look));
    reuse_watch watch{owner_.clock.get()};
    for (const reusable& what : unknown)
    {
        if (!what.file->index || watch.in_vain())
            continue;
        // The model is free meanwhile, so that there is no folder to keep the index in.
        MODELSEC_TRY(auto pieces, pieces_of(what, nullptr));
        const auto reuse = [&](staging& staged) { return reuse_file(disk, model, staged, what, std::move(pieces), watch); };
        MODELSEC_CHECK(unless_asked_for(reuse));
    }
    const auto reuse_by_chunks = [&](staging& staged) -> result<void> {
        for (const reusable& what : unknown)
            if (!what.file->index)
                MODELSEC_CHECK(reuse_file(disk, model, staged, what, wanted_pieces(*what.file, what.missing), watch));
        return {};
    };
    MODELSEC_CHECK(unless_asked_for(reuse_by_chunks));
    return out;
}

/// Whether others were asked for something of it already: that is theirs to bring.
result<bool> fetch_operation::was_asked_for(const foreign_job& job, staging& staged)
{
    for (const artifact_file& f : job.wanted().files)
    {
        MODELSEC_TRY(const partial_notes notes, staged.notes_on(f.sha256, f.size_bytes));
        if (!notes.leases.empty())
            return true;
    }
    return false;
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
        if (opened.error().why != reason::pack_damaged && !is_kept_out(opened.error().why))
            return opened.error();
        // What is damaged, or what this user may not read, has to be brought again.
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
        const bool by_endpoint = f.url.empty() && wanted.endpoint.has_value();
        foreign_file next{&f, {}, by_endpoint ? 1 : 1 + f.mirrors.size()};
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
    /// A file that hosts are to be asked about, by its place in the artifact.
    struct question
    {
        std::size_t file = 0;
        std::vector<std::size_t> sources;
    };
    std::map<std::size_t, foreign_address> known;  // by a file's place in the artifact
    // What may take long, asking hosts, is done while the model is free; what is next is found again under the lock.
    while (true)
    {
        MODELSEC_CHECK(stopped());
        std::optional<question> open;
        const auto choose = [&](staging* staged, const model_state& state) -> result<answer> {
            if (!staged)
                return answer();
            // Nothing more is asked for that finish() would refuse.
            const utc_time now = owner_.clock->now();
            MODELSEC_CHECK(check_times(job.offer, state.memory, now));
            MODELSEC_TRY(const auto files, foreign_files(wanted, *staged));
            const foreign_next next = choose_foreign_range(files, terms.range_bytes, now);
            if (next.rest)
                return fail(next.rest->why,
                            "every address of the file failed; ask again at " + format_rfc3339(next.rest->until));
            if (!next.choice)
                return answer();
            const artifact_file& f = *files[next.choice->file].expected;
            const auto place = static_cast<std::size_t>(&f - wanted.files.data());
            const auto found = known.find(place);
            if (found == known.end() || std::ranges::count(next.choice->sources, found->second.source) == 0)
            {
                open = question{place, next.choice->sources};
                return answer();
            }
            foreign_range out;
            out.headers = found->second.headers;
            if (!(next.choice->bytes == byte_range{0, f.size_bytes}))
                out.headers.push_back({"Range", "bytes=" + std::to_string(next.choice->bytes.begin) + '-' +
                                                    std::to_string(next.choice->bytes.end - 1)});
            // A body that a transport unpacks is another one than was asked for.
            out.headers.push_back({"Accept-Encoding", "identity"});
            out.id = foreign_id({f.sha256, next.choice->bytes});
            out.file = foreign_path(wanted, f);
            out.url = found->second.address.str();
            out.begin = next.choice->bytes.begin;
            out.end = next.choice->bytes.end;
            out.file_size = f.size_bytes;
            out.leased_until = now + terms.lease;
            // Durable before anybody is told: the same bytes are not asked for twice, whoever dies now. Neither address nor headers
            // are written down (CWE-522).
            MODELSEC_CHECK(staged->lease(
                f.sha256, f.size_bytes,
                {next.choice->bytes, static_cast<std::uint64_t>(now.time_since_epoch().count()),
                 static_cast<std::uint64_t>(out.leased_until.time_since_epoch().count()), found->second.source}));
            return answer(std::move(out));
        };
        MODELSEC_TRY(answer out, in_staging(job, choose));
        if (!open)
            return out;
        MODELSEC_TRY(foreign_address asked, ask_address(wanted, wanted.files[open->file], open->sources));
        known.insert_or_assign(open->file, std::move(asked));
    }
}

/// The first of these sources that can be asked for the file.
result<fetch_operation::foreign_address> fetch_operation::ask_address(const artifact& wanted, const artifact_file& file,
                                                                      const std::vector<std::size_t>& sources)
{
    std::optional<failure> first;
    for (const std::size_t source : sources)
    {
        auto address = address_of(wanted, file, source);
        if (address)
        {
            MODELSEC_TRY(std::vector<http_header> headers, headers_for(*address));
            return foreign_address{source, std::move(*address), std::move(headers)};
        }
        if (address.error().code() == errc::cancelled)
            return std::move(address).error();
        if (!first)
            first = std::move(address).error();
    }
    return std::move(*first);
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

/// What the end of a lease says of the source that was given; `why` none: it brought the signed bytes.
inline lease_end end_of_lease(const partial_notes& notes, byte_range bytes, reason why, utc_time now)
{
    for (const range_lease& l : notes.leases)
        if (l.bytes == bytes)
            return {l.source, why == reason::none, trouble_after(notes, l.source, why, now)};
    return {};
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
        const reason why = refused ? taken.error().why : reason::none;
        MODELSEC_CHECK(staged->end_lease(f.sha256, asked, end_of_lease(notes, asked, why, owner_.clock->now())));
        return taken;
    });
}

result<void> fetch_operation::give_back(const foreign_job& job, std::string_view id, reason why)
{
    MODELSEC_TRY(const auto found, find_foreign(job.wanted(), id));
    const artifact_file& f = *found.first;
    // A task that was ended on purpose says nothing of the host.
    const reason blamed = why == reason::none ? reason::cancelled : why;
    return in_staging(job, [&](staging* staged, const model_state&) -> result<void> {
        if (!staged)
            return {};
        MODELSEC_TRY(const partial_notes notes, staged->notes_on(f.sha256, f.size_bytes));
        return staged->end_lease(f.sha256, found.second, end_of_lease(notes, found.second, blamed, owner_.clock->now()));
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

result<foreign_job> run_begin_foreign(const client_options& owner, const fetch_options& asked, const network_maker& connect,
                                      attempt_facts* facts)
{
    event last;
    last.kind = event_kind::done;
    last.model_id = asked.model_id;
    auto outcome = guarded([&] {
        fetch_operation operation(owner, asked, connect);
        auto r = operation.begin_foreign();
        if (last.model_id.empty())
            last.model_id = operation.model_id();
        if (facts)
            *facts = operation.facts();
        return with_deadline_named(std::move(r), asked.operation.control);
    });
    if (outcome.has_error())
        last.why = outcome.error().why;
    last.code = code_of(last.why);
    if (asked.operation.events)
        asked.operation.events(last);
    return outcome;
}

/// The network of finish(): files are what was delivered, and nobody is asked for anything.
class delivered_network final : public network
{
public:
    explicit delivered_network(control handle) : handle_(std::move(handle)) {}

    result<http_answer> exchange(const http_request& request) override
    {
        return fail(reason::transfer_incomplete, "the end of a transfer asks no host: " + request.url.host());
    }
    result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) override
    {
        return verify_partials(what, staged, handle_);
    }

private:
    control handle_;
};

std::unique_ptr<network> make_delivered_network(control handle)
{
    return std::make_unique<delivered_network>(std::move(handle));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
