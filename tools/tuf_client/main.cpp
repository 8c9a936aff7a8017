// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
//
// tuf-client: modelsec's TUF client behind the command line of tuf-conformance, over plain http to this machine. Exit 0 or 1.
#include "arguments.hpp"
#include "http.hpp"

#include <modelsec/tuf.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>

namespace {

namespace ms = modelsec;

ms::bytes read_root(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw ms::error(ms::fail(ms::reason::file_unreadable, path));
    return ms::bytes(std::istreambuf_iterator<char>(in), {});
}

void run(const tuf_tool::arguments& args)
{
    ms::tuf_options options;
    options.metadata_folder = args.metadata_dir;
    options.metadata_url = args.metadata_url;
    options.targets_url = args.target_base_url;
    options.fetcher = tuf_tool::http_get;
    options.any_folder = true;  // a suite chose it, wherever its temporary ones lie and whoever else may write there
    if (args.what == tuf_tool::command::init)
        return ms::tuf_updater::init(options, read_root(args.trusted_root)).value();
    ms::tuf_updater updater = ms::tuf_updater::open(std::move(options)).value();
    updater.refresh().value();
    if (args.what == tuf_tool::command::download)
        for (const std::string& path : args.target_names)
            updater.download(updater.find(path).value(), args.target_dir + '/').value();
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
    run(*args);
    return 0;
}
catch (const ms::error& e)
{
    std::fprintf(stderr, "%s: %s\n", std::string(ms::to_string(e.get_diagnostics().why)).c_str(),
                 e.get_diagnostics().detail.c_str());
    return 1;
}
catch (const std::exception& e)
{
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
