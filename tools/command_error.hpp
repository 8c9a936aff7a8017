// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_COMMAND_ERROR_HPP
#define MODELSEC_TOOLS_COMMAND_ERROR_HPP

#include "text.hpp"

#include <modelsec/publish.hpp>

#include <string>
#include <utility>

namespace modelsec::tool {

/// A failure that knows better what to do about it than the general hint of its reason. The hint names options, never what was
/// given to them.
class command_error : public error
{
public:
    command_error(reason why, std::string hint, std::string detail = {})
        : error(fail(why, std::move(detail))), hint_(std::move(hint))
    {
    }

    const std::string& hint() const noexcept { return hint_; }

private:
    std::string hint_;
};

/// The value of `r`, or its failure as a command_error with this hint.
template <class T>
T value_or_hint(result<T> r, std::string hint)
{
    if (r.has_error())
        throw command_error(r.error().why, std::move(hint), r.error().detail);
    if constexpr (!std::is_void_v<T>)
        return std::move(*r);
}

/// What is said of a file that was named and cannot be used.
inline std::string file_hint(const failure& why)
{
    const std::string name = printable(why.detail);
    return why.why == reason::file_unreadable       ? "cannot read " + name
           : why.why == reason::secret_file_exposed ? "a file with secrets belongs to its user alone: chmod 600 " + name
                                                    : name;
}

/// What is wrong with the files for TLS, or with the proxy, is told before any server is asked.
inline void check_files_of(const transport_options& transport)
{
    if (const auto usable = check_transport(transport); usable.has_error())
        throw command_error(usable.error().why, file_hint(usable.error()), usable.error().detail);
}

[[noreturn]] inline void usage(std::string hint)
{
    throw command_error(reason::bad_option, std::move(hint));
}

/// A size in an option, as 4MiB; a usage error with this hint for anything else.
inline std::uint64_t size_option(std::string_view text, std::string hint)
{
    const auto size = parse_size(text);
    if (!size)
        usage(std::move(hint));
    return *size;
}

/// A time in an option, as 30d from `now` on or in RFC 3339; a usage error with this hint for anything else.
inline utc_time expiry_option(std::string_view text, utc_time now, std::string hint)
{
    const auto time = parse_expiry(text, now);
    if (!time)
        usage(std::move(hint));
    return *time;
}

}  // namespace modelsec::tool

#endif
