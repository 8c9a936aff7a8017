// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_OWN_LOG_HPP
#define MODELSEC_TESTS_SUPPORT_OWN_LOG_HPP

#include "model_scene.hpp"

#include <modelsec/model_signing.hpp>

namespace support {

/// A transparency log (Rekor v1) with a key of the test's: it promises any bundle at any time.
class own_log
{
public:
    own_log() : key_("log"), spki_(public_half(key_).spki_der()), id_(raw_sha256(modelsec::as_text(spki_))) {}

    /// A trusted root (JSON) with this log besides its own; by itself without one.
    std::string root(const std::string& besides = "") const
    {
        using modelsec::detail::json;
        json out{{"mediaType", "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}, {"tlogs", json::array()}};
        if (!besides.empty())
            out = modelsec::detail::parse_json(modelsec::as_bytes(besides)).value();
        json::array logs = *out.find("tlogs")->as_array();
        logs.push_back(json{{"publicKey", json{{"rawBytes", modelsec::to_base64(spki_)},
                                               {"validFor", json{{"start", "2020-01-01T00:00:00Z"}}}}},
                            {"logId", json{{"keyId", base64(id_)}}}});
        out.set("tlogs", std::move(logs));
        return out.dump();
    }

    /// A bundle with an entry of this log in place of its own. `key`: who signed, in PEM, where no certificate says it.
    std::string logged(const std::string& bundle, modelsec::utc_time at, const std::string& key = "") const
    {
        using modelsec::detail::json;
        json out = modelsec::detail::parse_json(modelsec::as_bytes(bundle)).value();
        json material = *out.find("verificationMaterial");
        const auto parsed = modelsec::detail::parse_sigstore_bundle(modelsec::as_bytes(bundle)).value();
        const std::string signer = parsed.certificates.empty() ? key : pem_of(parsed.certificates.front().raw());
        const std::string digest = parsed.content ? sha256_hex(modelsec::as_text(parsed.content->signed_bytes))
                                                  : modelsec::to_hex(parsed.message_digest);
        const std::string body =
            json{{"apiVersion", "0.0.1"},
                 {"kind", "hashedrekord"},
                 {"spec", json{{"data", json{{"hash", json{{"algorithm", "sha256"}, {"value", digest}}}}},
                               {"signature", json{{"content", modelsec::to_base64(parsed.signature())},
                                                  {"publicKey", json{{"content", base64(signer)}}}}}}}}
                .dump();
        const std::string seconds = std::to_string(at.time_since_epoch().count());
        const std::string root_hash = raw_sha256(std::string(1, '\0') + body);
        const std::string note = "log.example\n1\n" + base64(root_hash) + "\n";
        const std::string promise = "{\"body\":\"" + base64(body) + "\",\"integratedTime\":" + seconds + ",\"logID\":\"" +
                                    modelsec::to_hex(modelsec::as_bytes(id_)) + "\",\"logIndex\":0}";
        json proof{{"logIndex", "0"},
                   {"treeSize", "1"},
                   {"rootHash", base64(root_hash)},
                   {"hashes", json::array()},
                   {"checkpoint", json{{"envelope", note + "\n\xE2\x80\x94 log.example " +
                                                        base64(id_.substr(0, 4) + key_.sign(note)) + "\n"}}}};
        material.set("tlogEntries",
                     json::array{json{{"logIndex", "0"},
                                      {"logId", json{{"keyId", base64(id_)}}},
                                      {"kindVersion", json{{"kind", "hashedrekord"}, {"version", "0.0.1"}}},
                                      {"integratedTime", seconds},
                                      {"inclusionPromise", json{{"signedEntryTimestamp", base64(key_.sign(promise))}}},
                                      {"inclusionProof", std::move(proof)},
                                      {"canonicalizedBody", base64(body)}}});
        out.set("verificationMaterial", std::move(material));
        return out.dump();
    }

private:
    static std::string raw_sha256(std::string_view content)
    {
        return std::string(modelsec::as_text(modelsec::from_hex(sha256_hex(content)).value()));
    }

    static std::string pem_of(modelsec::bytes_view certificate)
    {
        const std::string text = modelsec::to_base64(certificate);
        std::string out = "-----BEGIN CERTIFICATE-----\n";
        for (std::size_t at = 0; at < text.size(); at += 64)
            out += text.substr(at, 64) + '\n';
        return out + "-----END CERTIFICATE-----\n";
    }

    signer key_;
    modelsec::bytes spki_;
    std::string id_;  ///< raw
};

}  // namespace support

#endif
