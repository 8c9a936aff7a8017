// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_TOKEN_KEY_HPP
#define MODELSEC_DETAIL_PUBLISH_TOKEN_KEY_HPP

#include <modelsec/detail/base/secret.hpp>
#include <modelsec/detail/publish/signing_key.hpp>

#include <functional>
#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE

/// What a PKCS#11 address (RFC 7512) says: "pkcs11:token=release;object=key-2026?module-path=/usr/lib/softhsm/libsofthsm2.so". Empty: not
/// said.
struct token_address
{
    std::string token{}, manufacturer{}, model{}, serial{};  ///< of the token
    std::string object{};                                    ///< the key's label
    bytes id{};                                              ///< the key's CKA_ID
    std::string module_path{};                               ///< the module's full path
    std::string pin_file{};                                  ///< of `pin-source=file:…`: a 0600 file

    /// `bad_option` for what is none, or says a thing twice; `secret_in_argument` for `pin-value`: addresses are arguments, which
    /// every process sees (CWE-214); `unsupported` for attributes that would choose a key and are not known here.
    MODELSEC_DECL static result<token_address> parse(std::string_view text);
};

struct token_key_options
{
    std::string
        id{};  ///< the key's id in envelopes; empty: its label, if it is an identifier, else as signing_key::generate
    std::string module_path{};              ///< for addresses without one
    std::function<result<secret>()> pin{};  ///< asked once, if the address names no file for it
};

/// An Ed25519 key that stays on a PKCS#11 token (version 2.40 and 3.0; CKM_EDDSA): signing_key::external over the module, which is loaded for the rest of
/// the process. The session is the key's own and ends with it; signatures are made one after the other. Codes: `key_unavailable` (no module, no
/// token, no such key or more than one, no public half beside it), `pin_refused` (14), what `pin` gave.
MODELSEC_DECL result<signing_key> load_token_key(std::string_view address, const token_key_options& options = {});

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/token_key.ipp>
#endif

#endif
