// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_OUTPUT_HPP
#define MODELSEC_TOOLS_OUTPUT_HPP

#include "progress_bar.hpp"

#include <modelsec/event.hpp>

#include <boost/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace modelsec::tool {

namespace json = boost::json;

enum class output_mode
{
    people,  ///< results on stdout; progress and errors on stderr
    quiet,   ///< errors only
    json     ///< one JSON object a line on stdout, nothing else
};

enum class paint
{
    bad,      ///< red
    caution,  ///< yellow
    strong    ///< bold
};

/// All that the command says. Colours only on terminals, and not with NO_COLOR in the environment (no-color.org).
class output
{
public:
    explicit output(output_mode mode);

    bool json_lines() const noexcept { return mode_ == output_mode::json; }
    /// The model that the final line is about, also when it is about an error.
    void about(std::string model_id) { model_id_ = std::move(model_id); }
    /// The store that the operation is about: errors of it say where it is.
    void in_store(std::string folder) { store_ = std::move(folder); }
    /// Errors are not about the initialization of a model: a command of publishers.
    void publishing() noexcept { initializing_ = false; }
    /// Whoever runs this command made what is refused: errors say what it is in their own words.
    void explaining() noexcept { explaining_ = true; }
    /// Errors from here on say that a model could not be initialized, and nothing more to end users: a fetch.
    void initializing() noexcept { initializing_ = true; }

    // For people.
    /// A part of a result, painted where results go to a terminal.
    std::string painted(std::string_view text, paint how) const { return painted(text, how, colours_on_results_); }
    void say(std::string_view line);        ///< a result, on stdout
    void notice(std::string_view line);     ///< on stderr, above a bar
    void unset(std::string_view variable);  ///< that an option names a variable that is not set
    // For programs.
    void object(const json::object& line);
    /// The final line of success, with these members beside the usual ones.
    void succeed(const json::object& members = {});

    /// What an operation tells; for client and publisher alike.
    void observe(const event& e);
    void progress(std::string_view stage, std::uint64_t bytes, std::uint64_t total);

    /// The error in the way of this mode. `hint` empty: that of its reason.
    void fail(reason why, std::string_view hint, std::string_view detail);

private:
    static std::string painted(std::string_view text, paint how, bool wanted);
    std::string message_of(errc code) const;
    void begin(std::string_view stage);
    void show_event(const event& e);
    json::object final_line(reason why) const;

    output_mode mode_;
    bool initializing_ = false;
    bool explaining_ = false;
    bool colours_on_results_ = false;
    bool colours_on_errors_ = false;
    std::uint64_t bytes_fetched_ = 0;
    std::string model_id_;
    std::string store_;
    std::string stage_;
    bool stage_announced_ = false;
    std::optional<progress_bar> bar_;
};

}  // namespace modelsec::tool

#endif
