// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "output.hpp"

#include "hints.hpp"
#include "platform.hpp"
#include "text.hpp"

#include <array>
#include <cstdio>
#include <utility>

namespace modelsec::tool {

namespace {

/// What people read while a stage lasts.
std::string_view label_of(std::string_view stage)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> labels{{
        {"manifest", "Checking the manifest"},
        {"download", "Downloading"},
        {"extract", "Unpacking"},
        {"activate", "Activating"},
        {"verify", "Verifying"},
        {"hash", "Hashing"},
        {"encrypt", "Encrypting"},
        {"remote", "Asking the hosts"},
        {"fetch", "Downloading"},
    }};
    for (const auto& [word, label] : labels)
        if (word == stage)
            return label;
    return stage;
}

/// Stages whose size is worth a word; it comes with their first progress.
bool has_size(std::string_view stage)
{
    return stage != "manifest" && stage != "activate";
}

void put_line(std::FILE* to, std::string_view line)
{
    std::fwrite(line.data(), 1, line.size(), to);
    std::fputc('\n', to);
    std::fflush(to);
}

std::string capitalized(std::string_view text)
{
    std::string out(text);
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
        out[0] = static_cast<char>(out[0] - 'a' + 'A');
    return out;
}

std::string without_prefix(std::string_view text)
{
    static constexpr std::string_view prefix = "Model initialization failed: ";
    return std::string(text.starts_with(prefix) ? text.substr(prefix.size()) : text);
}

}  // namespace

output::output(output_mode mode)
    : mode_(mode), colours_on_results_(results_go_to_terminal() && !environment("NO_COLOR")),
      colours_on_errors_(errors_go_to_terminal() && !environment("NO_COLOR"))
{
    if (mode == output_mode::people && errors_go_to_terminal())
        bar_.emplace(stderr, terminal_width, terminal_is_utf8());
}

// ECMA-48 section 8.3.117, Select Graphic Rendition.
std::string output::painted(std::string_view text, paint how, bool wanted)
{
    if (!wanted)
        return std::string(text);
    const char* code = how == paint::bad ? "\x1b[31m" : how == paint::caution ? "\x1b[33m" : "\x1b[1m";
    return code + std::string(text) + "\x1b[0m";
}

/// The generic text is all that end users are told of a fetch; whoever gave a wrong option, and everybody else, is told the cause.
std::string output::message_of(errc code) const
{
    return initializing_ && code != errc::ok && code != errc::usage ? generic_message(code) : without_prefix(message(code));
}

void output::say(std::string_view line)
{
    if (bar_)
        bar_->clear();
    if (mode_ == output_mode::people)
        put_line(stdout, line);
}

void output::unset(std::string_view variable)
{
    notice("warning: " + printable(variable) + " is not set; going on without it");
}

void output::notice(std::string_view line)
{
    if (bar_)
        bar_->print_above(line);
    else if (mode_ == output_mode::people)
        put_line(stderr, "modelsec: " + std::string(line));
}

void output::object(const json::object& line)
{
    if (json_lines())
        put_line(stdout, json::serialize(line));
}

json::object output::final_line(reason why) const
{
    const errc code = code_of(why);
    return json::object{{"type", "result"},
                        {"code", static_cast<int>(code)},
                        {"name", to_string(code)},
                        {"reason", to_string(why)},
                        {"message", message_of(code)},
                        {"model_id", model_id_.empty() ? json::value() : json::value(model_id_)},
                        {"version", nullptr},
                        {"sequence", nullptr},
                        {"path", nullptr},
                        {"already_active", false},
                        {"stale", false},
                        {"bytes_fetched", bytes_fetched_}};
}

void output::succeed(const json::object& members)
{
    json::object line = final_line(reason::none);
    for (const auto& [key, value] : members)
        line[key] = value;
    object(line);
}

void output::fail(reason why, std::string_view own_hint, std::string_view detail)
{
    if (bar_)
        bar_->clear();
    const errc code = code_of(why);
    std::string what(own_hint.empty() ? command_hint(why) : own_hint);
    if (code == errc::store && !store_.empty())
        what += (what.empty() ? "the store is " : "; the store is ") + printable(store_);
    const bool about_content =
        code == errc::malformed || code == errc::digest || code == errc::unsafe || code == errc::policy;
    const std::string told = explaining_ && about_content ? printable(detail) : std::string();
    if (json_lines())
    {
        json::object line = final_line(why);
        line["hint"] = what;
        if (!told.empty())
            line["detail"] = told;
        object(line);
    }
    else
    {
        const std::string text = painted(message_of(code), paint::bad, colours_on_errors_);
        const std::string word(to_string(code)), case_word(to_string(why));
        put_line(stderr, "modelsec: " + text + " (" + std::to_string(static_cast<int>(code)) + ' ' + word +
                             (case_word == word ? "" : ", " + case_word) + ")." +
                             (what.empty() ? "" : ' ' + capitalized(what) + '.'));
        if (!told.empty())
            put_line(stderr, "modelsec: " + told);
    }
    // docs/architecture.md, rule 6: what may hold paths and remote text is for the owner, who asks for it.
    if (!detail.empty() && told.empty() && environment("MODELSEC_DEBUG") == "1")
        put_line(stderr, "modelsec: detail: " + printable(detail));
}

void output::begin(std::string_view stage)
{
    if (stage == stage_)
        return;
    stage_ = stage;
    stage_announced_ = !has_size(stage);
    if (bar_)
        bar_->begin(label_of(stage));
    else if (stage_announced_)
        notice(label_of(stage));
}

void output::progress(std::string_view stage, std::uint64_t bytes, std::uint64_t total)
{
    if (json_lines())
        return object({{"type", "event"}, {"event", "progress"}, {"stage", stage}, {"bytes", bytes}, {"total", total}});
    if (mode_ != output_mode::people)
        return;
    begin(stage);
    if (bar_)
        bar_->update(bytes, total);
    else if (!std::exchange(stage_announced_, true))
        notice(std::string(label_of(stage)) + ' ' + human_size(total));
}

void output::observe(const event& e)
{
    if (!e.model_id.empty())
        about(e.model_id);
    if (e.kind == event_kind::done)
    {
        bytes_fetched_ = e.bytes;
        return;  // the final line says it
    }
    if (e.kind == event_kind::progress)
        return progress(to_string(e.stage), e.bytes, e.total);
    if (json_lines())
    {
        json::object line{{"type", "event"}, {"event", to_string(e.kind)}, {"stage", to_string(e.stage)}};
        if (e.why != reason::none)
            line["reason"] = to_string(e.why);
        if (e.kind == event_kind::retry)
            line["wait_ms"] = e.wait_ms;
        if (!e.host.empty())
            line["host"] = e.host;
        return object(line);
    }
    if (mode_ == output_mode::people)
        show_event(e);
}

void output::show_event(const event& e)
{
    const std::string why =
        std::string(to_string(e.why)) + (command_hint(e.why).empty() ? "" : ": " + std::string(command_hint(e.why)));
    switch (e.kind)
    {
    case event_kind::stage: return begin(to_string(e.stage));
    case event_kind::redirect:
        if (bar_)  // hosts are for people who look on, not for logs
            notice("redirected to " + printable(e.host));
        return;
    case event_kind::retry:
        return notice("trying again in " + human_time((e.wait_ms + 999) / 1000) + " (" + std::string(to_string(e.why)) +
                      ')');
    case event_kind::warning: return notice(painted("warning: ", paint::caution, colours_on_errors_) + why);
    case event_kind::update: return notice("there is a new version");
    case event_kind::alert: return notice(painted("alert: ", paint::bad, colours_on_errors_) + why);
    case event_kind::progress:
    case event_kind::done: return;
    }
}

}  // namespace modelsec::tool
