// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

// fuzz_replay TARGET FOLDER…: runs every file of the folders through one target. What libFuzzer found once stays found.

namespace {

std::map<std::string, fuzz::target>& targets()
{
    static std::map<std::string, fuzz::target> all;
    return all;
}

}  // namespace

void fuzz::add_target(const char* name, target run)
{
    targets()[name] = run;
}

int main(int count, char** arguments)
{
    const auto found = targets().find(count > 1 ? arguments[1] : "");
    if (found == targets().end() || count < 3)
    {
        std::fputs("usage: fuzz_replay TARGET FOLDER...\n", stderr);
        return 2;
    }
    std::size_t files = 0;
    for (int i = 2; i < count; ++i)
    {
        if (!std::filesystem::exists(arguments[i]))
            continue;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i]))
        {
            if (!entry.is_regular_file())
                continue;
            std::ifstream in(entry.path(), std::ios::binary);
            const std::string content{std::istreambuf_iterator<char>(in), {}};
            std::printf("%s\n", entry.path().string().c_str());
            std::fflush(stdout);
            found->second(modelsec::as_bytes(content));
            ++files;
        }
    }
    std::printf("%zu inputs\n", files);
    return files == 0 ? 1 : 0;
}
