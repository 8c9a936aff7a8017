// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../scan.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <algorithm>
#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples =
    R"(  modelsec scan                     the working tree and the git index here
  modelsec scan rootfs              an unpacked image
  modelsec scan image.tar           a saved image, its layers included (docker save, an OCI archive), or one layer
  modelsec scan app.whl             any one file
  exit code 60 if anything is found, or cannot be read ("unreadable": zstd, an object that a partial clone lacks)
)";

std::string hint_of(const std::vector<finding>& found)
{
    const bool unread = std::all_of(found.begin(), found.end(), [](const finding& f) { return f.kind == "unreadable"; });
    return unread ? "what cannot be read was not looked at: unpack it, make it readable, or leave it out (--ignore)"
                  : "keep weights, keys and .env files out; fetch models at run time";
}

void scan(const std::string& path, const scan_rules& rules, output& out)
{
    out.publishing();
    const std::vector<finding> found = scan_path(path, rules).value();
    for (const finding& f : found)
    {
        out.object({{"type", "finding"}, {"kind", f.kind}, {"where", f.where}, {"path", printable(f.path)}});
        out.say(f.kind + " in the " + f.where + ": " + printable(f.path));
    }
    if (!found.empty())
        throw command_error(reason::findings, hint_of(found), std::to_string(found.size()) + " findings");
    out.succeed({{"findings", 0}});
    out.say("nothing found");
}

}  // namespace

void add_scan(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "scan", "Weights, keys or .env in a git index, a working tree or an image", examples);
    const auto path = std::make_shared<std::string>(".");
    const auto rules = std::make_shared<scan_rules>();
    command.add_option("path", *path, "A folder, or a file: a tar of an image or of a layer, or any other")
        ->type_name("PATH");
    repeatable(command, "--glob", rules->weights, "Names that are weights too: *.bin, models/**", "GLOB");
    repeatable(command, "--ignore", rules->ignored, "Paths that are left out", "GLOB");
    command.callback([&line, path, rules] { line.chosen = [=](output& out) { scan(*path, *rules, out); }; });
}

}  // namespace modelsec::tool
