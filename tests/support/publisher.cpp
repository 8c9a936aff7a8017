// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "publisher.hpp"

#include <sodium.h>

#include <ctime>
#include <stdexcept>

namespace support {
namespace {

const unsigned char* raw(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

void append(std::string& object, std::string_view name, const std::string& json_value)
{
    object += (object.back() == '{' ? "" : ", ") + json_string(name) + ": " + json_value;
}

std::string list_of(const std::vector<std::string>& texts)
{
    std::string out;
    for (const auto& text : texts)
        out += (out.empty() ? "" : ", ") + json_string(text);
    return "[" + out + "]";
}

std::string to_json(const published_artifact& a)
{
    std::string text = "{";
    append(text, "platform", json_string(a.platform));
    append(text, "url", json_string(a.url));
    append(text, "sha256", json_string(a.sha256));
    append(text, "size_bytes", std::to_string(a.size_bytes));
    append(text, "file_name", json_string(a.file_name));
    append(text, "is_zip", a.is_zip ? "true" : "false");
    if (a.extracted_bytes)
        append(text, "extracted_bytes", std::to_string(*a.extracted_bytes));
    if (!a.mirrors.empty())
        append(text, "mirrors", list_of(a.mirrors));
    if (a.chunk_bytes > 0)
        append(text, "chunks",
               "{\"size_bytes\": " + std::to_string(a.chunk_bytes) + ", \"sha256_b64\": " + list_of(a.chunk_sha256_base64) +
                   "}");
    return text + "}";
}

}  // namespace

signer::signer(std::string key_id) : key_id_(std::move(key_id))
{
    if (sodium_init() < 0)
        throw std::runtime_error("libsodium cannot start");
    crypto_sign_keypair(public_.data(), secret_.data());
}

signer signer::of_number(unsigned char number)
{
    signer made("k" + std::to_string(number));
    std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
    seed.fill(number);
    crypto_sign_seed_keypair(made.public_.data(), made.secret_.data(), seed.data());
    return made;
}

std::string signer::public_base64() const
{
    return base64({reinterpret_cast<const char*>(public_.data()), public_.size()});
}

std::string signer::sign(std::string_view message) const
{
    std::string signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr, raw(message), message.size(),
                         secret_.data());
    return signature;
}

signer signer::renamed(std::string key_id) const
{
    auto same = *this;
    same.key_id_ = std::move(key_id);
    return same;
}

published_artifact published_artifact::of(std::string_view content, std::string url)
{
    published_artifact made;
    made.url = std::move(url);
    made.sha256 = sha256_hex(content);
    made.size_bytes = content.size();
    return made;
}

published_artifact& published_artifact::in_chunks(std::string_view content, std::uint64_t bytes)
{
    chunk_bytes = bytes;
    chunk_sha256_base64.clear();
    for (std::size_t at = 0; at < content.size(); at += bytes)
    {
        const auto chunk = content.substr(at, bytes);
        std::array<unsigned char, crypto_hash_sha256_BYTES> digest;
        crypto_hash_sha256(digest.data(), raw(chunk), chunk.size());
        chunk_sha256_base64.push_back(base64({reinterpret_cast<const char*>(digest.data()), digest.size()}));
    }
    return *this;
}

published_manifest published_manifest::fresh()
{
    published_manifest made;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    made.issued_at = now - std::chrono::hours(1);
    made.expires_at = now + std::chrono::hours(24 * 30);
    return made;
}

published_manifest published_manifest::bare()
{
    published_manifest made;
    made.schema.reset();
    made.sequence.reset();
    return made;
}

std::string published_manifest::json() const
{
    std::string text = "{";
    if (schema)
        append(text, "schema", std::to_string(*schema));
    append(text, "model_id", json_string(model_id));
    append(text, "version", json_string(version));
    if (sequence)
        append(text, "sequence", std::to_string(*sequence));
    if (issued_at)
        append(text, "issued_at", json_string(rfc3339(*issued_at)));
    if (expires_at)
        append(text, "expires_at", json_string(rfc3339(*expires_at)));
    if (!tier.empty())
        append(text, "tier", json_string(tier));
    if (min_ram_mb > 0 || min_free_disk_mb > 0)
        append(text, "min_device",
               "{\"min_ram_mb\": " + std::to_string(min_ram_mb) +
                   ", \"min_free_disk_mb\": " + std::to_string(min_free_disk_mb) + "}");
    std::string list;
    for (const auto& a : artifacts)
        list += (list.empty() ? "" : ", ") + to_json(a);
    append(text, "artifacts", "[" + list + "]");
    return text + "}";
}

std::string pack_envelope(std::string_view payload, const signer& by)
{
    return "{\"key_id\": " + json_string(by.key_id()) + ", \"payload_b64\": \"" + base64(payload) + "\", \"sig_b64\": \"" +
           base64(by.sign(payload)) + "\"}";
}

std::string dsse_envelope(std::string_view payload, const std::vector<signer>& by, std::string_view type)
{
    // DSSE 1.0 protocol: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body
    const auto signed_text = "DSSEv1 " + std::to_string(type.size()) + " " + std::string(type) + " " +
                             std::to_string(payload.size()) + " " + std::string(payload);
    std::string signatures;
    for (const auto& s : by)
        signatures += (signatures.empty() ? "" : ", ") + std::string("{\"keyid\": ") + json_string(s.key_id()) +
                      ", \"sig\": \"" + base64(s.sign(signed_text)) + "\"}";
    return "{\"payloadType\": " + json_string(type) + ", \"payload\": \"" + base64(payload) + "\", \"signatures\": [" +
           signatures + "]}";
}

std::string base64(std::string_view data)
{
    constexpr int variant = sodium_base64_VARIANT_ORIGINAL;
    std::string text(sodium_base64_encoded_len(data.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), raw(data), data.size(), variant);
    text.pop_back();  // the terminating zero
    return text;
}

std::string sha256_hex(std::string_view content)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, raw(content), content.size());
    std::string text(2 * sizeof digest + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), digest, sizeof digest);
    text.pop_back();
    return text;
}

std::string rfc3339(std::chrono::sys_seconds time)
{
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string json_string(std::string_view text)
{
    static const char digits[] = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char c : text)
    {
        if (c == '"' || c == '\\')
            (quoted += '\\') += c;
        else if (static_cast<unsigned char>(c) < 0x20)
            ((quoted += "\\u00") += digits[c >> 4]) += digits[c & 15];
        else
            quoted += c;
    }
    return quoted + '"';
}

}  // namespace support
