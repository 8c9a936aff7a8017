// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PACK_SINK_STATE_IPP
#define MODELSEC_DETAIL_FETCH_PACK_SINK_STATE_IPP

#include <modelsec/detail/fetch/pack_sink.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <set>
#include <thread>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::uint64_t align_down(std::uint64_t n) noexcept
{
    return n - n % file_system::direct_alignment;
}

inline constexpr std::uint64_t align_up(std::uint64_t n) noexcept
{
    return align_down(n + file_system::direct_alignment - 1);
}

/// Room is reserved for files from this size on; smaller ones are written at once.
inline constexpr std::uint64_t sink_reserve_from = 8u << 20;
/// Partials that are held open at once, with up to two descriptors each.
inline constexpr std::size_t sink_open_files = 16;
/// What is read back at once; progress is seen that often.
inline constexpr std::uint64_t sink_read = 512u << 10;

/// Bytes that were put. The memory goes back to the pool when they are written and all digests that want them have had them.
struct sink_piece
{
    std::uint64_t begin;
    std::size_t size;
    block_ptr memory;
    std::size_t at;  ///< in the block
    bool written = false;
    std::uint64_t chunk_left = 0;  ///< bytes that chunks still want
    std::uint64_t whole_left = 0;  ///< … the whole digest

    byte_range range() const noexcept { return {begin, begin + size}; }
    bytes_view view() const noexcept { return memory->space().subspan(at, size); }
};

struct pack_sink::impl
{
    using piece_ptr = std::shared_ptr<sink_piece>;
    using time_point = std::chrono::steady_clock::time_point;
    struct free_aligned
    {
        void operator()(std::uint8_t* data) const noexcept { ::operator delete(data, block_pool::alignment); }
    };
    using read_buffer = std::unique_ptr<std::uint8_t, free_aligned>;

    /// An open partial: through the cache, and past it where that works.
    struct handle
    {
        file cached;
        file direct;
        std::atomic<bool> direct_works{false};
    };
    using handle_ptr = std::shared_ptr<handle>;

    /// A digest in the making.
    struct digest_run
    {
        explicit digest_run(range_hash h) : hash(std::move(h)) {}
        range_hash hash;
        bool queued = false;  ///< waits for a worker, or one is at it
        bool busy = false;    ///< a worker is at it
    };

    struct entry
    {
        entry(const artifact_file& wanted, bool verity) : expected(&wanted), verifier(wanted, verity) {}

        const artifact_file* expected;
        file_verifier verifier;
        range_set claimed;                             ///< kept or put
        range_set on_disk;                             ///< kept or written
        range_set kept;                                ///< from an earlier run
        range_set unsynced;                            ///< written since the last sync
        std::map<std::uint64_t, piece_ptr> in_memory;  ///< what some digest can still take without reading it back
        std::unique_ptr<digest_run> whole;
        std::map<std::size_t, range_hash> before;  ///< the whole digest as it stood before chunks that are not proven yet
        std::map<std::size_t, std::unique_ptr<digest_run>> chunks;  ///< begun and not complete
        bool whole_wanted = true;
        bool whole_required = true;
        bool made = false;                     ///< there is a file for it
        bool had_kept = false;                 ///< some of it was there before
        std::optional<std::size_t> rewind_to;  ///< the whole digest goes back to before this chunk
        std::uint64_t whole_at = 0;            ///< where the whole digest will be when the worker at it is done
        unsigned writing = 0;
        handle_ptr opened;
        std::optional<verified_file> verdict;

        byte_range all() const noexcept { return {0, expected->size_bytes}; }
    };

    /// Something for a worker.
    struct step
    {
        enum kind
        {
            whole,
            chunk,
            kept_chunk,
            touch,  ///< a file without bytes
            refuse,
            drop
        } what;
        std::size_t file;
        std::size_t index = 0;  ///< of a chunk
    };

    impl(partial_files& where, const std::vector<const artifact_file*>& wanted, std::vector<range_set> journalled,
         const sink_options& o, std::function<void()> changed);

    MODELSEC_DECL void start(std::vector<range_set> journalled);
    MODELSEC_DECL void stop() noexcept;
    MODELSEC_DECL void call_workers();
    MODELSEC_DECL void guarded() noexcept;
    MODELSEC_DECL void work();

    // Steps; with the lock held, which they give up meanwhile.
    MODELSEC_DECL void write_one(std::unique_lock<std::mutex>& lock);
    MODELSEC_DECL void sync(std::unique_lock<std::mutex>& lock);
    MODELSEC_DECL void perform(std::unique_lock<std::mutex>& lock, const step& s, read_buffer& space);
    MODELSEC_DECL void touch(std::unique_lock<std::mutex>& lock, std::size_t file);
    MODELSEC_DECL void drop(std::unique_lock<std::mutex>& lock, std::size_t file);
    MODELSEC_DECL void hash_step(std::unique_lock<std::mutex>& lock, const step& s, read_buffer& space);
    MODELSEC_DECL void check_kept_chunk(std::unique_lock<std::mutex>& lock, const step& s, read_buffer& space);

    // Without the lock.
    MODELSEC_DECL result<handle_ptr> open(std::size_t file);
    MODELSEC_DECL result<void> write(handle& to, const sink_piece& x) const;
    MODELSEC_DECL result<void> read_back(std::size_t file, byte_range have, digest_run& into, read_buffer& space);

    // All of the following with the lock held.
    MODELSEC_DECL piece_ptr piece_at(const entry& e, std::uint64_t at) const;
    MODELSEC_DECL bool can_go_on(const entry& e, const digest_run& d) const;
    MODELSEC_DECL void schedule(std::size_t file, byte_range fresh);
    MODELSEC_DECL void queue_chunk(std::size_t file, std::size_t index);
    MODELSEC_DECL void queue_whole(std::size_t file);
    MODELSEC_DECL void taken(entry& e, const piece_ptr& x, std::uint64_t bytes, bool by_chunk);
    MODELSEC_DECL void chunk_complete(std::size_t file, std::size_t index, std::unique_ptr<digest_run> d);
    MODELSEC_DECL void refuse_chunk(std::size_t file, std::size_t index);
    MODELSEC_DECL bool rewind(entry& e);
    MODELSEC_DECL void close(std::size_t file);
    MODELSEC_DECL void forget(entry& e, byte_range bytes);
    MODELSEC_DECL void give_up_whole(entry& e);
    MODELSEC_DECL void decide(std::size_t file);
    MODELSEC_DECL void tell_good(std::size_t file, byte_range bytes) const;
    MODELSEC_DECL bool make_room();
    MODELSEC_DECL void set_problem(failure f);
    MODELSEC_DECL void run_deferred();
    MODELSEC_DECL bool sync_due(time_point now) const;
    MODELSEC_DECL bool settled() const;
    bool all_written() const { return to_write.empty() && writing == 0; }
    bool has_spare_work() const { return spare && !spare_steps.empty(); }

    partial_files& partials;
    const sink_options options;
    std::function<void()> on_change;
    std::shared_ptr<block_pool> pool;
    unsigned most_threads;

    mutable std::mutex mutex;
    std::mutex partials_mutex;  ///< never taken with the other held
    std::condition_variable more;
    std::condition_variable finished;

    std::vector<std::unique_ptr<entry>> entries;
    std::list<std::size_t> opened;  ///< the files that are held open, the one used last in front
    std::set<std::size_t> holding;  ///< files with pieces in memory
    std::deque<std::pair<std::size_t, piece_ptr>> to_write;
    std::deque<step> steps;          ///< what must be done
    std::deque<step> kept_steps;     ///< chunks that were kept: once arriving bytes leave time
    std::deque<step> spare_steps;    ///< whole digests that nobody waits for
    std::vector<step> after_writes;  ///< refusals that wait for what is being written, or made durable
    std::map<std::size_t, failure> dropping;
    std::set<std::size_t> unsynced;  ///< files with bytes that are not durable
    std::uint64_t unsynced_bytes = 0;
    std::uint64_t syncing_bytes = 0;
    time_point unsynced_since{};
    std::size_t undecided = 0;
    std::size_t unclaimed = 0;  ///< files with bytes that are neither kept nor put
    bool change = false;        ///< on_change is due
    unsigned writing = 0;
    bool syncing = false;
    bool room_wanted = false;  ///< the network waits for a block
    bool spare = true;
    bool stopping = false;
    unsigned idle = 0;
    std::vector<refusal> refused;
    std::optional<failure> problem;
    std::atomic<std::uint64_t> kept_hashed{0};
    bool lost_worker = false;
    std::vector<std::thread> threads;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
