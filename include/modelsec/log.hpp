// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_LOG_HPP
#define MODELSEC_LOG_HPP

#include <modelsec/event.hpp>

#include <functional>
#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE

enum class log_level
{
    debug,    ///< every event, progress and redirects included
    info,     ///< what an operation begins and how it ended
    warning,  ///< the operation goes on, but its owner should know
    error     ///< an operation failed
};

/// One line, without a line end. The text is for people and may change; whoever decides by it takes events. It is gone after the call.
/// Called on the threads of the operations, so on several at once where several run: it must be thread-safe, as loggers are, and
/// should return soon. It may cancel() and pause(); operations that it begins log lines of their own, and may wait for the one that is
/// being logged. What it throws is dropped.
using log_handler = std::function<void(log_level level, std::string_view text)>;

/// Where a client's lines go. They are made of its events alone: no path, token, query of a URL or text that a host chose, names of
/// hosts apart, is ever in one, and no byte that would end a line (CWE-117, CWE-532).
struct log_options
{
    log_handler write{};                ///< null: no lines
    log_level least = log_level::info;  ///< what is below is not made
};

[[nodiscard]] MODELSEC_DECL std::string_view to_string(log_level level) noexcept;
[[nodiscard]] MODELSEC_DECL log_level level_of(const event& e) noexcept;
/// The line that a client logs of an event of `operation` ("fetch"), for event handlers that log by themselves.
[[nodiscard]] MODELSEC_DECL std::string log_text(const event& e, std::string_view operation = {});

namespace detail {

/// Logs `e`, if that is asked for. Never throws.
MODELSEC_DECL void log_event(const log_options& log, const event& e, std::string_view operation) noexcept;

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/log.ipp>
#endif

#endif
