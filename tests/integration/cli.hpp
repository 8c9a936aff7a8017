// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_INTEGRATION_CLI_HPP
#define MODELSEC_TESTS_INTEGRATION_CLI_HPP

#include "command.hpp"

namespace integration {

/// `modelsec fetch` of the world's /manifest, as people type it.
inline std::vector<std::string> people_fetch(const world& w, const std::vector<std::string>& more = {})
{
    std::vector<std::string> all{"fetch",     "--manifest", w.web.url("/manifest"), "--pin",
                                 w.key.pin(), "--ca",       w.place / "ca.pem",     "--store",
                                 w.store()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace integration

#endif
