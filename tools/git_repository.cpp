// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "git_repository.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

namespace modelsec::tool {

namespace {

namespace fs = std::filesystem;

// Whoever made the repository may have made it for us (CWE-400): a few hundred bytes can name a tree that contains itself, a path that grows
// with each entry, a change of itself.
constexpr std::uint64_t index_cap = std::uint64_t{1} << 30;
constexpr std::uint64_t text_cap = 1u << 20;                   // of a file with a path or settings in it
constexpr std::uint64_t paths_cap = std::uint64_t{256} << 20;  // of all entries together
constexpr std::size_t path_cap = 4096;
constexpr std::uint64_t delta_cap = std::uint64_t{256} << 20;  // of an object that is a change of another
constexpr unsigned longest_chain = 4096;                       // of changes of changes (git makes 50, at most 4095)

std::uint64_t number(std::string_view data, std::size_t at, std::size_t size)
{
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < size; ++i)
        out = out << 8 | static_cast<unsigned char>(data[at + i]);
    return out;
}

std::optional<std::string> whole_file(const fs::path& path, std::uint64_t cap)
{
    std::error_code ec;
    const std::uint64_t size = fs::file_size(path, ec);
    if (ec || size > cap)
        return std::nullopt;
    file_reader in(path);
    std::string out(in.peek(static_cast<std::size_t>(size)));
    return out.size() == size && !in.broken() ? std::optional(std::move(out)) : std::nullopt;
}

/// A regular file of at most so many bytes, else nothing: a pipe would never end, a device never stop.
std::string small_text(const fs::path& path)
{
    std::error_code ec;
    return fs::is_regular_file(path, ec) ? whole_file(path, text_cap).value_or("") : std::string();
}

std::string first_line(const fs::path& path)
{
    const std::string text = small_text(path);
    std::string line = text.substr(0, text.find('\n'));
    while (line.ends_with('\r') || line.ends_with(' '))
        line.pop_back();
    return line;
}

std::string hex(std::string_view bytes)
{
    std::string out;
    for (const char c : bytes)
        for (const unsigned shift : {4u, 0u})
            out += "0123456789abcdef"[static_cast<unsigned char>(c) >> shift & 15];
    return out;
}

/// `extensions.objectFormat = sha256`
bool says_sha256(const fs::path& config)
{
    std::istringstream in(small_text(config));
    for (std::string line; std::getline(in, line);)
    {
        std::string word;
        for (const char c : line)
            if (c != ' ' && c != '\t' && c != '\r' && c != '"')
                word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (word.find("objectformat=sha256") != std::string::npos)
            return true;
    }
    return false;
}

/// The numbers of the bits that are set in a bitmap of at most `most` bits, in git's EWAH form (gitformat-bitmap); moves `data` behind it.
std::optional<std::vector<std::size_t>> set_bits(std::string_view& data, std::size_t most)
{
    if (data.size() < 8)
        return std::nullopt;
    const std::uint64_t bits = number(data, 0, 4), words = number(data, 4, 4);
    if ((data.size() - 8) / 8 < words || data.size() - 8 - words * 8 < 4 || bits > most)
        return std::nullopt;
    std::vector<std::size_t> out;
    std::uint64_t at = 0;
    const auto word = [&](std::uint64_t i) { return number(data, static_cast<std::size_t>(8 + i * 8), 8); };
    for (std::uint64_t i = 0; i < words;)
    {
        const std::uint64_t run = word(i++);
        const bool ones = (run & 1) != 0;
        const std::uint64_t same = (run >> 1 & 0xffffffff) * 64, literals = run >> 33;
        if (same > index_cap || literals > words - i)
            return std::nullopt;
        for (std::uint64_t b = 0; ones && b < same && at + b < bits; ++b)
            out.push_back(static_cast<std::size_t>(at + b));
        at += same;
        for (std::uint64_t l = 0; l < literals; ++l, at += 64)
            for (std::uint64_t b = 0, value = word(i++); value != 0; ++b, value >>= 1)
                if ((value & 1) != 0 && at + b < bits)
                    out.push_back(static_cast<std::size_t>(at + b));
    }
    data.remove_prefix(static_cast<std::size_t>(8 + words * 8 + 4));
    return out;
}

/// A size in pieces of 7 bits, the lowest first.
std::optional<std::uint64_t> delta_size(std::string_view& delta)
{
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 63 && !delta.empty(); shift += 7)
    {
        const auto byte = static_cast<unsigned char>(delta.front());
        delta.remove_prefix(1);
        out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return out;
    }
    return std::nullopt;
}

/// An object from another one and what has changed (gitformat-pack, Deltified representation).
std::optional<std::string> apply_delta(std::string_view base, std::string_view delta, unpack_budget& budget)
{
    const auto from = delta_size(delta), to = delta_size(delta);
    if (!from || !to || *from != base.size() || *to > delta_cap)
        return std::nullopt;
    if (*to > budget.left)
    {
        budget = {0, true};
        return std::nullopt;
    }
    budget.left -= *to;
    std::string out;
    while (!delta.empty())
    {
        const auto step = static_cast<unsigned char>(delta.front());
        delta.remove_prefix(1);
        std::uint64_t offset = 0, size = step;
        if ((step & 0x80) != 0)
        {
            size = 0;
            for (unsigned i = 0; i < 7; ++i)
            {
                if ((step >> i & 1) == 0)
                    continue;
                if (delta.empty())
                    return std::nullopt;
                const std::uint64_t byte = static_cast<unsigned char>(delta.front());
                delta.remove_prefix(1);
                (i < 4 ? offset : size) |= byte << (i < 4 ? i : i - 4) * 8;
            }
            size = size == 0 ? 0x10000 : size;
        }
        std::string_view& source = (step & 0x80) != 0 ? base : delta;
        if (size == 0 || offset > source.size() || size > source.size() - offset || out.size() + size > *to)
            return std::nullopt;
        out += source.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
        if ((step & 0x80) == 0)
            delta.remove_prefix(static_cast<std::size_t>(size));
    }
    return out.size() == *to ? std::optional(std::move(out)) : std::nullopt;
}

constexpr unsigned type_tree = 2, type_blob = 3, type_offset_delta = 6, type_id_delta = 7;

/// Where an object of a pack begins, and what it is a change of.
struct packed_header
{
    unsigned type = 0;
    std::uint64_t size = 0;
    std::uint64_t back = 0;  // of an offset delta
    std::string base;        // of an id delta
};

std::optional<packed_header> read_packed_header(byte_reader& in, std::size_t id_bytes)
{
    const auto next = [&]() -> std::optional<unsigned> {
        const std::string_view one = in.peek(1);
        if (one.empty())
            return std::nullopt;
        const auto byte = static_cast<unsigned char>(one[0]);
        in.take(1);
        return byte;
    };
    packed_header out;
    auto byte = next();
    if (!byte)
        return std::nullopt;
    out.type = *byte >> 4 & 7;
    out.size = *byte & 15;
    for (unsigned shift = 4; (*byte & 0x80) != 0; shift += 7)
    {
        byte = next();
        if (!byte || shift > 57)
            return std::nullopt;
        out.size |= static_cast<std::uint64_t>(*byte & 0x7f) << shift;
    }
    if (out.type == type_id_delta)
    {
        out.base = std::string(in.peek(id_bytes));
        in.take(out.base.size());
    }
    if (out.type == type_offset_delta)
    {
        bool first = true;
        do
        {
            byte = next();
            if (!byte || out.back > (std::uint64_t{1} << 55))
                return std::nullopt;
            out.back = first ? *byte & 0x7f : (out.back + 1) << 7 | (*byte & 0x7f);
            first = false;
        } while ((*byte & 0x80) != 0);
    }
    return out;
}

/// `left`: how much may still be held; less, after it.
std::optional<std::string> inflated(byte_reader& in, std::uint64_t size, std::uint64_t& left, unpack_budget& budget)
{
    if (size > left)
        return std::nullopt;
    left -= size;
    inflate_reader unpacked(in, deflate_format::zlib, budget);
    std::string out(unpacked.peek(static_cast<std::size_t>(size)));
    return out.size() == size ? std::optional(std::move(out)) : std::nullopt;
}

failure broken_index()
{
    return fail(reason::file_unreadable, "the git index cannot be read");
}

}  // namespace

std::optional<git_repository> git_repository::at(const fs::path& root, unpack_budget& budget)
{
    std::error_code ec;
    git_repository out;
    out.budget_ = &budget;
    out.folder_ = root / ".git";
    const fs::file_status status = fs::status(out.folder_, ec);
    if (fs::is_regular_file(status))  // a worktree, a submodule
    {
        const std::string line = first_line(out.folder_);
        if (!line.starts_with("gitdir: "))
            return std::nullopt;
        const fs::path where = line.substr(8);
        out.folder_ = where.is_absolute() ? where : root / where;
    }
    else if (!fs::is_directory(status))
        return std::nullopt;
    fs::path common = out.folder_;
    if (const std::string line = first_line(out.folder_ / "commondir"); !line.empty())
        common = fs::path(line).is_absolute() ? fs::path(line) : out.folder_ / line;
    out.id_bytes_ = says_sha256(common / "config") ? 32 : 20;
    out.objects_.push_back(common / "objects");
    for (std::size_t i = 0; i < out.objects_.size() && out.objects_.size() < 16; ++i)
    {
        std::istringstream in(small_text(out.objects_[i] / "info" / "alternates"));
        const fs::path here = out.objects_[i];
        for (std::string line; std::getline(in, line);)
            if (!line.empty() && line[0] != '#')
                out.objects_.push_back(fs::path(line).is_absolute() ? fs::path(line) : here / line);
    }
    return out;
}

result<std::vector<staged_entry>> git_repository::staged() const
{
    std::error_code ec;
    const fs::path index = folder_ / "index";
    if (fs::symlink_status(index, ec).type() == fs::file_type::not_found)
        return std::vector<staged_entry>();  // nothing was added yet
    const auto data = whole_file(index, index_cap);
    if (!data)
        return broken_index();
    MODELSEC_TRY(std::vector<staged_entry> out, entries_of(*data, false));
    MODELSEC_CHECK(expand(out));
    return out;
}

result<std::vector<staged_entry>> git_repository::entries_of(const std::string& text, bool shared) const
{
    const std::string_view data = text;
    if (data.size() < 12 + id_bytes_ || !data.starts_with("DIRC"))
        return broken_index();
    const std::uint64_t version = number(data, 4, 4), count = number(data, 8, 4);
    if (version < 2 || version > 4)
        return broken_index();
    std::vector<staged_entry> out;
    std::string last;
    std::uint64_t paths = 0;
    std::size_t at = 12;
    const std::size_t fixed = 40 + id_bytes_ + 2;
    for (std::uint64_t i = 0; i < count; ++i)
    {
        const std::size_t begin = at;
        if (data.size() - at < fixed + 2)
            return broken_index();
        staged_entry entry;
        entry.mode = static_cast<std::uint32_t>(number(data, at + 24, 4));
        entry.size = number(data, at + 36, 4);
        entry.object = std::string(data.substr(at + 40, id_bytes_));
        const bool extended = version >= 3 && (number(data, at + 40 + id_bytes_, 2) & 0x4000) != 0;
        entry.content = !extended || (number(data, at + fixed, 2) & 0x2000) == 0;
        at += fixed + (extended ? 2 : 0);
        if (version == 4)
        {
            // How many bytes of the path before are dropped: the offset encoding of packs.
            std::uint64_t drop = 0;
            for (bool more = true, first = true; more; first = false)
            {
                if (at >= data.size() || drop > index_cap)
                    return broken_index();
                const auto byte = static_cast<unsigned char>(data[at++]);
                drop = first ? byte & 0x7f : ((drop + 1) << 7 | (byte & 0x7f));
                more = (byte & 0x80) != 0;
            }
            if (drop > last.size())
                return broken_index();
            last.resize(last.size() - static_cast<std::size_t>(drop));
        }
        else
            last.clear();
        const std::size_t end = data.find('\0', at);
        if (end == std::string_view::npos)
            return broken_index();
        last.append(data.substr(at, end - at));
        if (last.size() > path_cap || (paths += last.size()) > paths_cap)
            return broken_index();
        entry.path = last;
        out.push_back(std::move(entry));
        at = end + 1;
        if (version != 4)  // padded with 1 to 8 zeros to a multiple of 8
            at = begin + (at - begin + 7) / 8 * 8;
        if (at > data.size())
            return broken_index();
    }
    while (data.size() - at >= 8 + id_bytes_)
    {
        const std::string_view name = data.substr(at, 4);
        const std::uint64_t size = number(data, at + 4, 4);
        at += 8;
        if (size > data.size() - at)
            return broken_index();
        std::string_view content = data.substr(at, static_cast<std::size_t>(size));
        at += static_cast<std::size_t>(size);
        const bool optional = name[0] >= 'A' && name[0] <= 'Z';
        if (name == "link" && !shared)
        {
            // A split index: most entries stand in a file that several share; those here replace some of them, and add.
            if (content.size() < id_bytes_)
                return broken_index();
            const std::string_view id = content.substr(0, id_bytes_);
            if (id.find_first_not_of('\0') == std::string_view::npos)
                continue;
            const auto base = whole_file(folder_ / ("sharedindex." + hex(id)), index_cap);
            if (!base)
                return broken_index();
            MODELSEC_TRY(std::vector<staged_entry> all, entries_of(*base, true));
            content.remove_prefix(id_bytes_);
            if (!content.empty())
            {
                const auto dropped = set_bits(content, all.size());
                const auto replaced = dropped ? set_bits(content, all.size()) : std::nullopt;
                if (!replaced || replaced->size() > out.size())
                    return broken_index();
                for (std::size_t i = 0; i < replaced->size(); ++i)
                {
                    if ((*replaced)[i] >= all.size())
                        return broken_index();
                    const std::string path = all[(*replaced)[i]].path;
                    all[(*replaced)[i]] = out[i];
                    if (out[i].path.empty())
                        all[(*replaced)[i]].path = path;
                }
                out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(replaced->size()));
                for (auto d = dropped->rbegin(); d != dropped->rend(); ++d)
                    if (*d < all.size())
                        all.erase(all.begin() + static_cast<std::ptrdiff_t>(*d));
            }
            all.insert(all.end(), out.begin(), out.end());
            out = std::move(all);
        }
        else if (!optional && name != "sdir")
            return broken_index();  // one that has to be understood
    }
    return out;
}

result<void> git_repository::expand(std::vector<staged_entry>& entries) const
{
    // A sparse index has folders whose entries stand in the tree objects alone. One that contains itself makes its paths longer and longer.
    std::uint64_t paths = 0;
    for (std::size_t i = 0; i < entries.size(); ++i)
    {
        if ((entries[i].mode & 0170000) != 0040000)
            continue;
        const staged_entry folder = entries[i];
        const std::string path = folder.path.ends_with('/') ? folder.path : folder.path + '/';
        bool read = false;
        read_object(folder.object, [&](kind what, std::uint64_t size, byte_reader& in) {
            if (what != kind::tree || size > index_cap)
                return;
            const std::string listed(in.peek(static_cast<std::size_t>(size)));
            std::string_view rest = listed;
            while (!rest.empty())
            {
                const std::size_t space = rest.find(' '), end = rest.find('\0');
                if (space == std::string_view::npos || end == std::string_view::npos || space > end ||
                    rest.size() - end - 1 < id_bytes_)
                    return;
                staged_entry one;
                for (const char c : rest.substr(0, space))
                    one.mode = one.mode * 8 + static_cast<std::uint32_t>(c - '0');
                one.path = path + std::string(rest.substr(space + 1, end - space - 1));
                one.object = std::string(rest.substr(end + 1, id_bytes_));
                if (one.path.size() > path_cap || (paths += one.path.size()) > paths_cap)
                    return;
                entries.push_back(std::move(one));
                rest.remove_prefix(end + 1 + id_bytes_);
            }
            read = listed.size() == size;
        });
        if (!read)
            return broken_index();
    }
    std::erase_if(entries, [](const staged_entry& e) { return (e.mode & 0170000) == 0040000; });
    return {};
}

bool git_repository::read_object(const std::string& id,
                                 const std::function<void(kind, std::uint64_t, byte_reader&)>& use) const
{
    const auto kind_of_type = [](unsigned type) {
        return type == type_blob ? kind::blob : type == type_tree ? kind::tree : kind::other;
    };
    const std::string name = hex(id);
    for (const fs::path& folder : objects_)
    {
        const fs::path loose = folder / name.substr(0, 2) / name.substr(2);
        std::error_code ec;
        if (!fs::is_regular_file(loose, ec))
            continue;
        file_reader in(loose);
        if (in.broken())
            continue;
        inflate_reader unpacked(in, deflate_format::zlib, *budget_);
        const std::string head(unpacked.peek(64));
        const std::size_t space = head.find(' '), end = head.find('\0');
        if (space == std::string::npos || end == std::string::npos || space > end || end - space > 18)
            return false;
        std::uint64_t size = 0;
        for (std::size_t i = space + 1; i < end; ++i)
            size = size * 10 + static_cast<std::uint64_t>(head[i] - '0');
        unpacked.take(end + 1);
        part_reader content(unpacked, size);
        use(head.starts_with("blob ") ? kind::blob : head.starts_with("tree ") ? kind::tree : kind::other, size, content);
        return true;
    }
    const auto where = find_packed(id);
    if (!where)
        return false;
    {
        file_reader in(where->pack, where->offset);
        const auto header = read_packed_header(in, id_bytes_);
        if (!header)
            return false;
        if (header->type < type_offset_delta)
        {
            inflate_reader unpacked(in, deflate_format::zlib, *budget_);
            part_reader content(unpacked, header->size);
            use(kind_of_type(header->type), header->size, content);
            return true;
        }
    }
    chain so_far;
    auto whole = packed_object(*where, so_far);
    if (!whole)
        return false;
    const std::uint64_t size = whole->content.size();
    memory_reader content(std::move(whole->content));
    use(kind_of_type(whole->type), size, content);
    return true;
}

std::optional<git_repository::object> git_repository::whole_object(const std::string& id, chain& so_far) const
{
    if (const auto where = find_packed(id))
        return packed_object(*where, so_far);
    return std::nullopt;  // what a pack changes lies in a pack
}

std::optional<git_repository::object> git_repository::packed_object(const packed& where, chain& so_far) const
{
    // The changes on the way to a whole object, the last one first.
    std::vector<std::string> changes;
    packed at = where;
    while (so_far.links++ < longest_chain)
    {
        std::optional<packed_header> header;
        std::optional<std::string> content;
        {
            file_reader in(at.pack, at.offset);  // closed before what it is a change of is opened
            header = read_packed_header(in, id_bytes_);
            if (header)
                content = inflated(in, header->size, so_far.left, *budget_);
        }
        if (!content)
            return std::nullopt;
        object out{header->type, std::move(*content)};
        if (header->type >= type_offset_delta)
        {
            changes.push_back(std::move(out.content));
            if (header->type == type_id_delta)
            {
                // Within one pack changes name what they change by its place; by its id only where packs were cut apart.
                auto base = so_far.by_id++ < 64 ? whole_object(header->base, so_far) : std::nullopt;
                if (!base)
                    return std::nullopt;
                out = std::move(*base);
            }
            else if (header->back == 0 || header->back > at.offset)
                return std::nullopt;
            else
            {
                at.offset -= header->back;
                continue;
            }
        }
        for (auto change = changes.rbegin(); change != changes.rend(); ++change)
        {
            auto next = apply_delta(out.content, *change, *budget_);
            if (!next)
                return std::nullopt;
            out.content = std::move(*next);
        }
        return out;
    }
    return std::nullopt;
}

std::optional<git_repository::packed> git_repository::find_packed(const std::string& id) const
{
    for (const fs::path& folder : objects_)
    {
        std::error_code ec;
        for (fs::directory_iterator at(folder / "pack", ec), end; !ec && at != end; at.increment(ec))
        {
            std::error_code odd;
            fs::path pack = at->path();
            pack.replace_extension(".pack");
            if (at->path().extension() != ".idx" || !at->is_regular_file(odd) || !fs::is_regular_file(pack, odd))
                continue;
            // Version 2: \377tOc, 2, 256 counts, the ids in order, CRCs, offsets of 4 bytes, those of 8 bytes.
            const std::uint64_t size = at->file_size(ec);
            const auto piece = [&](std::uint64_t from, std::size_t wanted) {
                file_reader in(at->path(), from);
                return std::string(in.peek(wanted));
            };
            const std::string head = piece(0, 8 + 1024);
            if (head.size() != 8 + 1024 || !head.starts_with(std::string_view("\377tOc\0\0\0\2", 8)))
                continue;
            const auto first = static_cast<unsigned char>(id[0]);
            std::uint64_t low = first == 0 ? 0 : number(head, 8 + (first - 1) * 4u, 4),
                          high = number(head, 8 + first * 4u, 4);
            const std::uint64_t count = number(head, 8 + 255 * 4, 4);
            if (low > high || high > count || size < 8 + 1024 + count * (id_bytes_ + 8))
                continue;
            const auto id_at = [&](std::uint64_t which) { return piece(8 + 1024 + which * id_bytes_, id_bytes_); };
            while (low < high)
            {
                const std::uint64_t middle = low + (high - low) / 2;
                const bool before = id_at(middle) < id;
                (before ? low : high) = before ? middle + 1 : middle;
            }
            if (low >= count || id_at(low) != id)
                continue;
            const std::uint64_t offsets = 8 + 1024 + count * (id_bytes_ + 4);
            const std::string narrow = piece(offsets + low * 4, 4);
            if (narrow.size() != 4)
                continue;
            std::uint64_t offset = number(narrow, 0, 4);
            if ((offset & 0x80000000) != 0)
            {
                const std::string wide = piece(offsets + count * 4 + (offset & 0x7fffffff) * 8, 8);
                if (wide.size() != 8)
                    continue;
                offset = number(wide, 0, 8);
            }
            return packed{pack, offset};
        }
    }
    return std::nullopt;
}

}  // namespace modelsec::tool
