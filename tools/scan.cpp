// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "scan.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace modelsec::tool {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t head_bytes = 4096;
constexpr std::uint64_t weighty = 16u << 20;             // a *.bin of this size is no icon
constexpr std::size_t index_cap = std::size_t{1} << 30;  // of a git index
constexpr std::uint64_t header_cap = 64u << 10;          // of a long name in a tar
constexpr unsigned deepest_layer = 2;                    // layers of an image, no tars in tars in tars

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

bool glob_part(std::string_view glob, std::string_view text)
{
    while (!glob.empty())
    {
        if (glob.starts_with("**"))
        {
            glob.remove_prefix(2);
            if (glob.starts_with('/') && glob_part(glob.substr(1), text))
                return true;
            for (std::size_t i = 0; i <= text.size(); ++i)
                if (glob_part(glob, text.substr(i)))
                    return true;
            return false;
        }
        if (glob.front() == '*')
        {
            glob.remove_prefix(1);
            for (std::size_t i = 0; i <= text.size(); ++i)
            {
                if (glob_part(glob, text.substr(i)))
                    return true;
                if (i < text.size() && text[i] == '/')
                    return false;
            }
            return false;
        }
        if (text.empty())
            return false;
        if (glob.front() == '[')
        {
            const std::size_t end = glob.find(']', 1);
            if (end == std::string_view::npos)
                return false;
            bool inside = false;
            const std::string_view set = glob.substr(1, end - 1);
            for (std::size_t i = 0; i < set.size(); ++i)
            {
                const bool range = i + 2 < set.size() && set[i + 1] == '-';
                inside |= range ? text.front() >= set[i] && text.front() <= set[i + 2] : text.front() == set[i];
                i += range ? 2 : 0;
            }
            if (!inside)
                return false;
            glob.remove_prefix(end + 1);
        }
        else if (glob.front() == '?' ? text.front() != '/' : glob.front() == text.front())
            glob.remove_prefix(1);
        else
            return false;
        text.remove_prefix(1);
    }
    return text.empty();
}

bool any_glob(const std::vector<std::string>& globs, std::string_view path)
{
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& g) { return glob_matches(g, path); });
}

bool is_weights(const std::string& name, std::string_view head, std::uint64_t size)
{
    for (const std::string_view end : {".safetensors", ".gguf", ".ggml", ".onnx", ".pt", ".pth", ".ckpt", ".h5", ".keras",
                                       ".tflite", ".mlmodel", ".mlpackage", ".npz", ".pb", ".onnx_data", ".llamafile"})
        if (name.ends_with(end))
            return true;
    if (name.ends_with(".bin") &&
        (size >= weighty || name.starts_with("pytorch_model") || name.starts_with("model") || name.starts_with("ggml")))
        return true;
    if (head.starts_with("GGUF") || head.starts_with("\x89HDF\r\n"))
        return true;
    // safetensors: u64 LE length of a JSON object that begins at once.
    return head.size() > 10 && head[8] == '{' && head[9] == '"' && static_cast<unsigned char>(head[7]) == 0 &&
           head.find("\"dtype\"") != std::string_view::npos;
}

bool is_key(const std::string& name, std::string_view head)
{
    for (const std::string_view end : {".p12", ".pfx", ".jks", ".keystore"})
        if (name.ends_with(end))
            return true;
    if (name == "id_rsa" || name == "id_ed25519" || name == "id_ecdsa" || name == "id_dsa")
        return true;
    const std::size_t begin = head.find("-----BEGIN ");
    return begin != std::string_view::npos && head.substr(begin, 60).find("PRIVATE KEY-----") != std::string_view::npos;
}

bool is_environment(const std::string& name)
{
    if (name == ".env" || name.ends_with(".env"))
        return true;
    if (!name.starts_with(".env."))
        return false;
    for (const std::string_view harmless : {"example", "sample", "template", "dist", "defaults"})
        if (name.ends_with(harmless))
            return false;
    return true;
}

/// A word that can only be a secret (OWASP: hard-coded credentials, CWE-798).
bool holds_token(std::string_view head)
{
    const auto word = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    };
    for (std::size_t i = 0; i < head.size();)
    {
        std::size_t end = i;
        while (end < head.size() && word(head[end]))
            ++end;
        const std::string_view w = head.substr(i, end - i);
        const bool mixed = std::any_of(w.begin(), w.end(), [](char c) { return c >= '0' && c <= '9'; });
        if ((w.starts_with("hf_") && w.size() >= 30 && mixed) || (w.starts_with("ghp_") && w.size() >= 36) ||
            ((w.starts_with("hk_live_") || w.starts_with("hk_test_")) && w.size() >= 24 && mixed) ||
            (w.size() == 20 && (w.starts_with("AKIA") || w.starts_with("ASIA")) && mixed &&
             std::none_of(w.begin(), w.end(), [](char c) { return c >= 'a' && c <= 'z'; }) &&
             w.find("EXAMPLE") == std::string_view::npos))
            return true;
        i = std::max(end, i + 1);
    }
    return false;
}

std::string read_head(const fs::path& path)
{
    std::string out(head_bytes, '\0');
    std::ifstream in(path, std::ios::binary);
    in.read(out.data(), static_cast<std::streamsize>(out.size()));
    out.resize(static_cast<std::size_t>(in.gcount()));
    return out;
}

/// A file or a tar, compressed by gzip or not (zlib reads both).
class byte_source
{
public:
    explicit byte_source(const std::string& path) : in_(gzopen(path.c_str(), "rb"), gzclose) {}
    bool good() const { return in_ != nullptr; }
    /// Fills `into`; fewer bytes only at the end.
    std::size_t read(char* into, std::size_t size)
    {
        std::size_t done = 0;
        while (done < size)
        {
            const int n =
                gzread(in_.get(), into + done, static_cast<unsigned>(std::min<std::size_t>(size - done, 1u << 20)));
            if (n <= 0)
                break;
            done += static_cast<std::size_t>(n);
        }
        return done;
    }

private:
    std::unique_ptr<gzFile_s, int (*)(gzFile)> in_;
};

using reader = std::function<std::size_t(char*, std::size_t)>;

std::optional<std::uint64_t> tar_number(std::string_view field)
{
    std::uint64_t out = 0;
    if (static_cast<unsigned char>(field[0]) == 0x80)
    {
        for (std::size_t i = 4; i < field.size(); ++i)
            out = out << 8 | static_cast<unsigned char>(field[i]);
        return out;
    }
    for (const char c : field)
    {
        if (c < '0' || c > '7')
            break;
        out = out * 8 + static_cast<std::uint64_t>(c - '0');
    }
    return out;
}

bool is_tar_header(std::string_view block)
{
    if (block.size() != 512)
        return false;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < 512; ++i)
        sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
    return tar_number(block.substr(148, 8)) == sum && block[0] != '\0';
}

std::string tar_text(std::string_view field)
{
    return std::string(field.substr(0, field.find('\0')));
}

class tar_scanner
{
public:
    tar_scanner(const scan_rules& rules, std::vector<finding>& out) : rules_(rules), out_(out) {}

    /// The entries of a tar; those that are tars themselves (layers of a saved image) too.
    void scan(const reader& in, const std::string& layer, unsigned depth)
    {
        std::string block(512, '\0'), long_name;
        while (in(block.data(), 512) == 512 && is_tar_header(block))
        {
            const std::uint64_t size = tar_number(std::string_view(block).substr(124, 12)).value_or(0);
            const char type = block[156];
            std::string name = tar_text(std::string_view(block).substr(0, 100));
            if (block.compare(257, 5, "ustar") == 0 && block[345] != '\0' && block.compare(257, 8, "ustar  \0", 8) != 0)
                name = tar_text(std::string_view(block).substr(345, 155)) + '/' + name;
            std::uint64_t left = size;
            const reader content = [&](char* into, std::size_t wanted) {
                const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, left));
                const std::size_t n = in(into, part);
                left = n < part ? 0 : left - n;
                return n;
            };
            if ((type == 'L' || type == 'x') && size <= header_cap)
                long_name = name_of_extension(content, size, type, long_name);
            else
            {
                if (!long_name.empty())
                    name = std::exchange(long_name, {});
                if (type == '0' || type == '\0')
                    file(content, name, size, layer, depth);
            }
            skip(in, left + (512 - size % 512) % 512);
        }
    }

private:
    static std::string name_of_extension(const reader& content, std::uint64_t size, char type, const std::string& before)
    {
        std::string text(static_cast<std::size_t>(size), '\0');
        text.resize(content(text.data(), text.size()));
        if (type == 'L')
            return tar_text(text);
        const std::size_t at = text.find(" path=");
        return at == std::string::npos ? before : text.substr(at + 6, text.find('\n', at) - at - 6);
    }

    void file(const reader& content, const std::string& name, std::uint64_t size, const std::string& layer, unsigned depth)
    {
        std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(size, head_bytes)), '\0');
        head.resize(content(head.data(), head.size()));
        if (depth < deepest_layer && head.size() >= 512 && is_tar_header(std::string_view(head).substr(0, 512)))
        {
            std::size_t given = 0;
            scan(
                [&](char* into, std::size_t wanted) {
                    const std::size_t from_head = std::min(wanted, head.size() - given);
                    std::memcpy(into, head.data() + given, from_head);
                    given += from_head;
                    return from_head == wanted ? wanted : from_head + content(into + from_head, wanted - from_head);
                },
                name, depth + 1);
            return;
        }
        if (depth < deepest_layer && head.starts_with("\x1f\x8b"))
        {
            unpacked(content, head, name, depth);
            return;
        }
        std::string clean = name.starts_with("./") ? name.substr(2) : name;
        if (const std::string kind = kind_of(clean, head, size, rules_); !kind.empty())
            out_.push_back({kind, "layer", layer.empty() ? clean : layer + ':' + clean});
    }

    /// A layer that is compressed inside a tar.
    void unpacked(const reader& content, std::string packed, const std::string& name, unsigned depth)
    {
        z_stream z{};
        if (inflateInit2(&z, 15 + 32) != Z_OK)
            return;
        const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&z, inflateEnd);
        packed.resize(std::max<std::size_t>(packed.size(), 1u << 16));
        z.next_in = reinterpret_cast<Bytef*>(packed.data());
        z.avail_in = static_cast<uInt>(std::min<std::size_t>(packed.size(), head_bytes));
        bool ended = false;
        scan(
            [&](char* into, std::size_t wanted) {
                z.next_out = reinterpret_cast<Bytef*>(into);
                z.avail_out = static_cast<uInt>(wanted);
                while (z.avail_out != 0 && !ended)
                {
                    if (z.avail_in == 0)
                    {
                        z.avail_in = static_cast<uInt>(content(packed.data(), packed.size()));
                        z.next_in = reinterpret_cast<Bytef*>(packed.data());
                    }
                    const int done = inflate(&z, Z_NO_FLUSH);
                    ended = done != Z_OK || (z.avail_in == 0 && z.avail_out != 0 && done == Z_BUF_ERROR);
                }
                return wanted - z.avail_out;
            },
            name, depth + 1);
    }

    static void skip(const reader& in, std::uint64_t size)
    {
        std::array<char, 8192> nothing;
        while (size != 0)
        {
            const std::size_t n =
                in(nothing.data(), static_cast<std::size_t>(std::min<std::uint64_t>(size, nothing.size())));
            if (n == 0)
                return;
            size -= n;
        }
    }

    const scan_rules& rules_;
    std::vector<finding>& out_;
};

bool looks_like_layer(const fs::path& path)
{
    const std::string head = read_head(path);
    if (head.size() >= 512 && is_tar_header(std::string_view(head).substr(0, 512)))
        return true;
    return head.starts_with("\x1f\x8b") &&
           (path.string().find("sha256") != std::string::npos || path.string().find(".tar") != std::string::npos ||
            path.string().find(".tgz") != std::string::npos);
}

void scan_tar(const std::string& path, const std::string& name, const scan_rules& rules, std::vector<finding>& out)
{
    byte_source in(path);
    if (in.good())
        tar_scanner(rules, out).scan([&](char* into, std::size_t size) { return in.read(into, size); }, name, 0);
}

/// The git folder of a working tree: `.git`, or where a `.git` file points (a worktree, a submodule).
std::optional<fs::path> git_folder(const fs::path& root)
{
    std::error_code ec;
    const fs::path plain = root / ".git";
    if (fs::is_directory(plain, ec))
        return plain;
    std::ifstream in(plain);
    std::string line;
    if (!std::getline(in, line) || !line.starts_with("gitdir: "))
        return std::nullopt;
    const fs::path where = line.substr(8);
    return where.is_absolute() ? where : root / where;
}

result<void> scan_index(const fs::path& root, const scan_rules& rules, std::vector<finding>& out)
{
    const auto folder = git_folder(root);
    if (!folder)
        return {};
    std::error_code ec;
    const fs::path index = *folder / "index";
    const auto size = fs::file_size(index, ec);
    if (ec)
        return {};  // nothing was added yet
    if (size > index_cap)
        return fail(reason::too_large, "the git index");
    std::string data(size, '\0');
    std::ifstream(index, std::ios::binary).read(data.data(), static_cast<std::streamsize>(data.size()));
    MODELSEC_TRY(const std::vector<std::string> paths, parse_git_index(data));
    for (const std::string& path : paths)
    {
        const fs::path file = root / path;
        const bool there = fs::is_regular_file(fs::symlink_status(file, ec));
        const std::string kind =
            kind_of(path, there ? read_head(file) : std::string(), there ? fs::file_size(file, ec) : 0, rules);
        if (!kind.empty())
            out.push_back({kind, "index", path});
    }
    return {};
}

void scan_tree(const fs::path& root, const scan_rules& rules, std::vector<finding>& out)
{
    std::set<std::string> indexed;
    for (const finding& f : out)
        indexed.insert(f.path);
    std::error_code ec;
    // No link is followed: what lies behind one is not part of the tree (CWE-59).
    for (fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, ec), end; !ec && at != end;
         at.increment(ec))
    {
        const std::string path = at->path().lexically_relative(root).generic_string();
        if (at->path().filename() == ".git" || any_glob(rules.ignored, path))
        {
            at.disable_recursion_pending();
            continue;
        }
        if (at->is_symlink(ec) || !at->is_regular_file(ec) || indexed.contains(path))
            continue;
        if (looks_like_layer(at->path()))
            scan_tar(at->path().string(), path, rules, out);
        else if (const std::string kind = kind_of(path, read_head(at->path()), at->file_size(ec), rules); !kind.empty())
            out.push_back({kind, "tree", path});
    }
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view path)
{
    if (glob.find('/') == std::string_view::npos)
        return glob_part(glob, path.substr(path.rfind('/') + 1));
    if (glob.starts_with('/'))
        glob.remove_prefix(1);
    return glob_part(glob, path);
}

std::string kind_of(std::string_view path, std::string_view head, std::uint64_t size, const scan_rules& rules)
{
    if (any_glob(rules.ignored, path))
        return {};
    const std::string name = lower(path.substr(path.rfind('/') + 1));
    if (is_environment(name))
        return "environment";
    if (is_key(name, head))
        return "key";
    if (is_weights(name, head, size) || any_glob(rules.weights, path) ||
        lower(path).find(".mlpackage/") != std::string::npos)
        return "weights";
    return holds_token(head) ? "token" : std::string();
}

result<std::vector<std::string>> parse_git_index(std::string_view data)
{
    const auto number = [&](std::size_t at, std::size_t size) {
        std::uint64_t out = 0;
        for (std::size_t i = 0; i < size; ++i)
            out = out << 8 | static_cast<unsigned char>(data[at + i]);
        return out;
    };
    const failure broken = fail(reason::bad_option, "the git index cannot be read");
    if (data.size() < 12 || !data.starts_with("DIRC"))
        return broken;
    const std::uint64_t version = number(4, 4), count = number(8, 4);
    if (version < 2 || version > 4)
        return broken;
    std::vector<std::string> out;
    std::string last;
    std::size_t at = 12;
    for (std::uint64_t i = 0; i < count; ++i)
    {
        const std::size_t begin = at;
        if (data.size() - at < 62)
            return broken;
        const bool extended = version >= 3 && (number(at + 60, 2) & 0x4000) != 0;
        at += extended ? 64 : 62;
        if (version == 4)
        {
            // How many bytes of the path before are dropped: the offset encoding of packs.
            std::uint64_t drop = 0;
            for (bool more = true, first = true; more; first = false)
            {
                if (at >= data.size() || drop > index_cap)
                    return broken;
                const auto byte = static_cast<unsigned char>(data[at++]);
                drop = first ? byte & 0x7f : ((drop + 1) << 7 | (byte & 0x7f));
                more = (byte & 0x80) != 0;
            }
            if (drop > last.size())
                return broken;
            last.resize(last.size() - static_cast<std::size_t>(drop));
        }
        else
            last.clear();
        const std::size_t end = data.find('\0', at);
        if (end == std::string_view::npos)
            return broken;
        last.append(data.substr(at, end - at));
        out.push_back(last);
        at = end + 1;
        if (version != 4)  // padded with 1 to 8 zeros to a multiple of 8
            at = begin + (at - begin + 7) / 8 * 8;
        if (at > data.size())
            return broken;
    }
    return out;
}

result<std::vector<finding>> scan_path(const std::string& path, const scan_rules& rules)
{
    std::vector<finding> out;
    std::error_code ec;
    if (fs::is_directory(path, ec))
    {
        MODELSEC_CHECK(scan_index(path, rules, out));
        scan_tree(path, rules, out);
    }
    else if (fs::is_regular_file(path, ec))
        scan_tar(path, {}, rules, out);
    else
        return fail(reason::file_unreadable, path);
    std::sort(out.begin(), out.end(), [](const finding& a, const finding& b) { return a.path < b.path; });
    return out;
}

}  // namespace modelsec::tool
