// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_SRC_HPP
#define MODELSEC_SRC_HPP

// Every body of the library, for the one translation unit of the compiled build (src/modelsec.cpp). `./dev lint` checks that
// no file of impl/ is missing here.
#ifndef MODELSEC_SEPARATE_COMPILATION
#error "src.hpp belongs to the compiled build: define MODELSEC_SEPARATE_COMPILATION here and in every user"
#endif

#include <modelsec/impl/archive.ipp>
#include <modelsec/impl/archive_streams.ipp>
#include <modelsec/impl/block_pool.ipp>
#include <modelsec/impl/client.ipp>
#include <modelsec/impl/clock.ipp>
#include <modelsec/impl/connection.ipp>
#include <modelsec/impl/connection_read.ipp>
#include <modelsec/impl/connection_state.ipp>
#include <modelsec/impl/control.ipp>
#include <modelsec/impl/credentials.ipp>
#include <modelsec/impl/delegation.ipp>
#include <modelsec/impl/dial.ipp>
#include <modelsec/impl/digest.ipp>
#include <modelsec/impl/download.ipp>
#include <modelsec/impl/download_lane.ipp>
#include <modelsec/impl/download_run.ipp>
#include <modelsec/impl/encoding.ipp>
#include <modelsec/impl/envelope.ipp>
#include <modelsec/impl/error.ipp>
#include <modelsec/impl/event.ipp>
#include <modelsec/impl/exchange.ipp>
#include <modelsec/impl/expiry.ipp>
#include <modelsec/impl/fetch_accept.ipp>
#include <modelsec/impl/fetch_artifact.ipp>
#include <modelsec/impl/fetch_operation.ipp>
#include <modelsec/impl/growth_fsm.ipp>
#include <modelsec/impl/hash_file.ipp>
#include <modelsec/impl/http_client.ipp>
#include <modelsec/impl/http_message.ipp>
#include <modelsec/impl/journal.ipp>
#include <modelsec/impl/json.ipp>
#include <modelsec/impl/key.ipp>
#include <modelsec/impl/local_file.ipp>
#include <modelsec/impl/locator.ipp>
#include <modelsec/impl/memory.ipp>
#include <modelsec/impl/metadata.ipp>
#include <modelsec/impl/metadata_folder.ipp>
#include <modelsec/impl/metadata_parse.ipp>
#include <modelsec/impl/mirror_fsm.ipp>
#include <modelsec/impl/model.ipp>
#include <modelsec/impl/name.ipp>
#include <modelsec/impl/network.ipp>
#include <modelsec/impl/open_pack.ipp>
#include <modelsec/impl/openssl.ipp>
#include <modelsec/impl/pack.ipp>
#include <modelsec/impl/parse.ipp>
#include <modelsec/impl/pins.ipp>
#include <modelsec/impl/pipeline.ipp>
#include <modelsec/impl/pipeline_state.ipp>
#include <modelsec/impl/pipeline_workers.ipp>
#include <modelsec/impl/range_answer.ipp>
#include <modelsec/impl/range_fsm.ipp>
#include <modelsec/impl/range_set.ipp>
#include <modelsec/impl/redirect_fsm.ipp>
#include <modelsec/impl/retry_fsm.ipp>
#include <modelsec/impl/root_chain.ipp>
#include <modelsec/impl/secret.ipp>
#include <modelsec/impl/select.ipp>
#include <modelsec/impl/session.ipp>
#include <modelsec/impl/staging.ipp>
#include <modelsec/impl/state.ipp>
#include <modelsec/impl/store.ipp>
#include <modelsec/impl/store_activate.ipp>
#include <modelsec/impl/store_collect.ipp>
#include <modelsec/impl/store_disk.ipp>
#include <modelsec/impl/store_generation.ipp>
#include <modelsec/impl/store_lock.ipp>
#include <modelsec/impl/store_open.ipp>
#include <modelsec/impl/store_operation.ipp>
#include <modelsec/impl/store_read.ipp>
#include <modelsec/impl/store_recover.ipp>
#include <modelsec/impl/store_stage.ipp>
#include <modelsec/impl/store_state.ipp>
#include <modelsec/impl/stream.ipp>
#include <modelsec/impl/system_roots.ipp>
#include <modelsec/impl/target_check.ipp>
#include <modelsec/impl/threshold.ipp>
#include <modelsec/impl/tls.ipp>
#include <modelsec/impl/tls_stream.ipp>
#include <modelsec/impl/trust_anchor.ipp>
#include <modelsec/impl/trusted_set.ipp>
#include <modelsec/impl/tuf_client.ipp>
#include <modelsec/impl/url.ipp>
#include <modelsec/impl/zip_directory.ipp>
#include <modelsec/impl/zip_fields.ipp>
#include <modelsec/impl/zip_local.ipp>

#include <modelsec/impl/file_system_posix.ipp>
#include <modelsec/impl/file_system_posix_open.ipp>
#include <modelsec/impl/machine_posix.ipp>
#include <modelsec/impl/system_roots_posix.ipp>

#endif
