// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_THRESHOLD_HPP
#define MODELSEC_DETAIL_TRUST_THRESHOLD_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/trust/envelope.hpp>
#include <modelsec/detail/trust/key.hpp>

#include <modelsec/limits.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A key and whether it may count right now.
struct candidate_key
{
    std::string key_id;
    public_key key;
    /// none: it may; else why its signatures count for nothing (`key_revoked`, `key_window`).
    reason barred = reason::none;
};

/// What a key id in a signature means.
enum class key_id_rule
{
    hint,  ///< DSSE: try the key of this id first, then the others
    binds  ///< pack, TUF: this key and no other
};

/// The keys that vouch for a message.
struct threshold_verdict
{
    std::vector<std::string> key_ids;  ///< one for each distinct key (by its bytes) with a valid signature
};

/// Asked between signatures: cancel, deadline. What it fails with ends the work.
using go_on_function = std::function<result<void>()>;

/// Goes on until the operation is cancelled.
inline go_on_function until_cancelled(const control& handle)
{
    return [handle]() -> result<void> { return handle.cancelled() ? fail(reason::cancelled) : result<void>(); };
}

/// What may be spent on the signatures of one document before it is trusted (CWE-400).
struct signature_budget
{
    std::uint64_t message_bytes =
        limits{}.signature_message_bytes;  ///< that may be hashed: the message's size for each pair tried
    go_on_function go_on{};                ///< asked between pairs; may be empty
    std::uint64_t hashed = 0;              ///< so far

    /// Before a message of this size is tried once more: what `go_on` says, `too_many_signatures` if there is no room for it.
    result<void> spend(std::size_t size)
    {
        if (go_on)
            MODELSEC_CHECK(go_on());
        if (size > message_bytes - std::min(hashed, message_bytes))
            return fail(reason::too_many_signatures, "more to be hashed than allowed");
        hashed += size;
        return {};
    }
};

/// The one function that decides whether enough keys signed (TUF 1.0 section 5.3.4 and its like, DSSE protocol step 3):
/// `threshold` signatures that verify, by keys distinct by their bytes. Signatures that do not verify do no harm once it is
/// met. Pairs of which the signature names the key are tried first, then the others in order, as long as the budget lasts. Fails with
/// the most telling reason: `unknown_key`, `key_revoked`, `key_window`, `bad_signature`, `threshold_unmet`; `too_many_signatures` if
/// the budget ended first; or what `go_on` said.
MODELSEC_DECL result<threshold_verdict> check_threshold(const std::vector<candidate_key>& keys, unsigned threshold,
                                                        key_id_rule rule, bytes_view message,
                                                        const std::vector<signature>& signatures,
                                                        signature_budget* budget = nullptr);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/threshold.ipp>
#endif

#endif
