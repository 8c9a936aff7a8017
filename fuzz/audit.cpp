// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Lines of the audit log, and what is remembered between attempts: files of this user, which may be damaged.
#include "fuzz.hpp"

#include <modelsec/detail/audit/audit_memory.hpp>

using namespace modelsec;
using namespace modelsec::detail;

MODELSEC_FUZZ_TARGET(audit)
{
    if (const auto record = parse_audit_line(as_text(input)))
    {
        const std::string line = to_json_line(*record);
        const auto again = parse_audit_line(line);
        fuzz::require(again.has_value(), "a line that was read can be written");
        fuzz::require(to_json_line(*again) == line, "and says the same then");
        fuzz::require(line.find('\n') == std::string::npos && line.size() < 8192, "a line is one short line");
    }
    audit_memory memory = audit_memory::parse(as_text(input));
    const std::string written = memory.text();
    fuzz::require(audit_memory::parse(written).text() == written, "a memory that was read says the same when it is written");
    fuzz::require(memory.metrics().ends_with('\n'), "metrics are lines");
    audit_record attempt;
    attempt.operation = "fetch";
    attempt.model_id = "demo";
    attempt.time = utc_time(std::chrono::seconds(1'767'225'600));
    (void)memory.note_attempt(attempt, {true, 1, {"models.example"}}, {});
    fuzz::require(memory.text().size() <= audit_memory::longest_text, "a memory has an end");
}
