// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_THRESHOLD_IPP
#define MODELSEC_DETAIL_TRUST_THRESHOLD_IPP

#include <modelsec/detail/base/parallel.hpp>
#include <modelsec/detail/trust/threshold.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <span>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// One question to the cryptography: is this signature made by this key?
struct signature_trial
{
    const signature* sig;
    const candidate_key* key;
    bool good = false;
};

/// Answers some questions. Ed25519 hashes the message once per signature and nothing of that can be shared, so a large message is
/// hashed on several threads: 2 MiB with 3 signatures take 14 ms on one core, 7 on two (./dev bench verify). As many threads as
/// signatures, even on fewer cores: three on two cores are done before two are with two rounds. Without them it is only slower.
inline void try_signatures(std::span<signature_trial> trials, bytes_view message)
{
    static constexpr std::size_t worth_a_thread = 128u << 10;
    std::atomic<std::size_t> next{0};
    const auto work = [&]() noexcept {
        for (std::size_t i = next++; i < trials.size(); i = next++)
            try
            {
                trials[i].good = trials[i].key->key.verify(message, trials[i].sig->value);
            }
            catch (const std::exception&)  // no memory: what could not be verified does not count
            {
            }
    };
    const bool together = message.size() >= worth_a_thread && trials.size() > 1 && std::thread::hardware_concurrency() > 1;
    work_with_helpers(together ? trials.size() - 1 : 0, work, work);
}

/// Goes through pairs of signature and key, a few at a time, until the budget ends. Who signed is known by some of them already; what
/// is known is not asked again.
class signature_trials
{
public:
    signature_trials(bytes_view message, signature_budget& budget) : message_(message), budget_(budget) {}

    /// `leave_out_matched`: a pair whose signature or key has a match already is not tried.
    result<void> run(const std::vector<signature_trial>& pairs, bool leave_out_matched)
    {
        for (std::size_t at = 0; at < pairs.size() && !exhausted_;)
        {
            std::vector<signature_trial> round;
            for (; at < pairs.size() && round.size() < together && !exhausted_; ++at)
            {
                if (leave_out_matched && matched(pairs[at]))
                    continue;
                if (message_.size() > budget_.message_bytes - std::min(budget_.hashed, budget_.message_bytes))
                    exhausted_ = true;
                else
                {
                    budget_.hashed += message_.size();
                    round.push_back(pairs[at]);
                }
            }
            if (budget_.go_on)
                MODELSEC_CHECK(budget_.go_on());
            try_signatures(round, message_);
            for (const signature_trial& t : round)
                if (t.good)
                    good_.push_back(t);
        }
        return {};
    }

    const std::vector<signature_trial>& good() const noexcept { return good_; }
    bool exhausted() const noexcept { return exhausted_; }

private:
    static constexpr std::size_t together = 4;

    bool matched(const signature_trial& pair) const
    {
        return std::ranges::any_of(
            good_, [&](const signature_trial& g) { return g.sig == pair.sig || g.key->key == pair.key->key; });
    }

    bytes_view message_;
    signature_budget& budget_;
    std::vector<signature_trial> good_;
    bool exhausted_ = false;
};

/// Why a key counts for nothing. Bytes that are barred under one id do not count under another.
inline reason bar_of(const std::vector<candidate_key>& keys, const public_key& key)
{
    for (const candidate_key& k : keys)
        if (k.key == key && k.barred != reason::none)
            return k.barred;
    return reason::none;
}

result<threshold_verdict> check_threshold(const std::vector<candidate_key>& keys, unsigned threshold, key_id_rule rule,
                                          bytes_view message, const std::vector<signature>& signatures,
                                          signature_budget* budget)
{
    if (threshold == 0)
        return fail(reason::bad_option, "a threshold of 0 trusts everybody");

    // First each signature by the key that it names; then, if the name is only a hint, by the others (DSSE protocol, step
    // 3).
    std::vector<signature_trial> named, others;
    bool any_named = false;
    for (const signature& s : signatures)
    {
        any_named = any_named || (rule == key_id_rule::hint && s.key_id.empty());
        for (const candidate_key& k : keys)
            (k.key_id == s.key_id ? named : others).push_back({&s, &k});
    }
    any_named = any_named || !named.empty();
    signature_budget own_budget;
    signature_trials trials(message, budget ? *budget : own_budget);
    MODELSEC_CHECK(trials.run(named, false));
    if (rule == key_id_rule::hint)
        MODELSEC_CHECK(trials.run(others, true));

    // TUF 1.0 section 5.3.4: a key counts once, however many signatures, ids or spellings of its id it comes with.
    threshold_verdict verdict;
    std::vector<const public_key*> counted;
    reason barred = reason::none;
    for (const signature_trial& t : trials.good())
    {
        if (const reason why = bar_of(keys, t.key->key); why != reason::none)
        {
            if (barred != reason::key_revoked)
                barred = why;
            continue;
        }
        if (std::any_of(counted.begin(), counted.end(), [&](auto* k) { return *k == t.key->key; }))
            continue;
        counted.push_back(&t.key->key);
        verdict.key_ids.push_back(t.key->key_id);
    }

    if (counted.size() >= threshold)
        return verdict;
    if (trials.exhausted())
        return fail(reason::too_many_signatures,
                    std::to_string(signatures.size()) + " signatures and " + std::to_string(keys.size()) + " keys");
    if (!counted.empty() || signatures.empty())
        return fail(reason::threshold_unmet,
                    std::to_string(counted.size()) + " of " + std::to_string(threshold) + " signatures");
    if (barred != reason::none)
        return fail(barred);
    return fail(any_named ? reason::bad_signature : reason::unknown_key);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
