// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_OPTIONS_HPP
#define MODELSEC_DETAIL_NET_OPTIONS_HPP

#include <modelsec/detail/base/secret.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// A header field of a request. One that would end its line early (CWE-113), or that the library sets itself (Host, Range, …), fails the
/// request: `bad_option`.
struct http_header
{
    std::string name{};
    secret_text value{};
};

/// What one origin (scheme, host, port) gets to see of the caller, and no other.
struct origin_credentials
{
    std::string origin{};                ///< "https://host[:port]"
    std::vector<http_header> headers{};  ///< e.g. Authorization, apikey; values are secrets
};

/// Asked before every request for the headers of its origin, on the thread of the operation; so tokens can change at any
/// time.
using credential_provider = std::function<std::vector<http_header>(std::string_view origin)>;

/// What to make of an OCSP answer that a server staples to its certificate (RFC 6066 section 8): signed by the CA, it says whether the
/// certificate was revoked. No OCSP server is asked.
enum class ocsp_policy
{
    off,         ///< servers are not asked for one
    if_stapled,  ///< one that comes must be good; one must come where the certificate says so (RFC 7633)
    required     ///< every server must send a good one: `staple_missing`
};

/// Where it says PEM: text around the objects and a byte order mark before them are skipped (RFC 7468 section 2). Files that are
/// named and cannot be read fail the operation before any server is asked: `file_unreadable`, with the file in the detail.
struct tls_options
{
    std::string ca_file{};           ///< PEM, or a folder (see docs/network.md); in place of the system's roots
    std::string certificate_file{};  ///< PEM chain, for the manifest's origin
    std::string private_key_file{};  ///< PEM
    std::vector<std::string>
        spki_pins{};  ///< base64 SHA-256 of SubjectPublicKeyInfo (RFC 7469 section 2.4): one of them must
                      ///< be in the verified chain of the manifest's origin
    ocsp_policy ocsp = ocsp_policy::if_stapled;  ///< holds for every server
    std::string ca_pem{};                        ///< as ca_file, in memory; both are believed where both are given
    std::string certificate_pem{};               ///< as certificate_file, in memory; not both
    secret_text private_key_pem{};               ///< as private_key_file, in memory; not both
    /// A certificate of ca_file or ca_pem is believed as it is, also if it is an intermediate one, or the server's own: no root is
    /// needed above it (X509_V_FLAG_PARTIAL_CHAIN). Whoever gives an intermediate alone needs it.
    bool partial_chain = false;
    /// Where no CA is given: what `SSL_CERT_FILE` and `SSL_CERT_DIR` name, in place of the system's roots, as with OpenSSL. They are not
    /// read in a process with more rights than its caller (AT_SECURE).
    bool roots_from_environment = false;
};

/// A proxy that every connection goes through: HTTP CONNECT (RFC 9110 section 9.3.6) or SOCKS5 (RFC 1928). It resolves the names
/// itself; TLS passes through it from end to end, so that it sees which host is asked, and nothing else. The library looks
/// at no environment variable: who wants `HTTPS_PROXY` reads it.
class proxy_options
{
public:
    /// None.
    proxy_options() = default;
    /// `url`: `[http|socks5|socks5h]://[user:password@]host[:port]`; `http` and port 1080 where nothing is said, as with curl; user
    /// and password percent-encoded. They go to the proxy alone. What cannot be understood fails the operation: `bad_proxy`.
    /// `no_proxy`: hosts that are asked directly, with commas or spaces between them: names (with what is below them),
    /// addresses, blocks of them (`10.0.0.0/8`), each with or without a port; `*` is every host.
    explicit proxy_options(std::string_view url, std::string_view no_proxy = {})
        : url_(url.empty() ? nullptr : std::make_shared<const secret>(url)), no_proxy_(no_proxy)
    {
    }

    /// Holds the password: wiped with the last copy of these options.
    std::string_view url() const noexcept { return url_ ? url_->reveal_text() : std::string_view(); }
    const std::string& no_proxy() const noexcept { return no_proxy_; }

private:
    std::shared_ptr<const secret> url_;
    std::string no_proxy_;
};

/// How hosts are reached. Copied into a client; `credentials` is called on the threads of operations, on several at once where several run.
struct transport_options
{
    tls_options tls{};
    proxy_options proxy{};
    credential_provider credentials{};
    unsigned connections = 8;      ///< at most so many at once for one download; as many as help are used
    std::uint64_t limit_rate = 0;  ///< bytes a second over all connections; 0: no limit
    std::string user_agent = "modelsec";
    /// If not empty: no other host is asked, redirected to or not (policy 50). Names or addresses in lower case, without port.
    std::vector<std::string> allowed_hosts{};
};

MODELSEC_END_NAMESPACE

#endif
