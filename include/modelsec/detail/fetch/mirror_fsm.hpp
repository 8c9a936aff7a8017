// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_MIRROR_FSM_HPP
#define MODELSEC_DETAIL_FETCH_MIRROR_FSM_HPP

#include <modelsec/error.hpp>

#include <functional>
#include <optional>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// How the sources of one file fare during one download: which is asked next, and which are not asked any more. No IO.
class mirror_fsm
{
public:
    explicit mirror_fsm(std::size_t count) : all_(count) {}

    /// The source with the fewest failures since it last delivered, the earlier one first; nothing if all were dropped. Those that
    /// `avoid` names come last.
    MODELSEC_DECL std::optional<std::size_t> best(const std::function<bool(std::size_t)>& avoid = {}) const;
    /// It failed in a way that may pass. True if another one is to be asked at once, false if all had their turn: wait
    /// first.
    MODELSEC_DECL bool strike(std::size_t source);
    /// It delivered.
    void worked(std::size_t source) { all_[source].strikes = 0; }
    /// It is not asked again.
    MODELSEC_DECL void drop(std::size_t source, failure why);
    /// It served bytes that are not the signed ones: dropped, but for the last one, which gets a second chance.
    MODELSEC_DECL void served_wrong_bytes(std::size_t source);

    /// From now on only this one is asked, unless it is dropped: what it delivers is mixed with nothing else.
    void prefer_alone(std::size_t source) { alone_ = source; }

    bool dropped(std::size_t source) const { return all_[source].dropped.has_value(); }
    MODELSEC_DECL std::size_t alive() const;
    std::size_t size() const noexcept { return all_.size(); }
    /// What the download fails with once all are dropped: wrong bytes before anything else, then what the first source said.
    MODELSEC_DECL failure verdict() const;

    // Whether a source answers range requests as it should.
    bool has_ranges(std::size_t source) const { return all_[source].ranges; }
    void no_ranges(std::size_t source) { all_[source].ranges = false; }
    /// … by its own word: it refuses the whole, too.
    void ranges_again(std::size_t source) { all_[source].ranges = true; }
    bool has_whole(std::size_t source) const { return all_[source].whole; }
    void no_whole(std::size_t source) { all_[source].whole = false; }

private:
    struct mirror
    {
        unsigned strikes = 0;
        bool wrong_bytes = false;
        bool ranges = true;
        bool whole = true;
        std::optional<failure> dropped;
    };
    std::vector<mirror> all_;
    std::optional<std::size_t> alone_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/mirror_fsm.ipp>
#endif

#endif
