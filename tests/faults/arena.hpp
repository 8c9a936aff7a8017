// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_FAULTS_ARENA_HPP
#define MODELSEC_TESTS_FAULTS_ARENA_HPP

#include "fault_case.hpp"
#include "witness.hpp"

#include <relay.hpp>
#include <world.hpp>

#include <memory>

namespace faults {

using namespace std::chrono_literals;
using integration::outcome;
using modelsec::errc;

/// One publisher, one origin, one relay before it, and a store whose active model is an old one: what every case starts from.
class arena
{
public:
    explicit arena(std::size_t size = 200'077);

    // What goes wrong.
    void answer(moment when, support::fault what, unsigned times);  ///< what the origin answers then
    void line(moment when, support::line_fault what, unsigned times);
    /// From then on connections go to a server with this certificate (and so old a TLS).
    void certificate(moment when, const support::identity& shown, int newest_tls = 0x0304);
    /// The artifact's address is one that does not answer, neither with yes nor with no.
    void black_hole(bool mirror);
    std::uint64_t half() const { return content.size() / 2; }

    /// Runs one case: the code, checked by the oracle.
    void run(const fault_kind& kind, moment when, bool always);

    integration::world w;
    witness heard{w};     ///< all that was said and written, in every case
    std::string content;  ///< what is published: version 2.0.0; version 1.0.0 is active
    support::relay line_;
    unsigned patience = 2;  ///< retries of the case at hand
    support::throwaway_ca other_ca{"other CA"};

    static constexpr const char* path = "/model.bin";
    static constexpr const char* old_content = "the old model";
    std::string artifact_url(const std::string& at = path) const;

private:
    void prepare();
    /// A copy of a store that was made before.
    void take_store(const std::string& from) const;
    integration::outcome attempt(unsigned retries);
    void check(const integration::outcome& o);
    void wait_for_descriptors(std::size_t allowed) const;

    std::vector<std::unique_ptr<support::origin>> others_;
    std::unique_ptr<support::black_hole> hole_;
    std::string manifest_path_ = "/manifest";
};

/// What must hold after any attempt: the old model or the new one is active and whole; nothing lies about that an attempt would
/// not resume from; no descriptor of the store is open.
void check_store(const integration::world& w, const std::string& content, bool new_one);
std::size_t open_descriptors();

}  // namespace faults

#endif
