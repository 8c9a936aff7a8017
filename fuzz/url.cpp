// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/source/locator.hpp>
#include <modelsec/detail/net/url.hpp>

#include <algorithm>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

/// CWE-113, CWE-918: what goes into a request line or a Host header cannot end it, and is read back as the same place.
void check(const url& u)
{
    const auto plain = [](const std::string& text) {
        return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    };
    fuzz::require(plain(u.host()) && plain(u.target()) && plain(u.authority()), "no space, no control, no eighth bit");
    fuzz::require(!u.host().empty() && u.host().find_first_of("/@?#\\") == std::string::npos, "a host is a host");
    fuzz::require(u.target().starts_with('/') && u.target().find('#') == std::string::npos, "a target begins with a slash");
    fuzz::require(u.display().find('?') == std::string::npos, "no query is displayed");
    const auto again = url::parse(u.str());
    fuzz::require(again.has_value() && *again == u, "an address is read back as itself");
}

}  // namespace

// An address, a reference to resolve against it, a locator, an endpoint's answer: by lines.
MODELSEC_FUZZ_TARGET(url)
{
    static const url base = url::parse("https://example.com:8443/a/b?c").value();
    const std::string_view text = as_text(input);
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string_view rest = text.substr(std::min(text.size(), line.size() + 1));

    const auto parsed = url::parse(line);
    if (parsed.has_value())
        check(*parsed);
    const url& from = parsed.has_value() ? *parsed : base;
    if (const auto resolved = from.resolve(parsed.has_value() ? rest : line); resolved.has_value())
        check(*resolved);
    if (const auto located = resolve_locator(line); located.has_value())
        check(*located);
    if (const auto answered = read_endpoint_answer(input, base); answered.has_value())
        check(*answered);
}
