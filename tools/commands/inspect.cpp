// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../describe.hpp"
#include "commands.hpp"

#include <modelsec/publish.hpp>

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec inspect manifest.json
  modelsec inspect keys/release-2026.pub.json
  modelsec inspect ~/models/.modelsec/state/llama3_1_8b.1.json
)";

void inspect(const std::string& path, output& out)
{
    out.publishing();
    const bytes text = read_local_file(path, limits{}.envelope_bytes).value();
    const json::value description =
        json::parse(value_or_hint(describe_document(text), "inspect reads envelopes, manifests, roots, pins and states"));
    out.object(description.as_object());
    out.say(render(description.as_object()));
}

}  // namespace

void add_inspect(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "inspect", "Shows an envelope, manifest, root, pins or state file; verifies nothing", examples);
    const auto path = std::make_shared<std::string>();
    command.add_option("FILE", *path, "The file")->type_name("")->required();
    command.callback([&line, path] { line.chosen = [path](output& out) { inspect(*path, out); }; });
}

}  // namespace modelsec::tool
