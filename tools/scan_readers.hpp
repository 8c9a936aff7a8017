// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_SCAN_READERS_HPP
#define MODELSEC_TOOLS_SCAN_READERS_HPP

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace modelsec::tool {

/// Bytes that come one after the other, and can be looked at before they are taken. Memory: as much as is looked at, at least 64 KiB.
class byte_reader
{
public:
    byte_reader() = default;
    byte_reader(const byte_reader&) = delete;
    byte_reader& operator=(const byte_reader&) = delete;
    virtual ~byte_reader() = default;

    /// The next bytes, without taking them; fewer than `size` only at the end.
    std::string_view peek(std::size_t size);
    /// What is at hand, at least a byte; nothing at the end.
    std::string_view piece() { return peek(1).empty() ? std::string_view() : std::string_view(buffer_).substr(at_); }
    /// Takes bytes that were looked at.
    void take(std::size_t size) { at_ += size; }
    /// Takes so many; false if it ends before.
    bool skip(std::uint64_t size);
    /// The end came where none should be: a read failed, or what is compressed cannot be unpacked.
    bool broken() const { return broken_; }

protected:
    static constexpr std::size_t block = 64u << 10;

    /// Up to `size` bytes; 0 at the end.
    virtual std::size_t read_some(char* into, std::size_t size) = 0;
    bool broken_ = false;

private:
    std::string buffer_;
    std::size_t at_ = 0;
    bool ended_ = false;
};

class file_reader final : public byte_reader
{
public:
    explicit file_reader(const std::filesystem::path& path, std::uint64_t from = 0);

private:
    std::size_t read_some(char* into, std::size_t size) override;
    std::ifstream in_;
};

class memory_reader final : public byte_reader
{
public:
    explicit memory_reader(std::string content) : content_(std::move(content)) {}

private:
    std::size_t read_some(char* into, std::size_t size) override;
    std::string content_;
    std::size_t given_ = 0;
};

/// The next `size` bytes of another reader: broken if that ends before.
class part_reader final : public byte_reader
{
public:
    part_reader(byte_reader& in, std::uint64_t size) : in_(in), left_(size) {}
    /// Takes from the other reader what was left of the part; false if it ended before.
    bool finish();

private:
    std::size_t read_some(char* into, std::size_t size) override;
    byte_reader& in_;
    std::uint64_t left_;
};

/// How much may still be unpacked in all (CWE-409): a few kilobytes of each of many files can stand for terabytes.
struct unpack_budget
{
    std::uint64_t left = 0;
    bool exceeded = false;
};

enum class deflate_format
{
    zlib,  ///< RFC 1950, once
    gzip,  ///< RFC 1952, one member after the other
    raw    ///< RFC 1951, once
};

/// What another reader holds compressed. It takes no byte behind it. Broken also where the budget is spent.
class inflate_reader final : public byte_reader
{
public:
    inflate_reader(byte_reader& in, deflate_format format, unpack_budget& budget);
    ~inflate_reader() override { inflateEnd(&z_); }
    /// Reads to the end; false if it is broken.
    bool finish();

private:
    std::size_t read_some(char* into, std::size_t size) override;
    byte_reader& in_;
    z_stream z_{};
    deflate_format format_;
    unpack_budget& budget_;
    bool done_ = false;
};

}  // namespace modelsec::tool

#endif
