// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_FUZZ_FUZZ_HPP
#define MODELSEC_FUZZ_FUZZ_HPP

#include <modelsec/detail/base/bytes.hpp>

#include <cstdio>
#include <cstdlib>

// One parser a file:
//
//     MODELSEC_FUZZ_TARGET(url)
//     {
//         … input …
//     }
//
// makes a libFuzzer target of it (fuzz_url), or, with MODELSEC_FUZZ_REPLAY, one of the targets of fuzz_replay, which runs
// the seeds and the kept crashes in every build.
namespace fuzz {

using target = void (*)(modelsec::bytes_view);

/// Ends the process if something does not hold that must hold for every input.
inline void require(bool holds, const char* what)
{
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

/// One of `count` ways to use an input, chosen by its first byte, which is taken away.
inline unsigned choose(modelsec::bytes_view& input, unsigned count)
{
    if (input.empty())
        return 0;
    const unsigned chosen = input.front() % count;
    input = input.subspan(1);
    return chosen;
}

#ifdef MODELSEC_FUZZ_REPLAY
void add_target(const char* name, target run);

struct registration
{
    registration(const char* name, target run) { add_target(name, run); }
};
#endif

}  // namespace fuzz

#ifdef MODELSEC_FUZZ_REPLAY
#define MODELSEC_FUZZ_ENTRY(name) static const fuzz::registration registered_##name(#name, &fuzz_##name);
#else
#define MODELSEC_FUZZ_ENTRY(name)                                                     \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) \
    {                                                                                 \
        fuzz_##name(modelsec::bytes_view(data, size));                                \
        return 0;                                                                     \
    }
#endif

#define MODELSEC_FUZZ_TARGET(name)                 \
    static void fuzz_##name(modelsec::bytes_view); \
    MODELSEC_FUZZ_ENTRY(name)                      \
    static void fuzz_##name([[maybe_unused]] modelsec::bytes_view input)

#endif
