// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../pack_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"text(  llama-server --model "$(modelsec path llama3_1_8b --file)"
  modelsec path --store models llama3_1_8b
)text";

struct path_arguments : pack_arguments
{
    bool file = false;
};

void path(const path_arguments& arguments, output& out)
{
    out.about(arguments.model);
    const open_pack pack = arguments.client(out).open(arguments.model);
    std::string where = pack.info().path;
    if (arguments.file)
    {
        if (!pack.only_file())
            usage("--file is for packs of one file; this one has " + counted(pack.files().size(), "file"));
        where += '/' + pack.only_file()->path;
    }
    json::object members = members_of(pack.info());
    members["path"] = where;
    out.succeed(members);
    out.say(where);
}

}  // namespace

void add_path(command_line& line)
{
    CLI::App& command = add_subcommand(line, "path", "Where the active model is; checked before it is said", examples);
    const auto arguments = std::make_shared<path_arguments>();
    arguments->add_to(command);
    arguments->add_model_to(command, "The model")->required();
    command.add_flag("--file", arguments->file, "The one file of the pack instead of its folder");
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { path(*arguments, out); }; });
}

}  // namespace modelsec::tool
