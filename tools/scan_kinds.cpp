// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "scan_kinds.hpp"

#include <modelsec/publish.hpp>

#include <algorithm>
#include <initializer_list>

namespace modelsec::tool {

namespace {

constexpr std::uint64_t weighty = 16u << 20;  // a *.bin of this size is no icon
constexpr std::size_t longest_word = 1024;    // that is looked at of a token, or of a key's first lines
constexpr std::size_t window_bytes = 1u << 20;

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

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> ends)
{
    return std::any_of(ends.begin(), ends.end(), [&](std::string_view end) { return name.ends_with(end); });
}

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> begins)
{
    return std::any_of(begins.begin(), begins.end(), [&](std::string_view begin) { return name.starts_with(begin); });
}

bool is_weights(const std::string& path, const std::string& name, std::string_view head, std::uint64_t size)
{
    if (name.ends_with(".pth") && path.find("-packages/") != std::string::npos && head.find('\0') == std::string_view::npos)
        return false;  // of Python's site: a text with paths
    if (ends_with_any(name,
                      {".safetensors", ".gguf",   ".ggml",    ".onnx", ".pt",         ".pth",       ".ckpt", ".h5",
                       ".keras",       ".tflite", ".mlmodel", ".npz",  ".mlpackage",  ".onnx_data", ".pb",   ".llamafile",
                       ".pkl",         ".pickle", ".joblib",  ".npy",  ".msgpack",    ".engine",    ".trt",  ".plan",
                       ".nemo",        ".mar",    ".pte",     ".task", ".caffemodel", ".mlmodelc"}))
        return true;
    if (path.find(".mlpackage/") != std::string::npos || path.find(".mlmodelc/") != std::string::npos)
        return true;
    if (name.find(".data-0") != std::string::npos && name.find("-of-0") != std::string::npos)
        return true;  // a checkpoint of TensorFlow
    const bool pickled =
        head.starts_with("PK\x03\x04") || (head.size() > 1 && head[0] == '\x80' && head[1] > 1 && head[1] < 6);
    if (name.ends_with(".bin") &&
        (size >= weighty || pickled ||
         starts_with_any(name, {"pytorch_", "model", "ggml", "adapter_model", "diffusion_pytorch_model", "consolidated",
                                "openvino_model", "tf_model", "flax_model"})))
        return true;
    if (head.starts_with("GGUF") || head.starts_with("\x89HDF\r\n") || head.starts_with("\x93NUMPY"))
        return true;
    // safetensors: u64 LE length of a JSON object that begins at once.
    return head.size() > 10 && head[8] == '{' && head[9] == '"' && static_cast<unsigned char>(head[7]) == 0 &&
           head.find("\"dtype\"") != std::string_view::npos;
}

/// One element of DER: its tag, and where its content begins and ends (which may lie beyond the bytes at hand).
struct der_element
{
    unsigned char tag = 0;
    std::uint64_t begin = 0, end = 0;
};

std::optional<der_element> der_at(std::string_view data, std::uint64_t at)
{
    if (at + 2 > data.size())
        return std::nullopt;
    const auto byte = [&](std::uint64_t i) { return static_cast<unsigned char>(data[static_cast<std::size_t>(i)]); };
    der_element out{byte(at), at + 2, 0};
    std::uint64_t size = byte(at + 1);
    if (size >= 0x80)
    {
        const unsigned count = size & 0x7f;
        if (count == 0 || count > 4 || out.begin + count > data.size())
            return std::nullopt;
        size = 0;
        for (unsigned i = 0; i < count; ++i)
            size = size << 8 | byte(out.begin + i);
        out.begin += count;
    }
    out.end = out.begin + size;
    return out;
}

/// A private key in DER: PKCS #8 (RFC 5958, plain or encrypted), PKCS #1 (RFC 8017 A.1.2), SEC 1 (RFC 5915) or PKCS #12 (RFC 7292).
bool is_der_key(std::string_view head, std::optional<std::uint64_t> size)
{
    constexpr unsigned char integer = 0x02, octets = 0x04, object = 0x06, sequence = 0x30;
    constexpr std::string_view pkcs("\x2a\x86\x48\x86\xf7\x0d\x01", 7);  // 1.2.840.113549.1
    const auto whole = der_at(head, 0);
    if (!whole || whole->tag != sequence || (size && whole->end != *size))
        return false;
    const auto first = der_at(head, whole->begin);
    if (!first)
        return false;
    const auto second = der_at(head, first->end);
    if (!second)
        return false;
    const auto algorithm = [&](const der_element& of) -> std::string_view {
        const auto name = der_at(head, of.begin);
        return of.tag == sequence && name && name->tag == object && name->end <= head.size()
                   ? head.substr(static_cast<std::size_t>(name->begin), static_cast<std::size_t>(name->end - name->begin))
                   : std::string_view();
    };
    if (first->tag == sequence)  // EncryptedPrivateKeyInfo: PKCS #5 (…1.5) or PKCS #12 (…1.12)
    {
        const std::string_view by = algorithm(*first);
        return second->tag == octets && by.size() > pkcs.size() && by.starts_with(pkcs) && (by[7] == 5 || by[7] == 12);
    }
    if (first->tag != integer || first->end - first->begin != 1)
        return false;
    const char version = head[static_cast<std::size_t>(first->begin)];
    const std::uint64_t length = second->end - second->begin;
    if (version == 3)  // PKCS #12: the content is PKCS #7 (…1.7)
        return algorithm(*second).starts_with(pkcs) && algorithm(*second).substr(7).starts_with('\x07');
    if (version == 0 && second->tag == integer && length >= 64)
        return true;
    if (version == 1 && second->tag == octets && length >= 16 && length <= 66)
        return true;
    const auto key = der_at(head, second->end);
    return (version == 0 || version == 1) && !algorithm(*second).empty() && key && key->tag == octets;
}

bool is_environment(const std::string& name)
{
    if (name == ".env" || name.ends_with(".env"))
        return true;
    return name.starts_with(".env.") && !ends_with_any(name, {"example", "sample", "template", "dist", "defaults"});
}

bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_word(char c)
{
    return is_alnum(c) || c == '_' || c == '-';
}

/// Nine words of ten are passed over by their first letter (is_secret_word).
bool begins_token(char c)
{
    return c == 'h' || c == 's' || c == 'e' || c == 'g' || c == 'x' || c == 'A';
}

/// Whether a key in PEM begins here, behind "-----BEGIN ". Programs that merely speak of keys hold the line, but none after it.
bool is_pem_key(std::string_view text)
{
    const std::size_t end = text.substr(0, 64).find("-----");
    const std::string_view label = text.substr(0, end);
    if (end == std::string_view::npos || !(label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK")))
        return false;
    text.remove_prefix(end + 5);
    for (bool more = true; more && !text.empty();)  // in JSON and in programs line ends are \n, \r
    {
        more = false;
        for (const std::string_view gap : {"\n", "\r", " ", "\t", "\\n", "\\r"})
            if (text.starts_with(gap))
            {
                text.remove_prefix(gap.size());
                more = true;
            }
    }
    if (text.empty() || starts_with_any(text, {"Proc-Type:", "Version:", "Comment:"}))
        return true;
    const auto base64 = [](char c) { return is_alnum(c) || c == '+' || c == '/' || c == '='; };
    return text.size() >= 8 && std::all_of(text.begin(), text.begin() + 8, base64);
}

bool is_putty_key(std::string_view text)
{
    constexpr std::string_view begin = "PuTTY-User-Key-File-";
    return text.starts_with(begin) && text.size() > begin.size() + 1 && text[begin.size()] >= '0' &&
           text[begin.size()] <= '9' && text[begin.size() + 1] == ':';
}

/// Whether it looks drawn by lot: is_secret_word() asks for the form alone, and `hf_tokenizer_of_the_second_model` has that too.
bool is_random(std::string_view word)
{
    std::size_t run = 0, longest = 0;
    bool digit = false, upper = false, small = false;
    for (const char c : word)
    {
        run = is_alnum(c) ? run + 1 : 0;
        longest = std::max(longest, run);
        digit |= c >= '0' && c <= '9';
        upper |= c >= 'A' && c <= 'Z';
        small |= c >= 'a' && c <= 'z';
    }
    return longest >= 24 || (digit && (longest >= 16 || (upper && small)));
}

/// A word that can only be a secret (OWASP: hard-coded credentials, CWE-798). `after` is what stands behind it.
bool is_token(std::string_view word, std::string_view after)
{
    if (!is_secret_word(word) || word == "AWS4-HMAC-SHA256" || word == "GOOG4-RSA-SHA256")
        return false;
    if (word.starts_with("AKIA") || word.starts_with("ASIA"))  // EXAMPLE: Amazon's own pages
        return word.find("EXAMPLE") == std::string_view::npos &&
               std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (word.starts_with("eyJ"))
        return after.starts_with(".eyJ");  // a JWT; alone it is the begin of any JSON in base64
    return is_random(word.substr(3));
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

bool any_glob_matches(const std::vector<std::string>& globs, std::string_view path)
{
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& g) { return glob_matches(g, path); });
}

std::string kind_of(std::string_view path, std::string_view head, std::optional<std::uint64_t> size, const scan_rules& rules)
{
    const std::string name = lower(path.substr(path.rfind('/') + 1));
    if (is_environment(name))
        return "environment";
    if (ends_with_any(name, {".p12", ".pfx", ".jks", ".keystore", ".p8", ".ppk"}) || name == "id_rsa" ||
        name == "id_ed25519" || name == "id_ecdsa" || name == "id_dsa" || is_der_key(head, size))
        return "key";
    return is_weights(lower(path), name, head, size.value_or(0)) || any_glob_matches(rules.weights, path) ? "weights" : "";
}

void content_search::add(std::string_view piece)
{
    size_ += piece.size();
    if (!found_.empty())
        return;
    window_ += piece;
    if (window_.size() > window_bytes + longest_word)
        look(window_.size() - longest_word);
}

void content_search::look(std::size_t limit)
{
    const std::string_view text = window_;
    for (std::size_t at = begin_; at < limit && found_.empty(); ++at)
    {
        const char c = text[at];
        if (c == '-' && text.substr(at).starts_with("-----BEGIN ") && is_pem_key(text.substr(at + 11, longest_word - 11)))
            found_ = "key";
        else if (c == 'P' && is_putty_key(text.substr(at)))
            found_ = "key";
        else if (begins_token(c) && (at == 0 || !(is_alnum(text[at - 1]) || text[at - 1] == '_')))
        {
            std::size_t end = at;
            while (end < text.size() && end - at < longest_word && is_word(text[end]))
                ++end;
            if (is_token(text.substr(at, end - at), text.substr(end)))
                found_ = "token";
        }
    }
    if (limit != 0)
    {
        window_.erase(0, limit - 1);
        begin_ = 1;
    }
}

}  // namespace modelsec::tool
