// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_STREAM_FEED_IPP
#define MODELSEC_DETAIL_FETCH_STREAM_FEED_IPP

#include <modelsec/detail/fetch/stream_feed.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Descriptors that readers hold at once, whatever a manifest lists (CWE-770).
inline constexpr std::size_t stream_open_files = 32;
/// Verified chunks are kept for small reads up to so many bytes, and one of any size.
inline constexpr std::size_t stream_kept_bytes = 32u << 20;
/// What readers wait for and nobody took yet.
inline constexpr std::size_t stream_most_wanted = 256;
/// What is hashed at once of a file without chunks.
inline constexpr std::size_t stream_hash_block = 1u << 20;

std::uint64_t stream_feed::readable_size(const artifact_file& f)
{
    return f.encryption ? f.encryption->plain_size_bytes : f.size_bytes;
}

std::uint64_t stream_feed::granularity(const artifact_file& f)
{
    const std::uint64_t size = readable_size(f);
    return f.chunks && f.chunks->size_bytes > 0 ? std::min(f.chunks->size_bytes, size) : size;
}

void stream_feed::begin(std::string model_id, std::string version, std::vector<artifact_file> files,
                        const std::map<std::string, std::vector<secret>>& keys)
{
    const std::lock_guard lock(mutex_);
    model_id_ = std::move(model_id);
    version_ = std::move(version);
    wanted_ = std::move(files);
    for (std::size_t i = 0; i < wanted_.size(); ++i)
    {
        const artifact_file& f = wanted_[i];
        by_path_.emplace(f.name ? f.name->str() : std::string(), i);
        if (const auto known = f.name && f.encryption ? keys.find(f.name->str()) : keys.end(); known != keys.end())
        {
            decryption& by = encrypted_[f.name->str()];
            by.sealed = &f;
            for (const secret& one : known->second)
                by.ciphers.emplace_back(*f.encryption, one.reveal(), model_id_, version_, f.name->str());
        }
        content_state& c = contents_[f.sha256.hex()];
        c.expected = &f;
        c.good.assign(f.chunks && f.chunks->size_bytes > 0 ? f.chunks->sha256.size() : 1, f.size_bytes == 0);
    }
    begun_ = true;
    changed_.notify_all();
}

void stream_feed::growing(opener open)
{
    const std::lock_guard lock(mutex_);
    phase_ = phase::grows;
    open_ = std::move(open);
    changed_.notify_all();
}

void stream_feed::moving()
{
    const std::lock_guard lock(mutex_);
    phase_ = phase::moves;
    open_ = nullptr;
}

void stream_feed::active(opener open)
{
    const std::lock_guard lock(mutex_);
    phase_ = phase::is_active;
    open_ = std::move(open);
    for (auto& [digest, c] : contents_)
        c.good.assign(c.good.size(), true);
    changed_.notify_all();
}

void stream_feed::chunk_good(const sha256_digest& content, std::size_t index)
{
    const std::lock_guard lock(mutex_);
    const auto found = contents_.find(content.hex());
    if (found == contents_.end() || index >= found->second.good.size() || found->second.good[index])
        return;
    found->second.good[index] = true;
    changed_.notify_all();
}

void stream_feed::all_good(const sha256_digest& content)
{
    const std::lock_guard lock(mutex_);
    if (const auto found = contents_.find(content.hex()); found != contents_.end())
    {
        found->second.good.assign(found->second.good.size(), true);
        changed_.notify_all();
    }
}

void stream_feed::ended(result<fetch_result> outcome)
{
    const std::lock_guard lock(mutex_);
    if (outcome_)
        return;
    if (outcome.has_error())
    {
        phase_ = phase::over;
        open_ = nullptr;
        for (auto& [digest, c] : contents_)
            c.opened.reset();
        opened_.clear();
        kept_.clear();
    }
    outcome_ = std::move(outcome);
    wake_ = nullptr;
    changed_.notify_all();
}

void stream_feed::on_wanted(std::function<void()> wake)
{
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
    if (wake_ && !wanted_now_.empty())
        wake_();
}

std::vector<stream_feed::wanted_bytes> stream_feed::take_wanted()
{
    const std::lock_guard lock(mutex_);
    return std::exchange(wanted_now_, {});
}

result<void> stream_feed::wait_begun()
{
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return begun_ || outcome_; });
    if (outcome_ && outcome_->has_error())
        return outcome_->error();
    return begun_ ? result<void>() : fail(reason::internal_error, "nothing was begun");
}

result<fetch_result> stream_feed::wait_ended()
{
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return outcome_.has_value(); });
    return *outcome_;
}

result<void> stream_feed::wait_good(std::unique_lock<std::mutex>& lock, content_state& c, std::size_t index,
                                    byte_range range)
{
    bool asked = false;
    for (;;)
    {
        if (outcome_ && outcome_->has_error())
            return outcome_->error();
        // What is good can be read once it can be opened; an open descriptor is enough.
        if (c.good[index] && (c.opened || phase_ == phase::grows || phase_ == phase::is_active))
            return {};
        if (!c.good[index] && !asked)
        {
            asked = true;
            if (wanted_now_.size() < stream_most_wanted)
                wanted_now_.push_back({c.expected->sha256, range});
            if (wake_)
                wake_();
        }
        changed_.wait(lock);
    }
}

/// The reader's own descriptor of a content. It stays good when the file is moved: it is the inode that becomes active.
result<std::shared_ptr<const file>> stream_feed::descriptor(content_state& c)
{
    const std::string digest = c.expected->sha256.hex();
    std::unique_lock lock(mutex_);
    const auto failed = [this] { return outcome_ && outcome_->has_error(); };
    changed_.wait(lock, [&] { return c.opened || phase_ == phase::grows || phase_ == phase::is_active || failed(); });
    if (failed())
        return outcome_->error();
    opened_.remove(digest);
    if (!c.opened)
    {
        // Opened under the lock: moving() waits for it, so that what is opened is still there.
        MODELSEC_TRY(file fresh, open_(*c.expected));
        if (!fresh)
            return fail(reason::store_io, "a file that was verified is not there");
        c.opened = std::make_shared<const file>(std::move(fresh));
        c.hashed = false;
    }
    opened_.push_front(digest);
    const auto out = c.opened;
    while (opened_.size() > stream_open_files)
    {
        contents_.at(opened_.back()).opened.reset();
        opened_.pop_back();
    }
    return out;
}

std::shared_ptr<const bytes> stream_feed::known_chunk(const sha256_digest& content, std::size_t index)
{
    const std::lock_guard lock(mutex_);
    for (auto at = kept_.begin(); at != kept_.end(); ++at)
        if (at->index == index && at->content == content)
        {
            kept_.splice(kept_.begin(), kept_, at);
            return kept_.front().data;
        }
    return nullptr;
}

void stream_feed::keep_chunk(const sha256_digest& content, std::size_t index, std::shared_ptr<const bytes> data)
{
    const std::lock_guard lock(mutex_);
    if (outcome_ && outcome_->has_error())
        return;
    kept_.push_front({content, index, std::move(data)});
    std::size_t sum = 0;
    for (auto at = kept_.begin(); at != kept_.end();)
    {
        sum += at->data->size();
        at = at != kept_.begin() && sum > stream_kept_bytes ? kept_.erase(at) : std::next(at);
    }
}

/// A part of a chunk, from `from` on. What is read from the disk is hashed as it was read, in memory that nobody else writes to
/// (docs/architecture.md, rule 2).
result<void> stream_feed::read_chunk(content_state& c, std::size_t index, std::uint64_t from, std::span<std::uint8_t> into)
{
    const artifact_file& f = *c.expected;
    const std::uint64_t begin = index * f.chunks->size_bytes;
    const auto size = static_cast<std::size_t>(std::min(f.chunks->size_bytes, f.size_bytes - begin));
    const auto copy = [&](const bytes& all) {
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(from - begin), into.size(), into.begin());
    };
    if (const auto known = known_chunk(f.sha256, index))
    {
        copy(*known);
        return {};
    }
    MODELSEC_TRY(const std::shared_ptr<const file> at, descriptor(c));
    const bool direct = from == begin && into.size() == size;
    auto own = std::make_shared<bytes>(direct ? 0 : size);
    const std::span<std::uint8_t> space = direct ? into : std::span<std::uint8_t>(*own);
    MODELSEC_TRY(const std::size_t got, files_.read_at(*at, begin, space));
    hasher h;
    h.update(bytes_view(space).first(got));
    if (got != size || !(h.finish_sha256() == f.chunks->sha256[index]))
    {
        std::ranges::fill(into, std::uint8_t{0});  // nothing unverified is left with the caller
        return fail(reason::chunk_mismatch, "chunk " + std::to_string(index) + " changed on the disk since it was verified");
    }
    if (!direct)
    {
        copy(*own);
        keep_chunk(f.sha256, index, std::move(own));
    }
    return {};
}

/// A file without chunks is hashed once through this descriptor, and again when its change time is another (a move changes it).
result<void> stream_feed::read_plain(content_state& c, std::uint64_t offset, std::span<std::uint8_t> into)
{
    const artifact_file& f = *c.expected;
    MODELSEC_TRY(const std::shared_ptr<const file> at, descriptor(c));
    for (unsigned tries = 0; tries < 4; ++tries)
    {
        MODELSEC_TRY(const file_info before, files_.info(*at));
        bool known = false;
        {
            const std::lock_guard lock(mutex_);
            known = c.opened == at && c.hashed && c.hashed_at == before.changed_ns;
        }
        if (!known)
        {
            hasher h;
            bytes space(static_cast<std::size_t>(std::min<std::uint64_t>(f.size_bytes, stream_hash_block)));
            std::uint64_t done = 0;
            while (done < f.size_bytes)
            {
                MODELSEC_TRY(const std::size_t got, files_.read_at(*at, done, space));
                if (got == 0)
                    break;
                const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(got, f.size_bytes - done));
                h.update(bytes_view(space).first(part));
                done += part;
            }
            if (done != f.size_bytes || before.size != f.size_bytes || !(h.finish_sha256() == f.sha256))
                return fail(reason::digest_mismatch, "the file changed on the disk since it was verified");
        }
        MODELSEC_TRY(const std::size_t got, files_.read_at(*at, offset, into));
        MODELSEC_TRY(const file_info after, files_.info(*at));
        // CWE-367: what changed meanwhile is looked at again.
        if (got == into.size() && after.changed_ns == before.changed_ns)
        {
            const std::lock_guard lock(mutex_);
            if (c.opened == at)
            {
                c.hashed = true;
                c.hashed_at = before.changed_ns;
            }
            return {};
        }
    }
    std::ranges::fill(into, std::uint8_t{0});
    return fail(reason::digest_mismatch, "the file does not stay as it was verified");
}

result<std::size_t> stream_feed::read(const std::string& path, std::uint64_t offset, std::span<std::uint8_t> into)
{
    const artifact_file* f = nullptr;
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return begun_ || outcome_; });
        if (outcome_ && outcome_->has_error())
            return outcome_->error();
        const auto found = by_path_.find(path);
        if (found == by_path_.end())
            return fail(reason::bad_option, "the pack has no such file: " + path);
        f = &wanted_[found->second];
    }
    if (const auto by = encrypted_.find(path); by != encrypted_.end())
        return read_decrypted(by->second, offset, into);
    return read_stored(*f, offset, into);
}

/// Chunks of cipher text are read like any bytes: what is decrypted was signed. docs/manifest.md, Encryption.
result<std::size_t> stream_feed::read_decrypted(const decryption& by, std::uint64_t offset, std::span<std::uint8_t> into)
{
    const artifact_file& f = *by.sealed;
    const encryption_info& info = *f.encryption;
    if (offset >= info.plain_size_bytes)
        return std::size_t{0};
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), info.plain_size_bytes - offset));
    const std::uint64_t step = info.chunk_bytes;
    bytes sealed, plain;
    const auto open = [&](std::uint64_t index, std::size_t whole, std::span<std::uint8_t> out) -> result<void> {
        sealed.resize(whole + encryption_info::tag_bytes);
        MODELSEC_TRY(const std::size_t got, read_stored(f, index * (step + encryption_info::tag_bytes), sealed));
        if (got == sealed.size())
            for (const chunk_cipher& cipher : by.ciphers)
                if (cipher.open(index, sealed, out))
                    return {};
        return fail(reason::decrypt_failed, f.name->str() + ", chunk " + std::to_string(index));
    };
    for (std::size_t done = 0; done < size;)
    {
        const std::uint64_t index = (offset + done) / step;
        const auto skip = static_cast<std::size_t>((offset + done) % step);
        const auto whole = static_cast<std::size_t>(std::min(step, info.plain_size_bytes - index * step));
        const std::size_t part = std::min(size - done, whole - skip);
        const bool direct = part == whole;
        plain.resize(direct ? 0 : whole);
        auto opened = open(index, whole, direct ? into.subspan(done, whole) : std::span<std::uint8_t>(plain));
        if (opened.has_value() && !direct)
            std::copy_n(plain.begin() + static_cast<std::ptrdiff_t>(skip), part,
                        into.begin() + static_cast<std::ptrdiff_t>(done));
        wipe(plain.data(), plain.size());
        if (opened.has_error())
        {
            wipe(into.data(), done + part);  // nothing that was not verified is left with the caller
            return std::move(opened).error();
        }
        done += part;
    }
    return size;
}

result<std::size_t> stream_feed::read_stored(const artifact_file& f, std::uint64_t offset, std::span<std::uint8_t> into)
{
    content_state* c = nullptr;
    {
        const std::lock_guard lock(mutex_);
        c = &contents_.at(f.sha256.hex());
    }
    if (offset >= f.size_bytes)
        return std::size_t{0};
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), f.size_bytes - offset));
    const bool chunked = f.chunks && f.chunks->size_bytes > 0;
    for (std::size_t done = 0; done < size;)
    {
        const std::uint64_t at = offset + done;
        const std::uint64_t unit = chunked ? f.chunks->size_bytes : f.size_bytes;
        const auto index = static_cast<std::size_t>(at / unit);
        const byte_range around{index * unit, std::min((index + 1) * unit, f.size_bytes)};
        {
            std::unique_lock lock(mutex_);
            MODELSEC_CHECK(wait_good(lock, *c, index, around));
        }
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(size - done, around.end - at));
        auto read =
            chunked ? read_chunk(*c, index, at, into.subspan(done, part)) : read_plain(*c, at, into.subspan(done, part));
        if (read.has_error())
        {
            std::ranges::fill(into.first(done), std::uint8_t{0});
            return std::move(read).error();
        }
        done += part;
    }
    return size;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
