// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "origin_desk.hpp"

#include "tuf_publisher.hpp"
#include "zip_writer.hpp"

#include <modelsec/detail/base/encoding.hpp>

#include <stdexcept>

namespace support {
namespace {

using modelsec::detail::json;

constexpr const char* edge_path = "/functions/v1/get-model-manifest";
constexpr const char* edge_key = "test-apikey";

std::string text_at(const json& order, std::string_view name, std::string_view otherwise)
{
    return std::string(order.string_at(name).value_or(otherwise));
}

std::uint64_t size_at(const json& order, std::string_view name, std::uint64_t otherwise)
{
    return order.size_at(name).value_or(otherwise);
}

std::chrono::seconds seconds_at(const json& order, std::string_view name, std::chrono::seconds otherwise)
{
    const json* found = order.find(name);
    return found && found->as_integer() ? std::chrono::seconds(*found->as_integer()) : otherwise;
}

std::chrono::sys_seconds present()
{
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

origin_options tls_by(const identity& server, std::chrono::seconds lifetime)
{
    origin_options options;
    options.server = server;
    options.lifetime = lifetime;
    return options;
}

/// A text as it stands, or "base64:…".
std::string decoded(std::string_view text)
{
    constexpr std::string_view mark = "base64:";
    if (!text.starts_with(mark))
        return std::string(text);
    const auto raw = modelsec::from_base64(text.substr(mark.size()));
    if (!raw)
        throw std::runtime_error("not base64");
    return {raw->begin(), raw->end()};
}

std::string content_of(const json& order)
{
    if (const json* members = order.find("zip"); members && members->as_object())
    {
        std::vector<zip_member> list;
        for (const auto& [name, text] : *members->as_object())
            list.push_back({name, text.as_string() ? decoded(*text.as_string()) : std::string()});
        return zip_of(list);
    }
    if (const auto text = order.string_at("text"))
        return decoded(*text);
    if (const auto file = order.string_at("file"))
        return read_file(std::string(*file));
    return noise(size_at(order, "size", 100000), size_at(order, "seed", size_at(order, "sequence", 1)));
}

/// One character of the value of a member changes.
void alter(std::string& envelope, const std::string& member)
{
    const auto at = envelope.find("\"" + member + "\": \"");
    if (at == std::string::npos)
        throw std::runtime_error("the envelope has no " + member);
    char& c = envelope[at + member.size() + 5 + 8];
    c = c == 'A' ? 'B' : 'A';
}

}  // namespace

origin_desk::origin_desk(std::chrono::seconds lifetime) : server_(ca_.issue()), web_(tls_by(server_, lifetime))
{
    place_.write("ca.pem", ca_.certificate());
}

json origin_desk::greeting() const
{
    const json key{{"key_id", key_.key_id()}, {"ed25519_b64", key_.public_base64()}};
    return {{"ok", true},
            {"base_url", web_.url("")},
            {"manifest_url", web_.url("/manifest")},
            {"edge_url", web_.url(edge_path)},
            {"apikey", edge_key},
            {"ca", place_ / "ca.pem"},
            {"pin", key_.pin()},
            {"pins", json{{"keys", json(json::array{key})}, {"threshold", 1}}},
            {"spki_pin", throwaway_ca::spki_pin(server_.certificate)}};
}

json origin_desk::answer(const json& order)
{
    const auto what = text_at(order, "do", "");
    const auto path = text_at(order, "path", "");
    if (what == "publish")
        return publish(order);
    if (what == "root")
        return root(order);
    if (what == "tuf")
        return tuf(order);
    if (what == "requests")
        return requests(path);
    if (what == "sent")
        return {{"ok", true}, {"bytes", web_.sent(path)}};
    if (what == "serve")
        web_.serve(path, content_of(order), text_at(order, "type", "application/octet-stream"));
    else if (what == "remove")
        web_.remove(path);
    else if (what == "fail")
        fail(order);
    else if (what == "heal")
        web_.heal(path);
    else if (what == "forget")
        web_.forget_requests();
    else
        throw std::runtime_error("no such order: " + what);
    return {{"ok", true}};
}

json origin_desk::publish(const json& order)
{
    const auto tamper = text_at(order, "tamper", "");
    auto content = content_of(order);
    auto m = published_manifest::fresh();
    m.model_id = text_at(order, "model", "demo");
    m.version = text_at(order, "version", "1.0.0");
    m.sequence = size_at(order, "sequence", 1);
    m.issued_at = present() + seconds_at(order, "issued_in", std::chrono::hours(-1));
    m.expires_at = present() + seconds_at(order, "expires_in", std::chrono::hours(24 * 30));
    m.tier = text_at(order, "tier", "");
    m.min_ram_mb = size_at(order, "min_ram_mb", 0);
    if (order.bool_at("bare").value_or(false))
    {
        m.schema.reset();
        m.sequence.reset();
        m.issued_at.reset();
        m.expires_at.reset();
    }
    const auto file_name = text_at(order, "file_name", order.find("zip") ? "model.zip" : "model.bin");
    const auto path = text_at(order, "path", "/" + m.model_id + "/" + m.version + "/" + file_name);
    auto a = published_artifact::of(content, web_.url(path));
    a.platform = text_at(order, "platform", "any");
    a.file_name = file_name;
    a.is_zip = order.find("zip") != nullptr;
    m.artifacts = {a};
    if (tamper == "artifact")
        content[content.size() / 2] ^= 1;
    web_.serve(path, std::move(content));

    auto by = tamper == "key" ? signer(key_.key_id()) : key_;
    if (const auto number = order.size_at("signed_by"))
        by = signer::of_number(static_cast<unsigned char>(*number));
    const bool pack = text_at(order, "format", "dsse") == "pack";
    auto envelope = pack ? pack_envelope(m.json(), by) : dsse_envelope(m.json(), {by});
    if (tamper == "payload")
        alter(envelope, pack ? "payload_b64" : "payload");
    else if (tamper == "signature")
        alter(envelope, pack ? "sig_b64" : "sig");
    if (const auto place = order.string_at("edge"))
    {
        edge_[std::string(*place)] = envelope;
        web_.edge_function(edge_path, edge_key, edge_);
    }
    const auto manifest = text_at(order, "manifest", "/manifest");
    web_.serve(manifest, envelope, "application/json");
    return {{"ok", true},
            {"manifest_url", web_.url(manifest)},
            {"artifact_path", path},
            {"artifact_url", a.url},
            {"sha256", a.sha256},
            {"size", a.size_bytes},
            {"envelope", envelope}};
}

json origin_desk::root(const json& order)
{
    tuf_test::root_spec spec;
    spec.version = size_at(order, "version", 1);
    spec.targets = {{static_cast<int>(size_at(order, "targets", 4))}};
    spec.expires = rfc3339(present() + seconds_at(order, "expires_in", std::chrono::hours(24 * 30)));
    const auto raw = spec.file();
    const std::string text(raw.begin(), raw.end());
    web_.serve("/roots/" + std::to_string(spec.version) + ".root.json", text, "application/json");
    return {{"ok", true},
            {"root", text},
            {"root_file", place_.write(std::to_string(spec.version) + ".root.json", text)},
            {"root_url", web_.url("/roots")}};
}

json origin_desk::tuf(const json& order)
{
    using namespace tuf_test;
    const auto name = text_at(order, "target", "models/model.bin");
    const auto version = size_at(order, "version", 1);
    const auto until = rfc3339(present() + seconds_at(order, "expires_in", std::chrono::hours(24 * 30)));
    const auto content = content_of(order);
    root_spec root;
    root.expires = until;
    const auto raw = root.file();
    const auto serve = [&](const std::string& file, const modelsec::bytes& data) {
        web_.serve("/tuf/metadata/" + file, {data.begin(), data.end()}, "application/json");
    };
    const auto number = std::to_string(version) + ".";
    serve("timestamp.json", sign(timestamp(version, listed(version), until), {2}));
    serve(number + "snapshot.json", sign(snapshot(version, {{"targets", listed(version)}}, until), {3}));
    serve(number + "targets.json", sign(targets(version, {{name, target(content)}}, until), {4}));
    const auto digest = modelsec::sha256(modelsec::as_bytes(content)).hex();
    const auto slash = name.rfind('/') + 1;  // 0: none
    web_.serve("/tuf/targets/" + name.substr(0, slash) + digest + "." + name.substr(slash), content);
    const std::string text(raw.begin(), raw.end());
    return {{"ok", true},
            {"root", text},
            {"root_file", place_.write("tuf-root.json", text)},
            {"metadata_url", web_.url("/tuf/metadata/")},
            {"target", name},
            {"sha256", digest}};
}

json origin_desk::requests(const std::string& path) const
{
    json::array list;
    for (const auto& r : web_.requests())
    {
        if (!path.empty() && r.target.substr(0, r.target.find('?')) != path)
            continue;
        json headers = json::object();
        for (const auto& [name, value] : r.headers)
            headers.set(name, value);
        list.push_back(json{{"method", r.method},
                            {"target", r.target},
                            {"headers", headers},
                            {"body", r.body},
                            {"status", r.status},
                            {"sent", r.sent}});
    }
    return {{"ok", true}, {"requests", list}};
}

void origin_desk::fail(const json& order)
{
    fault f;
    f.delay = std::chrono::milliseconds(size_at(order, "delay_ms", 0));
    f.cut_at = order.size_at("cut_at");
    f.reset_at = order.size_at("reset_at");
    f.stall_at = order.size_at("stall_at");
    f.flip_at = order.size_at("flip_at");
    f.bytes_per_second = size_at(order, "bytes_per_second", 0);
    if (const auto status = order.size_at("status"))
    {
        f.instead = reply{static_cast<unsigned>(*status), {}, text_at(order, "body", "")};
        if (const auto location = order.string_at("location"))
            f.instead->headers.emplace_back("Location", *location);
        if (const auto wait = order.string_at("retry_after"))
            f.instead->headers.emplace_back("Retry-After", *wait);
    }
    web_.fail(text_at(order, "path", ""), std::move(f), static_cast<unsigned>(size_at(order, "times", origin::always)));
}

}  // namespace support
