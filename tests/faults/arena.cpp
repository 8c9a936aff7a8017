// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "arena.hpp"

#include <unistd.h>

#include <filesystem>

namespace faults {

namespace fs = std::filesystem;
using support::fault;
using support::line_fault;

namespace {

constexpr auto deadline = 4s;
constexpr auto machine_is_busy = 6s;  // beyond the deadline; what is looked for are minutes

}  // namespace

std::size_t open_descriptors()
{
    std::size_t out = 0;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd"))
        out += entry.path().empty() ? 0 : 1;
    return out;
}

void check_store(const integration::world& w, const std::string& content, bool new_one)
{
    CHECK(integration::active_version(w) == (new_one ? "2.0.0" : "1.0.0"));
    CHECK((integration::active_content(w) == (new_one ? content : arena::old_content)));
    modelsec::error_code ec;
    modelsec::diagnostics diag;
    w.client().verify("demo", ec, diag);
    CHECK(!ec);
    // Below staging: folders of partials that can be resumed (below pack/: one that was whole already), and nothing else.
    for (const auto& name : integration::tree(w.store() + "/.modelsec/staging"))
    {
        const auto file = name.substr(name.rfind('/') + 1);
        const bool known = name.find('/') == std::string::npos || name.find("/pack") != std::string::npos ||
                           file.starts_with("partial-") || file == "journal" || file.starts_with("for-");
        CHECK_MESSAGE(known, name);
        CHECK_MESSAGE(!new_one, name);
    }
    for (const auto& name : integration::tree(w.store()))
        CHECK_MESSAGE(name.find("tmp") == std::string::npos, name);
}

arena::arena(std::size_t size) : content(support::noise(size, 2)), line_(w.web.port())
{
    prepare();
}

std::string arena::artifact_url(const std::string& at) const
{
    return "https://127.0.0.1:" + std::to_string(line_.port()) + at + "?token=" + integration::planted_secret;
}

void arena::prepare()
{
    w.release(old_content);
    REQUIRE(integration::fetch(w).code == errc::ok);
    fs::rename(w.store(), w.place / "before");

    auto m = w.manifest(content, path, 2, "2.0.0");
    m.artifacts[0].url = artifact_url();
    w.publish(m);
    take_store(w.place / "before");
    fault cut;
    cut.cut_at = half();
    w.web.fail(path, cut);
    REQUIRE(attempt(0).code == errc::network);
    w.web.heal(path);
    fs::rename(w.store(), w.place / "resumable");
}

void arena::take_store(const std::string& from) const
{
    fs::remove_all(w.store());
    fs::copy(from, w.store(), fs::copy_options::recursive);
}

outcome arena::attempt(unsigned retries)
{
    auto options = heard.listening(w.options());
    options.transport.connections = 1;
    options.caps.retries = retries;
    options.caps.first_retry_wait = 10ms;
    options.caps.connect_timeout = options.caps.handshake_timeout = 400ms;
    options.caps.stall_timeout = options.caps.first_byte_timeout = 250ms;
    options.caps.document_start_time = 1s;
    modelsec::client client(options);
    auto asked = w.request();
    asked.manifest.url = w.web.url(manifest_path_);
    asked.manifest.headers = {{"X-API-Key", integration::planted_secret}};
    asked.operation.deadline = deadline;
    return integration::fetch(client, asked);
}

void arena::answer(moment when, fault what, unsigned times)
{
    const std::string at = when == moment::manifest ? manifest_path_ : path;
    if (when == moment::middle || when == moment::last)
    {
        fault before;
        before.cut_at = when == moment::middle ? half() : content.size() - 1;
        w.web.fail(at, before, 1);
    }
    w.web.fail(at, std::move(what), times);
}

void arena::line(moment when, line_fault what, unsigned times)
{
    constexpr std::uint64_t some = 8192;  // with what a handshake takes
    what.at = when == moment::first ? 0 : when == moment::last ? line_fault::last_byte : some;
    if (when == moment::middle)
        what.at += half();
    what.tail_from = times == support::relay::always ? 4000 : content.size() * 3 / 4;  // beyond a handshake
    line_.fail(what, times);
}

void arena::certificate(moment when, const support::identity& shown, int newest_tls)
{
    support::origin_options options;
    options.server = shown;
    options.max_tls = newest_tls;
    if (newest_tls < 0x0303)
        options.min_tls = 0x0301;
    auto& other = *others_.emplace_back(std::make_unique<support::origin>(options));
    other.serve(path, content);
    line_fault elsewhere;
    elsewhere.other_port = other.port();
    if (when == moment::middle || when == moment::last)
    {
        fault before;
        before.cut_at = when == moment::middle ? half() : content.size() - 1;
        w.web.fail(path, before, 1);
        line_.fail({}, 1);
    }
    line_.fail(elsewhere);
}

void arena::black_hole(bool mirror)
{
    hole_ = std::make_unique<support::black_hole>();
    auto m = w.manifest(content, path, 2, "2.0.0");
    m.artifacts[0].url = "https://127.0.0.1:" + std::to_string(hole_->port()) + "/model.bin";
    if (mirror)
        m.artifacts[0].mirrors = {artifact_url()};
    manifest_path_ = "/hole";
    w.web.serve(manifest_path_, support::dsse_envelope(m.json(), {w.key}));
}

void arena::run(const fault_kind& kind, moment when, bool always)
{
    const int expected = (always ? kind.always : kind.once)[static_cast<std::size_t>(when)];
    if (expected < 0)
        return;
    const std::string what = kind.where + ", " + kind.name + ", " + moment_names[static_cast<std::size_t>(when)] +
                             (always ? ", always" : ", once");
    INFO(what);
    patience = 2;
    take_store(w.place / (when == moment::resume ? "resumable" : "before"));
    const std::size_t descriptors = open_descriptors();
    const auto begun = std::chrono::steady_clock::now();
    kind.happen(*this, when, always ? support::origin::always : 1);
    const outcome o = attempt(patience);
    CHECK(std::chrono::steady_clock::now() - begun < deadline + machine_is_busy);
    INFO("reason: ", std::string(to_string(o.why)), " ", o.detail);
    CHECK(static_cast<int>(o.code) == expected);
    check_store(w, content, o.code == errc::ok);
    heard.check(o);
    w.web.heal(path);
    w.web.heal("/manifest");
    line_.heal();
    others_.clear();
    hole_.reset();
    manifest_path_ = "/manifest";
    w.web.forget_requests();
    wait_for_descriptors(descriptors);
}

// The servers of this process close theirs a little later.
void arena::wait_for_descriptors(std::size_t allowed) const
{
    const auto until = std::chrono::steady_clock::now() + 3s;
    while (open_descriptors() > allowed && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(5ms);
    CHECK(open_descriptors() <= allowed);
}

}  // namespace faults
