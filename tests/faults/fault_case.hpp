// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_FAULTS_FAULT_CASE_HPP
#define MODELSEC_TESTS_FAULTS_FAULT_CASE_HPP

#include <array>
#include <functional>
#include <string>
#include <vector>

namespace faults {

class arena;

/// When it goes wrong.
enum class moment
{
    manifest,  ///< with the signed manifest
    first,     ///< with the first request for the artifact
    middle,    ///< in mid-body: half of the artifact is there
    last,      ///< at its last byte
    resume     ///< when a new attempt goes on where an earlier one stopped
};
inline constexpr std::array<moment, 5> moments = {moment::manifest, moment::first, moment::middle, moment::last,
                                                  moment::resume};
inline constexpr std::array<const char*, 5> moment_names = {"manifest", "first request", "mid-body", "last byte", "resume"};

/// The code an attempt ends with, by moment; -1: this cannot happen then.
using codes = std::array<int, 5>;

/// One thing that goes wrong: a row of docs/faults.md, up to ten cases.
struct fault_kind
{
    std::string where;  ///< "under TLS", "answer" or "certificate"
    std::string name;
    /// Makes it go wrong at this moment; `times` as origin::fail() takes it.
    std::function<void(arena&, moment, unsigned times)> happen;
    codes once;    ///< the fault goes away
    codes always;  ///< it does not
};

const std::vector<fault_kind>& line_faults();
const std::vector<fault_kind>& answer_faults();
const std::vector<fault_kind>& certificate_faults();
std::vector<fault_kind> all_faults();

}  // namespace faults

#endif
