// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_ARCHIVE_ARCHIVE_STREAMS_IPP
#define MODELSEC_DETAIL_STORE_ARCHIVE_ARCHIVE_STREAMS_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/store/archive/zip_fields.ipp>
#include <modelsec/detail/store/archive/archive.hpp>
#include <modelsec/detail/store/archive/zip_directory.hpp>

#include <zlib.h>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t archive_buffer_bytes = 1u << 20;

/// The bytes of an archive, once and in order. Every byte that it gives has gone into the digest.
class archive_source
{
public:
    archive_source(file_system& files, const file& archive, const extraction& what, const control& handle)
        : files_(files), archive_(archive), what_(what), handle_(handle),
          buffer_(static_cast<std::size_t>(std::min<std::uint64_t>(what.archive_bytes, archive_buffer_bytes)))
    {
    }

    std::uint64_t position() const noexcept { return filled_to_ - left_.size(); }

    /// The next bytes, 1 to `at_most` of them. Valid until the next call.
    result<bytes_view> some(std::uint64_t at_most)
    {
        if (left_.empty())
            MODELSEC_CHECK(fill());
        const bytes_view out = left_.first(static_cast<std::size_t>(std::min<std::uint64_t>(at_most, left_.size())));
        left_ = left_.subspan(out.size());
        return out;
    }

    /// Exactly `size` bytes; a small number.
    result<bytes> exactly(std::size_t size)
    {
        bytes out;
        while (out.size() < size)
        {
            MODELSEC_TRY(const bytes_view part, some(size - out.size()));
            out.insert(out.end(), part.begin(), part.end());
        }
        return out;
    }

    /// Reads the rest; then whether all of it is what was signed.
    result<void> finish()
    {
        while (position() < what_.archive_bytes)
            MODELSEC_CHECK(some(what_.archive_bytes));
        if (hash_.finish_sha256() != what_.archive_sha256)
            return fail(reason::digest_mismatch, "the archive is not the one that was signed");
        return {};
    }

private:
    result<void> fill()
    {
        if (handle_.cancelled())
            return fail(reason::cancelled);
        const auto wanted = std::min<std::uint64_t>(buffer_.size(), what_.archive_bytes - filled_to_);
        if (wanted == 0)
            return zip_refused("an archive that ends too early");
        const std::span<std::uint8_t> space = std::span(buffer_).first(static_cast<std::size_t>(wanted));
        MODELSEC_TRY(const std::size_t got, files_.read_at(archive_, filled_to_, space));
        if (got != wanted)
            return fail(reason::size_mismatch, "the archive is shorter than signed");
        left_ = space;
        hash_.update(left_);
        filled_to_ += wanted;
        if (what_.progress)
            what_.progress(filled_to_);
        return {};
    }

    file_system& files_;
    const file& archive_;
    const extraction& what_;
    const control& handle_;
    bytes buffer_;
    bytes_view left_;
    std::uint64_t filled_to_ = 0;
    hasher hash_;
};

/// A file that grows up to its announced size, and what has been written to it.
class archive_sink
{
public:
    /// An invalid `out`: what is written is checked and goes nowhere. `sync`: finish() brings it to stable storage.
    archive_sink(file_system& files, file out, const zip_entry& entry, const control& handle, bool sync)
        : files_(files), out_(std::move(out)), entry_(entry), handle_(handle), sync_(sync)
    {
    }

    /// Never more than was announced, and the sum of what is announced is capped: so a bomb stops here (CWE-409).
    result<void> write(bytes_view data)
    {
        if (handle_.cancelled())
            return fail(reason::cancelled);
        if (data.size() > entry_.bytes - written_)
            return zip_refused("an entry that unpacks to more than it announces");
        hash_.update(data);
        crc_ = static_cast<std::uint32_t>(::crc32(crc_, data.data(), static_cast<uInt>(data.size())));
        if (!data.empty() && out_)
            MODELSEC_CHECK(files_.write_at(out_, written_, data));
        written_ += data.size();
        return {};
    }

    result<sha256_digest> finish()
    {
        if (written_ != entry_.bytes)
            return zip_refused("an entry that unpacks to less than it announces");
        if (crc_ != entry_.crc32)
            return zip_refused("an entry with a wrong checksum");
        if (out_ && sync_)
            MODELSEC_CHECK(files_.sync(out_));
        return hash_.finish_sha256();
    }

private:
    file_system& files_;
    file out_;
    const zip_entry& entry_;
    const control& handle_;
    bool sync_;
    std::uint64_t written_ = 0;
    std::uint32_t crc_ = 0;
    hasher hash_;
};

/// Raw deflate (RFC 1951) by zlib. Made once, used for every entry.
class archive_inflater
{
public:
    archive_inflater() = default;
    archive_inflater(const archive_inflater&) = delete;
    archive_inflater& operator=(const archive_inflater&) = delete;
    ~archive_inflater()
    {
        if (started_)
            ::inflateEnd(&stream_);
    }

    result<void> start()
    {
        ended_ = false;
        if (started_ ? ::inflateReset(&stream_) != Z_OK : ::inflateInit2(&stream_, -MAX_WBITS) != Z_OK)
            return fail(reason::out_of_memory, "zlib");
        started_ = true;
        window_.resize(archive_buffer_bytes);
        return {};
    }

    result<void> feed(bytes_view packed, archive_sink& to)
    {
        stream_.next_in = const_cast<Bytef*>(packed.data());  // zlib only reads
        stream_.avail_in = static_cast<uInt>(packed.size());
        do
        {
            if (ended_)
                return zip_refused("bytes after the end of a deflate stream");
            stream_.next_out = window_.data();
            stream_.avail_out = static_cast<uInt>(window_.size());
            const int status = ::inflate(&stream_, Z_NO_FLUSH);
            if (status == Z_MEM_ERROR)
                return fail(reason::out_of_memory, "zlib");
            const bool starved = status == Z_BUF_ERROR && stream_.avail_in == 0;
            if (status != Z_OK && status != Z_STREAM_END && !starved)
                return zip_refused("an entry that is no deflate stream");
            MODELSEC_CHECK(to.write(bytes_view(window_).first(window_.size() - stream_.avail_out)));
            ended_ = status == Z_STREAM_END;
        } while (stream_.avail_in != 0 || (stream_.avail_out == 0 && !ended_));
        return {};
    }

    result<void> finish() const
    {
        if (!ended_)
            return zip_refused("a deflate stream that ends too early");
        return {};
    }

private:
    bytes window_;
    z_stream stream_{};
    bool started_ = false;
    bool ended_ = false;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
