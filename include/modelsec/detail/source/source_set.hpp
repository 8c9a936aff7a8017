// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_SOURCE_SET_HPP
#define MODELSEC_DETAIL_SOURCE_SOURCE_SET_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/net/http.hpp>
#include <modelsec/detail/net/url.hpp>
#include <modelsec/detail/source/hub.hpp>
#include <modelsec/detail/source/oci.hpp>
#include <modelsec/detail/source/s3.hpp>
#include <modelsec/detail/source/source.hpp>

#include <map>
#include <mutex>

MODELSEC_BEGIN_NAMESPACE

/// Where locators of a manifest lead, beside plain https.
struct source_options
{
    hub_options hub;              ///< `hf://`
    registry_options registries;  ///< `oci://`
    s3_options s3;                ///< https addresses of buckets that the caller has keys to
    source_list own;              ///< the application's; asked first
};

namespace detail {

/// The sources of one operation, and what they said: which headers go to which address. One locator is located again only if its source
/// can say something else.
class source_set
{
public:
    using exchange_function = std::function<result<http_answer>(const http_request&)>;

    /// `credentials`: what the caller gave for origins. `exchange` makes requests with `any_status`.
    MODELSEC_DECL source_set(const source_options& options, credential_provider credentials, const clock& time,
                             exchange_function exchange);

    /// The address to ask for a locator. `manifest_malformed` where the publisher wrote one that cannot be understood; what a source or its
    /// host said, otherwise.
    MODELSEC_DECL result<url> locate(const std::string& locator);
    /// After the address was refused: another one, or the same with other headers; the failure `refused_as` if nothing changed.
    MODELSEC_DECL result<url> locate_again(const std::string& locator, const url& before, failure refused_as);
    /// Whether locate_again() is worth a request.
    MODELSEC_DECL bool renewable(const std::string& locator) const;
    /// The layers of a whole OCI artifact.
    MODELSEC_DECL result<std::vector<oci_layer>> layers(const std::string& locator);

    // For http_environment.
    MODELSEC_DECL std::vector<http_header> headers(const url& target) const;
    MODELSEC_DECL std::optional<failure> classify(const url& from, const response_head& head, bytes_view body) const;

private:
    /// What a source said about an address.
    struct grant
    {
        std::vector<http_header> headers;
        std::shared_ptr<model_source> source;
        sha256_digest credentials;  ///< of what the caller had for its origin when it was located
    };

    MODELSEC_DECL std::shared_ptr<model_source> find(std::string_view locator) const;
    MODELSEC_DECL sha256_digest print_of(const url& target, const std::vector<http_header>& headers) const;

    credential_provider credentials_;
    exchange_function exchange_;
    source_exchange ask_;
    source_list sources_;
    std::shared_ptr<oci_source> registries_;
    mutable std::mutex mutex_;
    std::map<std::string, grant> grants_;  ///< by address
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/source/source_set.ipp>
#endif

#endif
