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
  exit code 60 if anything is found, or cannot be read ("unreadable": zstd, an object that a partial clone lacks), or would
  unpack to more than --max-unpacked ("not looked at further")
)";

std::string hint_of(const std::vector<finding>& found)
{
    const auto cut = [](const finding& f) { return f.kind == "not_looked_at_further"; };
    const bool unread =
        std::all_of(found.begin(), found.end(), [&](const finding& f) { return cut(f) || f.kind == "unreadable"; });
    if (unread && std::any_of(found.begin(), found.end(), cut))
        return "more is packed in it than --max-unpacked lets be unpacked: raise that, or leave the file out (--ignore)";
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
        const std::string kind = f.kind == "not_looked_at_further" ? "not looked at further" : f.kind;
        out.say(kind + " in the " + f.where + ": " + printable(f.path));
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
    const auto unpacked = std::make_shared<std::string>();
    command
        .add_option("--max-unpacked", *unpacked,
                    "What archives, gzip and git objects may unpack to in all; default 256GiB; what is beyond is a finding")
        ->type_name("SIZE");
    command.callback([&line, path, rules, unpacked] {
        line.chosen = [=](output& out) {
            if (!unpacked->empty())
                rules->unpacked_bytes = size_option(*unpacked, "--max-unpacked takes a size: 256GiB");
            scan(*path, *rules, out);
        };
    });
}

}  // namespace modelsec::tool
