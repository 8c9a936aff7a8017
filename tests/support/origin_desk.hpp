// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_ORIGIN_DESK_HPP
#define MODELSEC_TESTS_SUPPORT_ORIGIN_DESK_HPP

#include "origin.hpp"
#include "publisher.hpp"
#include "temp_dir.hpp"
#include "throwaway_ca.hpp"

#include <modelsec/detail/base/json.hpp>

#include <chrono>
#include <map>
#include <string>

namespace support {

/// The origin, a CA and a publisher behind one desk that takes orders in JSON: for tests in other languages. What each order
/// takes and gives stands in origin_main.cpp.
class origin_desk
{
public:
    explicit origin_desk(std::chrono::seconds lifetime);

    /// What a client has to know: addresses, the CA's file, pins.
    modelsec::detail::json greeting() const;
    /// Does what `order` says. Throws std::exception for what cannot be meant.
    modelsec::detail::json answer(const modelsec::detail::json& order);

private:
    modelsec::detail::json publish(const modelsec::detail::json& order);
    modelsec::detail::json tuf(const modelsec::detail::json& order);
    modelsec::detail::json root(const modelsec::detail::json& order);
    modelsec::detail::json requests(const std::string& path) const;
    void fail(const modelsec::detail::json& order);

    throwaway_ca ca_;
    identity server_;
    signer key_{"v1"};
    origin web_;
    temp_dir place_;
    std::map<std::string, std::string> edge_;  ///< envelopes by "tier/platform"
};

}  // namespace support

#endif
