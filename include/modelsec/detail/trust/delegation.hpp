// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_DELEGATION_HPP
#define MODELSEC_DETAIL_TRUST_DELEGATION_HPP

#include <modelsec/detail/trust/metadata.hpp>

#include <set>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Whether a target's path matches a pattern (TUF 1.0 section 4.5, PATHPATTERN): shell wildcards `*`, `?`, `[…]`, `[!…]`,
/// none of which matches a `/`; letters of different case differ. Takes time at most proportional to the product of the
/// lengths.
MODELSEC_DECL bool matches_path_pattern(std::string_view path, std::string_view pattern);

/// The bin of this path: the leftmost bits of the SHA-256 of the path (TAP 15).
MODELSEC_DECL std::string bin_of_path(const succinct_roles& bins, std::string_view path);

/// A role to visit, and who delegates to it ("root" for the top-level targets role).
struct delegation_step
{
    std::string role;
    std::string delegator;

    auto operator<=>(const delegation_step&) const = default;
};

/// The search for a target: pre-order and depth-first through the delegations, in the order in which they are listed
/// (TUF 1.0 section 5.6.7). Each role is visited once, so cycles end; a terminating delegation that matches ends the search
/// beyond what it delegates to itself; the number of roles is capped (`limits::delegations`).
class delegation_walk
{
public:
    MODELSEC_DECL explicit delegation_walk(std::string path, const limits& caps = {});

    const std::string& path() const noexcept { return path_; }

    /// The role whose metadata is needed next. Nothing: the search is over, nobody lists the target.
    MODELSEC_DECL std::optional<delegation_step> next() const;
    /// Whether the search ended because of the cap.
    bool capped() const noexcept { return !to_visit_.empty() && visited_.size() >= cap_; }

    /// Gives what the metadata of next() says of path(). Returns the target if that role lists it: then the search is over.
    MODELSEC_DECL const target_file* visit(const targets_metadata& metadata);

private:
    MODELSEC_DECL void drop_visited();

    std::string path_;
    std::size_t cap_;
    std::vector<delegation_step> to_visit_;  ///< a stack: the next one is last
    std::set<std::string, std::less<>> visited_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/delegation.ipp>
#endif

#endif
