// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/base/name.hpp>

using namespace modelsec;

namespace {

void check(const relative_path& path)
{
    fuzz::require(!path.parts().empty() && path.parts().size() <= 32, "a path has 1 to 32 parts");
    for (const name& part : path.parts())
    {
        const std::string& s = part.str();
        fuzz::require(!s.empty() && s != "." && s != "..", "no part leads elsewhere");
        fuzz::require(s.find_first_of("/\\:") == std::string::npos, "no part is several");
        for (const char c : s)
            fuzz::require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "no control characters");
    }
}

}  // namespace

// Names, paths and sets of them, one path a line.
MODELSEC_FUZZ_TARGET(name)
{
    path_set set;
    std::string_view text = as_text(input);
    for (int lines = 0; lines < 16 && !text.empty(); ++lines)
    {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));

        if (const auto id = identifier::parse(line); id.has_value())
        {
            fuzz::require(id->str() == line, "an identifier is what was read");
            fuzz::require(name::parse(line).has_value(), "an identifier can be a folder");
        }
        const auto path = relative_path::parse(line);
        if (path.has_error())
            continue;
        check(*path);
        fuzz::require(path->str() == line, "a path is what was read");
        if (set.add_file(*path).has_value())
        {
            fuzz::require(set.add_file(*path).has_error(), "no file is there twice");
            fuzz::require(set.add_folder(*path).has_error(), "no file is a folder");
        }
        fuzz::require(!case_fold(line).empty(), "no name folds to nothing");
    }
}
