// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../fetch_arguments.hpp"
#include "../platform.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <modelsec/publish.hpp>

#include <filesystem>
#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples =
    R"(  modelsec bundle --manifest https://cdn.example/manifest.json --pins keys.pub.json --out llama.bundle
  carries a model to machines without a network:  modelsec fetch --bundle llama.bundle --pins keys.pub.json --store models
)";

void bundle(const fetch_arguments& arguments, const bundle_options& to, output& out)
{
    out.publishing();
    out.about(arguments.model());
    fetch_options options = arguments.fetch();
    arguments.check_files(arguments.client());
    const interrupt_guard guard(options.operation.control);
    options.operation.events = [&out](const event& e) {
        if (e.kind == event_kind::progress)
            out.progress("fetch", e.bytes, e.total);
    };
    for (const std::string& variable : arguments.unset_variables())
        out.unset(variable);
    const fetch_result got = make_bundle(arguments.client(), options, to).value();
    std::error_code ec;
    const std::uint64_t size = std::filesystem::file_size(to.path, ec);
    out.succeed({{"version", got.version}, {"path", to.path}, {"bytes", size}});
    out.say(got.model_id + ' ' + got.version + " in " + to.path + ", " + human_size(size));
}

}  // namespace

void add_bundle(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "bundle", "One file with manifest, roots and model, for machines without a network", examples);
    const auto arguments = std::make_shared<fetch_arguments>();
    const auto to = std::make_shared<bundle_options>();
    arguments->add_to(command, false);
    command.add_option("--out", to->path, "The bundle; must not be there yet")->type_name("FILE")->required();
    command.add_option("--archive", to->archive, "The model's zip, which a store does not keep")->type_name("FILE");
    command.callback([&line, arguments, to] { line.chosen = [=](output& out) { bundle(*arguments, *to, out); }; });
}

}  // namespace modelsec::tool
