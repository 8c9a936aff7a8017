// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_PUBLISHER_HPP
#define MODELSEC_TESTS_SUPPORT_PUBLISHER_HPP

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// A publisher that shares no code with the library (libsodium alone), so that a mistake there cannot cancel out here.
namespace support {

/// An Ed25519 key pair under an id.
class signer
{
public:
    explicit signer(std::string key_id = "v1");
    /// The key that tuf_publisher.hpp makes from this number.
    static signer of_number(unsigned char number);

    const std::string& key_id() const noexcept { return key_id_; }
    std::string public_base64() const;
    /// "ID=BASE64", as the command takes it.
    std::string pin() const { return key_id_ + "=" + public_base64(); }
    std::string sign(std::string_view message) const;  ///< 64 raw bytes
    signer renamed(std::string key_id) const;

private:
    std::string key_id_;
    std::array<unsigned char, 32> public_;
    std::array<unsigned char, 64> secret_;
};

struct published_artifact
{
    std::string platform = "any";
    std::string url;
    std::string sha256;  ///< hex
    std::uint64_t size_bytes = 0;
    std::string file_name = "model.bin";
    bool is_zip = false;
    std::optional<std::uint64_t> extracted_bytes;
    std::vector<std::string> mirrors;
    std::uint64_t chunk_bytes = 0;  ///< 0: no chunk digests
    std::vector<std::string> chunk_sha256_base64;

    /// The digest and size of these bytes.
    static published_artifact of(std::string_view content, std::string url);
    /// Signs the digests of its chunks, too.
    published_artifact& in_chunks(std::string_view content, std::uint64_t bytes);
};

/// What a manifest says. Absent optionals are absent from the JSON.
struct published_manifest
{
    std::optional<int> schema = 1;
    std::string model_id = "demo";
    std::string version = "1.0.0";
    std::optional<std::uint64_t> sequence = 1;
    std::optional<std::chrono::sys_seconds> issued_at;
    std::optional<std::chrono::sys_seconds> expires_at;
    std::string tier;  ///< empty: absent
    std::uint64_t min_ram_mb = 0;
    std::uint64_t min_free_disk_mb = 0;
    std::vector<published_artifact> artifacts;

    /// Issued an hour ago, valid for a month.
    static published_manifest fresh();
    /// What deployed publishers send: no schema, no sequence, no times.
    static published_manifest bare();
    std::string json() const;
};

std::string pack_envelope(std::string_view payload, const signer& by);
std::string dsse_envelope(std::string_view payload, const std::vector<signer>& by,
                          std::string_view type = "application/vnd.modelsec.manifest.v1+json");

std::string base64(std::string_view raw);
std::string sha256_hex(std::string_view content);
std::string rfc3339(std::chrono::sys_seconds time);
std::string json_string(std::string_view text);

}  // namespace support

#endif
