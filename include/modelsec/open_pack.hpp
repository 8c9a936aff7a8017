// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_OPEN_PACK_HPP
#define MODELSEC_OPEN_PACK_HPP

// What client::open() and open_decrypted() give:
//
//  * open_pack:      the files of an active pack, held open: descriptor(), path(), map(); pack_info says which pack it is
//  * mapped_file:    one of them in memory
//  * decrypted_pack: the same where files are encrypted on disk; decrypted_file reads at random, by a key_provider's keys
#include <modelsec/detail/base/mapped_file.hpp>
#include <modelsec/detail/manifest/encryption.hpp>
#include <modelsec/detail/store/decrypted_file.hpp>
#include <modelsec/detail/store/decrypted_pack.hpp>
#include <modelsec/detail/store/open_pack.hpp>

#endif
