// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// docs/trust.md tells people what to type when keys change. Here it is typed.
#include "command.hpp"

#include <filesystem>

using namespace integration;

namespace {

std::vector<std::string> shell_blocks(const std::string& document)
{
    static const std::string begin = "```sh\n", end = "```";
    std::vector<std::string> out;
    for (std::size_t at = 0; (at = document.find(begin, at)) != std::string::npos;)
    {
        at += begin.size();
        out.push_back(document.substr(at, document.find(end, at) - at));
    }
    return out;
}

void replace_all(std::string& text, const std::string& what, const std::string& by)
{
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
        text.replace(at, what.size(), by);
}

/// What the document's reader has: a folder with a model, a web server that has the model and serves `www/` beside it.
struct reader
{
    world w;

    reader()
    {
        std::filesystem::create_directory(w.place / "www");
        w.place.write("llama.gguf", support::noise(100'000));
        for (const char* version : {"1.0.0", "1.1.0"})
            w.web.serve("/llama/" + std::string(version) + "/llama.gguf", support::noise(100'000));
    }

    support::process_result type(std::string block)
    {
        replace_all(block, "https://models.example.org", w.web.url(""));
        replace_all(block, "modelsec fetch ", "modelsec fetch --ca ca.pem ");
        replace_all(block, "modelsec ", "'" MODELSEC_COMMAND "' ");
        // What is published is there from the command after it on.
        std::string all;
        for (std::size_t at = 0; at < block.size();)
        {
            std::size_t end = block.find('\n', at);
            while (block[end - 1] == '\\')
                end = block.find('\n', end + 1);
            const std::string line = block.substr(at, end + 1 - at);
            at = end + 1;
            serve_www();
            const auto done = support::run({"/bin/sh", "-ec", "cd '" + w.place.path() + "'\n" + line});
            CHECK_MESSAGE(done.exit_code == 0, line << done.err);
            if (done.exit_code != 0)
                return done;
            all += done.out;
        }
        support::process_result whole;
        whole.exit_code = 0;
        whole.out = all;
        return whole;
    }

    void serve_www()
    {
        for (const auto& entry : std::filesystem::directory_iterator(w.place / "www"))
            w.web.serve("/llama/" + entry.path().filename().string(), support::read_file(entry.path().string()));
    }
};

}  // namespace

TEST_CASE("the commands of docs/trust.md do what it says, from the first root to a lost key")
{
    const auto blocks = shell_blocks(support::read_file(MODELSEC_SOURCE_DIR "/docs/trust.md"));
    REQUIRE(blocks.size() == 6);
    reader r;
    for (const std::string& block : blocks)
        REQUIRE(r.type(block).exit_code == 0);

    // And the key that went does not come back.
    const std::string forged = r.w.place / "www/manifest.json";
    std::filesystem::remove(forged);
    REQUIRE(run_command({"publish", "--key", r.w.place / "keys/release-2026.pem", "--model", "llama3_1_8b_instruct",
                         "--version", "9.9", "--platform", "any", "--file", r.w.place / "llama.gguf", "--url",
                         r.w.web.url("/llama/1.1.0/llama.gguf"), "--sequence", "900", "--expires", "30d", "--out", forged})
                .exit_code == 0);
    r.serve_www();
    const auto refused =
        run_command({"fetch", "--manifest", r.w.web.url("/llama/manifest.json"), "--root", r.w.place / "root.json",
                     "--store", r.w.place / "models", "--ca", r.w.place / "ca.pem"});
    CHECK(refused.exit_code == 20);
}
