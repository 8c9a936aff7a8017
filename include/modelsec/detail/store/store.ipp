// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_IPP
#define MODELSEC_DETAIL_STORE_STORE_IPP

// The store, by idea.
#include <modelsec/detail/store/store_disk.ipp>         // files and folders
#include <modelsec/detail/store/store_generation.ipp>   // the state on disk
#include <modelsec/detail/store/store_open.ipp>         // open, models, info
#include <modelsec/detail/store/store_lock.ipp>         // one operation a model
#include <modelsec/detail/store/state/store_state.ipp>  // state, update, envelopes
#include <modelsec/detail/store/store_share.ipp>        // what readers may read
#include <modelsec/detail/store/store_stage.ipp>        // where packs grow
#include <modelsec/detail/store/store_recover.ipp>      // after a crash
#include <modelsec/detail/store/store_activate.ipp>     // activate, roll_back
#include <modelsec/detail/base/hash_file.hpp>           // read ahead and hash
#include <modelsec/detail/store/store_read.ipp>         // open_files, hash_again
#include <modelsec/detail/store/store_adopt.ipp>        // bytes that are here already
#include <modelsec/detail/store/store_repair.ipp>       // damaged and lost state
#include <modelsec/detail/store/store_collect.ipp>      // gc
#include <modelsec/detail/store/metadata_folder.ipp>    // trust metadata

#endif
