// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "temp_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

namespace {

/// The names of all tests, read from their sources.
std::set<std::string> names_of_tests()
{
    static const std::regex test("TEST_CASE\\(\\s*\"([^\"]+)\"((?:\\s*\"[^\"]+\")*)"), further("\"([^\"]+)\"");
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(MODELSEC_SOURCE_DIR "/tests"))
    {
        if (entry.path().extension() != ".cpp")
            continue;
        const std::string text = support::read_file(entry.path().string());
        for (std::sregex_iterator it(text.begin(), text.end(), test), end; it != end; ++it)
        {
            // A long name stands in several literals, one after the other.
            std::string name = (*it)[1];
            const std::string rest = (*it)[2];
            for (std::sregex_iterator piece(rest.begin(), rest.end(), further); piece != end; ++piece)
                name += (*piece)[1];
            out.insert(name);
        }
    }
    return out;
}

/// The last cells of the rows of all tables whose last column is "shown by".
std::vector<std::string> proofs(const std::string& document)
{
    std::vector<std::string> out;
    std::istringstream lines(document);
    bool table = false;
    for (std::string line; std::getline(lines, line);)
    {
        if (!line.starts_with("| ") || line.size() < 4)
            table = table && line.starts_with('|');
        else if (const std::string cell = line.substr(line.rfind(" | ") + 3); cell == "shown by |")
            table = true;
        else if (table)
            out.push_back(cell);
    }
    return out;
}

}  // namespace

TEST_CASE("every place that docs/architecture.md names is there")
{
    namespace fs = std::filesystem;
    const fs::path tree = MODELSEC_SOURCE_DIR, headers = tree / "include/modelsec";
    std::istringstream lines(support::read_file((tree / "docs/architecture.md").string()));
    static const std::regex quoted("`([a-z_/]+(?:/|\\.[hi]pp|\\.def|\\.py))`");
    std::size_t places = 0;
    for (std::string line; std::getline(lines, line);)
    {
        if (!line.starts_with('|'))
            continue;
        fs::path folder;  // a bare name lies beside the name before it
        for (std::sregex_iterator it(line.begin(), line.end(), quoted), end; it != end; ++it, ++places)
        {
            const std::string name = (*it)[1];
            const bool found = fs::exists(headers / name) || fs::exists(tree / name) || fs::exists(folder / name);
            CHECK_MESSAGE(found, name);
            if (fs::exists(headers / name))
                folder = (headers / name).parent_path();
        }
    }
    CHECK(places > 60);
}

TEST_CASE("every threat and every clause of docs/trust.md is shown by tests that exist")
{
    const auto tests = names_of_tests();
    const auto cells = proofs(support::read_file(MODELSEC_SOURCE_DIR "/docs/trust.md"));
    REQUIRE(tests.size() > 100);
    REQUIRE(cells.size() > 40);
    static const std::regex quoted("`([^`]+)`");
    for (const std::string& cell : cells)
    {
        std::size_t count = 0;
        for (std::sregex_iterator it(cell.begin(), cell.end(), quoted), end; it != end; ++it, ++count)
            CHECK_MESSAGE(tests.contains((*it)[1]), (*it)[1].str());
        CHECK_MESSAGE(count > 0, cell);
    }
}
