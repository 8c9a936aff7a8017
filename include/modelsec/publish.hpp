// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_PUBLISH_HPP
#define MODELSEC_PUBLISH_HPP

// For those who publish models. Everything that the command's publisher does is here in a line or two:
//
//     using namespace modelsec;
//     const std::vector keys{signing_key::load("keys/release-2026.pem").value()};  // or generate(), external()
//     publication content{.model_id = "llama", .version = "1.0.0", .sequence = 1, .issued_at = now, .expires_at = now + days(30)};
//     content.artifacts = {{"linux_gguf", list_folder({"build/llama", "https://cdn.example/llama"}).value()}};
//     const std::string manifest = make_manifest(content, keys).value().text;      // hashed, signed, accepted as by clients
//
// Functions return result<T>: value() throws modelsec::error. They block; those that take long take a control to cancel by and tell
// their progress. They read no clock and no environment. Two of them may run at the same time on different objects.
//
//  * keys:       signing_key, load_token_key() for keys on a PKCS#11 token, write_pins_header()
//  * manifests:  publication, make_manifest(), list_folder(), parse_description(), add_signature(), renew_manifest(), hash_files()
//  * encryption: parse_encryption_target(), encrypt_publication()
//  * bundles:    make_bundle(), for machines without a network
//  * hosts:      place_model(), publish_to_host(), check_remote(), probe_address(), check_transport()
//  * trust root: root_document (a TUF 1.0 root.json)
//  * any file:   describe_document()
#include <modelsec/detail/publish/check_remote.hpp>
#include <modelsec/detail/publish/describe.hpp>
#include <modelsec/detail/publish/description.hpp>
#include <modelsec/detail/publish/encrypt_publication.hpp>
#include <modelsec/detail/publish/folder_listing.hpp>
#include <modelsec/detail/publish/hash_files.hpp>
#include <modelsec/detail/publish/make_bundle.hpp>
#include <modelsec/detail/publish/placement.hpp>
#include <modelsec/detail/publish/publication.hpp>
#include <modelsec/detail/publish/root_document.hpp>
#include <modelsec/detail/publish/signing_key.hpp>
#include <modelsec/detail/publish/token_key.hpp>
#include <modelsec/detail/publish/upload.hpp>

#endif
