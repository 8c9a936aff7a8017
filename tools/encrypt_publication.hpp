// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_ENCRYPT_PUBLICATION_HPP
#define MODELSEC_TOOLS_ENCRYPT_PUBLICATION_HPP

#include <modelsec/publish.hpp>

namespace modelsec::tool {

/// Encrypts the files of a publication for those whose public keys these files hold, each into FILE.enc beside it, and lets the publication
/// be about these. Nothing happens if nobody is named.
void encrypt_files(publication& what, const std::vector<std::string>& recipients,
                   const std::function<void(std::uint64_t, std::uint64_t)>& progress, const control& handle);

}  // namespace modelsec::tool

#endif
