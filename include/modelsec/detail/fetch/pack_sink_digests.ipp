// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PACK_SINK_DIGESTS_IPP
#define MODELSEC_DETAIL_FETCH_PACK_SINK_DIGESTS_IPP

#include <modelsec/detail/fetch/pack_sink_state.ipp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A whole digest that is behind by no more than this, all of it in memory, is waited for where it need not be.
inline constexpr std::uint64_t sink_worth_waiting = 32u << 20;

inline pack_sink::impl::piece_ptr pack_sink::impl::piece_at(const entry& e, std::uint64_t at) const
{
    auto it = e.in_memory.upper_bound(at);
    if (it == e.in_memory.begin())
        return nullptr;
    --it;
    return at < it->second->range().end ? it->second : nullptr;
}

inline bool pack_sink::impl::can_go_on(const entry& e, const digest_run& d) const
{
    const std::uint64_t at = d.hash.position();
    return d.hash.complete() || piece_at(e, at) || !e.on_disk.from(at).empty();
}

inline void pack_sink::impl::queue_chunk(std::size_t file, std::size_t index)
{
    entry& e = *entries[file];
    if (e.verifier.good(index))
        return;
    auto& d = e.chunks[index];
    if (!d)
    {
        const std::uint64_t begin = e.verifier.chunk(index).begin;
        if (!piece_at(e, begin) && e.on_disk.from(begin).empty())
        {
            e.chunks.erase(index);
            return;
        }
        d = std::make_unique<digest_run>(e.verifier.begin_chunk(index));
    }
    if (d->queued || !can_go_on(e, *d))
        return;
    d->queued = true;
    steps.push_back({step::chunk, file, index});
    call_workers();
}

inline void pack_sink::impl::queue_whole(std::size_t file)
{
    entry& e = *entries[file];
    if (!e.whole_wanted || e.verdict)
        return;
    if (!e.whole)
        e.whole = std::make_unique<digest_run>(e.verifier.begin_whole());
    digest_run& d = *e.whole;
    if (d.queued || !can_go_on(e, d))
        return;
    if (!e.whole_required && !piece_at(e, d.hash.position()) && !d.hash.complete())
    {
        give_up_whole(e);  // to read it back would be to wait for it
        return;
    }
    d.queued = true;
    (e.whole_required ? steps : spare_steps).push_back({step::whole, file});
    call_workers();
}

/// `fresh` bytes can be hashed from now on.
inline void pack_sink::impl::schedule(std::size_t file, byte_range fresh)
{
    entry& e = *entries[file];
    if (e.verifier.chunks() > 0)
        for (std::size_t i = e.verifier.chunk_at(fresh.begin);
             i < e.verifier.chunks() && e.verifier.chunk(i).begin < fresh.end; ++i)
            queue_chunk(file, i);
    queue_whole(file);
}

inline void pack_sink::impl::taken(entry& e, const piece_ptr& x, std::uint64_t bytes, bool by_chunk)
{
    std::uint64_t& left = by_chunk ? x->chunk_left : x->whole_left;
    left -= std::min(left, bytes);
    if (x->chunk_left != 0 || x->whole_left != 0)
        return;
    if (const auto at = e.in_memory.find(x->begin); at != e.in_memory.end() && at->second == x)
        e.in_memory.erase(at);
}

inline void pack_sink::impl::hash_step(std::unique_lock<std::mutex>& lock, const step& s, read_buffer& space)
{
    entry& e = *entries[s.file];
    const bool by_chunk = s.what == step::chunk;
    digest_run* d = nullptr;
    if (by_chunk)
    {
        const auto found = e.chunks.find(s.index);
        d = found == e.chunks.end() ? nullptr : found->second.get();
    }
    else
        d = e.whole.get();
    if (!d)
        return;
    d->queued = false;
    if (e.verdict || (!by_chunk && !e.whole_wanted))
    {
        if (!by_chunk)
            e.whole.reset();
        return;
    }
    const std::uint64_t at = d->hash.position();
    if (!d->hash.complete())
    {
        byte_range want{at, d->hash.range().end};
        if (!by_chunk && e.verifier.chunks() > 0)
        {
            // As it stands before a chunk that is not proven: what is refused can be taken out of it again.
            const std::size_t index = e.verifier.chunk_at(at);
            const byte_range chunk = e.verifier.chunk(index);
            want.end = chunk.end;
            if (at == chunk.begin && !e.verifier.good(index))
                e.before.insert_or_assign(index, d->hash.clone());
        }
        const piece_ptr x = piece_at(e, at);
        if (x)
            want.end = std::min(want.end, x->range().end);
        else
            want.end = std::min({want.end, e.on_disk.from(at).end, align_down(at) + sink_read});
        if (want.empty())
            return;
        if (!x && !by_chunk && !e.whole_required)
        {
            give_up_whole(e);
            e.whole.reset();
            return;
        }
        const std::uint64_t old =
            !x && (by_chunk || e.verifier.chunks() == 0) ? want.size() - e.kept.missing_of(want).size() : 0;
        d->queued = d->busy = true;
        if (!by_chunk)
            e.whole_at = want.end;
        lock.unlock();
        result<void> done;
        if (x)
            d->hash.update(
                x->view().subspan(static_cast<std::size_t>(at - x->begin), static_cast<std::size_t>(want.size())));
        else
            done = read_back(s.file, want, *d, space);
        lock.lock();
        d->queued = d->busy = false;
        if (done.has_error())
        {
            set_problem(std::move(done).error());
            return;
        }
        if (old > 0)
        {
            kept_hashed += old;
            change = true;
        }
        if (x)
            taken(e, x, want.size(), by_chunk);
    }
    if (by_chunk)
    {
        if (d->hash.complete())
        {
            auto ended = std::move(e.chunks.at(s.index));
            e.chunks.erase(s.index);
            chunk_complete(s.file, s.index, std::move(ended));
        }
        else
            queue_chunk(s.file, s.index);
        return;
    }
    if (!e.whole_wanted)
    {
        e.whole.reset();
        return;
    }
    if (rewind(e))
        change = true;
    if (d->hash.complete())
        decide(s.file);
    else
        queue_whole(s.file);
}

/// Takes refused chunks out of the whole digest again.
inline bool pack_sink::impl::rewind(entry& e)
{
    if (!e.rewind_to || !e.whole || e.whole->busy)
        return false;
    const std::size_t index = *std::exchange(e.rewind_to, std::nullopt);
    const auto snapshot = e.before.find(index);
    if (snapshot == e.before.end() || e.whole->hash.position() <= snapshot->second.position())
        return false;
    e.whole->hash = std::move(snapshot->second);
    e.before.erase(snapshot, e.before.end());
    return true;
}

inline void pack_sink::impl::check_kept_chunk(std::unique_lock<std::mutex>& lock, const step& s, read_buffer& space)
{
    entry& e = *entries[s.file];
    if (e.verifier.good(s.index) || e.verdict)
        return;
    auto d = std::make_unique<digest_run>(e.verifier.begin_chunk(s.index));
    const byte_range all = d->hash.range();
    if (!e.on_disk.covers(all))
        return;
    while (!d->hash.complete() && !stopping && !problem)
    {
        const std::uint64_t at = d->hash.position();
        const byte_range want{at, std::min(all.end, align_down(at) + sink_read)};
        lock.unlock();
        auto done = read_back(s.file, want, *d, space);
        lock.lock();
        if (done.has_error())
        {
            set_problem(std::move(done).error());
            return;
        }
        kept_hashed += want.size();
        change = true;
    }
    if (d->hash.complete())
        chunk_complete(s.file, s.index, std::move(d));
}

inline void pack_sink::impl::chunk_complete(std::size_t file, std::size_t index, std::unique_ptr<digest_run> d)
{
    entry& e = *entries[file];
    if (e.verifier.check_chunk(index, std::move(d->hash)))
    {
        if (!e.rewind_to || index < *e.rewind_to)  // else the whole digest has still to go back there
            e.before.erase(index);
        tell_good(file, e.verifier.chunk(index));
        if (e.verifier.all_good())
            decide(file);
        return;
    }
    refuse_chunk(file, index);
}

inline void pack_sink::impl::refuse_chunk(std::size_t file, std::size_t index)
{
    entry& e = *entries[file];
    const byte_range bad = e.verifier.chunk(index);
    // Nothing of the bad bytes may be written once the good ones can arrive.
    const auto hit = [&](const auto& x) {
        return x.first == file && x.second->begin < bad.end && bad.begin < x.second->range().end;
    };
    if (e.writing > 0 || std::ranges::any_of(to_write, hit))
    {
        after_writes.push_back({step::refuse, file, index});
        return;
    }
    const bool kept = e.kept.missing_of(bad).size() < bad.size();
    forget(e, bad);
    if (e.whole && e.whole_wanted)
    {
        e.rewind_to = std::min(index, e.rewind_to.value_or(index));
        (void)rewind(e);
    }
    refused.push_back({file, bad, kept, fail(reason::chunk_mismatch, "chunk " + std::to_string(index))});
    change = true;
}

inline void pack_sink::impl::forget(entry& e, byte_range bytes)
{
    std::erase_if(e.in_memory,
                  [&](const auto& x) { return x.second->begin < bytes.end && bytes.begin < x.second->range().end; });
    if (e.claimed.covers(e.all()) && !bytes.empty())
        ++unclaimed;
    unsynced_bytes -= std::min(unsynced_bytes, bytes.size() - e.unsynced.missing_of(bytes).size());
    for (auto* ranges : {&e.claimed, &e.on_disk, &e.kept, &e.unsynced})
        ranges->subtract(bytes);
}

inline void pack_sink::impl::give_up_whole(entry& e)
{
    e.whole_wanted = false;
    e.before.clear();
    if (e.whole && !e.whole->busy && !e.whole->queued)
        e.whole.reset();
    std::erase_if(e.in_memory, [](const auto& x) { return (x.second->whole_left = 0, x.second->chunk_left == 0); });
}

/// The whole digest is complete, or all chunks are good.
inline void pack_sink::impl::decide(std::size_t file)
{
    entry& e = *entries[file];
    if (e.verdict)
        return;
    const bool whole = e.whole && e.whole_wanted && !e.whole->busy && e.whole->hash.complete();
    if (e.verifier.chunks() > 0 && !e.verifier.all_good())
        return;  // what is bad is found by its chunk
    if (!whole && e.whole_wanted && !e.whole_required && e.whole)
    {
        // Nearly there, and nothing to be read back for it: that is no waiting.
        std::uint64_t at = e.whole->busy ? e.whole_at : e.whole->hash.position();  // where it is, or will be
        const bool nearly_there = e.expected->size_bytes - at <= sink_worth_waiting;
        for (piece_ptr x; nearly_there && at < e.expected->size_bytes && (x = piece_at(e, at));)
            at = x->range().end;
        if (at == e.expected->size_bytes)
        {
            e.whole_required = true;
            const auto mine = [&](const step& s) { return s.file == file; };
            if (const auto waiting = std::ranges::find_if(spare_steps, mine); waiting != spare_steps.end())
            {
                steps.push_back(*waiting);
                spare_steps.erase(waiting);
                call_workers();
            }
            return;
        }
    }
    if (!whole && e.whole_required)
        return;
    auto verdict = whole ? e.verifier.check_whole(std::move(e.whole->hash)) : e.verifier.by_chunks();
    give_up_whole(e);
    if (whole)
        e.whole.reset();
    if (verdict.has_error())
    {
        steps.push_back({step::drop, file});
        dropping.emplace(file, std::move(verdict).error());
        call_workers();
        return;
    }
    e.verdict = std::move(*verdict);
    tell_good(file, e.all());
    e.kept = {};
    e.in_memory.clear();
    holding.erase(file);
    --undecided;
    change = true;
}

/// Which of these bytes can be read by now, as they are good and on the disk.
inline void pack_sink::impl::tell_good(std::size_t file, byte_range bytes) const
{
    if (!options.on_good)
        return;
    const entry& e = *entries[file];
    if (e.verifier.chunks() == 0)
    {
        if (e.verdict && e.on_disk.covers(e.all()))
            options.on_good(file, 0);
        return;
    }
    for (std::size_t i = e.verifier.chunk_at(bytes.begin); i < e.verifier.chunks() && e.verifier.chunk(i).begin < bytes.end;
         ++i)
        if (e.verifier.good(i) && e.on_disk.covers(e.verifier.chunk(i)))
            options.on_good(file, i);
}

/// All of a file is wrong: what is there of it is useless, and so is what its journal says.
inline void pack_sink::impl::drop(std::unique_lock<std::mutex>& lock, std::size_t file)
{
    entry& e = *entries[file];
    // What is made durable must not vanish meanwhile, and the journal not vouch for it afterwards.
    if (syncing || e.writing > 0 || std::ranges::any_of(to_write, [&](const auto& x) { return x.first == file; }))
    {
        after_writes.push_back({step::drop, file});
        return;
    }
    close(file);
    unsynced.erase(file);  // a sync that begins meanwhile must not look for it
    lock.unlock();
    auto done = [&] {
        const std::lock_guard alone(partials_mutex);
        return partials.drop(file);
    }();
    lock.lock();
    close(file);  // whoever opened it meanwhile holds what is gone
    failure why = std::move(dropping.at(file));
    dropping.erase(file);
    const bool kept = e.had_kept;
    forget(e, e.all());
    e.had_kept = false;
    e.made = false;
    e.whole_wanted = e.whole_required = true;
    e.whole.reset();
    if (done.has_error())
        set_problem(std::move(done).error());
    else if (why.why != reason::digest_mismatch)
        set_problem(std::move(why));  // the publisher contradicts itself: no other source would do better
    else
    {
        refused.push_back({file, std::nullopt, kept, std::move(why)});
        if (e.all().empty())
            set_problem(refused.back().why);
    }
    change = true;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
