// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_INTEGRATION_DOWNLOAD_SCENE_HPP
#define MODELSEC_TESTS_INTEGRATION_DOWNLOAD_SCENE_HPP

#include <modelsec/detail/store/store.hpp>
#include <modelsec/detail/fetch/download.hpp>

#include <doctest/doctest.h>
#include <shown_names.hpp>
#include <origin.hpp>
#include <store_scene.hpp>
#include <temp_dir.hpp>

#include <algorithm>

namespace download_scene {

using namespace std::chrono_literals;
using modelsec::reason;
using modelsec::detail::url;

constexpr std::size_t mib = 1u << 20;

/// One file at /model.bin of one origin, and a store that wants it.
struct scene
{
    explicit scene(std::size_t size = 3 * mib + 77, std::size_t chunk = 0) : content(support::noise(size))
    {
        place.write("ca.pem", ca.certificate());
        options.tls.ca_file = place / "ca.pem";
        caps.retries = 2;
        caps.stall_timeout = caps.first_byte_timeout = 300ms;
        web.serve("/model.bin", content);
        web.serve("/mirror.bin", content);
        expected.size_bytes = size;
        expected.sha256 = modelsec::sha256(modelsec::as_bytes(content));
        if (chunk)
        {
            expected.chunks.emplace();
            expected.chunks->size_bytes = chunk;
            for (std::size_t at = 0; at < size; at += chunk)
                expected.chunks->sha256.push_back(
                    modelsec::sha256(modelsec::as_bytes(std::string_view(content).substr(at, chunk))));
        }
    }

    support::origin_options server() const
    {
        support::origin_options what;
        what.server = ca.issue();
        return what;
    }

    modelsec::detail::staging staged()
    {
        const auto disk = support::open_store(place / "store", modelsec::detail::file_system::native());
        return disk.value().stage(support::id("demo"), expected.sha256).value();
    }

    /// The reason it failed for; none if it is whole and verified.
    reason get(std::vector<std::string> paths = {"/model.bin"})
    {
        modelsec::detail::http_environment env;
        env.options = &options;
        env.caps = &caps;
        env.time = &modelsec::clock::system();
        env.handle = handle;
        env.observe = [this](const modelsec::event& e) {
            if (on_event)
                on_event(e);
        };
        modelsec::detail::http_client client(env);
        modelsec::detail::download_request what;
        what.files.push_back({&expected, {}});
        what.direct = direct;
        what.connections = connections;
        what.fetched = &fetched;
        for (const auto& path : paths)
            what.files[0].sources.push_back(url::parse(web.url(path)).value());
        std::uint64_t shown = 0;
        what.progress = [&](std::uint64_t bytes) {
            CHECK(bytes >= shown);
            CHECK(bytes <= expected.size_bytes);
            CHECK(bytes - shown <= 512 * 1024);
            shown = bytes;
            if (on_progress)
                on_progress(bytes);
        };
        what.files[0].renewable = static_cast<bool>(renew);
        if (renew)
            what.renew = [&](std::size_t) -> modelsec::result<url> { return url::parse(web.url(renew())); };
        auto staging = staged();
        fetched = 0;
        const auto out = modelsec::detail::download(client, what, staging);
        const auto partial = staging.open_partial(expected.sha256).value();
        on_disk.assign(modelsec::detail::file_system::native().info(partial).value().size, '\0');
        REQUIRE(modelsec::detail::file_system::native()
                    .read_at(partial, 0, {reinterpret_cast<std::uint8_t*>(on_disk.data()), on_disk.size()})
                    .has_value());
        detail = out.has_error() ? out.error().detail : "";
        if (out.has_error())
            return out.error().why;
        CHECK(shown == expected.size_bytes);
        CHECK(on_disk == content);
        return reason::none;
    }

    /// What an earlier run left: these bytes, journalled.
    void keep(std::string_view bytes)
    {
        auto staging = staged();
        const auto partial = staging.open_partial(expected.sha256).value();
        REQUIRE(modelsec::detail::file_system::native().write_at(partial, 0, modelsec::as_bytes(bytes)).has_value());
        REQUIRE(staging.add_to_journal(expected.sha256, expected.size_bytes, {0, bytes.size()}).has_value());
    }

    std::string detail;  ///< of the failure

    support::throwaway_ca ca;
    support::origin web{server()};
    support::temp_dir place;
    std::string content;
    modelsec::artifact_file expected;
    modelsec::transport_options options;
    modelsec::limits caps;
    modelsec::control handle;
    bool direct = true;
    unsigned connections = 1;
    std::uint64_t fetched = 0;
    std::string on_disk;
    std::function<void(const modelsec::event&)> on_event;
    std::function<void(std::uint64_t)> on_progress;
    std::function<std::string()> renew;
};

inline std::string flipped(std::string bytes, std::size_t at)
{
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    return bytes;
}

}  // namespace download_scene

#endif
