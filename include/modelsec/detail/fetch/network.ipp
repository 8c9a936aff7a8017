// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_NETWORK_IPP
#define MODELSEC_DETAIL_FETCH_NETWORK_IPP

#include <modelsec/detail/fetch/network.hpp>
#include <modelsec/detail/net/session.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class https_network final : public network
{
public:
    explicit https_network(http_client::environment env) : client_(std::move(env)) {}

    result<http_answer> exchange(const http_request& request) override { return client_.exchange(request); }
    result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) override
    {
        return download(client_, what, staged);
    }
    void set_deadline(std::optional<steady_time> due) override { client_.get().set_deadline(due); }
    void rest_until(steady_time next_use) override { client_.get().close_unused_until(next_use); }

private:
    http_client client_;
};

std::unique_ptr<network> make_network(http_client::environment env)
{
    return std::make_unique<https_network>(std::move(env));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
