// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_TUF_CLIENT_HTTP_HPP
#define MODELSEC_TOOLS_TUF_CLIENT_HTTP_HPP

#include <modelsec/tuf.hpp>

namespace tuf_tool {

/// Gets `http://…` from this machine (127.0.0.1, ::1, localhost); any other address is `host_not_allowed`. No redirects, one
/// connection a request. The body goes to `sink` piece by piece, at most `cap` bytes of it: `too_large` beyond. A 404 is
/// `not_found`, any other status but 200 `http_status`. Waits 20 s at most for the next byte.
modelsec::result<void> http_get(const modelsec::tuf_request& request, const modelsec::tuf_sink& sink);

}  // namespace tuf_tool

#endif
