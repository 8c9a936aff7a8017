// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "encryption_keys.hpp"

#include "command_error.hpp"
#include "platform.hpp"

namespace modelsec::tool {

std::vector<encryption_target> read_encryption_targets(const std::vector<std::string>& paths)
{
    static constexpr std::size_t most_bytes = 64u << 10;
    std::vector<encryption_target> out;
    for (const std::string& path : paths)
    {
        bytes text = value_or_hint(read_local_file(path, most_bytes), "--encrypt-for: check that the file may be read");
        const secret kept{bytes_view(text)};
        wipe(text.data(), text.size());
        out.push_back(
            value_or_hint(parse_encryption_target(kept), "--encrypt-for takes a public X25519 key: PEM, JSON, or base64"));
    }
    return out;
}

key_provider find_decryption_key(const std::string& variable, const std::string& path)
{
    if (variable.empty() && path.empty())
        return {};
    if (!variable.empty() && !path.empty())
        usage("--decrypt-key-env or --decrypt-key, not both");
    secret text;
    if (!path.empty())
        text = value_or_hint(read_secret_file(path), "--decrypt-key: a 0600 file with the key");
    else if (auto value = environment(variable))
    {
        text = secret(*value);
        wipe(*value);
    }
    else
        usage("--decrypt-key-env: the variable is not set");
    return make_key_provider(
        value_or_hint(parse_decryption_key(text), "--decrypt-key takes 32 bytes: PEM of X25519, JSON, or base64"));
}

}  // namespace modelsec::tool
