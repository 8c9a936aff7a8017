// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
//
// The story of a model, told by the real `modelsec` command: published, fetched, replaced, rolled back; and of four
// attackers, each refused. Everything happens on this machine, in one temporary folder, with a CA that nobody else trusts.
#include "narrator.hpp"

#include <origin.hpp>
#include <process.hpp>
#include <temp_dir.hpp>
#include <throwaway_ca.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace {

namespace fs = std::filesystem;
using words = std::vector<std::string>;

constexpr std::uint64_t model_bytes = 256u << 20;
constexpr std::uint64_t small_model_bytes = 32u << 20;
/// Two versions to serve, two in the store, some slack.
constexpr std::uint64_t disk_needed = 4 * model_bytes + 8 * small_model_bytes;

/// The file of a version: the same noise for all, apart from the version at its start.
void write_model(const std::string& path, const std::string& version, std::uint64_t size)
{
    const auto block = support::noise(8u << 20);
    std::ofstream out(path, std::ios::binary);
    out << "demo model " << version << "\n";
    for (auto left = size - static_cast<std::uint64_t>(out.tellp()); left > 0;)
    {
        const auto piece = std::min<std::uint64_t>(left, block.size());
        out.write(block.data(), static_cast<std::streamsize>(piece));
        left -= piece;
    }
    if (!out.flush())
        throw std::runtime_error("cannot write the model: is the disk full?");
}

class story
{
public:
    explicit story(std::string command)
        : command_(std::move(command)), web_(make_origin()), plain_web_(support::origin_options{})
    {
        if (fs::space(place_.path()).available < disk_needed)
            throw std::runtime_error("the demo needs " + demo::mebibytes(disk_needed) + " in " + place_.path() +
                                     "; set TMPDIR to a folder with more room");
        place_.write("ca.pem", ca_.certificate());
        for (const char* folder : {"www", "manifests"})
            fs::create_directory(place_ / folder);
    }

    bool tell()
    {
        publisher_begins();
        customer_fetches();
        customer_updates();
        flipped_byte();
        forged_manifest();
        replayed_manifest();
        plain_http_redirect();
        tell_.table(outcomes_);
        bool fine = plain_web_.count() == 0;
        for (const auto& o : outcomes_)
            fine = fine && o.as_expected();
        return fine;
    }

private:
    support::origin make_origin() const
    {
        support::origin_options options;
        options.server = ca_.issue();
        return support::origin(options);
    }

    void publisher_begins()
    {
        tell_.chapter("The publisher makes a key and signs a model of " + demo::mebibytes(model_bytes));
        run({"keygen", "--out", "keys", "--key-id", "demo"});
        publish("1.0.0", 1, model_bytes, "keys/demo.pem");
        put_online(1);
    }

    void customer_fetches()
    {
        tell_.chapter("A customer fetches it: TLS, signature, size, SHA-256; only then it is active");
        fetch("fetch version 1.0.0", 0, true, "1.0.0");
        tell_.chapter("Once more: it is active already, so only the manifest is asked for");
        fetch("fetch again: nothing to transfer", 0, false, "1.0.0");
    }

    void customer_updates()
    {
        tell_.chapter("The publisher releases version 2.0.0");
        publish("2.0.0", 2, model_bytes, "keys/demo.pem");
        put_online(2);
        fetch("fetch version 2.0.0", 0, true, "2.0.0");
        tell_.chapter("Version 2.0.0 does not please: back to the last good one, without the network");
        step("roll back", {"rollback", "--store", "store", "demo"}, 0, false, "1.0.0");
    }

    void flipped_byte()
    {
        tell_.chapter("Attack 1: somebody on the way flips one bit of the model");
        publish("3.0.0", 3, small_model_bytes, "keys/demo.pem");
        put_online(3);
        support::fault flipped;
        flipped.flip_at = small_model_bytes / 2;
        web_.fail("/model-3.bin", flipped);
        fetch("attack: one bit of the model flipped", 30, true, "1.0.0");
    }

    void forged_manifest()
    {
        tell_.chapter("Attack 2: somebody signs a manifest with a key of his own, under the publisher's key id");
        run({"keygen", "--out", "attacker", "--key-id", "demo"});
        publish("9.9.9", 9, small_model_bytes, "attacker/demo.pem");
        put_online(9);
        fetch("attack: manifest signed by another key", 20, false, "1.0.0");
    }

    void replayed_manifest()
    {
        tell_.chapter("Attack 3: somebody replays the publisher's own, older manifest");
        put_online(1);
        fetch("attack: older manifest replayed", 22, false, "1.0.0");
    }

    void plain_http_redirect()
    {
        tell_.chapter("Attack 4: the server sends the client to plain http");
        web_.fail("/manifest.json", support::redirect(plain_web_.url("/manifest.json")));
        fetch("attack: redirect to plain http", 50, false, "1.0.0");
        tell_.say("requests that reached the http server: " + std::to_string(plain_web_.count()));
    }

    std::string manifest_of(unsigned sequence) const { return "manifests/" + std::to_string(sequence) + ".json"; }

    void publish(const std::string& version, unsigned sequence, std::uint64_t size, const std::string& key)
    {
        const auto name = "model-" + std::to_string(sequence) + ".bin";
        write_model(place_ / ("www/" + name), version, size);
        web_.serve_file("/" + name, place_ / ("www/" + name));
        run({"publish", "--key", key, "--model", "demo", "--version", version, "--platform", "any", "--file", "www/" + name,
             "--url", web_.url("/" + name), "--sequence", std::to_string(sequence), "--expires", "30d", "--out",
             manifest_of(sequence)});
    }

    void put_online(unsigned sequence)
    {
        web_.serve("/manifest.json", support::read_file(place_ / manifest_of(sequence)), "application/json");
    }

    void fetch(const std::string& what, int expected, bool transfer, const std::string& active)
    {
        step(what,
             {"fetch", "--manifest", web_.url("/manifest.json"), "--pins", "keys/demo.pub.json", "--ca", "ca.pem", "--store",
              "store", "--model", "demo"},
             expected, transfer, active);
    }

    /// Runs a command whose outcome goes into the table.
    void step(const std::string& what, const words& arguments, int expected, bool transfer, const std::string& active)
    {
        web_.forget_requests();
        demo::outcome o;
        o.what = what;
        o.expected_code = expected;
        o.transfer_expected = transfer;
        o.expected_active = active;
        tell_.command(typed(arguments));
        o.code = execute(arguments, true).exit_code;
        tell_.ended(o.code, expected);
        for (const auto& request : web_.requests())
            o.model_bytes += request.target.rfind("/model-", 0) == 0 ? request.sent : 0;
        const auto path = execute({"path", "--store", "store", "demo"}, false);
        o.active = path.exit_code == 0 ? fs::path(path.out.substr(0, path.out.find('\n'))).filename().string() : "none";
        outcomes_.push_back(std::move(o));
    }

    /// Runs a command that has to succeed.
    void run(const words& arguments)
    {
        tell_.command(typed(arguments));
        if (const auto result = execute(arguments, true); result.exit_code != 0)
            throw std::runtime_error("modelsec " + arguments.front() + " ended with " + std::to_string(result.exit_code));
    }

    static words typed(words arguments)
    {
        arguments.insert(arguments.begin(), "modelsec");
        return arguments;
    }

    support::process_result execute(words arguments, bool show) const
    {
        arguments.insert(arguments.begin(), command_);
        support::process_options options;
        options.folder = place_.path();
        options.show_output = show;
        auto result = support::run(arguments, options, std::chrono::minutes(2));
        demo::check_interrupted();
        return result;
    }

    std::string command_;
    support::temp_dir place_;
    support::throwaway_ca ca_;
    support::origin web_;
    support::origin plain_web_;
    demo::narrator tell_;
    std::vector<demo::outcome> outcomes_;
};

/// The command lies next to the demo.
std::string command_beside(const char* program)
{
    const auto beside = fs::absolute(program).parent_path() / "modelsec";
    if (!fs::exists(beside))
        throw std::runtime_error("there is no modelsec command in " + beside.parent_path().string() + ": build it first");
    return beside.string();
}

}  // namespace

int main(int, char** arguments)
{
    demo::end_in_order_when_asked();
    try
    {
        if (story(command_beside(arguments[0])).tell())
        {
            std::cout << "\nEverything went as it should: good models became active, and no attacker changed anything.\n";
            return 0;
        }
        std::cout << "\nSomething did not go as it should: see the table.\n";
    }
    catch (const std::exception& e)
    {
        std::cerr << "demo: " << e.what() << "\n";
    }
    return 1;
}
