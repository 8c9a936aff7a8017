// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "remote_arguments.hpp"

#include "credentials.hpp"
#include "text.hpp"

namespace modelsec::tool {

void remote_arguments::add_to(CLI::App& command)
{
    network_.add_to(command);
    command.add_option("--credentials", credentials_file_, "Tokens by origin, in a 0600 file")
        ->type_name("FILE")
        ->group("Network");
}

remote_options remote_arguments::options() const
{
    remote_options out;
    out.transport = network_.transport();
    out.transport.credentials = make_provider({}, credentials_file_);
    return out;
}

remote_report ask_hosts(std::string_view manifest, const remote_arguments& arguments, bool read_bodies,
                        const control& handle, output& out)
{
    remote_options how = arguments.options();
    how.handle = handle;
    how.read_bodies = read_bodies;
    if (read_bodies)
        how.on_progress = [&](std::uint64_t bytes, std::uint64_t total) { out.progress("remote", bytes, total); };
    const remote_report report = check_remote(manifest, how).value();
    for (const remote_file& f : report.files)
    {
        out.object({{"type", "event"},
                    {"event", "address"},
                    {"platform", f.platform},
                    {"name", f.name},
                    {"url", f.url},
                    {"mirror", f.mirror},
                    {"status", f.status},
                    {"ranges", f.ranges},
                    {"bytes", f.bytes_read}});
        for (const remote_finding& finding : f.findings)
        {
            out.object({{"type", "event"},
                        {"event", "finding"},
                        {"url", f.url},
                        {"reason", to_string(finding.why)},
                        {"detail", finding.detail}});
            out.notice(printable(f.url) + ": " + std::string(to_string(finding.why)) +
                       (finding.detail.empty() ? "" : ": " + printable(finding.detail)));
        }
        if (f.findings.empty() && !f.ranges && f.size_bytes != 0)
            out.notice(printable(f.url) + ": no ranges: downloads cannot resume there");
    }
    return report;
}

}  // namespace modelsec::tool
