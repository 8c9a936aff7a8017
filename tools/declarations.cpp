// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "declarations.hpp"

#include <modelsec/version.hpp>

#include <algorithm>

namespace modelsec::tool {

namespace {

declared_option declared(const CLI::Option& option)
{
    declared_option out;
    out.argument = option.get_lnames().empty() && option.get_snames().empty();
    out.name = option.get_name();
    out.value = out.argument || option.get_items_expected_max() == 0 ? std::string() : option.get_type_name();
    out.purpose = option.get_description();
    out.group = option.get_group();
    out.required = option.get_required();
    out.repeatable = option.get_expected_max() > 1;
    if (!out.argument && !option.get_lnames().empty())
        out.name = "--" + option.get_lnames().front();
    return out;
}

void collect(const CLI::App& at, const std::string& prefix, std::vector<declared_command>& out)
{
    for (const CLI::App* command : at.get_subcommands([](const CLI::App*) { return true; }))
    {
        const std::string name = prefix + command->get_name();
        if (!command->get_subcommands([](const CLI::App*) { return true; }).empty())
        {
            collect(*command, name + ' ', out);
            continue;
        }
        declared_command found{name, command->get_description(), command->get_footer(), {}};
        for (const CLI::Option* option : command->get_options())
            found.options.push_back(declared(*option));
        out.push_back(std::move(found));
    }
}

std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

/// Text for troff: no escape, no request at the beginning of a line.
std::string troff(const std::string& text)
{
    std::string out = replaced(replaced(text, "\\", "\\e"), "-", "\\-");
    out = replaced(out, "\n.", "\n\\&.");
    out = replaced(out, "\n'", "\n\\&'");
    return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string upper(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

std::string dashed(const std::string& name)
{
    return replaced(name, " ", "-");
}

/// No date: the same sources give the same bytes.
std::string page_head(const std::string& title, const std::string& purpose)
{
    return ".TH " + upper(troff(title)) + " 1 \"\" \"modelsec " MODELSEC_VERSION_STRING "\" \"User Commands\"\n.SH NAME\n" +
           troff(title) + " \\- " + troff(purpose) + "\n";
}

std::string examples_section(const std::string& examples)
{
    static const std::string title = "Examples:\n";
    const std::string text = examples.starts_with(title) ? examples.substr(title.size()) : examples;
    return ".SH EXAMPLES\n.nf\n" + troff(text) + ".fi\n";
}

std::string single_quoted(const std::string& text)
{
    return "'" + replaced(text, "'", "'\\''") + "'";
}

/// What names a file or folder by its type.
bool is_path(const declared_option& o)
{
    return o.value == "FILE" || o.value == "DIR" || o.value == "PEM" || o.value == "BUNDLE";
}

std::string joined_options(const declared_command& c)
{
    std::string out;
    for (const declared_option& o : c.options)
        if (!o.argument)
            out += (out.empty() ? "" : " ") + o.name;
    return out;
}

/// The first words of all commands: "fetch", "root".
std::vector<std::string> first_words(const std::vector<declared_command>& all)
{
    std::vector<std::string> out;
    for (const declared_command& c : all)
        if (const std::string word = c.name.substr(0, c.name.find(' ')); out.empty() || out.back() != word)
            out.push_back(word);
    return out;
}

std::string second_words(const std::vector<declared_command>& all, const std::string& first)
{
    std::string out;
    for (const declared_command& c : all)
        if (c.name.starts_with(first + ' '))
            out += (out.empty() ? "" : " ") + c.name.substr(first.size() + 1);
    return out;
}

}  // namespace

std::vector<declared_command> declared_commands(const CLI::App& whole)
{
    std::vector<declared_command> out;
    collect(whole, {}, out);
    return out;
}

std::string manual_page(const std::vector<declared_command>& all, const std::string& purpose, const std::string& footer)
{
    std::string out =
        page_head("modelsec", purpose) + ".SH SYNOPSIS\n.B modelsec\n.I SUBCOMMAND\n[options]\n.SH SUBCOMMANDS\n";
    for (const declared_command& c : all)
        out += ".TP\n.BR modelsec\\-" + troff(dashed(c.name)) + " (1)\n" + troff(c.purpose) + ".\n";
    return out + ".SH DESCRIPTION\n.nf\n" + troff(footer) + ".fi\n";
}

std::string manual_page(const declared_command& c)
{
    std::string out =
        page_head("modelsec-" + dashed(c.name), c.purpose) + ".SH SYNOPSIS\n.B modelsec " + troff(c.name) + "\n";
    for (const declared_option& o : c.options)
        if (o.argument || o.required)
            out += (o.required ? "" : "[") +
                   (o.argument ? "\\fI" + troff(o.name) + "\\fR"
                               : "\\fB" + troff(o.name) + "\\fR \\fI" + troff(o.value) + "\\fR") +
                   (o.repeatable ? " ..." : "") + (o.required ? "\n" : "]\n");
    out += "[options]\n";
    std::vector<std::string> groups;
    for (const declared_option& o : c.options)
        if (std::find(groups.begin(), groups.end(), o.group) == groups.end())
            groups.push_back(o.group);
    for (const std::string& group : groups)
    {
        out += ".SH " + upper(troff(group)) + "\n";
        for (const declared_option& o : c.options)
            if (o.group == group)
                out += ".TP\n\\fB" + troff(o.name) + "\\fR" + (o.value.empty() ? "" : " \\fI" + troff(o.value) + "\\fR") +
                       "\n" + troff(o.purpose) + (o.repeatable && !o.argument ? ". May be given several times" : "") + ".\n";
    }
    return out + examples_section(c.examples) + ".SH SEE ALSO\n.BR modelsec (1)\n";
}

std::string bash_completion(const std::vector<declared_command>& all)
{
    std::string words, cases;
    for (const std::string& word : first_words(all))
    {
        words += (words.empty() ? "" : " ") + word;
        if (const std::string second = second_words(all, word); !second.empty())
            cases += "    " + word + ") [ \"$COMP_CWORD\" -eq 2 ] && { COMPREPLY=($(compgen -W '" + second +
                     "' -- \"$word\")); return; }; command=\"" + word + " ${COMP_WORDS[2]}\" ;;\n";
    }
    std::string options, paths;
    for (const declared_command& c : all)
    {
        options += "    '" + c.name + "') options='" + joined_options(c) + "' ;;\n";
        for (const declared_option& o : c.options)
            if (is_path(o) && paths.find(o.name + "|") == std::string::npos)
                paths += o.name + "|";
    }
    paths.erase(paths.size() - std::min<std::size_t>(paths.size(), 1));
    return R"(# bash completion of modelsec, made from what the command declares
_modelsec()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} options=
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W ')" +
           words + R"( --help --version' -- "$word"))
        return
    fi
    case $command in
)" + cases +
           R"(    esac
    case $before in
    )" + paths +
           R"() COMPREPLY=($(compgen -f -- "$word")); return ;;
    esac
    case $command in
)" + options +
           R"(    esac
    case $word in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
    esac
}
complete -o filenames -F _modelsec modelsec
)";
}

std::string zsh_completion(const std::vector<declared_command>& all)
{
    const auto bracketed = [](const std::string& text) {
        return replaced(replaced(replaced(text, "[", "\\["), "]", "\\]"), ":", "\\:");
    };
    std::string commands, cases;
    for (const std::string& word : first_words(all))
    {
        const auto found = std::find_if(all.begin(), all.end(), [&](const declared_command& c) { return c.name == word; });
        const std::string purpose = found == all.end() ? "subcommands: " + second_words(all, word) : found->purpose;
        commands += "        " + single_quoted(word + ":" + replaced(purpose, ":", "\\:")) + "\n";
        if (const std::string second = second_words(all, word); !second.empty())
            cases += "    " + word + ") if (( CURRENT == 3 )); then compadd " + second + "; return; fi; name=\"" + word +
                     " $words[3]\" ;;\n";
    }
    std::string options;
    for (const declared_command& c : all)
    {
        options += "    '" + c.name + "') _arguments";
        for (const declared_option& o : c.options)
            if (!o.argument)
                options +=
                    " \\\n        " +
                    single_quoted((o.repeatable ? "*" : "") + o.name + "[" + bracketed(o.purpose) + "]" +
                                  (o.value.empty() ? "" : ":" + bracketed(o.value) + ":" + (is_path(o) ? "_files" : "")));
        options += " \\\n        '*:file:_files' ;;\n";
    }
    return "#compdef modelsec\n# zsh completion of modelsec, made from what the command declares\n_modelsec()\n{\n    local "
           "name=$words[2]\n"
           "    local -a commands\n    commands=(\n" +
           commands + "    )\n    if (( CURRENT == 2 )); then _describe command commands; return; fi\n    case $name in\n" +
           cases + "    esac\n    case $name in\n" + options + "    esac\n}\n_modelsec \"$@\"\n";
}

std::string fish_completion(const std::vector<declared_command>& all)
{
    const auto fish_quoted = [](const std::string& text) {
        return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
    };
    std::string out = "# fish completion of modelsec, made from what the command declares\ncomplete -c modelsec -f\n";
    for (const declared_command& c : all)
    {
        const std::size_t split = c.name.find(' ');
        const std::string first = c.name.substr(0, split);
        const std::string used =
            split == std::string::npos
                ? "__fish_seen_subcommand_from " + first
                : "__fish_seen_subcommand_from " + first + "; and __fish_seen_subcommand_from " + c.name.substr(split + 1);
        if (split == std::string::npos)
            out += "complete -c modelsec -n __fish_use_subcommand -a " + first + " -d " + fish_quoted(c.purpose) + "\n";
        else
            out += "complete -c modelsec -n __fish_use_subcommand -a " + first +
                   "\ncomplete -c modelsec -n '__fish_seen_subcommand_from " + first + "' -a " + c.name.substr(split + 1) +
                   " -d " + fish_quoted(c.purpose) + "\n";
        for (const declared_option& o : c.options)
            if (!o.argument && o.name.starts_with("--"))
                out += "complete -c modelsec -n '" + used + "' -l " + o.name.substr(2) +
                       (o.value.empty() ? ""
                        : is_path(o)    ? " -r -F"
                                        : " -x") +
                       " -d " + fish_quoted(o.purpose) + "\n";
    }
    return out;
}

}  // namespace modelsec::tool
