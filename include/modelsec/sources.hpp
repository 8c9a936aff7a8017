// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_SOURCES_HPP
#define MODELSEC_SOURCES_HPP

// Where the locators of a manifest lead beside plain https (client_options::sources):
//
//  * source_options: hub_options (`hf://`), registry_options (`oci://`), s3_options (buckets that the caller has keys to)
//  * model_source:   a kind of host of the application's own (examples/own_source); source_request and source_answer are what it
//                    says and hears
#include <modelsec/detail/source/source_set.hpp>

#endif
