// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// modelsec_origin [SECONDS]: the tests' TLS origin for other languages. On stdout one line of JSON says where it is:
//
//   {"ok": true, "base_url", "manifest_url", "edge_url", "apikey", "ca" (a PEM file), "pin" ("v1=…"), "pins" ({"keys": …}),
//    "spki_pin"}
//
// Then each line on stdin is an order and is answered by one line: {"ok": true, …} or {"ok": false, "error": "…"}. It ends with
// stdin, or after SECONDS (600).
//
//   {"do": "publish", …}   signs a manifest and serves it and its artifact. All members are optional: "model" ("demo"), "version"
//       ("1.0.0"), "sequence" (1), "tier", "platform" ("any"), "format" ("dsse"; "pack"), "bare" (no schema, sequence, times),
//       "expires_in" and "issued_in" (seconds from now), "min_ram_mb", "file_name" ("model.bin"), "path" (of the artifact),
//       "manifest" (its path; "/manifest"), "edge" ("TIER/PLATFORM": also by POST at edge_url), "signed_by" (see root);
//       content by "size" (100000) and "seed", "text", "file", or "zip": {"name": "text", …}; "base64:…" as text is decoded;
//       "tamper": "payload", "signature", "key" or "artifact".
//       -> "manifest_url", "artifact_path", "artifact_url", "sha256", "size", "envelope"
//   {"do": "root", "version": 1, "targets": 4, "expires_in"}   makes a TUF root whose targets role is the key of that number,
//       which "publish" signs with by "signed_by", and serves it   -> "root", "root_file", "root_url"
//   {"do": "tuf", "target": "models/model.bin", "version": 1, "expires_in", content as above}   serves a TUF repository with one target
//       -> "root", "root_file", "metadata_url", "target", "sha256"
//   {"do": "fail", "path", "times" (always)}   with any of "status" ("body", "location", "retry_after"), "delay_ms", "cut_at",
//       "reset_at", "stall_at", "flip_at", "bytes_per_second"
//   {"do": "heal", "path"}   {"do": "serve", "path", "text", "type"}   {"do": "remove", "path"}   {"do": "forget"}
//   {"do": "requests", "path"}   -> "requests": [{"method", "target", "headers", "body", "status", "sent"}]
//   {"do": "sent", "path"}   -> "bytes": body bytes handed out so far
#include "origin_desk.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>

namespace {

using modelsec::detail::json;

json refusal(const char* why)
{
    return {{"ok", false}, {"error", why}};
}

json answer(support::origin_desk& desk, const std::string& line)
{
    const auto order = modelsec::detail::parse_json(modelsec::as_bytes(line));
    if (!order)
        return refusal("not JSON");
    try
    {
        return desk.answer(*order);
    }
    catch (const std::exception& e)
    {
        return refusal(e.what());
    }
}

}  // namespace

int main(int count, char** words)
try
{
    support::origin_desk desk(std::chrono::seconds(count > 1 ? std::atol(words[1]) : 600));
    std::cout << desk.greeting().dump() << std::endl;
    for (std::string line; std::getline(std::cin, line);)
        std::cout << answer(desk, line).dump() << std::endl;
    return 0;
}
catch (const std::exception& e)
{
    std::cerr << "modelsec_origin: " << e.what() << '\n';
    return 1;
}
