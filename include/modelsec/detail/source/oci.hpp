// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_OCI_HPP
#define MODELSEC_DETAIL_SOURCE_OCI_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/source/source.hpp>

#include <map>
#include <mutex>

MODELSEC_BEGIN_NAMESPACE

/// OCI registries, for `oci://HOST[:PORT]/REPOSITORY@sha256:HEX`.
struct registry_options
{
    /// Hosts (or host:port) beside the registry itself that may be asked for its tokens, with its user and password
    /// (`realm_not_allowed` for others).
    std::vector<std::string> allowed_realms{};
    /// Docker's config.json: `auths` are read from it (`auth`, or `username` and `password`). Its helper programs never run: where a token for
    /// nobody does not do, `credential_helper` (50). Empty: none.
    std::string docker_config{};
};

namespace detail {

/// One layer of an artifact's manifest.
struct oci_layer
{
    std::string title;  ///< the file's relative path; empty: the layer has none
    sha256_digest sha256;
    std::uint64_t size_bytes = 0;
    bool packed = false;  ///< a tar or compressed: its digest is not that of the file
};

/// What a `WWW-Authenticate: Bearer` asks for (RFC 6750 section 3, the distribution project's token specification).
struct bearer_challenge
{
    std::string realm;
    std::string service;
};

/// `oci://HOST/REPOSITORY@sha256:HEX`, taken apart.
struct oci_locator
{
    std::string origin;  ///< "https://HOST[:PORT]"
    std::string repository;
    sha256_digest digest;

    /// `mutable_revision` for a tag or no digest, `bad_url` for what is malformed.
    MODELSEC_DECL static result<oci_locator> parse(std::string_view text);
};

/// The first Bearer challenge among the headers of a 401; nothing if there is none that can be understood.
MODELSEC_DECL std::optional<bearer_challenge> find_bearer_challenge(const std::vector<http_header>& headers);

/// The layers of an OCI image manifest or Docker v2 manifest (JSON), whose digest the caller has checked. `manifest_malformed`.
MODELSEC_DECL result<std::vector<oci_layer>> parse_oci_manifest(bytes_view body);

/// The Basic credentials of a registry in Docker's config.json: "Basic …"; empty if it has none. `credential_helper` if a helper program
/// would have them.
MODELSEC_DECL result<secret> docker_authorization(bytes_view config, std::string_view host);

class oci_source final : public model_source
{
public:
    /// `credentials`: of the registry's origin; Basic ones go also to the realm that issues its tokens, if it is allowed.
    /// `actions`: what tokens are asked for: "pull", or "pull,push" for who publishes.
    oci_source(registry_options options, credential_provider credentials, std::string actions = "pull")
        : options_(std::move(options)), credentials_(std::move(credentials)), actions_(std::move(actions))
    {
    }

    MODELSEC_DECL bool takes(std::string_view locator) const override;
    /// A blob, by digest.
    MODELSEC_DECL result<source_request> locate(std::string_view locator, const source_exchange& ask) override;

    /// The layers of a whole artifact, by the digest of its manifest: `digest_mismatch` if the registry serves another one.
    MODELSEC_DECL result<std::vector<oci_layer>> layers(std::string_view locator, const source_exchange& ask);

    /// What requests to this repository carry; `again`: what was carried before was refused, at the address `refused`, which is asked how to
    /// do better where the registry itself asks for nothing.
    MODELSEC_DECL result<std::vector<http_header>> authorize(const oci_locator& what, bool again, const source_exchange& ask,
                                                             const std::string& refused = {});

private:
    MODELSEC_DECL result<std::vector<http_header>> log_in(const oci_locator& what, const source_exchange& ask,
                                                          const std::string& refused) const;
    MODELSEC_DECL result<secret_text> fetch_token(const oci_locator& what, const bearer_challenge& challenge,
                                                  const secret_text& basic, const source_exchange& ask) const;
    MODELSEC_DECL result<secret_text> basic_for(const oci_locator& what) const;

    registry_options options_;
    credential_provider credentials_;
    std::string actions_;
    std::mutex mutex_;
    std::map<std::string, std::vector<http_header>> grants_;  ///< by origin and repository
    std::map<std::string, unsigned> located_;  ///< how often a locator was asked for: again means that it was refused
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/source/oci.ipp>
#endif

#endif
