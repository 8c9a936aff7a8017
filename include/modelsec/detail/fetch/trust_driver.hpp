// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_TRUST_DRIVER_HPP
#define MODELSEC_DETAIL_FETCH_TRUST_DRIVER_HPP

#include <modelsec/detail/fetch/bundle.hpp>
#include <modelsec/detail/fetch/network.hpp>
#include <modelsec/detail/store/store.hpp>
#include <modelsec/detail/trust/threshold.hpp>
#include <modelsec/detail/trust/trust_action.hpp>

#include <set>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Where trust gets its bytes from, and keeps them.
struct trust_means
{
    network* web = nullptr;                 ///< null: nobody is asked; what is not kept is not there
    const metadata_folder* kept = nullptr;  ///< null: nothing is kept
    const limits* caps = nullptr;
    go_on_function go_on{};                 ///< asked between signatures: cancel, deadline
    bool read_only = false;                 ///< what would be kept is only remembered until the end of the workflow
    const bundle_reader* bundle = nullptr;  ///< has the root's successors: no address of theirs is needed
};

/// Does what a trust workflow (root_chain, tuf_client) asks for, below one address.
class trust_driver
{
public:
    /// `forbidden_ends`: a 403 says, like a 404, that there is no further root.
    trust_driver(std::string base, bool forbidden_ends, const trust_means& means)
        : base_(std::move(base)), forbidden_ends_(forbidden_ends), means_(means)
    {
    }

    MODELSEC_DECL trust_input perform(const trust_action& action);

    /// Resumes a workflow with what came of its actions, from this one to the last.
    template <class Workflow>
    result<void> run(Workflow& workflow, result<trust_action> action)
    {
        while (action && action->what != trust_action::kind::done)
            action = workflow.resume(perform(*action));
        if (!action)
            return std::move(action).error();
        return {};
    }

private:
    MODELSEC_DECL trust_input fetch(const trust_action& action);
    MODELSEC_DECL trust_input take(const trust_action& action) const;
    MODELSEC_DECL trust_input load(const trust_action& action);
    MODELSEC_DECL trust_input keep(const trust_action& action);

    std::string base_;
    bool forbidden_ends_;
    trust_means means_;
    std::set<std::string> changed_;  ///< what a read-only run would have changed: no workflow asks for what it has stored
};

/// `name` below the folder at `base`.
MODELSEC_DECL std::string below(const std::string& base, const std::string& name);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/trust_driver.ipp>
#endif

#endif
