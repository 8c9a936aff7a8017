// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "remote_findings.hpp"

#include "text.hpp"

namespace modelsec::tool {

namespace {

/// The stable word for scripts (`kind` of --json): wrong chunks are told as a wrong file is, and what is open to all is "public".
std::string_view word_for(remote_problem kind) noexcept
{
    return kind == remote_problem::chunks ? "digest" : kind == remote_problem::open ? "public" : to_string(kind);
}

void tell(const remote_finding& finding, const remote_file& file, const std::string& place, output& out)
{
    const std::string name = file.place == "oci"                           ? "the OCI artifact"
                             : file.name.empty() && !file.platform.empty() ? "the archive"
                                                                           : printable(file.name);
    const std::string text = std::string(to_string(finding.why)) + ": " + printable(finding.detail);
    out.object({{"type", "finding"},
                {"kind", word_for(finding.kind)},
                {"platform", printable(file.platform)},
                {"file", name},
                {"place", place},
                {"url", printable(file.url.substr(0, file.url.find('?')))},  // a signed address is a token
                {"reason", to_string(finding.why)},
                {"text", text}});
    out.say(std::string(word_for(finding.kind)) + ": " + name + (place.empty() ? "" : " (" + place + "): ") + text);
}

}  // namespace

std::size_t tell_findings(const remote_report& report, output& out)
{
    for (const remote_file& f : report.files)
        for (const remote_finding& finding : f.findings)
            tell(finding, f, f.place, out);
    for (const remote_finding& finding : report.findings)
        tell(finding, {}, {}, out);
    return report.finding_count();
}

}  // namespace modelsec::tool
