// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_AUDIT_AUDIT_MEMORY_IPP
#define MODELSEC_DETAIL_AUDIT_AUDIT_MEMORY_IPP

#include <modelsec/detail/audit/audit_memory.hpp>
#include <modelsec/detail/base/name.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline std::uint64_t audit_seconds(utc_time time) noexcept
{
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

/// What was refused because of the bytes themselves, rather than for want of them.
inline bool is_verification_failure(errc code) noexcept
{
    return code == errc::signature || code == errc::rollback || code == errc::mismatch || code == errc::malformed ||
           code == errc::digest || code == errc::unsafe;
}

/// A word of ours: operations, codes, rules, model ids, hosts. Nothing that a label or a line of text would have to escape.
inline bool is_audit_key(std::string_view key)
{
    return !key.empty() && key.size() <= 256 && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ' ' ||
               c == '.' || c == '-' || c == '+' || c == ':' || c == '[' || c == ']';
    });
}

/// The clock may have been set back: what lies ahead of it is forgotten, so that it blocks nobody.
void audit_memory::forget_old(std::uint64_t now)
{
    std::erase_if(requests_, [&](std::uint64_t at) { return at > now || now - at >= 3600; });
    if (requests_.size() >= most_requests)
        requests_.erase(requests_.begin(), requests_.end() - (most_requests - 1));
    if (day_began_ > now || now - day_began_ >= std::uint64_t{24} * 3600)
        day_began_ = day_requests_ = 0;
    constexpr std::uint64_t longest_cool_down = std::uint64_t{30} * 24 * 3600;
    std::erase_if(told_, [&](const auto& t) { return t.second > now || now - t.second >= longest_cool_down; });
}

reason audit_memory::note_request(const request_limits& allowed, utc_time time)
{
    const std::uint64_t now = audit_seconds(time);
    forget_old(now);
    const auto in_a_minute =
        std::count_if(requests_.begin(), requests_.end(), [&](std::uint64_t at) { return now - at < 60; });
    const reason refused = allowed.per_minute != 0 && static_cast<std::uint64_t>(in_a_minute) >= allowed.per_minute
                               ? reason::own_rate_limit
                           : allowed.per_day != 0 && day_requests_ >= allowed.per_day ? reason::own_quota
                                                                                      : reason::none;
    if (refused != reason::none)
    {
        ++refused_;
        return refused;
    }
    if (day_requests_ == 0)
        day_began_ = now;
    ++day_requests_;
    ++all_requests_;
    requests_.push_back(now);
    return reason::none;
}

bool audit_memory::may_tell(reason why, const std::string& model_id, std::uint64_t now, std::chrono::seconds cool_down)
{
    const std::string mark = std::string(to_string(why)) + ' ' + model_id;
    const auto last = told_.find(mark);
    if (last != told_.end() && now - last->second < static_cast<std::uint64_t>(std::max<std::int64_t>(cool_down.count(), 0)))
        return false;
    if (last == told_.end() && told_.size() >= most_marks)
        told_.erase(
            std::min_element(told_.begin(), told_.end(), [](const auto& a, const auto& b) { return a.second < b.second; }));
    told_[mark] = now;
    ++alerts_[std::string(to_string(why))];
    return true;
}

audit_memory::model& audit_memory::model_of(const std::string& model_id, std::uint64_t now)
{
    if (models_.size() >= most_models && !models_.contains(model_id))
        models_.erase(std::min_element(models_.begin(), models_.end(),
                                       [](const auto& a, const auto& b) { return a.second.seen < b.second.seen; }));
    model& out = models_[model_id];
    out.seen = now;
    return out;
}

std::vector<reason> audit_memory::note_attempt(const audit_record& record, const observation& seen, const audit_rules& rules)
{
    const std::uint64_t now = audit_seconds(record.time);
    if (seen.asked)
        (void)note_request({}, record.time);
    forget_old(now);
    ++attempts_[record.operation + ' ' + std::string(to_string(record.code))];
    operation_sum& sum = operations_[record.operation];
    sum.duration_ms += record.duration_ms;
    if (record.code == errc::ok)
        sum.last_success = now;
    if (record.operation == "fetch" || record.operation == "ensure")
        bytes_ += record.bytes;

    std::vector<reason> out;
    const auto tell = [&](reason why) {
        if (may_tell(why, record.model_id, now, rules.cool_down))
            out.push_back(why);
    };
    if (rules.requests_per_hour != 0 && requests_.size() > rules.requests_per_hour &&
        may_tell(reason::unusual_request_rate, {}, now, rules.cool_down))
        out.push_back(reason::unusual_request_rate);
    if (!identifier::parse(record.model_id))  // of no model in particular, or what is none
        return out;
    model& m = model_of(record.model_id, now);
    if (is_verification_failure(record.code))
    {
        ++m.failures;
        if (rules.failures_in_a_row != 0 && m.failures >= rules.failures_in_a_row)
            tell(reason::repeated_failures);
    }
    else if (record.code == errc::ok && !record.stale)
        m.failures = 0;
    if (record.dry_run || record.stale)
        return out;
    if (seen.size != 0)
    {
        if (rules.size_factor != 0 && m.size != 0 &&
            (seen.size / rules.size_factor > m.size || m.size / rules.size_factor > seen.size))
            tell(reason::unusual_size);
        if (record.code == errc::ok)
            m.size = seen.size;
    }
    const auto is_new = [&](const std::string& host) {
        return std::find(m.hosts.begin(), m.hosts.end(), host) == m.hosts.end();
    };
    if (rules.hosts && !m.hosts.empty() && std::any_of(seen.hosts.begin(), seen.hosts.end(), is_new))
        tell(reason::unusual_host);
    if (record.code == errc::ok)
        for (const std::string& host : seen.hosts)
            if (is_new(host) && is_audit_key(host))
            {
                if (m.hosts.size() >= most_hosts)
                    m.hosts.erase(m.hosts.begin());
                m.hosts.push_back(host);
            }
    return out;
}

std::string audit_memory::metrics() const
{
    std::string out;
    const auto head = [&](std::string_view name, std::string_view type, std::string_view help) {
        out.append("# HELP ").append(name).append(1, ' ').append(help).append("\n# TYPE ");
        out.append(name).append(1, ' ').append(type).append(1, '\n');
    };
    const auto line = [&](std::string_view name, std::string_view labels, std::string_view value) {
        out.append(name).append(labels).append(1, ' ').append(value).append(1, '\n');
    };
    const auto seconds = [](std::uint64_t ms) {
        const std::string rest = std::to_string(ms % 1000 + 1000).substr(1);
        return std::to_string(ms / 1000) + '.' + rest;
    };
    head("modelsec_attempts_total", "counter", "Operations by their outcome.");
    std::map<std::string, std::uint64_t> count;
    for (const auto& [key, value] : attempts_)
    {
        const std::string operation = key.substr(0, key.find(' ')), outcome = key.substr(key.find(' ') + 1);
        count[operation] += value;
        std::string labels = "{operation=\"";
        labels.append(operation).append("\",outcome=\"").append(outcome).append("\"}");
        line("modelsec_attempts_total", labels, std::to_string(value));
    }
    head("modelsec_attempt_duration_seconds", "summary", "How long operations took.");
    for (const auto& [operation, sum] : operations_)
    {
        line("modelsec_attempt_duration_seconds_sum", "{operation=\"" + operation + "\"}", seconds(sum.duration_ms));
        line("modelsec_attempt_duration_seconds_count", "{operation=\"" + operation + "\"}",
             std::to_string(count[operation]));
    }
    head("modelsec_last_success_timestamp_seconds", "gauge", "When an operation last succeeded.");
    for (const auto& [operation, sum] : operations_)
        if (sum.last_success != 0)
            line("modelsec_last_success_timestamp_seconds", "{operation=\"" + operation + "\"}",
                 std::to_string(sum.last_success));
    head("modelsec_artifact_bytes_total", "counter", "Bytes of models that came over the network.");
    line("modelsec_artifact_bytes_total", "", std::to_string(bytes_));
    head("modelsec_manifest_requests_total", "counter", "Attempts that asked for a manifest.");
    line("modelsec_manifest_requests_total", "", std::to_string(all_requests_));
    head("modelsec_manifest_requests_refused_total", "counter", "Attempts that this client's own limits kept from asking.");
    line("modelsec_manifest_requests_refused_total", "", std::to_string(refused_));
    head("modelsec_alerts_total", "counter", "Unusual findings by their rule.");
    for (const auto& [rule, value] : alerts_)
        line("modelsec_alerts_total", "{rule=\"" + rule + "\"}", std::to_string(value));
    head("modelsec_audit_events_dropped_total", "counter", "Audit events that the sink did not get.");
    line("modelsec_audit_events_dropped_total", "", std::to_string(dropped_));
    return out;
}

// As a file. What is read is this user's own, but may be of another version or damaged: what does not fit is left out.

inline json audit_numbers(const std::map<std::string, std::uint64_t>& from)
{
    json::object out;
    for (const auto& [key, value] : from)
        out.emplace_back(key, value);
    return out;
}

/// At most `most` members of `from` whose values are sizes.
inline std::map<std::string, std::uint64_t> audit_numbers(const json* from, std::size_t most)
{
    std::map<std::string, std::uint64_t> out;
    if (from && from->as_object())
        for (const auto& [key, value] : *from->as_object())
            if (const std::int64_t* const n = value.as_integer(); n && *n >= 0 && out.size() < most && is_audit_key(key))
                out.emplace(key, static_cast<std::uint64_t>(*n));
    return out;
}

std::string audit_memory::text() const
{
    json::object operations, models;
    for (const auto& [name, sum] : operations_)
        operations.emplace_back(name, json{{"duration_ms", sum.duration_ms}, {"last_success", sum.last_success}});
    for (const auto& [id, m] : models_)
        models.emplace_back(id, json{{"failures", m.failures},
                                     {"size", m.size},
                                     {"seen", m.seen},
                                     {"hosts", json::array(m.hosts.begin(), m.hosts.end())}});
    return json{{"schema", 1},
                {"attempts", audit_numbers(attempts_)},
                {"operations", std::move(operations)},
                {"alerts", audit_numbers(alerts_)},
                {"told", audit_numbers(told_)},
                {"models", std::move(models)},
                {"requests", json::array(requests_.begin(), requests_.end())},
                {"day_began", day_began_},
                {"day_requests", day_requests_},
                {"bytes", bytes_},
                {"all_requests", all_requests_},
                {"refused", refused_},
                {"dropped", dropped_}}
        .dump();
}

audit_memory audit_memory::parse(std::string_view text)
{
    audit_memory out;
    const auto document = parse_json(as_bytes(text), 6);
    if (!document || document->size_at("schema") != 1)
        return out;
    constexpr std::size_t most_keys = 512;
    const auto number = [](const json& from, std::string_view key) { return from.size_at(key).value_or(0); };
    for (auto& [key, value] : audit_numbers(document->find("attempts"), most_keys))
        if (std::count(key.begin(), key.end(), ' ') == 1)
            out.attempts_.emplace(key, value);
    out.alerts_ = audit_numbers(document->find("alerts"), most_keys);
    out.told_ = audit_numbers(document->find("told"), most_marks);
    if (const json* const operations = document->find("operations"); operations && operations->as_object())
        for (const auto& [name, sum] : *operations->as_object())
            if (is_audit_key(name) && out.operations_.size() < most_keys)
                out.operations_[name] = {number(sum, "duration_ms"), number(sum, "last_success")};
    if (const json* const models = document->find("models"); models && models->as_object())
        for (const auto& [id, m] : *models->as_object())
        {
            if (!identifier::parse(id) || out.models_.size() >= most_models)
                continue;
            model& known = out.models_[id];
            known = {number(m, "failures"), number(m, "size"), number(m, "seen"), {}};
            if (const json* const hosts = m.find("hosts"); hosts && hosts->as_array())
                for (const json& host : *hosts->as_array())
                    if (host.as_string() && is_audit_key(*host.as_string()) && known.hosts.size() < most_hosts)
                        known.hosts.push_back(*host.as_string());
        }
    if (const json* const requests = document->find("requests"); requests && requests->as_array())
        for (const json& at : *requests->as_array())
            if (at.as_integer() && *at.as_integer() >= 0 && out.requests_.size() < most_requests)
                out.requests_.push_back(static_cast<std::uint64_t>(*at.as_integer()));
    out.day_began_ = number(*document, "day_began");
    out.day_requests_ = number(*document, "day_requests");
    out.bytes_ = number(*document, "bytes");
    out.all_requests_ = number(*document, "all_requests");
    out.refused_ = number(*document, "refused");
    out.dropped_ = number(*document, "dropped");
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
