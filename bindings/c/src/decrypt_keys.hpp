// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_BINDINGS_C_DECRYPT_KEYS_HPP
#define MODELSEC_BINDINGS_C_DECRYPT_KEYS_HPP

#include "handles.hpp"

namespace c_api {

/// The provider of all keys of a request; empty if there are none. They are wiped with its last copy.
modelsec::result<modelsec::key_provider> read_decrypt_keys(const modelsec_request& r);

}  // namespace c_api

#endif
