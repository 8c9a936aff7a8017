// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PACK_SINK_IPP
#define MODELSEC_DETAIL_FETCH_PACK_SINK_IPP

#include <modelsec/detail/fetch/block_pool.ipp>
#include <modelsec/detail/fetch/pack_sink.hpp>
#include <modelsec/detail/fetch/pack_sink_workers.ipp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// More threads than this help no disk and no line.
inline constexpr unsigned sink_most_threads = 16;

inline pack_sink::impl::impl(partial_files& where, const std::vector<const artifact_file*>& wanted,
                             std::vector<range_set> journalled, const sink_options& o, std::function<void()> changed)
    : partials(where), options(o), on_change(std::move(changed)),
      pool(std::make_shared<block_pool>(o.blocks, [this] { on_change(); }))
{
    // One more than processors, since one may wait for the disk to sync.
    most_threads = std::clamp(o.threads != 0 ? o.threads : std::thread::hardware_concurrency(), 1u, sink_most_threads) + 1;
    entries.reserve(wanted.size());
    for (const artifact_file* f : wanted)
        entries.push_back(std::make_unique<entry>(*f, o.verity));
    const std::lock_guard lock(mutex);
    start(std::move(journalled));
}

inline void pack_sink::impl::start(std::vector<range_set> journalled)
{
    undecided = entries.size();
    for (std::size_t i = 0; i < entries.size(); ++i)
    {
        entry& e = *entries[i];
        const byte_range all = e.all();
        if (i < journalled.size())
            for (const auto& r : journalled[i].ranges())
                e.kept.add({r.begin, std::min(r.end, all.end)});
        e.on_disk = e.claimed = e.kept;
        e.had_kept = !e.kept.empty();
        e.whole_required = options.whole || !e.verifier.chunks_suffice();
        // What is there already is checked once.
        e.whole_wanted = e.whole_required || !e.had_kept;
        if (!e.claimed.covers(all))
            ++unclaimed;
        if (all.empty())
        {
            steps.push_back({step::touch, i});
            call_workers();
        }
        if (!e.had_kept)
            continue;
        for (std::size_t c = 0; c < e.verifier.chunks(); ++c)
            if (e.kept.covers(e.verifier.chunk(c)))
            {
                kept_steps.push_back({step::kept_chunk, i, c});
                call_workers();
            }
            else
                queue_chunk(i, c);
        queue_whole(i);
    }
}

inline void pack_sink::impl::stop() noexcept
{
    {
        const std::lock_guard lock(mutex);
        stopping = true;
        more.notify_all();
    }
    // No thread is begun once it is stopping.
    for (std::thread& t : threads)
        t.join();
    pool->mute();
}

pack_sink::pack_sink(partial_files& partials, const std::vector<const artifact_file*>& files, std::vector<range_set> kept,
                     const sink_options& options, std::function<void()> on_change)
    : impl_(std::make_unique<impl>(partials, files, std::move(kept), options, std::move(on_change)))
{
}

pack_sink::~pack_sink()
{
    impl_->stop();
}

range_set pack_sink::missing(std::size_t file) const
{
    const std::lock_guard lock(impl_->mutex);
    return impl_->entries[file]->claimed.missing_of(impl_->entries[file]->all());
}

void pack_sink::allow_blocks(std::size_t blocks)
{
    impl_->pool->allow(blocks);
}

block_ptr pack_sink::try_take()
{
    const std::lock_guard lock(impl_->mutex);
    impl& self = *impl_;
    // What a crash may cost is bounded, however fast the line is.
    if (self.syncing && self.unsynced_bytes >= self.options.sync_bytes)
    {
        self.room_wanted = true;
        return nullptr;
    }
    auto out = self.pool->try_take();
    if (!out && self.make_room())
        out = self.pool->try_take();
    self.room_wanted = !out;
    return out;
}

void pack_sink::put(std::size_t file, std::uint64_t offset, block_ptr data, std::size_t at, std::size_t size)
{
    if (size == 0)
        return;
    const auto added = std::make_shared<sink_piece>(sink_piece{offset, size, std::move(data), at});
    impl& self = *impl_;
    const std::lock_guard lock(self.mutex);
    if (self.problem)
        return;
    impl::entry& e = *self.entries[file];
    const bool was_claimed = e.claimed.covers(e.all());
    e.claimed.add(added->range());
    if (!was_claimed && e.claimed.covers(e.all()))
        --self.unclaimed;
    added->chunk_left = e.verifier.chunks() > 0 ? size : 0;
    added->whole_left = e.whole_wanted ? size : 0;
    e.in_memory.insert_or_assign(offset, added);
    self.holding.insert(file);
    self.to_write.emplace_back(file, added);
    self.call_workers();
    self.schedule(file, added->range());
}

void pack_sink::spare_time(bool yes)
{
    const std::lock_guard lock(impl_->mutex);
    impl_->spare = yes;
    if (impl_->has_spare_work())
        impl_->call_workers();
}

std::vector<pack_sink::refusal> pack_sink::take_refused()
{
    const std::lock_guard lock(impl_->mutex);
    return std::exchange(impl_->refused, {});
}

std::uint64_t pack_sink::kept_hashed() const noexcept
{
    return impl_->kept_hashed.load(std::memory_order_relaxed);
}

std::optional<failure> pack_sink::problem() const
{
    const std::lock_guard lock(impl_->mutex);
    return impl_->problem;
}

bool pack_sink::all_there() const
{
    const std::lock_guard lock(impl_->mutex);
    return impl_->unclaimed == 0;
}

bool pack_sink::done() const
{
    const std::lock_guard lock(impl_->mutex);
    return impl_->settled();
}

result<std::vector<verified_file>> pack_sink::finish()
{
    std::unique_lock lock(impl_->mutex);
    if (impl_->unclaimed > 0 && !impl_->problem)
        return fail(reason::size_mismatch, "bytes are missing");
    impl_->finished.wait(lock, [this] { return impl_->settled(); });
    if (impl_->problem)
        return *impl_->problem;
    std::vector<verified_file> out;
    out.reserve(impl_->entries.size());
    for (const auto& e : impl_->entries)
        out.push_back(*e->verdict);
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
