// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_BODIES_STORE_HPP
#define MODELSEC_IMPL_BODIES_STORE_HPP

#include <modelsec/impl/archive.ipp>
#include <modelsec/impl/archive_streams.ipp>
#include <modelsec/impl/block_pool.ipp>
#include <modelsec/impl/hash_chunks.ipp>
#include <modelsec/impl/hash_file.ipp>
#include <modelsec/impl/journal.ipp>
#include <modelsec/impl/metadata_folder.ipp>
#include <modelsec/impl/model_folder.ipp>
#include <modelsec/impl/model_hash.ipp>
#include <modelsec/impl/model_tree.ipp>
#include <modelsec/impl/open_pack.ipp>
#include <modelsec/impl/pack.ipp>
#include <modelsec/impl/pipeline.ipp>
#include <modelsec/impl/pipeline_state.ipp>
#include <modelsec/impl/pipeline_workers.ipp>
#include <modelsec/impl/staging.ipp>
#include <modelsec/impl/state.ipp>
#include <modelsec/impl/status_cache.ipp>
#include <modelsec/impl/store.ipp>
#include <modelsec/impl/store_activate.ipp>
#include <modelsec/impl/store_collect.ipp>
#include <modelsec/impl/store_disk.ipp>
#include <modelsec/impl/store_generation.ipp>
#include <modelsec/impl/store_lock.ipp>
#include <modelsec/impl/store_open.ipp>
#include <modelsec/impl/store_read.ipp>
#include <modelsec/impl/store_recover.ipp>
#include <modelsec/impl/store_stage.ipp>
#include <modelsec/impl/store_state.ipp>
#include <modelsec/impl/stream.ipp>
#include <modelsec/impl/with_active.ipp>
#include <modelsec/impl/zip_directory.ipp>
#include <modelsec/impl/zip_fields.ipp>
#include <modelsec/impl/zip_local.ipp>

#endif
