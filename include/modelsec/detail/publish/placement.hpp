// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_PLACEMENT_HPP
#define MODELSEC_DETAIL_PUBLISH_PLACEMENT_HPP

#include <modelsec/error.hpp>

#include <optional>
#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE

/// What a model is published for.
enum class deployment
{
    development,
    staging,
    production
};

/// Who may have a model.
enum class sensitivity
{
    public_,   ///< everybody
    internal,  ///< who works here
    high       ///< whoever it was handed to by name: it stays on own hardware or in a private registry
};

/// What kind of host files are uploaded to.
enum class upload_kind
{
    dir,       ///< a folder of this machine
    s3,        ///< Amazon S3 or a server that speaks its protocol
    supabase,  ///< Supabase's storage
    hf,        ///< a Hugging Face Hub
    oci        ///< an OCI registry
};

/// Where a model may be uploaded to, and how.
struct placement
{
    upload_kind target = upload_kind::dir;
    bool is_private = true;  ///< nobody gets it without credentials: repositories and buckets are made so, and are checked
    bool kms = false;        ///< S3 encrypts what lies there with a key of its key service (`aws:kms`)
};

/// "development", "staging", "production". Anything else, nothing said included, is the strictest: production.
MODELSEC_DECL deployment parse_deployment(std::string_view text) noexcept;
/// "public", "internal", "high". Anything else, nothing said included, is the strictest: high.
MODELSEC_DECL sensitivity parse_sensitivity(std::string_view text) noexcept;
/// "dir", "s3", "supabase", "hf", "oci"; else nothing.
MODELSEC_DECL std::optional<upload_kind> parse_upload_kind(std::string_view text) noexcept;
MODELSEC_DECL std::string_view to_string(upload_kind kind) noexcept;

/// Where a model goes: the one table of who may be asked to keep it (private by default, CWE-1188).
///
///                  public                          internal                            high
///     development  hf; any other                   private hf; private supabase, s3    private oci; dir
///                                                  with aws:kms, private oci, dir
///     staging,     s3; any other                   s3 with aws:kms; private oci, dir   private oci; dir
///     production
///
/// The first of each is what is chosen if nothing is `wanted`. `placement` (50) for what is not in the table: public hosts are for public
/// models alone.
MODELSEC_DECL result<placement> place_model(deployment purpose, sensitivity secrecy, std::optional<upload_kind> wanted = {});

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/placement.ipp>
#endif

#endif
