// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/base/range_set.hpp>

#include <doctest/doctest.h>

#include <bitset>
#include <random>

using namespace modelsec;

using namespace modelsec::detail;

TEST_CASE("a range set agrees with a set of bytes after any sequence of changes")
{
    constexpr std::size_t n = 64;
    std::mt19937 random(42);
    for (int round = 0; round < 300; ++round)
    {
        range_set set;
        std::bitset<n> model;
        for (int step = 0; step < 12; ++step)
        {
            const auto a = random() % n;
            const auto b = random() % (n + 1);
            const bool add = random() % 3 != 0;
            add ? set.add({a, b}) : set.subtract({a, b});
            for (auto i = a; i < b; ++i)
                model[i] = add;

            CHECK(set.size() == model.count());
            const auto missing = set.missing_of({0, n});
            std::uint64_t last_end = 0;
            for (const auto& r : set.ranges())
            {
                CHECK_FALSE(r.empty());
                CHECK((r.begin > last_end || r.begin == 0));  // neither overlapping nor touching
                last_end = r.end;
            }
            for (std::size_t i = 0; i < n; ++i)
            {
                std::size_t end = i;
                while (end < n && model[end])
                    ++end;
                CHECK(set.from(i).size() == end - i);
                CHECK(set.covers({i, end}));
                CHECK_FALSE(set.covers({i, end + 1}));
                CHECK(missing.covers({i, i + 1}) != model[i]);
            }
        }
    }
}
