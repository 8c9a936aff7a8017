// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_BODIES_HPP
#define MODELSEC_DETAIL_STORE_BODIES_HPP

#include <modelsec/detail/store/archive/archive.ipp>
#include <modelsec/detail/store/archive/archive_streams.ipp>
#include <modelsec/detail/store/archive/zip_directory.ipp>
#include <modelsec/detail/store/archive/zip_fields.ipp>
#include <modelsec/detail/store/archive/zip_local.ipp>
#include <modelsec/detail/store/decrypted_file.ipp>
#include <modelsec/detail/store/decrypted_pack.ipp>
#include <modelsec/detail/store/file_verifier.ipp>
#include <modelsec/detail/store/hash_pack.ipp>
#include <modelsec/detail/store/journal.ipp>
#include <modelsec/detail/store/metadata_folder.ipp>
#include <modelsec/detail/store/open_pack.ipp>
#include <modelsec/detail/store/pack.ipp>
#include <modelsec/detail/store/staging.ipp>
#include <modelsec/detail/store/staging_claim.ipp>
#include <modelsec/detail/store/state/state.ipp>
#include <modelsec/detail/store/state/store_state.ipp>
#include <modelsec/detail/store/store.ipp>
#include <modelsec/detail/store/store_activate.ipp>
#include <modelsec/detail/store/store_adopt.ipp>
#include <modelsec/detail/store/store_aside.ipp>
#include <modelsec/detail/store/store_collect.ipp>
#include <modelsec/detail/store/store_disk.ipp>
#include <modelsec/detail/store/store_generation.ipp>
#include <modelsec/detail/store/store_lock.ipp>
#include <modelsec/detail/store/store_open.ipp>
#include <modelsec/detail/store/store_read.ipp>
#include <modelsec/detail/store/store_repair.ipp>
#include <modelsec/detail/store/store_recover.ipp>
#include <modelsec/detail/store/store_share.ipp>
#include <modelsec/detail/store/store_stage.ipp>
#include <modelsec/detail/store/stream.ipp>

#endif
