// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_MODELSEC_HPP
#define MODELSEC_MODELSEC_HPP

// All that a program needs that gets models: the client, its options and results, the pins, the errors and the events. Each header below
// can be included by itself, and shows the types that it is named for; options.hpp has what they are members of.
// Programs that publish include modelsec/publish.hpp; pins as constants are in pinned_keys.hpp, a client of any TUF repository in tuf.hpp,
// signatures of models in model_signing.hpp.
#include <modelsec/audit.hpp>
#include <modelsec/client.hpp>
#include <modelsec/clock.hpp>
#include <modelsec/config.hpp>
#include <modelsec/control.hpp>
#include <modelsec/error.hpp>
#include <modelsec/event.hpp>
#include <modelsec/event_delivery.hpp>
#include <modelsec/foreign_transfer.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/log.hpp>
#include <modelsec/open_pack.hpp>
#include <modelsec/options.hpp>
#include <modelsec/pins.hpp>
#include <modelsec/sources.hpp>
#include <modelsec/stream.hpp>
#include <modelsec/transport.hpp>
#include <modelsec/version.hpp>

#endif
