// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TUF_HPP
#define MODELSEC_TUF_HPP

// A client of any repository of The Update Framework (TUF 1.0), for targets of every kind:
//
//     modelsec::tuf_updater updater = modelsec::tuf_updater::open(options).value();
//     updater.refresh().value();
//     updater.download(updater.find("app/model.bin").value(), "downloads/model.bin").value();
//
// A model that is a target is better fetched by client::fetch with a tuf_repository: that resumes, runs on several connections, and
// activates atomically.
#include <modelsec/detail/tuf_client/tuf_updater.hpp>

#endif
