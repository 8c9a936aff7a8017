// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_FAULTS_WITNESS_HPP
#define MODELSEC_TESTS_FAULTS_WITNESS_HPP

#include <world.hpp>

#include <mutex>
#include <string>
#include <vector>

namespace faults {

/// Hears and reads all that attempts on one world say and write, and finds what must not be there (CWE-209, CWE-532): secrets anywhere, local
/// paths, addresses and queries in what is for everybody.
class witness
{
public:
    explicit witness(const integration::world& w) : w_(w) {}

    /// With these an attempt is audited and logged, and what it counts is heard.
    modelsec::client_options listening(modelsec::client_options options);
    /// After an attempt: its messages and events, the lines of its log, the audit log, its memory, the counters, and every file of the store.
    void check(const integration::outcome& o);

    /// What is wrong with a text for everybody, or, for the owner, with any text; empty: nothing.
    std::vector<std::string> found_in(const std::string& text, bool for_everybody) const;
    std::size_t texts() const noexcept { return texts_; }
    std::size_t files() const noexcept { return files_; }
    std::size_t log_lines() const noexcept { return log_lines_; }

private:
    void expect(const std::string& text, bool for_everybody, const std::string& source);

    const integration::world& w_;
    std::string metrics_;
    std::mutex mutex_;  // guards the lines: they come from the operations' threads
    std::vector<std::string> lines_;
    std::size_t texts_ = 0, files_ = 0, log_lines_ = 0;
};

}  // namespace faults

#endif
