// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_MAKE_BUNDLE_HPP
#define MODELSEC_DETAIL_PUBLISH_MAKE_BUNDLE_HPP

#include <modelsec/options.hpp>

#include <string>

MODELSEC_BEGIN_NAMESPACE

/// Where a bundle goes.
struct bundle_options
{
    std::string path{};  ///< the bundle; must not be there yet (`file_exists`)
};

/// One file with manifest, roots and model, for machines without a network: manifest_source::bundle. The model is fetched as a client would,
/// by `access` and `model`, but into a folder beside the bundle that is gone afterwards: `access.store` is not looked at, nor what is said of
/// an audit log and of limits of requests. Codes: those of client::fetch(), and `bad_option` for what has no envelope (a target of TUF, a
/// signed model). Blocks; cancel by `model.operation.control`.
MODELSEC_DECL result<fetch_result> make_bundle(client_options access, const fetch_options& model, const bundle_options& to);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/make_bundle.ipp>
#endif

#endif
