// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "scan_content.hpp"

#include "scan_kinds.hpp"

#include <algorithm>
#include <utility>

namespace modelsec::tool {

namespace {

constexpr std::size_t head_bytes = 4096;
constexpr std::uint64_t header_cap = 1u << 20;  // of a long name in a tar, of pax records
constexpr unsigned deepest = 8;                 // archives in archives
constexpr std::size_t tar_block = 512;
constexpr std::size_t name_cap = 4096;  // of an entry: what is longer is no path anywhere
constexpr std::size_t told_cap = std::size_t{64}
                                 << 20;  // of all names that are told; what more there is does not change the answer

std::uint64_t tar_number(std::string_view field)
{
    std::uint64_t out = 0;
    if (static_cast<unsigned char>(field[0]) == 0x80)
    {
        for (std::size_t i = field.size() - 8; i < field.size(); ++i)
            out = out << 8 | static_cast<unsigned char>(field[i]);
        return out;
    }
    field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
    for (const char c : field)
    {
        if (c < '0' || c > '7')
            break;
        out = out * 8 + static_cast<std::uint64_t>(c - '0');
    }
    return out;
}

bool is_zero(std::string_view block)
{
    return block.find_first_not_of('\0') == std::string_view::npos;
}

bool is_tar_header(std::string_view block)
{
    if (block.size() != tar_block || block[0] == '\0')
        return false;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < tar_block; ++i)
        sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
    return tar_number(block.substr(148, 8)) == sum;
}

std::string tar_text(std::string_view field)
{
    return std::string(field.substr(0, field.find('\0')));
}

/// The value of a pax record ("LENGTH KEY=VALUE\n"; POSIX, pax interchange format).
std::optional<std::string> pax_value(std::string_view records, std::string_view key)
{
    std::optional<std::string> out;
    while (!records.empty())
    {
        std::size_t size = 0, at = 0;
        for (; at < records.size() && at < 10 && records[at] >= '0' && records[at] <= '9'; ++at)
            size = size * 10 + static_cast<std::size_t>(records[at] - '0');
        if (size <= at + 1 || size > records.size())
            break;
        const std::string_view record = records.substr(at + 1, size - at - 2);
        if (record.starts_with(key) && record.substr(key.size()).starts_with('='))
            out = std::string(record.substr(key.size() + 1));
        records.remove_prefix(size);
    }
    return out;
}

std::uint64_t little(std::string_view data, std::size_t at, std::size_t size)
{
    std::uint64_t out = 0;
    for (std::size_t i = size; i-- != 0;)
        out = out << 8 | static_cast<unsigned char>(data[at + i]);
    return out;
}

/// What follows a zip's entry that has no bytes.
bool is_empty_descriptor(std::string_view ahead)
{
    return is_zero(ahead.substr(ahead.starts_with("PK\x07\x08") ? 4 : 0).substr(0, 12));
}

/// zstd, xz, bzip2, lz4, 7z, lzip: nothing here unpacks them.
bool is_compressed_otherwise(std::string_view head)
{
    return head.starts_with("\x28\xb5\x2f\xfd") ||
           head.starts_with(std::string_view("\xfd"
                                             "7zXZ\0",
                                             6)) ||
           (head.starts_with("BZh") && head.substr(4).starts_with("1AY&SY")) || head.starts_with("\x04\x22\x4d\x18") ||
           head.starts_with("7z\xbc\xaf\x27\x1c") || head.starts_with("LZIP\x01") || head.starts_with("Rar!\x1a\x07");
}

/// Without what compression adds: model.gguf.gz is weights.
std::string unpacked_name(const std::string& path)
{
    for (const std::string_view end : {".gz", ".zst", ".xz", ".bz2", ".lz4", ".7z", ".lz"})
        if (path.size() > end.size() && path.ends_with(end))
            return path.substr(0, path.size() - end.size());
    return path.ends_with(".tgz") ? path.substr(0, path.size() - 3) + "tar" : path;
}

}  // namespace

void content_scanner::file(byte_reader& in, const std::string& path, std::optional<std::uint64_t> size,
                           const std::string& where)
{
    look(in, path, size, {"", where, 0}, false);
}

void content_scanner::named_file(byte_reader& in, const std::string& name, std::uint64_t size)
{
    look(in, name, size, {"", "tree", 0}, true);
}

void content_scanner::unreadable(const std::string& path, const std::string& where)
{
    add("unreadable", path, {"", where, 0});
}

void content_scanner::add(const std::string& kind, const std::string& path, const place& at)
{
    if (any_glob_matches(rules_.ignored, path) || told_ > told_cap)
        return;
    // An archive may hold entries without a name; a finding says where to look all the same.
    out_.push_back({kind, at.where, at.outer + (path.empty() ? "(no name)" : path)});
    told_ += out_.back().path.size();
}

void content_scanner::look(byte_reader& in, const std::string& path, std::optional<std::uint64_t> size, const place& at,
                           bool unnamed)
{
    if (any_glob_matches(rules_.ignored, path))
        return;
    const std::string_view head = in.peek(head_bytes);
    if (const std::string kind = kind_of(unpacked_name(path), head, size, rules_); !kind.empty())
        return add(kind, path, at);
    if (archive(in, path, at, unnamed))
        return;
    content_search search;
    for (std::string_view piece = in.piece(); !piece.empty() && search.found().empty(); piece = in.piece())
    {
        search.add(piece);
        in.take(piece.size());
    }
    search.end();
    // A size that was not known before it was read (within gzip) is known now.
    const std::string kind = !search.found().empty() || size ? search.found() : kind_of(path, {}, search.size(), rules_);
    if (!kind.empty())
        add(kind, path, at);
    else if (in.broken())
        add(not_read(), path, at);
}

/// Whether it was one.
bool content_scanner::archive(byte_reader& in, const std::string& path, const place& at, bool unnamed)
{
    const std::string_view head = in.peek(head_bytes);
    const std::string inner = unpacked_name(path);
    const place inside{unnamed ? "" : at.outer + path + ':', "layer", at.depth + 1};
    const bool is_gzip = head.starts_with("\x1f\x8b\x08"), is_zip = head.starts_with("PK\x03\x04");
    const bool is_tar = head.size() >= tar_block && (is_tar_header(head.substr(0, tar_block)) ||
                                                     (path.ends_with(".tar") && is_zero(head.substr(0, tar_block))));
    if (is_compressed_otherwise(head) || ((is_gzip || is_zip || is_tar) && at.depth >= deepest))
        add("unreadable", path, at);
    else if (is_tar)
        tar(in, path, inside, at);
    else if (is_zip)
        zip(in, path, inside, at);
    else if (is_gzip)
    {
        inflate_reader unpacked(in, deflate_format::gzip, budget_);
        const std::size_t before = out_.size();
        // It bears the name without .gz; findings bear the one that is there.
        const std::string_view first = unpacked.peek(tar_block);
        if (is_tar_header(first) || (inner.ends_with(".tar") && first.size() == tar_block && is_zero(first)))
            tar(unpacked, path, inside, at);
        else
            look(unpacked, path, std::nullopt, {at.outer, at.where, at.depth + 1}, unnamed);
        bool whole = out_.size() != before || unpacked.finish();
        // Tapes end in zeros.
        for (std::string_view rest; whole && out_.size() == before && !(rest = in.piece()).empty(); in.take(rest.size()))
            whole = is_zero(rest);
        if (!whole)  // cut off, or followed by something else
            add(not_read(), path, at);
    }
    else if (path.ends_with(".tar") && !head.empty())
        add("unreadable", path, at);
    else
        return false;
    return true;
}

void content_scanner::tar(byte_reader& in, const std::string& path, const place& inside, const place& outside)
{
    std::string block, long_name;
    std::optional<std::uint64_t> long_size;
    bool ended = false;
    while (true)
    {
        block = in.peek(tar_block);
        if (block.empty() && ended && !in.broken())
            return;
        in.take(block.size());
        if (!block.empty() && is_zero(block))  // the end is two such blocks; a tar may follow another one
            ended = true;
        else if (!is_tar_header(block) || !tar_entry(in, block, long_name, long_size, inside))
            return add(not_read(), path, outside);
    }
}

/// False where the tar cannot be read on.
bool content_scanner::tar_entry(byte_reader& in, const std::string& block, std::string& long_name,
                                std::optional<std::uint64_t>& long_size, const place& inside)
{
    const std::string_view header = block;
    const char type = header[156];
    const std::uint64_t own_size = tar_number(header.substr(124, 12));
    const bool extension = type == 'L' || type == 'K' || type == 'x' || type == 'g';
    const std::uint64_t size = extension ? own_size : std::exchange(long_size, std::nullopt).value_or(own_size);
    const std::uint64_t padding = (tar_block - size % tar_block) % tar_block;
    if (type == 'L' || type == 'x')
    {
        if (size > header_cap)
            return false;
        const std::string text(in.peek(static_cast<std::size_t>(size)));
        if (type == 'L')
            long_name = tar_text(text);
        else
        {
            long_name = pax_value(text, "GNU.sparse.name").value_or(pax_value(text, "path").value_or(long_name));
            if (const auto digits = pax_value(text, "size"))
            {
                if (digits->empty() || digits->size() > 18 || digits->find_first_not_of("0123456789") != std::string::npos)
                    return false;
                long_size = std::stoull(*digits);
            }
        }
        return in.skip(size + padding);
    }
    if (extension)
        return in.skip(size + padding);
    std::string name = tar_text(header.substr(0, 100));
    if (header.substr(257, 6) == std::string_view("ustar\0", 6) && header[345] != '\0')
        name = tar_text(header.substr(345, 155)) + '/' + name;
    if (!long_name.empty())
        name = std::exchange(long_name, {});
    if (name.starts_with("./"))
        name.erase(0, 2);
    if (name.size() > name_cap)
        return false;
    if (type == 'S')  // sparse, of GNU: more headers follow, then the pieces alone
    {
        for (bool more = header[482] != '\0'; more;)
        {
            const std::string next(in.peek(tar_block));
            in.take(next.size());
            if (next.size() != tar_block)
                return false;
            more = next[504] != '\0';
        }
        add(kind_of(name, {}, size, rules_).empty() ? "unreadable" : kind_of(name, {}, size, rules_), name, inside);
        return in.skip(size + padding);
    }
    if (type >= '1' && type <= '6')
        return true;  // links, devices, folders: whatever the size says, nothing follows
    part_reader content(in, size);
    look(content, name, size, inside, false);
    return content.finish() && in.skip(padding);
}

void content_scanner::zip(byte_reader& in, const std::string& path, const place& inside, const place& outside)
{
    while (in.peek(4) == "PK\x03\x04")
        if (!zip_entry(in, inside))
            return add(not_read(), path, outside);
    // Then the directory, which says the same again; what was in none of the entries is not looked for.
    const std::string_view next = in.peek(4);
    if (next != "PK\x01\x02" && next != "PK\x05\x06" && next != "PK\x06\x06" && next != "PK\x06\x08")
        add("unreadable", path, outside);
}

/// False where the zip cannot be read on (APPNOTE.TXT 4.3.7 to 4.3.9).
bool content_scanner::zip_entry(byte_reader& in, const place& inside)
{
    constexpr std::size_t fixed = 30;
    constexpr std::uint64_t in_extra = 0xffffffff;
    const std::string header(in.peek(fixed));
    if (header.size() != fixed)
        return false;
    const std::uint64_t flags = little(header, 6, 2), method = little(header, 8, 2);
    const auto name_size = static_cast<std::size_t>(little(header, 26, 2)),
               extra_size = static_cast<std::size_t>(little(header, 28, 2));
    std::uint64_t packed = little(header, 18, 4), size = little(header, 22, 4);
    const std::string names(in.peek(fixed + name_size + extra_size).substr(fixed));
    if (names.size() != name_size + extra_size || name_size > name_cap)
        return false;
    in.take(fixed + names.size());
    const std::string name = names.substr(0, name_size);
    bool big = false;
    for (std::string_view extra = std::string_view(names).substr(name_size); extra.size() >= 4;)
    {
        const auto part = static_cast<std::size_t>(little(extra, 2, 2));
        if (extra.size() < 4 + part)
            break;
        if (little(extra, 0, 2) == 1)  // zip64
        {
            big = true;
            std::size_t at = 4;
            for (std::uint64_t* number : {&size, &packed})
                if (*number == in_extra && at + 8 <= 4 + part)
                {
                    *number = little(extra, at, 8);
                    at += 8;
                }
        }
        extra.remove_prefix(4 + part);
    }
    const bool size_follows = (flags & 8) != 0, encrypted = (flags & 1) != 0;
    const std::optional<std::uint64_t> known = size_follows ? std::nullopt : std::optional(size);
    if (encrypted || (method != 0 && method != 8) ||
        (method == 0 && size_follows && size == 0 && !is_empty_descriptor(in.peek(16))))
    {
        const std::string kind = kind_of(name, {}, known, rules_);
        add(kind.empty() ? "unreadable" : kind, name, inside);
        return !size_follows && in.skip(packed);
    }
    if (method == 0)
    {
        part_reader content(in, packed);
        if (!name.ends_with('/'))
            look(content, name, packed, inside, false);
        if (!content.finish())
            return false;
    }
    else
    {
        inflate_reader content(in, deflate_format::raw, budget_);
        look(content, name, known, inside, false);
        if (!content.finish())
            return false;
    }
    if (!size_follows)
        return true;
    // CRC and two sizes, of 4 or 8 bytes each; a signature before them is usual.
    const std::size_t signature = in.peek(4) == "PK\x07\x08" ? 4 : 0;
    const std::size_t narrow = signature + 12, wide = signature + 20;
    const std::string_view ahead = in.peek(wide + 2);
    const bool is_wide = ahead.substr(std::min(narrow, ahead.size())).substr(0, 2) != "PK" ||
                         (big && ahead.substr(std::min(wide, ahead.size())) == "PK");
    return in.skip(is_wide ? wide : narrow);
}

}  // namespace modelsec::tool
