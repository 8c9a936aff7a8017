// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_TUF_CLIENT_HTTP_HPP
#define MODELSEC_TOOLS_TUF_CLIENT_HTTP_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>

#include <functional>

namespace tuf_tool {

/// Gets `http://…` from this machine (127.0.0.1, ::1, localhost); any other address is `host_not_allowed`. No redirects, one
/// connection a request. The body goes to `sink` piece by piece, at most `cap` bytes of it: `too_large` beyond. A 404 is
/// `not_found`, any other status but 200 `http_status`. Waits 20 s at most for the next byte.
modelsec::result<void> http_get(const std::string& url, std::uint64_t cap,
                                const std::function<modelsec::result<void>(modelsec::bytes_view)>& sink);

}  // namespace tuf_tool

#endif
