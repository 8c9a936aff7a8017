// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_STORE_OPERATION_HPP
#define MODELSEC_DETAIL_CLIENT_STORE_OPERATION_HPP

#include <modelsec/options.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// What client does with the store alone, without a network. Codes at client's members.
MODELSEC_DECL result<open_pack> open_active(const client_options& owner, const model_options& asked);
MODELSEC_DECL result<decrypted_pack> open_decrypted(const client_options& owner, const model_options& asked,
                                                    const key_provider& keys);
MODELSEC_DECL result<std::vector<model_status>> read_status(const client_options& owner);
MODELSEC_DECL result<pack_info> verify_active(const client_options& owner, const model_options& asked);
/// The digests of whole files that nobody waited for when the active pack became so: for when there is nothing else to do.
/// `chunks_contradict`: the pack was left.
MODELSEC_DECL result<void> settle_digests(const client_options& owner, const std::string& model_id, const control& handle);
MODELSEC_DECL result<pack_info> run_rollback(const client_options& owner, const rollback_options& asked);
MODELSEC_DECL result<gc_report> run_gc(const client_options& owner, const gc_options& asked);
MODELSEC_DECL result<repair_report> run_repair(const client_options& owner, const repair_options& asked);
MODELSEC_DECL result<gc_report> run_remove(const client_options& owner, const remove_options& asked);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/repair_operation.ipp>
#include <modelsec/detail/client/store_operation.ipp>
#endif

#endif
