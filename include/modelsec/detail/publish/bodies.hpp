// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_BODIES_HPP
#define MODELSEC_DETAIL_PUBLISH_BODIES_HPP

#include <modelsec/detail/publish/check_remote.ipp>
#include <modelsec/detail/publish/describe.ipp>
#include <modelsec/detail/publish/description.ipp>
#include <modelsec/detail/publish/digest_cache.ipp>
#include <modelsec/detail/publish/encrypt_file.ipp>
#include <modelsec/detail/publish/encrypt_publication.ipp>
#include <modelsec/detail/publish/folder_listing.ipp>
#include <modelsec/detail/publish/hash_files.ipp>
#include <modelsec/detail/publish/index_file.ipp>
#include <modelsec/detail/publish/make_bundle.ipp>
#include <modelsec/detail/publish/placement.ipp>
#include <modelsec/detail/publish/publication.ipp>
#include <modelsec/detail/publish/root_document.ipp>
#include <modelsec/detail/publish/signing_key.ipp>
#include <modelsec/detail/publish/token_key.ipp>
#include <modelsec/detail/publish/upload.ipp>
#include <modelsec/detail/publish/upload_folder.ipp>
#include <modelsec/detail/publish/upload_hub.ipp>
#include <modelsec/detail/publish/upload_link.ipp>
#include <modelsec/detail/publish/upload_registry.ipp>
#include <modelsec/detail/publish/upload_s3.ipp>
#include <modelsec/detail/publish/upload_supabase.ipp>

#endif
