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

/// The names of all functions of Python's tests.
std::set<std::string> names_of_python_tests()
{
    static const std::regex test("(?:^|\n)\\s*(?:async )?def (test_\\w+)");
    std::set<std::string> out;
    for (const char* folder : {"/tests/hosts", "/bindings/python/tests"})
        for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(MODELSEC_SOURCE_DIR) + folder))
        {
            if (entry.path().extension() != ".py")
                continue;
            const std::string text = support::read_file(entry.path().string());
            for (std::sregex_iterator it(text.begin(), text.end(), test), end; it != end; ++it)
                out.insert((*it)[1]);
        }
    return out;
}

/// What stands between backticks.
std::vector<std::string> quoted_in(const std::string& cell)
{
    static const std::regex quoted("`([^`]+)`");
    std::vector<std::string> out;
    for (std::sregex_iterator it(cell.begin(), cell.end(), quoted), end; it != end; ++it)
        out.push_back((*it)[1]);
    return out;
}

/// A cell must be names of tests and nothing else.
void check_names_only(const std::string& cell, const std::set<std::string>& tests)
{
    const auto names = quoted_in(cell);
    CHECK_MESSAGE(!names.empty(), cell);
    std::string whole;
    for (const std::string& name : names)
    {
        CHECK_MESSAGE(tests.contains(name), name);
        whole += (whole.empty() ? "`" : ", `") + name + '`';
    }
    CHECK(cell == whole);
}

std::set<std::string> names_of_all_tests()
{
    auto out = names_of_tests();
    out.merge(names_of_python_tests());
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

TEST_CASE("every requirement of docs/requirements.md is shown by tests that exist")
{
    const auto tests = names_of_all_tests();
    const auto cells = proofs(support::read_file(MODELSEC_SOURCE_DIR "/docs/requirements.md"));
    REQUIRE(names_of_python_tests().size() > 50);
    CHECK(cells.size() >= 28);
    for (const std::string& cell : cells)
        check_names_only(cell.substr(0, cell.rfind(" |")), tests);
}

TEST_CASE("every fault of docs/faults.md that was found by attack or reported is shown by tests that exist")
{
    const auto tests = names_of_all_tests();
    const auto cells = proofs(support::read_file(MODELSEC_SOURCE_DIR "/docs/faults.md"));
    CHECK(cells.size() >= 25);
    for (const std::string& cell : cells)
        check_names_only(cell.substr(0, cell.rfind(" |")), tests);
}

TEST_CASE("every cell of the table of hosts in docs/hosts.md is tests that exist")
{
    const auto tests = names_of_all_tests();
    std::istringstream lines(support::read_file(MODELSEC_SOURCE_DIR "/docs/hosts.md"));
    std::size_t rows = 0, columns = 0;
    for (std::string line; std::getline(lines, line);)
    {
        if (line.starts_with("| host | public |"))
            columns = static_cast<std::size_t>(std::count(line.begin(), line.end(), '|')) - 1;
        if (columns == 0 || !line.starts_with("| ") || line.starts_with("| host | public |"))
        {
            columns = line.starts_with('|') ? columns : 0;
            continue;
        }
        ++rows;
        std::vector<std::string> cells;
        std::size_t from = 2;
        for (std::size_t bar = 0; (bar = line.find(" |", from)) != std::string::npos; from = bar + 3)
            cells.push_back(line.substr(from, bar - from));
        REQUIRE_MESSAGE(cells.size() == columns, line);
        for (std::size_t i = 1; i < cells.size(); ++i)
            check_names_only(cells[i], tests);
    }
    CHECK(rows >= 11);
}

TEST_CASE("every Python test, and every file of them, that a page of docs/ names is there")
{
    const auto tests = names_of_python_tests();
    std::set<std::string> files;
    for (const char* folder : {"/tests/hosts", "/bindings/python/tests"})
        for (const auto& entry : std::filesystem::directory_iterator(std::string(MODELSEC_SOURCE_DIR) + folder))
            files.insert(entry.path().filename().string());
    std::size_t named = 0;
    for (const auto& page : std::filesystem::recursive_directory_iterator(MODELSEC_SOURCE_DIR "/docs"))
        if (page.path().extension() == ".md")
            for (const std::string& name : quoted_in(support::read_file(page.path().string())))
                if (name.starts_with("test_"))
                {
                    ++named;
                    CHECK_MESSAGE((tests.contains(name) || files.contains(name)), name);
                }
    CHECK(named > 50);
}
