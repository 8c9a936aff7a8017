// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "command.hpp"

namespace integration {

std::vector<std::string> command(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), MODELSEC_COMMAND);
    return arguments;
}

support::process_result run_command(const std::vector<std::string>& arguments, const support::process_options& options)
{
    auto result = support::run(command(arguments), options);
    // Who publishes made what is refused, and is told what it is.
    if (arguments.empty() || arguments.front() != "publish")
    {
        // Where the store is, and which file cannot be read, whoever runs the command has said.
        std::string text = result.err;
        for (const std::string& said : arguments)
            for (std::size_t at = 0; said.starts_with('/') && (at = text.find(said)) != std::string::npos;)
                text.erase(at, said.size());
        expect_clean(text);
    }
    expect_no_secret(result.err);
    expect_no_secret(result.out);
    return result;
}

std::vector<std::string> fetch_command(const world& w, const std::string& store)
{
    return command({"fetch", "--manifest", w.web.url("/manifest"), "--pin", w.key.pin(), "--ca", w.place / "ca.pem",
                    "--store", store, "--model", "demo", "--json"});
}

modelsec::detail::json result_line(const std::string& out)
{
    REQUIRE(!out.empty());
    REQUIRE(out.back() == '\n');
    const auto begin = out.rfind('\n', out.size() - 2) + 1;  // npos + 1 is 0
    const auto line =
        modelsec::detail::parse_json(modelsec::as_bytes(std::string_view(out).substr(begin, out.size() - 1 - begin)));
    REQUIRE(line.has_value());
    REQUIRE(line->string_at("type") == "result");
    return *line;
}

}  // namespace integration
