// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_TRUST_ACTION_HPP
#define MODELSEC_DETAIL_TRUST_TRUST_ACTION_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>

#include <string>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What a trust workflow (root_chain, tuf_client) needs done before it can go on. The workflows decide, their drivers do.
struct trust_action
{
    enum class kind
    {
        fetch,  ///< get `name` below the metadata URL, no more than `cap` bytes: answer with got(), absent() or failed()
        load,  ///< read `name` from the metadata folder, no more than `cap` bytes: got(), absent(), or failed(), which ends the attempt
        store,   ///< write `data` as `name` into the metadata folder, durably, all or nothing: finished() or failed()
        remove,  ///< remove `name` from the metadata folder, if it is there: finished() or failed()
        done     ///< nothing more
    };

    kind what = kind::done;
    std::string name;  ///< one path segment: percent-encoded for fetch, safe as a file name for the others
    std::size_t cap = 0;
    bytes data;
    bool digest_signed = false;  ///< fetch: what comes is held against a digest that signed metadata lists
};

/// What came of an action.
struct trust_input
{
    enum class kind
    {
        finished,
        got,
        absent,  ///< fetch: 404 from the origin itself, in verified TLS; never a redirect, a proxy's word or any other error
        failed
    };

    kind what = kind::finished;
    bytes data;
    failure error;
    std::string coding{};  ///< got: the content coding that the answer claims, which is never decoded; empty: none

    static trust_input finished() { return {}; }
    static trust_input got(bytes data, std::string coding = {})
    {
        return {kind::got, std::move(data), {}, std::move(coding)};
    }
    static trust_input absent() { return {kind::absent, {}, {}}; }
    static trust_input failed(failure f) { return {kind::failed, {}, std::move(f)}; }
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
