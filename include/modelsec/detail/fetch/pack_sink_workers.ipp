// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PACK_SINK_WORKERS_IPP
#define MODELSEC_DETAIL_FETCH_PACK_SINK_WORKERS_IPP

#include <modelsec/detail/fetch/pack_sink_digests.ipp>

#include <exception>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// --- threads

/// One more has something to do. Threads are begun as they are needed: a small file gets one.
inline void pack_sink::impl::call_workers()
{
    if (idle > 0)
    {
        more.notify_one();
        return;
    }
    if (threads.size() >= most_threads || stopping)
        return;
    try
    {
        threads.emplace_back([this] { guarded(); });
    }
    catch (const std::exception&)  // no thread, or no memory for it
    {
        if (!threads.empty())
            return;
        set_problem(fail(reason::out_of_memory, "no thread can be started"));
        on_change();  // it only wakes somebody, and no thread of the sink's will
    }
}

inline void pack_sink::impl::guarded() noexcept
{
    std::optional<failure> broken;
    try
    {
        work();
        return;
    }
    catch (const error& e)
    {
        broken = failure{e.get_diagnostics().why, {}};  // a copy of the detail could need what is not there
    }
    catch (const std::exception&)
    {
        broken = fail(reason::out_of_memory);
    }
    {
        const std::lock_guard lock(mutex);
        lost_worker = true;
        set_problem(std::move(*broken));
    }
    on_change();
}

inline void pack_sink::impl::work()
{
    read_buffer space;
    std::unique_lock lock(mutex);
    for (;;)
    {
        if (change)
        {
            change = false;
            finished.notify_all();
            lock.unlock();
            on_change();
            lock.lock();
            continue;
        }
        if (problem)
        {
            to_write.clear();
            steps.clear();
            kept_steps.clear();
            spare_steps.clear();
            after_writes.clear();
        }
        const time_point now = options.now();
        const bool hashing = !stopping && !problem;
        if (sync_due(now))
            sync(lock);
        else if (!to_write.empty() && (writing + 1 < most_threads || writing == 0))
            write_one(lock);
        else if (hashing && (!steps.empty() || !kept_steps.empty() || has_spare_work()))
        {
            auto& from = !steps.empty() ? steps : !kept_steps.empty() ? kept_steps : spare_steps;
            const step s = from.front();
            from.pop_front();
            perform(lock, s, space);
        }
        else if ((stopping || problem) && to_write.empty() &&
                 (lost_worker || (writing == 0 && !syncing && unsynced.empty())))
            return;
        else
        {
            ++idle;
            if (unsynced.empty() || syncing)
                more.wait(lock);
            else
                more.wait_for(lock, std::max<std::chrono::nanoseconds>(unsynced_since + options.sync_every - now,
                                                                       std::chrono::milliseconds(1)));
            --idle;
            continue;
        }
        if (room_wanted && make_room())
            room_wanted = false;
        if (settled())
            change = true;
    }
}

inline void pack_sink::impl::perform(std::unique_lock<std::mutex>& lock, const step& s, read_buffer& space)
{
    switch (s.what)
    {
    case step::whole:
    case step::chunk: return hash_step(lock, s, space);
    case step::kept_chunk: return check_kept_chunk(lock, s, space);
    case step::touch: return touch(lock, s.file);
    case step::refuse: return refuse_chunk(s.file, s.index);
    case step::drop: return drop(lock, s.file);
    }
}

inline void pack_sink::impl::set_problem(failure f)
{
    if (!problem)
        problem = std::move(f);
    change = true;
    more.notify_all();
    finished.notify_all();
}

inline bool pack_sink::impl::settled() const
{
    return problem || (undecided == 0 && all_written() && unsynced.empty() && !syncing);
}

// --- partials

inline void pack_sink::impl::close(std::size_t file)
{
    entries[file]->opened.reset();
    opened.remove(file);
}

inline result<pack_sink::impl::handle_ptr> pack_sink::impl::open(std::size_t file)
{
    const std::lock_guard alone(partials_mutex);
    entry& e = *entries[file];
    bool made = false;  // `entry` belongs to `mutex`: drop() changes it beside this
    {
        const std::lock_guard lock(mutex);
        made = e.made;
        if (e.opened)
        {
            if (opened.front() != file)
            {
                opened.remove(file);
                opened.push_front(file);
            }
            return e.opened;
        }
    }
    file_system& files = partials.disk();
    const auto out = std::make_shared<handle>();
    MODELSEC_TRY(out->cached, partials.open(file));
    const std::uint64_t size = e.expected->size_bytes;
    if (!made)
    {
        MODELSEC_TRY(const file_info now, files.info(out->cached));
        if (now.size > size)
            MODELSEC_CHECK(files.truncate(out->cached, size));
        // A disk that is too small shows now and not after hours. Where room cannot be reserved, it shows when it is used up.
        if (size >= sink_reserve_from && now.allocated < size)
            if (auto room = files.reserve(out->cached, size); room.has_error() && room.error().why == reason::disk_full)
                return std::move(room).error();
    }
    if (options.direct && size >= block::size_bytes)
    {
        MODELSEC_TRY(out->direct, partials.open(file));
        MODELSEC_TRY(const bool works, files.set_direct(out->direct, true));
        out->direct_works = works;
        if (!works)
            out->direct = {};
    }
    const std::lock_guard lock(mutex);
    e.made = true;
    e.opened = out;
    opened.push_front(file);
    while (opened.size() > sink_open_files)
    {
        entries[opened.back()]->opened.reset();
        opened.pop_back();
    }
    return out;
}

inline void pack_sink::impl::touch(std::unique_lock<std::mutex>& lock, std::size_t file)
{
    lock.unlock();
    auto done = open(file);
    lock.lock();
    if (done.has_error())
        set_problem(std::move(done).error());
    else
        queue_whole(file);
}

inline result<void> pack_sink::impl::read_back(std::size_t file, byte_range have, digest_run& into, read_buffer& space)
{
    MODELSEC_TRY(const handle_ptr from, open(file));
    if (!space)
        space.reset(static_cast<std::uint8_t*>(::operator new(static_cast<std::size_t>(sink_read), block_pool::alignment)));
    const std::uint64_t begin = align_down(have.begin);
    const std::span<std::uint8_t> all(space.get(), static_cast<std::size_t>(align_up(have.end) - begin));
    const detail::file& where = from->direct_works ? from->direct : from->cached;
    MODELSEC_TRY(const std::size_t got, partials.disk().read_at(where, begin, all));
    if (got < have.end - begin)
        return fail(reason::store_io, "the partial was cut while it grew");
    into.hash.update(all.subspan(static_cast<std::size_t>(have.begin - begin), static_cast<std::size_t>(have.size())));
    return {};
}

// --- the disk

inline void pack_sink::impl::write_one(std::unique_lock<std::mutex>& lock)
{
    auto [file, x] = std::move(to_write.front());
    to_write.pop_front();
    entry& e = *entries[file];
    ++writing;
    ++e.writing;
    lock.unlock();
    auto done = [&]() -> result<void> {
        MODELSEC_TRY(const handle_ptr to, open(file));
        return write(*to, *x);
    }();
    lock.lock();
    --writing;
    --e.writing;
    x->written = true;
    if (done.has_error())
        set_problem(std::move(done).error());
    else
    {
        if (unsynced.empty())
            unsynced_since = options.now();
        unsynced.insert(file);
        unsynced_bytes += x->size;
        e.unsynced.add(x->range());
        e.on_disk.add(x->range());
        tell_good(file, x->range());
    }
    run_deferred();
    // Whoever may have waited for the last of it.
    if (to_write.empty())
        more.notify_one();
    x.reset();
}

/// Whole pages past the cache, the rest through it.
inline result<void> pack_sink::impl::write(handle& to, const sink_piece& x) const
{
    file_system& files = partials.disk();
    bytes_view rest = x.view();
    std::uint64_t at = x.begin;
    const auto address = reinterpret_cast<std::uintptr_t>(rest.data());
    if (to.direct_works && at % file_system::direct_alignment == address % file_system::direct_alignment)
    {
        const std::uint64_t head = align_up(at) - at;
        const std::uint64_t pages = head < rest.size() ? align_down(rest.size() - head) : 0;
        if (pages > 0)
        {
            auto done = files.write_at(to.direct, at + head,
                                       rest.subspan(static_cast<std::size_t>(head), static_cast<std::size_t>(pages)));
            if (done.has_error() && done.error().why != reason::store_io)
                return done;
            if (done.has_error())
                to.direct_works = false;  // this file system wants another alignment, or none of it
            else
            {
                if (head > 0)
                    MODELSEC_CHECK(files.write_at(to.cached, at, rest.first(static_cast<std::size_t>(head))));
                at += head + pages;
                rest = rest.subspan(static_cast<std::size_t>(head + pages));
            }
        }
    }
    return rest.empty() ? result<void>() : files.write_at(to.cached, at, rest);
}

inline bool pack_sink::impl::sync_due(time_point now) const
{
    if (syncing || unsynced.empty() || lost_worker)
        return false;
    if (unsynced_bytes >= options.sync_bytes || now - unsynced_since >= options.sync_every)
        return true;
    return all_written() && (stopping || problem || unclaimed == 0);
}

inline void pack_sink::impl::sync(std::unique_lock<std::mutex>& lock)
{
    std::vector<partial_files::written> batch;
    for (const std::size_t file : unsynced)
        if (auto& ranges = entries[file]->unsynced; !ranges.empty())
            batch.push_back({file, std::exchange(ranges, {})});
    unsynced.clear();
    syncing_bytes = std::exchange(unsynced_bytes, 0);
    syncing = true;
    lock.unlock();
    auto done = batch.empty() ? result<void>() : partials.make_durable(batch);
    lock.lock();
    syncing = false;
    syncing_bytes = 0;
    if (done.has_error())
        set_problem(std::move(done).error());
    if (room_wanted)
        change = true;
    run_deferred();
    more.notify_all();
}

inline void pack_sink::impl::run_deferred()
{
    steps.insert(steps.end(), after_writes.begin(), after_writes.end());
    after_writes.clear();
}

// Lets go of what is in memory and written and whose turn is not now: it is read back then. A whole digest that nobody waits for
// gives way first.
inline bool pack_sink::impl::make_room()
{
    for (const std::size_t file : holding)
    {
        entry& e = *entries[file];
        if (!e.whole_wanted || e.whole_required)
            continue;
        const std::size_t before = e.in_memory.size();
        give_up_whole(e);
        if (e.in_memory.size() < before)
            return true;
    }
    for (auto at = holding.begin(); at != holding.end();)
    {
        entry& e = *entries[*at];
        if (e.in_memory.empty())
        {
            at = holding.erase(at);
            continue;
        }
        ++at;
        const auto busy = [&](const auto& d) { return d && d->queued; };
        if (busy(e.whole) || std::ranges::any_of(e.chunks, [&](const auto& c) { return busy(c.second); }))
            continue;
        for (auto it = e.in_memory.end(); it != e.in_memory.begin();)
            if ((--it)->second->written)
            {
                e.in_memory.erase(it);
                return true;
            }
    }
    return false;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
