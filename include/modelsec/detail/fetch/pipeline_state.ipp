// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PIPELINE_STATE_IPP
#define MODELSEC_DETAIL_FETCH_PIPELINE_STATE_IPP

#include <modelsec/detail/fetch/block_pool.ipp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <thread>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Bytes that were put. The hash and the writer share it; the memory goes back to the pool when both have let go.
struct piece
{
    piece(std::uint64_t at, std::size_t n, block b) : begin(at), size(n), memory(std::move(b)) {}

    std::uint64_t begin;
    std::size_t size;
    block memory;
    bool written = false;

    byte_range range() const noexcept { return {begin, begin + size}; }
    bytes_view view() const noexcept { return memory.space().first(size); }
    bool overlaps(byte_range r) const noexcept { return begin < r.end && r.begin < begin + size; }
};

inline constexpr std::uint64_t align_down(std::uint64_t n) noexcept
{
    return n - n % file_system::direct_alignment;
}

inline constexpr std::uint64_t align_up(std::uint64_t n) noexcept
{
    return align_down(n + file_system::direct_alignment - 1);
}

struct pipeline::impl
{
    using piece_ptr = std::shared_ptr<piece>;
    struct free_aligned
    {
        void operator()(std::uint8_t* data) const noexcept { ::operator delete(data, block_pool::alignment); }
    };

    impl(file_system& fs, const file& f, const artifact_file& wanted, journal_writer j, const pipeline_options& o,
         std::function<void()> changed)
        : files(fs), partial(f), expected(wanted), journal(std::move(j)), options(o), on_change(std::move(changed)),
          pool(std::make_shared<block_pool>(o.blocks, [this] { on_change(); })), verifier(wanted)
    {
    }

    MODELSEC_DECL result<void> prepare(const range_set& journalled);
    MODELSEC_DECL void stop() noexcept;
    MODELSEC_DECL void guarded(void (impl::*work)());

    // The writer.
    MODELSEC_DECL void write_all();
    MODELSEC_DECL void write_one(std::unique_lock<std::mutex>& lock);
    MODELSEC_DECL result<void> write(const piece& x);
    MODELSEC_DECL result<void> write_mode(bool direct_now);
    MODELSEC_DECL void sync(std::unique_lock<std::mutex>& lock);
    MODELSEC_DECL bool sync_due() const;

    // The hash.
    MODELSEC_DECL void hash_all();
    MODELSEC_DECL result<void> hash_from_memory(std::unique_lock<std::mutex>& lock);
    MODELSEC_DECL result<void> hash_from_disk(std::unique_lock<std::mutex>& lock);
    MODELSEC_DECL void refuse_chunk(std::unique_lock<std::mutex>& lock);
    MODELSEC_DECL bool time_for_chunks(std::size_t more);
    bool can_hash() const { return piece_at(position) || !on_disk.from(position).empty(); }

    // All of the following with the lock held.
    byte_range whole() const noexcept { return {0, expected.size_bytes}; }
    MODELSEC_DECL piece_ptr piece_at(std::uint64_t at) const;
    MODELSEC_DECL piece_ptr make_room();
    MODELSEC_DECL void set_problem(failure f);
    bool durable() const { return !sync_needed && on_disk.covers(whole()); }
    MODELSEC_DECL bool settled() const;
    MODELSEC_DECL bool too_much_at_risk() const;

    file_system& files;
    const file& partial;
    const artifact_file& expected;
    journal_writer journal;
    const pipeline_options options;
    std::function<void()> on_change;
    std::shared_ptr<block_pool> pool;

    mutable std::mutex mutex;
    std::condition_variable write_more;
    std::condition_variable hash_more;
    std::condition_variable written;
    std::condition_variable finished;

    std::map<std::uint64_t, piece_ptr> in_memory;  ///< what the hash can still take without reading it back
    std::deque<piece_ptr> to_write;
    range_set claimed;                ///< kept or put
    range_set on_disk;                ///< kept or written
    range_set kept;                   ///< from an earlier run
    range_set unsynced;               ///< written since the last sync
    std::uint64_t queued_bytes = 0;   ///< put and not yet written
    std::uint64_t syncing_bytes = 0;  ///< being synced and journalled now
    std::uint64_t position = 0;       ///< where the hash stands
    bool hashing_memory = false;      ///< the hash is at work on a piece from memory
    bool room_wanted = false;         ///< the network thread waits for a block
    bool sync_wanted = false;         ///< … for bytes to become safe
    bool sync_needed = true;          ///< something may not be on stable storage
    bool reading_back = false;        ///< the hash goes through all bytes once more, as they reach the disk
    bool stopping = false;
    std::vector<byte_range> refused;
    std::optional<failure> problem;
    std::optional<result<verified_file>> verdict;
    std::atomic<std::uint64_t> kept_hashed{0};

    stream_verifier verifier;  ///< the hash thread's own, as are the next
    std::unique_ptr<std::uint8_t, free_aligned> read_buffer;
    std::chrono::steady_clock::time_point window_begin{};
    std::uint64_t window_bytes = 0;  ///< hashed from memory since then
    bool fast = false;               ///< what the last window showed
    bool direct_works = false;       ///< the writer's own, as is the next
    bool direct_on = false;

    std::thread writer;
    std::thread hasher;
};

inline result<void> pipeline::impl::prepare(const range_set& journalled)
{
    MODELSEC_TRY(const file_info now, files.info(partial));
    if (now.size > expected.size_bytes)
        MODELSEC_CHECK(files.truncate(partial, expected.size_bytes));
    // The journal is only a hint: nothing beyond the file's end, and nothing that would make new bytes start in mid-page.
    for (const auto& r : journalled.ranges())
    {
        const std::uint64_t end = std::min({r.end, now.size, expected.size_bytes});
        kept.add({align_up(r.begin), end == expected.size_bytes ? end : align_down(end)});
    }
    on_disk = claimed = kept;
    if (options.direct)
    {
        MODELSEC_TRY(direct_works, files.set_direct(partial, true));
        direct_on = direct_works;
    }
    if (on_disk.covers(whole()))
        return {};
    // A disk that is too small shows now and not after hours. Where room cannot be reserved, it shows when it is used up.
    if (auto room = files.reserve(partial, expected.size_bytes); room.has_error() && room.error().why == reason::disk_full)
        return std::move(room).error();
    return {};
}

inline void pipeline::impl::stop() noexcept
{
    {
        const std::lock_guard lock(mutex);
        stopping = true;
        write_more.notify_all();
        hash_more.notify_all();
        written.notify_all();
    }
    if (hasher.joinable())
        hasher.join();
    if (writer.joinable())
        writer.join();
    pool->mute();
}

inline pipeline::impl::piece_ptr pipeline::impl::piece_at(std::uint64_t at) const
{
    auto it = in_memory.upper_bound(at);
    if (it == in_memory.begin())
        return nullptr;
    --it;
    return at < it->second->range().end ? it->second : nullptr;
}

// Lets go of the piece that the hash needs last, if it is written and the hash is not at work in memory anyway: it is
// read back when its turn comes.
inline pipeline::impl::piece_ptr pipeline::impl::make_room()
{
    if (hashing_memory || piece_at(position))
        return nullptr;
    for (auto it = in_memory.end(); it != in_memory.begin();)
        if ((--it)->second->written)
        {
            auto out = std::move(it->second);
            in_memory.erase(it);
            return out;
        }
    return nullptr;
}

inline void pipeline::impl::set_problem(failure f)
{
    if (!problem)
        problem = std::move(f);
    write_more.notify_all();
    hash_more.notify_all();
    written.notify_all();
    finished.notify_all();
}

inline bool pipeline::impl::settled() const
{
    if (problem || !claimed.covers(whole()))
        return true;
    return verdict && (verdict->has_error() || durable());
}

inline bool pipeline::impl::too_much_at_risk() const
{
    const std::uint64_t put = queued_bytes + unsynced.size() + syncing_bytes;
    return put > 0 && put + (pool->being_filled() + 1) * block::size_bytes > options.at_risk_bytes;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
