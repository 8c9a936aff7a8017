// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_NETWORK_HPP
#define MODELSEC_DETAIL_FETCH_NETWORK_HPP

#include <modelsec/detail/store/staging.hpp>
#include <modelsec/detail/fetch/download.hpp>
#include <modelsec/detail/net/http_client.hpp>

#include <functional>
#include <memory>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// All that an operation wants of the network. The real one is http_client and the download engine; tests drive operations by a
/// script that fails or cancels at each step.
class network
{
public:
    virtual ~network() = default;
    virtual result<http_answer> exchange(const http_request& request) = 0;
    virtual result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) = 0;
    /// From now on requests end at `due` (by the clock of the environment) with `deadline`; nothing: never.
    virtual void set_deadline(std::optional<steady_time> /*due*/) {}
    /// Nothing will be asked of it before `next_use`: what would only lie idle until then is closed.
    virtual void rest_until(steady_time /*next_use*/) {}
};

using network_maker = std::function<std::unique_ptr<network>(http_client::environment)>;

MODELSEC_DECL std::unique_ptr<network> make_network(http_client::environment env);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/network.ipp>
#endif

#endif
