// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PIPELINE_WORKERS_IPP
#define MODELSEC_DETAIL_FETCH_PIPELINE_WORKERS_IPP

#include <modelsec/detail/fetch/pipeline_state.ipp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline void pipeline::impl::guarded(void (impl::*work)())
{
    std::optional<failure> broken;
    try
    {
        (this->*work)();
        return;
    }
    catch (const error& e)
    {
        broken = fail(e.get_diagnostics().why, e.get_diagnostics().detail);
    }
    catch (const std::exception&)
    {
        broken = fail(reason::out_of_memory);
    }
    {
        const std::lock_guard lock(mutex);
        set_problem(std::move(*broken));
    }
    on_change();
}

// --- the writer

inline void pipeline::impl::write_all()
{
    std::unique_lock lock(mutex);
    for (;;)
    {
        write_more.wait(lock, [this] { return stopping || problem || !to_write.empty() || sync_due(); });
        if (problem)
        {
            queued_bytes = 0;
            to_write.clear();
        }
        if (!to_write.empty())
            write_one(lock);
        if (sync_due())
            sync(lock);
        else if ((stopping || problem) && to_write.empty())
            break;
    }
    lock.unlock();
    (void)write_mode(false);
}

inline void pipeline::impl::write_one(std::unique_lock<std::mutex>& lock)
{
    auto x = to_write.front();
    lock.unlock();
    auto done = write(*x);
    lock.lock();
    to_write.pop_front();
    queued_bytes -= x->size;
    x->written = true;
    piece_ptr evicted;
    const bool failed = done.has_error();
    if (failed)
        set_problem(std::move(done).error());
    else
    {
        sync_needed = true;
        on_disk.add(x->range());
        unsynced.add(x->range());
        if (room_wanted)
            evicted = make_room();
        if (reading_back)
            hash_more.notify_one();
    }
    written.notify_all();
    lock.unlock();
    x.reset();
    evicted.reset();
    if (failed)
        on_change();
    lock.lock();
}

inline result<void> pipeline::impl::write(const piece& x)
{
    std::size_t aligned = 0;
    if (direct_works && x.begin % file_system::direct_alignment == 0)
        aligned = static_cast<std::size_t>(align_down(x.size));
    if (aligned > 0)
    {
        MODELSEC_CHECK(write_mode(true));
        auto done = files.write_at(partial, x.begin, x.view().first(aligned));
        if (done.has_error())
        {
            if (!direct_on || done.error().why != reason::store_io)
                return done;
            direct_works = false;  // this file system wants another alignment, or none of it
            aligned = 0;
        }
    }
    if (aligned == x.size)
        return {};
    MODELSEC_CHECK(write_mode(false));
    return files.write_at(partial, x.begin + aligned, x.view().subspan(aligned));
}

inline result<void> pipeline::impl::write_mode(bool direct_now)
{
    if (direct_now == direct_on)
        return {};
    MODELSEC_TRY(const bool done, files.set_direct(partial, direct_now));
    if (done)
        direct_on = direct_now;
    else
        direct_works = false;
    return {};
}

inline bool pipeline::impl::sync_due() const
{
    if (unsynced.empty())
        return sync_needed && !problem && on_disk.covers(whole());
    return unsynced.size() >= options.sync_bytes ||
           (to_write.empty() && (sync_wanted || stopping || problem || on_disk.covers(whole())));
}

inline void pipeline::impl::sync(std::unique_lock<std::mutex>& lock)
{
    const auto ranges = std::exchange(unsynced, {});
    syncing_bytes = ranges.size();
    lock.unlock();
    auto done = files.sync(partial);
    for (const auto& r : ranges.ranges())
        if (done.has_value())
            done = journal(r);
    lock.lock();
    syncing_bytes = 0;
    sync_needed = done.has_error();
    if (sync_needed)
        set_problem(std::move(done).error());
    const bool tell = sync_needed || std::exchange(sync_wanted, false) || settled();
    finished.notify_all();
    if (!tell)
        return;
    lock.unlock();
    on_change();
    lock.lock();
}

// --- the hash

inline void pipeline::impl::hash_all()
{
    std::unique_lock lock(mutex);
    while (!verdict)
    {
        if (position == expected.size_bytes)
        {
            auto done = verifier.finish();
            position = verifier.position();
            reading_back = position != expected.size_bytes;
            if (!reading_back)
                verdict = std::move(done);
            continue;
        }
        hash_more.wait(lock, [this] { return stopping || problem || can_hash(); });
        if (stopping || problem)
            return;
        auto done = piece_at(position) ? hash_from_memory(lock) : hash_from_disk(lock);
        position = verifier.position();
        if (done.has_value())
            continue;
        if (done.error().why == reason::chunk_mismatch)
            refuse_chunk(lock);
        else
            set_problem(std::move(done).error());
        lock.unlock();
        on_change();
        lock.lock();
    }
    const bool tell = settled();
    finished.notify_all();
    lock.unlock();
    if (tell)
        on_change();
}

inline result<void> pipeline::impl::hash_from_memory(std::unique_lock<std::mutex>& lock)
{
    auto x = piece_at(position);
    in_memory.erase(x->begin);
    hashing_memory = true;
    lock.unlock();
    const auto more = x->view().subspan(static_cast<std::size_t>(position - x->begin));
    verifier.look_at_chunks(time_for_chunks(more.size()));
    auto done = verifier.update(more);
    x.reset();
    lock.lock();
    hashing_memory = false;
    return done;
}

inline bool pipeline::impl::time_for_chunks(std::size_t more)
{
    constexpr std::uint64_t window = 4u << 20;
    const auto now = std::chrono::steady_clock::now();
    if (window_bytes >= window)
    {
        const std::chrono::duration<double> took = now - window_begin;
        fast = static_cast<double>(window_bytes) > took.count() * static_cast<double>(options.check_chunks_up_to);
        window_bytes = 0;
    }
    if (window_bytes == 0)
        window_begin = now;
    window_bytes += more;
    return !fast;
}

inline result<void> pipeline::impl::hash_from_disk(std::unique_lock<std::mutex>& lock)
{
    // Steps of half a MiB, so that progress is seen that often. Aligned, since the file may be open for direct access.
    constexpr std::size_t step = block::size_bytes / 2;
    if (!read_buffer)
        read_buffer.reset(static_cast<std::uint8_t*>(::operator new(step, block_pool::alignment)));
    const std::uint64_t begin = position;
    const std::uint64_t from = align_down(begin);
    const byte_range have{begin, std::min(on_disk.from(begin).end, from + step)};
    const std::uint64_t old = reading_back ? 0 : have.size() - kept.missing_of(have).size();
    lock.unlock();
    verifier.look_at_chunks(true);
    auto done = [&]() -> result<void> {
        const std::span<std::uint8_t> space(read_buffer.get(), static_cast<std::size_t>(align_up(have.end) - from));
        MODELSEC_TRY(const std::size_t got, files.read_at(partial, from, space));
        if (got < have.end - from)
            return fail(reason::store_io, "the partial was cut while it grew");
        return verifier.update(space.subspan(static_cast<std::size_t>(begin - from), static_cast<std::size_t>(have.size())));
    }();
    if (old > 0 && done.has_value())
    {
        kept_hashed += old;
        on_change();
    }
    lock.lock();
    return done;
}

inline void pipeline::impl::refuse_chunk(std::unique_lock<std::mutex>& lock)
{
    const byte_range bad{position, std::min(position + expected.chunks->size_bytes, expected.size_bytes)};
    const auto hit = [&](const auto& x) { return x->overlaps(bad); };
    // Nothing of the bad bytes may be written once the good ones can arrive.
    written.wait(lock, [&] { return stopping || problem || std::none_of(to_write.begin(), to_write.end(), hit); });
    std::erase_if(in_memory, [&](const auto& entry) { return hit(entry.second); });
    for (auto* ranges : {&claimed, &on_disk, &kept})
        ranges->subtract(bad);
    refused.push_back(bad);
    finished.notify_all();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
