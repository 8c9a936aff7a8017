// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_HINTS_HPP
#define MODELSEC_TOOLS_HINTS_HPP

#include <modelsec/error.hpp>

#include <string_view>

namespace modelsec::tool {

/// What a user of the command can do about a failure: the library's hint, or, where an option helps, one that names it.
inline std::string_view command_hint(reason why) noexcept
{
    switch (why)
    {
    case reason::bad_option: return "see --help";
    case reason::trust_source_missing:
        return "say who may sign: --pin, --pins or --root; of a --signature --key, --ca-signing or --identity";
    case reason::trust_source_twice: return "say in one way who may sign: by pins, a root, or the signer of a --signature";
    case reason::no_trust_anchor:
        return "of the certificates that --ca or --ca-signing names none is self-signed, so none can be trusted: name the "
               "root CA's file "
               "too";
    case reason::model_required: return "say which model is expected: --model";
    case reason::secret_in_argument: return "secrets come from the environment or a 0600 file: --token-env, --credentials";
    case reason::bad_proxy: return "a proxy is of http, socks5 or socks5h, with host and port; see --proxy";
    case reason::self_signed: return "self-signed certificates are not accepted; give the CA with --ca";
    case reason::unknown_ca: return "the issuer is not trusted; give its CA with --ca";
    case reason::trust_store: return "the CA file or the client certificate cannot be used; see --ca, --cert and --cert-key";
    case reason::spki_mismatch: return "the server's key is not among those of --spki-pin";
    case reason::staple_missing: return "the server sent no stapled OCSP answer; see --ocsp";
    case reason::unauthorized: return "check the token; see --token-env and --credentials";
    case reason::proxy_auth: return "check the proxy's user and password; see --proxy-user-env";
    case reason::no_artifact: return "check the names of --platform";
    case reason::wrong_format: return "the other envelope format is expected; see --format";
    case reason::below_min_sequence: return "the manifest is older than --min-sequence allows";
    case reason::store_permissions:
        return "the store must belong to this user alone; for a volume that is this application's alone give --volume";
    case reason::not_readable:
        return "this user may not read the store: its owner shares it by a fetch with --shared-read; for a volume that is "
               "this application's alone give --volume";
    case reason::model_too_large:
        return "the files are larger together than --max-bytes allows, or than the disk has room for";
    case reason::signature_too_old: return "nobody who is trusted says that it was signed within --max-age";
    default: return hint(why);
    }
}

}  // namespace modelsec::tool

#endif
