// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "scan_readers.hpp"

#include <algorithm>
#include <utility>

namespace modelsec::tool {

std::string_view byte_reader::peek(std::size_t size)
{
    while (buffer_.size() - at_ < size && !ended_)
    {
        buffer_.erase(0, at_);
        at_ = 0;
        const std::size_t had = buffer_.size(),
                          wanted = std::max(block, std::min(size - had, std::max(had, std::size_t{1} << 20)));
        buffer_.resize(had + wanted);
        const std::size_t n = broken_ ? 0 : read_some(buffer_.data() + had, wanted);
        buffer_.resize(had + n);
        ended_ = n == 0;
    }
    return std::string_view(buffer_).substr(at_, size);
}

bool byte_reader::skip(std::uint64_t size)
{
    while (size != 0)
    {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(piece().size(), size));
        if (n == 0)
            return false;
        take(n);
        size -= n;
    }
    return true;
}

file_reader::file_reader(const std::filesystem::path& path, std::uint64_t from) : in_(path, std::ios::binary)
{
    if (from != 0)
        in_.seekg(static_cast<std::streamoff>(from));
    broken_ = !in_;
}

std::size_t file_reader::read_some(char* into, std::size_t size)
{
    in_.read(into, static_cast<std::streamsize>(size));
    broken_ = in_.bad();
    return static_cast<std::size_t>(in_.gcount());
}

std::size_t memory_reader::read_some(char* into, std::size_t size)
{
    const std::size_t n = std::min(size, content_.size() - given_);
    std::copy_n(content_.data() + given_, n, into);
    given_ += n;
    return n;
}

std::size_t part_reader::read_some(char* into, std::size_t size)
{
    const std::string_view piece = left_ == 0 ? std::string_view() : in_.piece();
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>({piece.size(), size, left_}));
    std::copy_n(piece.begin(), n, into);
    in_.take(n);
    left_ -= n;
    broken_ = n == 0 && left_ != 0;
    return n;
}

bool part_reader::finish()
{
    return !broken_ && in_.skip(std::exchange(left_, 0));
}

inflate_reader::inflate_reader(byte_reader& in, deflate_format format, unpack_budget& budget)
    : in_(in), format_(format), budget_(budget)
{
    const int bits = format == deflate_format::raw ? -15 : format == deflate_format::gzip ? 15 + 16 : 15;
    broken_ = inflateInit2(&z_, bits) != Z_OK;
}

std::size_t inflate_reader::read_some(char* into, std::size_t size)
{
    z_.next_out = reinterpret_cast<Bytef*>(into);
    z_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
    const uInt room = z_.avail_out;
    while (z_.avail_out == room && !done_ && !broken_)
    {
        const std::string_view piece = in_.piece();
        // zlib's interface is from before const; it does not write there.
        z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
        z_.avail_in = static_cast<uInt>(piece.size());
        const int answer = inflate(&z_, Z_NO_FLUSH);
        in_.take(piece.size() - z_.avail_in);
        if (answer == Z_STREAM_END)
        {
            // What follows a member may be another one (RFC 1952, 2.2).
            const bool another = format_ == deflate_format::gzip && in_.peek(2) == "\x1f\x8b" && inflateReset(&z_) == Z_OK;
            done_ = !another;
        }
        else
            broken_ = (answer != Z_OK && answer != Z_BUF_ERROR) || piece.empty();
    }
    const std::size_t made = room - z_.avail_out;
    if (made > budget_.left)
    {
        budget_.left = 0;
        budget_.exceeded = broken_ = true;
        return 0;
    }
    budget_.left -= made;
    return made;
}

bool inflate_reader::finish()
{
    while (!piece().empty())
        take(piece().size());
    return !broken();
}

}  // namespace modelsec::tool
