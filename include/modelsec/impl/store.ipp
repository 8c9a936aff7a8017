// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_STORE_IPP
#define MODELSEC_IMPL_STORE_IPP

// The store, by idea.
#include <modelsec/impl/store_disk.ipp>        // files and folders
#include <modelsec/impl/store_generation.ipp>  // the state on disk
#include <modelsec/impl/store_open.ipp>        // open, models, info
#include <modelsec/impl/store_lock.ipp>        // one operation a model
#include <modelsec/impl/store_state.ipp>       // state, update, envelopes
#include <modelsec/impl/store_stage.ipp>       // where packs grow
#include <modelsec/impl/store_recover.ipp>     // after a crash
#include <modelsec/impl/store_activate.ipp>    // activate, roll_back
#include <modelsec/impl/hash_file.ipp>         // read ahead and hash
#include <modelsec/impl/store_read.ipp>        // open_files, hash_again
#include <modelsec/impl/store_collect.ipp>     // gc
#include <modelsec/impl/metadata_folder.ipp>   // trust metadata

#endif
