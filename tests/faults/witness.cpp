// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "witness.hpp"

#include <modelsec/detail/audit/audit_record.hpp>

#include <filesystem>

namespace faults {

namespace fs = std::filesystem;

modelsec::client_options witness::listening(modelsec::client_options options)
{
    options.audit.enabled = true;
    options.audit.file_bytes = 20'000;
    options.audit.on_metrics = [this](std::string_view text) { metrics_ = text; };
    options.log.least = modelsec::log_level::debug;
    options.log.write = [this](modelsec::log_level, std::string_view text) {
        const std::lock_guard lock(mutex_);
        lines_.emplace_back(text);
    };
    return options;
}

std::vector<std::string> witness::found_in(const std::string& text, bool for_everybody) const
{
    std::vector<std::string> never{integration::planted_secret};
    if (for_everybody)
        for (const std::string& local : {w_.place.path(), fs::temp_directory_path().string(), std::string("/home/"),
                                         std::string("://"), std::string("?"), std::string("token="),
                                         std::string("/manifest"), std::string("/model.bin"), std::string("X-API-Key")})
            never.push_back(local);
    std::vector<std::string> out;
    for (const std::string& word : never)
        if (text.find(word) != std::string::npos)
            out.push_back(word);
    return out;
}

void witness::expect(const std::string& text, bool for_everybody, const std::string& source)
{
    ++texts_;
    for (const std::string& word : found_in(text, for_everybody))
        CHECK_MESSAGE(false, source, " has \"", word, "\": ", text.substr(0, 2000));
}

void witness::check(const integration::outcome& o)
{
    expect(make_error_code(o.code).message(), true, "the message");
    expect(std::string(modelsec::generic_message(o.code)), true, "the generic message");
    expect(std::string(modelsec::hint(o.why)), true, "the hint");
    expect(o.detail, false, "the detail");
    for (const modelsec::event& e : o.events)
        expect(std::string(to_string(e.kind)) + ' ' + std::string(to_string(e.why)) + ' ' + e.host + ' ' + e.model_id + ' ' +
                   e.detail,
               true, "an event");
    expect(metrics_, true, "the counters");
    std::vector<std::string> lines;
    {
        const std::lock_guard lock(mutex_);
        lines.swap(lines_);
    }
    CHECK_FALSE(lines.empty());
    log_lines_ += lines.size();
    for (const std::string& line : lines)
        expect(line, true, "a line of the log");
    const auto records = w_.client().audit();
    CHECK_FALSE(records.empty());
    for (const modelsec::audit_record& r : records)
        expect(to_json_line(r), true, "an audit record");
    for (const auto& entry : fs::recursive_directory_iterator(w_.store()))
    {
        if (!entry.is_regular_file())
            continue;
        ++files_;
        const std::string name = fs::relative(entry.path(), w_.store()).string();
        const bool log = name.starts_with(".modelsec/audit.");
        // A signed manifest is kept byte by byte, with the addresses in it: for its owner alone, as the store is.
        if (!name.starts_with(".modelsec/envelopes/"))
            expect(support::read_file(entry.path().string()), log, name);
        expect(name, false, "a file's name");
    }
}

}  // namespace faults
