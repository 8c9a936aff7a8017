// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_THROWAWAY_CA_HPP
#define MODELSEC_TESTS_SUPPORT_THROWAWAY_CA_HPP

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace support {

enum class key_kind
{
    ec_p256,
    rsa_2048
};

/// A certificate and its private key, both PEM.
struct identity
{
    std::string certificate;
    std::string private_key;
};

/// What a certificate says. By default: a server on this machine, valid from an hour ago for a day.
struct certificate_wish
{
    std::string common_name = "throwaway";
    std::vector<std::string> hosts = {"localhost", "127.0.0.1"};  ///< names and IPv4 addresses
    key_kind key = key_kind::ec_p256;
    std::chrono::seconds not_before = std::chrono::hours(-24 * 7);  ///< from now
    std::chrono::seconds not_after = std::chrono::hours(24);        ///< from now
    bool for_client = false;
    bool must_staple = false;  ///< RFC 7633: worth nothing without an OCSP answer
};

/// What an OCSP answer says.
struct staple_wish
{
    enum
    {
        good,
        revoked,
        unknown
    } status = good;
    std::chrono::seconds from = std::chrono::hours(-1);                  ///< from now
    std::optional<std::chrono::seconds> until = std::chrono::hours(24);  ///< from now
};

/// A certificate authority for one test: made in memory, trusted by nobody but the test.
class throwaway_ca
{
public:
    explicit throwaway_ca(const std::string& common_name = "throwaway CA", key_kind key = key_kind::ec_p256);
    ~throwaway_ca();
    throwaway_ca(throwaway_ca&&) noexcept;

    /// The CA's own certificate, PEM.
    const std::string& certificate() const noexcept;
    identity issue(const certificate_wish& wish = {}) const;

    /// An OCSP answer (DER) about a certificate (PEM), signed by this CA whoever issued it.
    std::string staple(const std::string& certificate, const staple_wish& wish = {}) const;

    /// A certificate that vouches for itself.
    static identity self_signed(const certificate_wish& wish = {});

    /// A PEM certificate's pin (RFC 7469 section 2.4): base64 SHA-256 of its SubjectPublicKeyInfo.
    static std::string spki_pin(const std::string& certificate);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace support

#endif
