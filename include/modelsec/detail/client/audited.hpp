// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_AUDITED_HPP
#define MODELSEC_DETAIL_CLIENT_AUDITED_HPP

#include <modelsec/options.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t audit_records_shown = 10'000;

// The operations that change what is active, each with its one line in the audit log of the store (client_options::audit). What
// cannot be written there fails no operation: the pack is whole and verified, and the owner sees the log's absence.
MODELSEC_DECL result<fetch_result> audited_fetch(const client_options& owner, const fetch_options& asked, bool lenient);
MODELSEC_DECL result<pack_info> audited_rollback(const client_options& owner, const rollback_options& asked);
/// The log, oldest first, at most `most` records (the newest). An absent store or log has none.
MODELSEC_DECL result<std::vector<audit_record>> read_audit(const client_options& owner, const audit_filter& filter,
                                                           std::size_t most);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/audited.ipp>
#endif

#endif
