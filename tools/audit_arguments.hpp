// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_AUDIT_ARGUMENTS_HPP
#define MODELSEC_TOOLS_AUDIT_ARGUMENTS_HPP

#include "command_error.hpp"
#include "command_line.hpp"
#include "credentials.hpp"
#include "platform.hpp"

#include <modelsec/options.hpp>

#include <CLI/CLI.hpp>

#include <string>

namespace modelsec::tool {

/// What every command that changes or asks for something is told about its audit log. It is on by default.
class audit_arguments
{
public:
    void add_to(CLI::App& c, const std::string& group = "Audit")
    {
        c.add_flag("--no-audit", off_, "Write no line into the store's audit log")->group(group);
        c.add_option("--actor", actor_, "Whom this is done for, in the audit log")->type_name("NAME")->group(group);
        add_trace_to(c, group, "W3C trace context, for the audit log and the manifest's origin; default: $TRACEPARENT");
        c.add_option("--metrics", metrics_, "Keep the store's counters in this file, for Prometheus' node exporter")
            ->type_name("FILE")
            ->group(group);
        c.add_option("--audit-sink", sink_, "Send the audit events on to this address, as JSON by POST")
            ->type_name("URL")
            ->group(group);
    }

    /// For commands that keep no log.
    void add_trace_to(CLI::App& c, const std::string& group,
                      const std::string& purpose = "W3C trace context, for the manifest's origin; default: $TRACEPARENT")
    {
        c.add_option("--trace-parent", trace_parent_, purpose)->type_name("00-TRACE-SPAN-FLAGS")->group(group);
    }

    /// For commands that ask for manifests.
    void add_limits_to(CLI::App& c, const std::string& group = "Audit")
    {
        count_option(c, "--manifest-rate", per_minute_, "Ask for manifests at most so often a minute, over all processes")
            ->check(CLI::Range(1u, 1000u))
            ->group(group);
        count_option(c, "--manifest-quota", per_day_, "And at most so often a day")->group(group);
    }

    void apply_to(client_options& owner) const
    {
        owner.audit.enabled = !off_;
        owner.audit.actor = actor_;
        owner.audit.metrics_file = metrics_;
        owner.audit.sink_url = sink_;
        if (!sink_.empty() && !sink_.starts_with("https://"))
            usage("--audit-sink is an https address");
        refuse_userinfo(sink_);
        owner.manifest_requests.per_minute = per_minute_;
        owner.manifest_requests.per_day = per_day_;
    }

    /// A context that is given must be one; that of the environment is left out if it is none (W3C Trace Context, section 3.2.2).
    std::string trace_parent() const
    {
        if (trace_parent_.empty())
            return environment("TRACEPARENT").value_or(std::string());
        if (!is_trace_parent(trace_parent_))
            usage("--trace-parent is 00-<32 hex>-<16 hex>-<2 hex>");
        return trace_parent_;
    }

private:
    bool off_ = false;
    std::string actor_, trace_parent_, metrics_, sink_;
    unsigned per_minute_ = 0, per_day_ = 0;
};

}  // namespace modelsec::tool

#endif
