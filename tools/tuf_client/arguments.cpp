// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "arguments.hpp"

namespace tuf_tool {

namespace ms = modelsec;

const char* const usage =
    "tuf-client --metadata-dir DIR init ROOT\n"
    "tuf-client --metadata-url URL --metadata-dir DIR refresh\n"
    "tuf-client --metadata-url URL --metadata-dir DIR --target-name NAME... --target-dir DIR --target-base-url URL "
    "download\n";

namespace {

/// The place of an option's value; null for an unknown option.
std::string* place_of(arguments& out, const std::string& option)
{
    if (option == "--metadata-dir")
        return &out.metadata_dir;
    if (option == "--metadata-url")
        return &out.metadata_url;
    if (option == "--target-dir")
        return &out.target_dir;
    if (option == "--target-base-url")
        return &out.target_base_url;
    if (option == "--target-name")
        return &out.target_names.emplace_back();
    return nullptr;
}

ms::result<void> read_command(arguments& out, const std::vector<std::string>& rest)
{
    if (rest.size() == 2 && rest[0] == "init")
    {
        out.what = command::init;
        out.trusted_root = rest[1];
    }
    else if (rest.size() == 1 && rest[0] == "refresh")
        out.what = command::refresh;
    else if (rest.size() == 1 && rest[0] == "download")
        out.what = command::download;
    else
        return ms::fail(ms::reason::bad_option, "the command is init ROOT, refresh or download");
    return {};
}

}  // namespace

ms::result<arguments> parse_arguments(const std::vector<std::string>& words)
{
    arguments out;
    std::vector<std::string> rest;
    for (std::size_t i = 0; i < words.size(); ++i)
    {
        if (!words[i].starts_with("--"))
        {
            rest.push_back(words[i]);
            continue;
        }
        const auto equals = words[i].find('=');
        const std::string option = words[i].substr(0, equals);
        std::string* const place = place_of(out, option);
        if (!place || (equals == std::string::npos && ++i == words.size()))
            return ms::fail(ms::reason::bad_option, option);
        *place = equals == std::string::npos ? words[i] : words[i].substr(equals + 1);
    }
    MODELSEC_CHECK(read_command(out, rest));
    if (out.metadata_dir.empty() || (out.what != command::init && out.metadata_url.empty()))
        return ms::fail(ms::reason::bad_option, "--metadata-dir and --metadata-url are needed");
    if (out.what == command::download && (out.target_names.empty() || out.target_dir.empty() || out.target_base_url.empty()))
        return ms::fail(ms::reason::bad_option, "--target-name, --target-dir and --target-base-url are needed");
    return out;
}

}  // namespace tuf_tool
