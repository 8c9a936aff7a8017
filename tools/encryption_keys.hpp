// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_ENCRYPTION_KEYS_HPP
#define MODELSEC_TOOLS_ENCRYPTION_KEYS_HPP

#include <modelsec/options.hpp>

#include <string>
#include <vector>

namespace modelsec::tool {

/// Those whom the files of --encrypt-for name. Throws for what is no public key.
std::vector<encryption_target> read_encryption_targets(const std::vector<std::string>& paths);
/// The provider of --decrypt-key-env and --decrypt-key; empty if neither is given. Throws for what is no key.
key_provider find_decryption_key(const std::string& variable, const std::string& path);

}  // namespace modelsec::tool

#endif
