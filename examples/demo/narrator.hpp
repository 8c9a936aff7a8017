// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_EXAMPLES_DEMO_NARRATOR_HPP
#define MODELSEC_EXAMPLES_DEMO_NARRATOR_HPP

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace demo {

/// Ctrl-C: thrown between two commands, so that everything cleans up after itself.
struct interrupted : std::runtime_error
{
    interrupted() : std::runtime_error("interrupted") {}
};
/// From now on, SIGINT and SIGTERM end the demo in order.
void end_in_order_when_asked();
void check_interrupted();

/// What a step was expected to come to, and came to.
struct outcome
{
    std::string what;
    int expected_code = 0;
    int code = 0;
    bool transfer_expected = false;  ///< whether the origin had to hand out bytes of the model
    std::uint64_t model_bytes = 0;   ///< how many it did
    std::string active;              ///< the version that is active afterwards
    std::string expected_active;

    bool as_expected() const
    {
        return code == expected_code && transfer_expected == (model_bytes > 0) && active == expected_active;
    }
};

/// Tells the story on stdout; in colour where somebody watches on a terminal.
class narrator
{
public:
    narrator();

    void chapter(const std::string& title) const;
    void say(const std::string& text) const;
    /// A command line as a person would type it.
    void command(const std::vector<std::string>& words) const;
    void ended(int code, int expected) const;
    /// What happened, for somebody who sees it for the first time.
    void table(const std::vector<outcome>& outcomes) const;

private:
    std::string bold(const std::string& text) const;
    std::string dim(const std::string& text) const;
    std::string good(const std::string& text) const;
    std::string bad(const std::string& text) const;
    std::string painted(const char* colour, const std::string& text) const;

    bool colours_;
};

std::string mebibytes(std::uint64_t bytes);

}  // namespace demo

#endif
