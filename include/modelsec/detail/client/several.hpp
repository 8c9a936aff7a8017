// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_SEVERAL_HPP
#define MODELSEC_DETAIL_CLIENT_SEVERAL_HPP

#include <modelsec/detail/client/audit_trail.hpp>
#include <modelsec/detail/fetch/network.hpp>
#include <modelsec/options.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// What client does with several models, or again and again. Both use the control of `asked.operation`, not those of the models. Each model's
// attempt has its record in the trail.
MODELSEC_DECL result<std::vector<model_outcome>> run_ensure_all(const client_options& owner, audit_trail& trail,
                                                                const ensure_all_options& asked,
                                                                const network_maker& connect = make_network);
MODELSEC_DECL result<std::uint64_t> run_watch(const client_options& owner, audit_trail& trail, const watch_options& asked,
                                              const network_maker& connect = make_network);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/several.ipp>
#endif

#endif
