// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../declarations.hpp"
#include "../platform.hpp"
#include "commands.hpp"

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* completion_examples = R"(  modelsec completion bash >/etc/bash_completion.d/modelsec
  modelsec completion zsh >"${fpath[1]}/_modelsec"
  modelsec completion fish >~/.config/fish/completions/modelsec.fish
)";

constexpr const char* manual_examples = R"(  modelsec manual --out /usr/local/share/man/man1
)";

void completion(const command_line& line, const std::string& shell, output& out)
{
    const auto all = declared_commands(line.app);
    if (shell != "bash" && shell != "zsh" && shell != "fish")
        usage("SHELL is bash, zsh or fish");
    const std::string text = shell == "bash"  ? bash_completion(all)
                             : shell == "zsh" ? zsh_completion(all)
                                              : fish_completion(all);
    out.succeed({{"shell", shell}, {"text", text}});
    out.say(std::string_view(text).substr(0, text.size() - 1));
}

void manual(const command_line& line, const std::string& folder, output& out)
{
    const auto all = declared_commands(line.app);
    value_or_hint(make_folder(folder), "--out takes a folder; its parent must exist");
    const auto write = [&](const std::string& name, const std::string& text) {
        value_or_hint(replace_file(folder + '/' + name + ".1", as_bytes(text)), "--out: the folder cannot be written");
    };
    write("modelsec", manual_page(all, line.app.get_description(), line.app.get_footer()));
    for (const declared_command& c : all)
    {
        std::string name = "modelsec-" + c.name;
        std::replace(name.begin(), name.end(), ' ', '-');
        write(name, manual_page(c));
    }
    out.succeed({{"path", folder}, {"pages", all.size() + 1}});
    out.say(std::to_string(all.size() + 1) + " pages in " + folder);
}

}  // namespace

void add_completion(command_line& line)
{
    CLI::App& command = add_subcommand(line, "completion", "A completion script for a shell", completion_examples);
    const auto shell = std::make_shared<std::string>();
    command.add_option("SHELL", *shell, "bash, zsh or fish")->type_name("")->required();
    command.callback([&line, shell] { line.chosen = [&line, shell](output& out) { completion(line, *shell, out); }; });
}

void add_manual(command_line& line)
{
    CLI::App& command = add_subcommand(line, "manual", "Writes the manual pages", manual_examples);
    const auto folder = std::make_shared<std::string>();
    command.add_option("--out", *folder, "The folder for them")->type_name("DIR")->required();
    command.callback([&line, folder] { line.chosen = [&line, folder](output& out) { manual(line, *folder, out); }; });
}

}  // namespace modelsec::tool
