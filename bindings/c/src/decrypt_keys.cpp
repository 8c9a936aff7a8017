// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "decrypt_keys.hpp"

#include <modelsec/publish.hpp>

namespace c_api {

modelsec::result<modelsec::key_provider> read_decrypt_keys(const modelsec_request& r)
{
    if (r.decrypt_key_count == 0 && r.decrypt_key_file_count == 0)
        return modelsec::key_provider();
    std::vector<modelsec::secret> keys;
    const auto take = [&](const modelsec::secret& one) -> modelsec::result<void> {
        MODELSEC_TRY(modelsec::secret key, modelsec::parse_decryption_key(one));
        keys.push_back(std::move(key));
        return {};
    };
    for (size_t i = 0; i < r.decrypt_key_count; ++i)
    {
        if (!r.decrypt_keys[i])
            return modelsec::fail(modelsec::reason::bad_option, "a null where there must be a key");
        MODELSEC_CHECK(take(modelsec::secret(std::string_view(r.decrypt_keys[i]))));
    }
    for (size_t i = 0; i < r.decrypt_key_file_count; ++i)
    {
        MODELSEC_TRY(const modelsec::secret one, modelsec::read_secret_file(text(r.decrypt_key_files[i])));
        MODELSEC_CHECK(take(one));
    }
    const auto shared = std::make_shared<const std::vector<modelsec::secret>>(std::move(keys));
    return modelsec::key_provider(
        [shared](const modelsec::encryption_info&) -> modelsec::result<std::vector<modelsec::secret>> {
            std::vector<modelsec::secret> out;
            for (const modelsec::secret& one : *shared)
                out.push_back(one.clone());
            return out;
        });
}

}  // namespace c_api
