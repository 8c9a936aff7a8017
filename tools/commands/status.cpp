// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_line.hpp"
#include "../pack_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <algorithm>
#include <array>
#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec status --store ~/models
  modelsec status --store ~/models llama3_1_8b --json
)";

constexpr std::size_t columns = 7;
using row = std::array<std::string, columns>;

json::value version_of(const std::optional<pack_info>& pack)
{
    return pack ? json::value(pack->version) : json::value();
}

json::object describe(const model_status& m)
{
    json::array rejected;
    for (const pack_info& pack : m.rejected)
        rejected.emplace_back(pack.version);
    if (m.why != reason::none)  // nothing else is known of it
        return {{"model_id", m.model_id}, {"reason", to_string(m.why)}};
    json::object out{{"model_id", m.model_id},     {"active", version_of(m.active)},  {"last_good", version_of(m.last_good)},
                     {"sequence", m.sequence},     {"rejected", std::move(rejected)}, {"bytes", m.bytes},
                     {"partials", m.partial_bytes}};
    if (m.active && m.active->fs_verity)
        out["fs_verity"] = true;
    return out;
}

row cells_of(const model_status& m)
{
    if (m.why != reason::none)
        return {m.model_id, std::string(to_string(m.why)), "-", "-", "-", "-", "-"};
    std::string rejected;
    for (const pack_info& pack : m.rejected)
        rejected += (rejected.empty() ? "" : ", ") + pack.version;
    return {m.model_id,
            m.active ? m.active->version + (m.active->fs_verity ? " (fs-verity)" : "") : "-",
            m.last_good ? m.last_good->version : "-",
            std::to_string(m.sequence),
            human_size(m.bytes),
            m.partial_bytes == 0 ? "-" : human_size(m.partial_bytes),
            rejected.empty() ? "-" : rejected};
}

void print_table(const std::vector<model_status>& models, output& out)
{
    std::vector<row> rows{{"MODEL", "ACTIVE", "LAST GOOD", "SEQUENCE", "SIZE", "PARTIAL", "REJECTED"}};
    for (const model_status& m : models)
        rows.push_back(cells_of(m));
    std::array<std::size_t, columns> widths{};
    for (const row& r : rows)
        for (std::size_t i = 0; i < columns; ++i)
            widths[i] = std::max(widths[i], r[i].size());
    for (const row& r : rows)
    {
        std::string text;
        for (std::size_t i = 0; i + 1 < columns; ++i)
            text += r[i] + std::string(widths[i] - r[i].size() + 2, ' ');
        text += r.back();
        out.say(&r == rows.data() ? out.painted(text, paint::strong) : text);
    }
}

void status(const pack_arguments& arguments, output& out)
{
    const std::string& model = arguments.model;
    std::vector<model_status> models = arguments.client(out).status();
    if (!model.empty())
        std::erase_if(models, [&](const model_status& m) { return m.model_id != model; });
    if (!model.empty() && !models.empty() && models[0].why != reason::none)
        throw error(fail(models[0].why, model));
    json::array described;
    for (const model_status& m : models)
        described.push_back(describe(m));
    out.object({{"models", std::move(described)}});
    if (models.empty())
        out.say(model.empty() ? "The store is empty." : "The store does not hold this model.");
    else
        print_table(models, out);
}

}  // namespace

void add_status(command_line& line)
{
    CLI::App& command = add_subcommand(line, "status", "What the store holds", examples);
    const auto arguments = std::make_shared<pack_arguments>();
    arguments->add_to(command);
    arguments->add_model_to(command, "Only this model");
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { status(*arguments, out); }; });
}

}  // namespace modelsec::tool
