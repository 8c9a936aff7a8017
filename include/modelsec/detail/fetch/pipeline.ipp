// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PIPELINE_IPP
#define MODELSEC_DETAIL_FETCH_PIPELINE_IPP

#include <modelsec/detail/fetch/block_pool.ipp>
#include <modelsec/detail/fetch/pipeline_state.ipp>
#include <modelsec/detail/fetch/pipeline_workers.ipp>
#include <modelsec/detail/fetch/pipeline.hpp>

#include <system_error>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

pipeline::pipeline(file_system& files, const file& partial, const artifact_file& expected, const range_set& kept,
                   journal_writer journal, const pipeline_options& options, std::function<void()> on_change)
    : impl_(std::make_unique<impl>(files, partial, expected, std::move(journal), options, std::move(on_change)))
{
    if (auto ready = impl_->prepare(kept); ready.has_error())
    {
        impl_->problem = std::move(ready).error();
        return;
    }
    try
    {
        impl_->writer = std::thread([self = impl_.get()] { self->guarded(&impl::write_all); });
        impl_->hasher = std::thread([self = impl_.get()] { self->guarded(&impl::hash_all); });
    }
    catch (const std::system_error&)
    {
        impl_->stop();
        impl_->problem = fail(reason::out_of_memory, "no thread can be started");
    }
}

pipeline::~pipeline()
{
    impl_->stop();
}

range_set pipeline::missing() const
{
    const std::lock_guard lock(impl_->mutex);
    return impl_->claimed.missing_of(impl_->whole());
}

void pipeline::allow_blocks(std::size_t blocks)
{
    impl_->pool->allow(blocks);
}

block pipeline::try_take()
{
    std::shared_ptr<piece> evicted;  // dropped after the lock
    const std::lock_guard lock(impl_->mutex);
    if (impl_->too_much_at_risk())
    {
        impl_->sync_wanted = true;
        impl_->write_more.notify_one();
        return {};
    }
    auto out = impl_->pool->try_take();
    impl_->room_wanted = !out;
    if (!out)
        evicted = impl_->make_room();
    return out;
}

void pipeline::put(std::uint64_t offset, block data, std::size_t size)
{
    impl_->pool->filled(data);
    const auto added = std::make_shared<piece>(offset, size, std::move(data));
    const std::lock_guard lock(impl_->mutex);
    impl_->claimed.add(added->range());
    impl_->in_memory.emplace(offset, added);
    impl_->to_write.push_back(added);
    impl_->queued_bytes += size;
    impl_->hash_more.notify_one();
    impl_->write_more.notify_one();
}

std::vector<byte_range> pipeline::take_refused()
{
    const std::lock_guard lock(impl_->mutex);
    return std::exchange(impl_->refused, {});
}

std::uint64_t pipeline::kept_hashed() const noexcept
{
    return impl_->kept_hashed.load(std::memory_order_relaxed);
}

std::optional<failure> pipeline::problem() const
{
    const std::lock_guard lock(impl_->mutex);
    return impl_->problem;
}

bool pipeline::done() const
{
    const std::lock_guard lock(impl_->mutex);
    return impl_->settled();
}

result<verified_file> pipeline::finish()
{
    std::unique_lock lock(impl_->mutex);
    impl_->finished.wait(lock, [this] { return impl_->settled(); });
    if (impl_->problem)
        return *impl_->problem;
    if (!impl_->verdict)
        return fail(reason::size_mismatch, "bytes are missing");
    if (impl_->verdict->has_error())
        return impl_->verdict->error();
    MODELSEC_TRY(const file_info now, impl_->files.info(impl_->partial));
    if (now.size != impl_->expected.size_bytes)
        return fail(reason::store_io, "the partial was altered while it grew");
    return *impl_->verdict;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
