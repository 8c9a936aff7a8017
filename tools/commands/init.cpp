// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../platform.hpp"
#include "commands.hpp"

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec init publishing --key-id release-2026 --model llama3_1_8b
  makes publishing/keys/release-2026.pem (0600; keep it, tell nobody) and .pub.json, the public key as clients take it, also as
  pins.hpp, pins.dart, pins.py and pins.swift to build into an application, and llama3_1_8b.publish.json to be filled in
)";

struct init_arguments
{
    std::string folder, key_id = "release-1", model = "my_model";
};

std::string skeleton(const std::string& model)
{
    return R"({
  "model_id": ")" +
           model + R"(",
  "version": "1.0.0",
  "expires": "30d",
  "platforms": [
    {
      "platform": "any",
      "file": "model.gguf",
      "url": "https://models.example/)" +
           model + R"(/1.0.0/model.gguf"
    }
  ]
}
)";
}

void init(const init_arguments& a, output& out)
{
    out.publishing();
    if (identifier::parse(a.model).has_error())
        usage("--model takes letters, digits and . _ + -, at most 128");
    const signing_key key =
        value_or_hint(signing_key::generate(a.key_id), "--key-id takes letters, digits and . _ + -, at most 128");
    pins trusted;
    trusted.add(key.as_pin()).value();
    const std::string keys = a.folder + "/keys", base = keys + '/' + key.id();
    const std::string description = a.folder + '/' + a.model + ".publish.json";
    value_or_hint(make_folder(a.folder), "DIR: its parent must exist");
    value_or_hint(make_folder(keys), "DIR: the folder cannot be written");
    // The key first: it is never replaced, and nothing is left behind by a second init.
    create_file(base + ".pem", key.pem().reveal(), visibility::owner).value();
    const auto write = [&](const std::string& path, const std::string& text) {
        create_file(path, as_bytes(text), visibility::everyone).value();
    };
    write(base + ".pub.json", key.pins_file());
    write(keys + "/.gitignore", "*.pem\n");
    write(a.folder + "/pins.hpp", write_pins_header(trusted).value());
    write(a.folder + "/pins.dart", write_pins_source(trusted, pins_language::dart, "releasePins").value());
    write(a.folder + "/pins.py", write_pins_source(trusted, pins_language::python, "RELEASE_PINS").value());
    write(a.folder + "/pins.swift", write_pins_source(trusted, pins_language::swift, "releasePins").value());
    write(description, skeleton(a.model));
    out.succeed({{"path", a.folder},
                 {"key_id", key.id()},
                 {"private_key", base + ".pem"},
                 {"pins_file", base + ".pub.json"},
                 {"pin", key.pin_text()},
                 {"description", description}});
    out.say("private key:  " + base + ".pem   (keep it, tell nobody)\npublic key:   " + base +
            ".pub.json, and pins.hpp, pins.dart, pins.py, pins.swift for applications\ndescription:  " + description +
            "   (say where the files are)\nnext:         modelsec publish --key " + base + ".pem --from " + description +
            " --sequence 1 --out manifest.json");
}

}  // namespace

void add_init(command_line& line)
{
    CLI::App& command = add_subcommand(
        line, "init", "Begins a publisher: a key, its pins for every language, a description to fill in", examples);
    const auto arguments = std::make_shared<init_arguments>();
    command.add_option("DIR", arguments->folder, "The folder for all of it; made if it is not there")
        ->type_name("")
        ->required();
    command.add_option("--key-id", arguments->key_id, "The key's name; release-1")->type_name("ID");
    command.add_option("--model", arguments->model, "The model's id; my_model")->type_name("ID");
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { init(*arguments, out); }; });
}

}  // namespace modelsec::tool
