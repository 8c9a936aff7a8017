// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_MODEL_SCENE_HPP
#define MODELSEC_TESTS_SUPPORT_MODEL_SCENE_HPP

#include "publisher.hpp"
#include "temp_dir.hpp"

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/trust/key.hpp>

#include <map>

// Bundles of OpenSSF Model Signing written by hand, so that every part of them can be wrong.
namespace support {

/// The files of the kept bundles (tests/interop/check_model_signing.py).
inline const std::map<std::string, std::string> kept_model{{"config.json", "{\"a\": 1}\n"},
                                                           {"empty.txt", ""},
                                                           {"weights/part-1.bin", "hello"},
                                                           {"weights/part-2.bin", "world!"},
                                                           {"mod\xC3\xA8le.txt", "name"}};

inline void write_below(const std::string& folder, const std::string& name, std::string_view content)
{
    const auto path = std::filesystem::path(folder) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    if (!out.write(content.data(), static_cast<std::streamsize>(content.size())).flush())
        throw std::runtime_error("cannot write " + path.string());
}

inline modelsec::public_key public_half(const signer& key)
{
    return modelsec::public_key::ed25519_base64(key.public_base64()).value();
}

/// A statement about files by their digests, as model-signing writes it; each member may be replaced before it is signed.
inline modelsec::detail::json statement_about(const std::map<std::string, std::string>& files)
{
    using modelsec::detail::json;
    json::array resources;
    std::string digests;
    for (const auto& [name, content] : files)
    {
        const std::string hex = sha256_hex(content);
        resources.push_back(json{{"algorithm", "sha256"}, {"digest", hex}, {"name", name}});
        digests += modelsec::as_text(modelsec::from_hex(hex).value());
    }
    return json{
        {"_type", "https://in-toto.io/Statement/v1"},
        {"subject", json::array{json{{"name", "m"}, {"digest", json{{"sha256", sha256_hex(digests)}}}}}},
        {"predicateType", "https://model_signing/signature/v1.0"},
        {"predicate", json{{"serialization", json{{"method", "files"}, {"hash_type", "sha256"}, {"allow_symlinks", false}}},
                           {"resources", std::move(resources)}}}};
}

/// The bundle around a payload, signed by an Ed25519 key.
inline modelsec::detail::json bundle_around(std::string_view payload, const signer& key,
                                            const std::string& type = "application/vnd.in-toto+json")
{
    using modelsec::detail::json;
    const std::string pae = "DSSEv1 " + std::to_string(type.size()) + ' ' + type + ' ' + std::to_string(payload.size()) +
                            ' ' + std::string(payload);
    return json{{"mediaType", "application/vnd.dev.sigstore.bundle.v0.3+json"},
                {"verificationMaterial", json{{"publicKey", json(json::object())}, {"tlogEntries", json::array()}}},
                {"dsseEnvelope", json{{"payload", base64(payload)},
                                      {"payloadType", type},
                                      {"signatures", json::array{json{{"sig", base64(key.sign(pae))}, {"keyid", ""}}}}}}};
}

}  // namespace support

#endif
