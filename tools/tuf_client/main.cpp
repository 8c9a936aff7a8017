// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
//
// tuf-client: the TUF client workflow of modelsec behind the command line of tuf-conformance. It only does what
// modelsec::detail::tuf_client decides. Exit 0 or 1.
#include "arguments.hpp"
#include "folder.hpp"
#include "http.hpp"

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/trust/tuf_workflow.hpp>

#include <array>
#include <cstdio>
#include <exception>

namespace {

namespace ms = modelsec;
using tuf_tool::folder;

std::string below(const std::string& base, const std::string& name)
{
    return base + (base.ends_with('/') ? "" : "/") + name;
}

ms::detail::trust_input perform(const ms::detail::trust_action& action, const std::string& url, folder& metadata)
{
    using kind = ms::detail::trust_action::kind;
    ms::result<void> done;
    ms::bytes data;
    switch (action.what)
    {
    case kind::fetch:
        done = tuf_tool::http_get(below(url, action.name), action.cap, [&](ms::bytes_view piece) -> ms::result<void> {
            data.insert(data.end(), piece.begin(), piece.end());
            return {};
        });
        if (!done && done.error().why == ms::reason::not_found)
            return ms::detail::trust_input::absent();
        return done ? ms::detail::trust_input::got(std::move(data)) : ms::detail::trust_input::failed(done.error());
    case kind::load:
    {
        auto kept = metadata.load(action.name, action.cap);
        return kept ? ms::detail::trust_input::got(std::move(*kept)) : ms::detail::trust_input::absent();
    }
    case kind::store: done = metadata.store(action.name, action.data); break;
    case kind::remove: done = metadata.remove(action.name); break;
    case kind::done: break;
    }
    return done ? ms::detail::trust_input::finished() : ms::detail::trust_input::failed(done.error());
}

ms::result<void> run(ms::detail::tuf_client& client, ms::result<ms::detail::trust_action> action, const std::string& url,
                     folder& metadata)
{
    while (action && action->what != ms::detail::trust_action::kind::done)
        action = client.resume(perform(*action, url, metadata));
    if (!action)
        return action.error();
    return {};
}

/// The one file for a target, whatever its name: encoded, or by its digest where that is no file name.
std::string kept_name(const std::string& path)
{
    static constexpr std::size_t longest = 200;
    std::string encoded = ms::detail::encode_role_name(path);
    const bool usable = encoded.size() <= longest && encoded != "." && encoded != "..";
    return usable ? encoded : "%sha256-" + ms::sha256(ms::as_bytes(path)).hex();
}

/// Whether the target is there already, byte by byte.
bool is_kept(folder& targets, const std::string& name, const ms::detail::target_file& target)
{
    auto check = ms::detail::target_check::start(target);
    auto file = targets.read(name);
    if (!check || !file || !*file)
        return false;
    std::array<std::uint8_t, 64u << 10> piece;
    for (std::uint64_t at = 0;;)
    {
        const auto size = ms::detail::file_system::native().read_at(*file, at, piece);
        if (!size || !check->update(ms::bytes_view(piece).first(*size)))
            return false;
        if (*size == 0)
            return check->finish().has_value();
        at += *size;
    }
}

ms::result<void> download(ms::detail::tuf_client& client, const tuf_tool::arguments& args, const std::string& path,
                          folder& metadata, folder& targets)
{
    MODELSEC_CHECK(run(client, client.search(path), args.metadata_url, metadata));
    const ms::detail::target_file& target = client.found();
    const std::string name = kept_name(path);
    if (is_kept(targets, name, target))
        return {};
    MODELSEC_TRY(ms::detail::target_check check, ms::detail::target_check::start(target));
    MODELSEC_TRY(folder::draft draft, targets.write());
    const auto sink = [&](ms::bytes_view piece) -> ms::result<void> {
        MODELSEC_CHECK(check.update(piece));
        return draft.append(piece);
    };
    MODELSEC_CHECK(tuf_tool::http_get(below(args.target_base_url, client.found_location()), target.length, sink));
    MODELSEC_CHECK(check.finish());
    return draft.publish(name);
}

ms::result<void> command(const tuf_tool::arguments& args)
{
    MODELSEC_TRY(folder metadata, folder::open(args.metadata_dir));
    if (args.what == tuf_tool::command::init)
    {
        MODELSEC_TRY(const ms::bytes root, ms::detail::read_local_file(args.trusted_root, ms::limits().root_bytes));
        MODELSEC_CHECK(ms::detail::verify_first_root(root));
        return metadata.store("root.json", root);
    }
    // TUF 1.0 section 5.1: the time is fixed once for the whole update.
    ms::detail::tuf_client client(std::nullopt, ms::clock::system().now());
    MODELSEC_CHECK(run(client, client.resume(ms::detail::trust_input::finished()), args.metadata_url, metadata));
    if (args.what == tuf_tool::command::refresh)
        return {};
    MODELSEC_TRY(folder targets, folder::open(args.target_dir));
    for (const std::string& path : args.target_names)
        MODELSEC_CHECK(download(client, args, path, metadata, targets));
    return {};
}

}  // namespace

int main(int argc, char** argv)
try
{
    const auto args = tuf_tool::parse_arguments({argv + 1, argv + argc});
    if (!args)
    {
        std::fprintf(stderr, "%s\n%s", args.error().detail.c_str(), tuf_tool::usage);
        return 1;
    }
    const auto done = command(*args);
    if (!done)
        std::fprintf(stderr, "%s: %s\n", std::string(ms::to_string(done.error().why)).c_str(), done.error().detail.c_str());
    return done ? 0 : 1;
}
catch (const std::exception& e)
{
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
