// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_BUNDLE_IPP
#define MODELSEC_DETAIL_FETCH_BUNDLE_IPP

#include <modelsec/detail/fetch/bundle.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t bundle_block = 512;

inline failure malformed_bundle(std::string detail)
{
    return fail(reason::bundle_malformed, std::move(detail));
}

/// The sum of a header's bytes with blanks where the sum itself stands (POSIX.1-2017, pax, "ustar Interchange Format").
inline std::uint64_t bundle_checksum(bytes_view block) noexcept
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i)
        sum += i >= 148 && i < 156 ? ' ' : block[i];
    return sum;
}

/// A number of a header: octal digits, or GNU's base-256 if the first bit is set.
inline std::optional<std::uint64_t> bundle_number(bytes_view field) noexcept
{
    std::uint64_t out = 0;
    if (field[0] == 0x80)
    {
        for (std::size_t i = 1; i < field.size(); ++i)
        {
            if (out >> 55 != 0)
                return std::nullopt;
            out = out << 8 | field[i];
        }
        return out;
    }
    std::size_t i = 0;
    for (; i < field.size() && field[i] >= '0' && field[i] <= '7'; ++i)
    {
        if (out >> 60 != 0)
            return std::nullopt;
        out = out * 8 + (field[i] - '0');
    }
    if (i == 0 || std::any_of(field.begin() + static_cast<std::ptrdiff_t>(i), field.end(),
                              [](std::uint8_t c) { return c != 0 && c != ' '; }))
        return std::nullopt;
    return out;
}

inline std::string bundle_text(bytes_view field)
{
    const auto end = std::find(field.begin(), field.end(), std::uint8_t{0});
    return {field.begin(), end};
}

result<std::optional<bundle_entry>> parse_bundle_header(bytes_view block)
{
    if (block.size() != bundle_block)
        return malformed_bundle("a header that is cut short");
    if (std::all_of(block.begin(), block.end(), [](std::uint8_t c) { return c == 0; }))
        return std::optional<bundle_entry>();
    const auto sum = bundle_number(block.subspan(148, 8));
    const auto size = bundle_number(block.subspan(124, 12));
    if (!sum || *sum != bundle_checksum(block) || !size || *size > limits::max_integer)
        return malformed_bundle("not a tar's header");
    const std::uint8_t type = block[156];
    // CWE-59, CWE-22: regular files under names of our own; no links, devices or extended headers that could rename them.
    if (type != '0' && type != 0 && type != '5')
        return malformed_bundle("an entry that is neither file nor folder");
    bundle_entry out{bundle_text(block.subspan(0, 100)), *size, type == '5'};
    if (std::memcmp(block.data() + 257, "ustar", 5) == 0 && block[345] != 0)
        out.name = bundle_text(block.subspan(345, 155)) + '/' + out.name;
    if (out.name.starts_with("./"))
        out.name.erase(0, 2);
    return std::optional(std::move(out));
}

bytes make_bundle_header(const std::string& name, std::uint64_t size)
{
    bytes out(bundle_block);
    const auto put = [&out](std::size_t at, std::string_view text) {
        std::copy(text.begin(), text.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
    };
    const auto octal = [&put](std::size_t at, std::size_t digits, std::uint64_t value) {
        std::string text(digits, '0');
        for (std::size_t i = digits; i-- > 0; value >>= 3)
            text[i] = static_cast<char>('0' + (value & 7));
        put(at, text);
    };
    put(0, name);
    octal(100, 7, 0600);
    octal(108, 7, 0);
    octal(116, 7, 0);
    if (size < std::uint64_t{1} << 33)
        octal(124, 11, size);
    else
    {
        out[124] = 0x80;
        for (unsigned i = 0; i < 8; ++i)
            out[128 + i] = static_cast<std::uint8_t>(size >> (56 - 8 * i));
    }
    octal(136, 11, 0);  // no time: the same content is the same bundle
    out[156] = '0';
    put(257, std::string_view("ustar\0"
                              "00",
                              8));
    octal(148, 6, bundle_checksum(out));
    out[155] = ' ';
    return out;
}

struct bundle_reader::impl
{
    struct part
    {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };

    std::ifstream in;
    std::mutex mutex;
    std::size_t envelope_cap = 0;
    std::size_t root_cap = 0;
    std::optional<part> envelope;
    std::map<std::uint64_t, part> roots;
    std::map<std::string, part> files;  // by digest

    result<void> read(std::uint64_t offset, std::span<std::uint8_t> into)
    {
        const std::lock_guard lock(mutex);
        in.clear();
        in.seekg(static_cast<std::streamoff>(offset));
        if (!in.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size())))
            return malformed_bundle("it is cut short");
        return {};
    }

    result<bytes> read_small(const part& what, std::size_t cap)
    {
        if (what.size > cap)
            return malformed_bundle("a document that is larger than allowed");
        bytes out(static_cast<std::size_t>(what.size));
        MODELSEC_CHECK(read(what.offset, out));
        return out;
    }

    result<void> add(const bundle_entry& entry, const part& where)
    {
        if (entry.folder)
            return entry.name == "roots/" || entry.name == "sha256/" || entry.name.empty()
                       ? result<void>()
                       : malformed_bundle("a folder that does not belong there");
        if (entry.name == "envelope.json")
        {
            if (envelope)
                return malformed_bundle("two envelopes");
            envelope = where;
            return {};
        }
        bool added = false;
        if (entry.name.starts_with("sha256/"))
        {
            const auto digest = sha256_digest::from_hex(std::string_view(entry.name).substr(7));
            added = digest && files.emplace(digest->hex(), where).second;
        }
        else if (entry.name.starts_with("roots/") && entry.name.ends_with(".root.json"))
        {
            const std::string_view number = std::string_view(entry.name).substr(6, entry.name.size() - 16);
            std::uint64_t version = 0;
            const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), version);
            added = error == std::errc() && end == number.data() + number.size() && roots.emplace(version, where).second;
        }
        return added ? result<void>() : malformed_bundle("an entry twice, or one that does not belong there");
    }
};

bundle_reader::bundle_reader(std::unique_ptr<impl> self) : impl_(std::move(self)) {}
bundle_reader::bundle_reader(bundle_reader&&) noexcept = default;
bundle_reader::~bundle_reader() = default;

result<bundle_reader> bundle_reader::open(const std::string& path, const limits& caps)
{
    auto self = std::make_unique<impl>();
    self->envelope_cap = caps.envelope_bytes;
    self->root_cap = caps.root_bytes;
    std::error_code ec;
    if (!std::filesystem::is_regular_file(path, ec))
        return fail(reason::file_unreadable, path);
    const std::uint64_t total = std::filesystem::file_size(path, ec);
    self->in.open(path, std::ios::binary);
    if (ec || !self->in)
        return fail(reason::file_unreadable, path);
    // Their sum, with what else a bundle holds; caps may be the largest number there is (CWE-190).
    constexpr std::size_t without_end = std::numeric_limits<std::size_t>::max(), others = 16;
    const std::size_t most = caps.files > without_end - others || caps.roots > without_end - others - caps.files
                                 ? without_end
                                 : caps.files + caps.roots + others;
    std::size_t entries = 0;
    bytes block(bundle_block);
    for (std::uint64_t at = 0; total - at >= bundle_block;)
    {
        MODELSEC_CHECK(self->read(at, block));
        MODELSEC_TRY(const auto entry, parse_bundle_header(block));
        at += bundle_block;
        if (!entry)
            break;
        if (++entries > most || entry->size > total - at)
            return malformed_bundle(entries > most ? "too many entries" : "it is cut short");
        MODELSEC_CHECK(self->add(*entry, {at, entry->size}));
        const std::uint64_t padded = (entry->size + bundle_block - 1) / bundle_block * bundle_block;
        at += std::min(padded, total - at);
    }
    if (!self->envelope)
        return malformed_bundle("there is no envelope in it");
    return bundle_reader(std::move(self));
}

result<bytes> bundle_reader::envelope() const
{
    return impl_->read_small(*impl_->envelope, impl_->envelope_cap);
}

result<std::optional<bytes>> bundle_reader::root(std::uint64_t version) const
{
    const auto found = impl_->roots.find(version);
    if (found == impl_->roots.end())
        return std::optional<bytes>();
    MODELSEC_TRY(bytes out, impl_->read_small(found->second, impl_->root_cap));
    return std::optional(std::move(out));
}

std::optional<std::uint64_t> bundle_reader::size_of(const sha256_digest& content) const
{
    const auto found = impl_->files.find(content.hex());
    return found == impl_->files.end() ? std::nullopt : std::optional(found->second.size);
}

result<void> bundle_reader::read(const sha256_digest& content, std::uint64_t offset, std::span<std::uint8_t> into) const
{
    const auto found = impl_->files.find(content.hex());
    if (found == impl_->files.end() || offset > found->second.size || into.size() > found->second.size - offset)
        return malformed_bundle("a file is not in it, or is shorter");
    return impl_->read(found->second.offset + offset, into);
}

/// Appends one file, padded to whole blocks.
class bundle_writer
{
public:
    explicit bundle_writer(const std::string& path) : out_(path, std::ios::binary | std::ios::trunc) {}

    void begin(const std::string& name, std::uint64_t size)
    {
        put(make_bundle_header(name, size));
        left_ = size;
        padding_ = static_cast<std::size_t>((bundle_block - size % bundle_block) % bundle_block);
    }
    void put(bytes_view data)
    {
        out_.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
    }
    void pad() { put(bytes(padding_)); }
    bool finish()
    {
        put(bytes(2 * bundle_block));
        out_.close();
        return !out_.fail();
    }
    bool good() const { return out_.good(); }

private:
    std::ofstream out_;
    std::uint64_t left_ = 0;
    std::size_t padding_ = 0;
};

inline result<void> bundle_copy(bundle_writer& out, const bundle_file& what, const control& handle)
{
    std::ifstream in(what.path, std::ios::binary);
    if (!in)
        return fail(reason::file_unreadable, what.path);
    out.begin("sha256/" + what.sha256.hex(), what.size);
    hasher whole;
    bytes buffer(1u << 20);
    for (std::uint64_t left = what.size; left != 0;)
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size()));
        if (!in.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(part)))
            return fail(reason::size_mismatch, what.path);
        whole.update(bytes_view(buffer).first(part));
        out.put(bytes_view(buffer).first(part));
        left -= part;
    }
    if (in.peek() != std::ifstream::traits_type::eof())
        return fail(reason::size_mismatch, what.path);
    if (!(whole.finish_sha256() == what.sha256))
        return fail(reason::digest_mismatch, what.path);
    out.pad();
    return out.good() ? result<void>() : fail(reason::disk_full, "the bundle cannot be written");
}

inline result<void> bundle_fill(bundle_writer& out, bytes_view envelope,
                                const std::vector<std::pair<std::uint64_t, bytes>>& roots,
                                const std::vector<bundle_file>& files, const control& handle)
{
    out.begin("envelope.json", envelope.size());
    out.put(envelope);
    out.pad();
    for (const auto& [version, raw] : roots)
    {
        out.begin("roots/" + std::to_string(version) + ".root.json", raw.size());
        out.put(raw);
        out.pad();
    }
    std::vector<sha256_digest> seen;
    for (const bundle_file& f : files)
    {
        if (std::find(seen.begin(), seen.end(), f.sha256) != seen.end())
            continue;
        seen.push_back(f.sha256);
        MODELSEC_CHECK(bundle_copy(out, f, handle));
    }
    return out.finish() ? result<void>() : fail(reason::disk_full, "the bundle cannot be written");
}

result<void> write_bundle(const std::string& path, bytes_view envelope,
                          const std::vector<std::pair<std::uint64_t, bytes>>& roots, const std::vector<bundle_file>& files,
                          const control& handle)
{
    std::error_code ec;
    if (std::filesystem::exists(path, ec))
        return fail(reason::file_exists, path);
    const std::string partial = path + ".part";
    result<void> done;
    {
        bundle_writer out(partial);
        if (!out.good())
            return fail(reason::file_unreadable, path);
        done = bundle_fill(out, envelope, roots, files, handle);
    }
    if (done.has_value())
    {
        std::filesystem::rename(partial, path, ec);
        if (ec)
            done = fail(reason::file_unreadable, path);
    }
    if (done.has_error())
        std::filesystem::remove(partial, ec);
    return done;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
