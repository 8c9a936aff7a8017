// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_AUDITED_HPP
#define MODELSEC_DETAIL_CLIENT_AUDITED_HPP

#include <modelsec/detail/client/audit_trail.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/fetch/network.hpp>
#include <modelsec/options.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// The client's operations, each with its one record in the trail; an alert comes before the operation's last event.
MODELSEC_DECL result<fetch_result> audited_fetch(const client_options& owner, audit_trail& trail, const fetch_options& asked,
                                                 bool lenient, const network_maker& connect = make_network,
                                                 stream_feed* feed = nullptr, const foreign_job* delivered = nullptr);
MODELSEC_DECL result<foreign_job> audited_transfer(const client_options& owner, audit_trail& trail,
                                                   const fetch_options& asked, const network_maker& connect = make_network);
MODELSEC_DECL result<check_result> audited_check(const client_options& owner, audit_trail& trail, const fetch_options& asked,
                                                 const network_maker& connect = make_network);
MODELSEC_DECL result<pack_info> audited_verify(const client_options& owner, audit_trail& trail, const model_options& asked);
MODELSEC_DECL result<pack_info> audited_rollback(const client_options& owner, audit_trail& trail,
                                                 const rollback_options& asked);
MODELSEC_DECL result<gc_report> audited_gc(const client_options& owner, audit_trail& trail, const gc_options& asked);
MODELSEC_DECL result<gc_report> audited_remove(const client_options& owner, audit_trail& trail, const remove_options& asked);
MODELSEC_DECL result<repair_report> audited_repair(const client_options& owner, audit_trail& trail,
                                                   const repair_options& asked);

/// `connect`, whose networks keep to the client's own limits of manifest requests: for requests that have no record of their own.
MODELSEC_DECL network_maker limited_network(audit_trail& trail, const fetch_options& asked, network_maker connect);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/audited.ipp>
#endif

#endif
