// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The trust root: init, rotate, sign, verify. Its keys lie on machines without a network; files go from one to the other.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../platform.hpp"
#include "../publish_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <modelsec/publish.hpp>

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* init_examples =
    R"(  modelsec root init --root-key alice.pub.json --root-key bob.pub.json --root-key carol.pub.json --root-threshold 2
                     --targets-key release-2026.pub.json --expires 365d --out 1.root.json
  modelsec root sign --key alice.pem 1.root.json          on Alice's machine; then the same on Bob's
)";
constexpr const char* rotate_examples =
    R"(  modelsec root rotate 1.root.json --remove release-2026 --targets-key release-2027.pub.json --out 2.root.json
  modelsec root sign --key alice.pem 2.root.json          then the same on Bob's machine
  modelsec root verify 1.root.json 2.root.json            then put 2.root.json where clients look
)";

struct root_arguments
{
    /// What is said of one role: files with public keys, and how many of the keys must sign.
    struct role
    {
        std::vector<std::string> key_files;
        std::optional<unsigned> threshold;
    };

    role root, targets, snapshot, timestamp;
    std::vector<std::string> remove, private_keys, files;
    std::string expires = "365d", previous, out, remind;
};

utc_time present()
{
    return clock::system().now();
}

root_document read_root(const std::string& path)
{
    const bytes text = read_local_file(path, limits{}.root_bytes).value();
    return value_or_hint(root_document::parse(text), "a root.json is expected");
}

role_change change_of(const root_arguments::role& role)
{
    role_change out;
    out.threshold = role.threshold;
    for (const std::string& path : role.key_files)
    {
        const bytes text = read_local_file(path, limits{}.root_bytes).value();
        const pins keys = value_or_hint(pins::parse(text), "public keys come as keygen makes them: ID.pub.json");
        out.add.insert(out.add.end(), keys.keys().begin(), keys.keys().end());
    }
    return out;
}

root_change change_of(const root_arguments& a)
{
    root_change out;
    out.root = change_of(a.root);
    out.targets = change_of(a.targets);
    out.snapshot = change_of(a.snapshot);
    out.timestamp = change_of(a.timestamp);
    out.remove = a.remove;
    const utc_time now = present();
    out.expires = expiry_option(a.expires, now, "--expires takes 365d, or 2026-12-31T00:00:00Z");
    if (out.expires <= now)
        usage("--expires lies in the future");
    return out;
}

/// "2 of 3 signatures (alice, bob)"
std::string tally(const root_document& file, const root_document& by)
{
    const auto signers = file.signers(by);
    std::string names;
    for (const std::string& name : signers)
        names += (names.empty() ? " (" : ", ") + printable(name);
    return std::to_string(signers.size()) + " of " + std::to_string(by.threshold()) + " signatures" + names +
           (names.empty() ? "" : ")");
}

json::array names(const std::vector<std::string>& list)
{
    return json::array(list.begin(), list.end());
}

void finish(root_document file, const root_document* previous, const root_arguments& a, const std::string& path, bool fresh,
            output& out)
{
    bool added = false;
    for (const std::string& key : a.private_keys)
        added = value_or_hint(file.sign(read_signing_key(key), previous),
                              previous ? "--key is neither a root key of this root nor of the one before"
                                       : "--key is no root key of this root; for one that it removes add --previous") ||
                added;
    const std::string text = file.text();
    if (fresh)
        create_file(path, as_bytes(text), visibility::everyone).value();
    else if (added)
        replace_file(path, as_bytes(text)).value();
    out.succeed({{"path", path},
                 {"version", file.version()},
                 {"expires", format_rfc3339(file.expires())},
                 {"signed_by", names(file.signers(file))},
                 {"threshold", file.threshold()}});
    out.say("root version " + std::to_string(file.version()) + ", " + tally(file, file) +
            (previous ? "; by the keys of the one before: " + tally(file, *previous) : ""));
}

void init(const root_arguments& a, output& out)
{
    out.publishing();
    finish(value_or_hint(root_document::make(change_of(a)),
                         "give --root-key and --targets-key, and thresholds that they can meet; "
                         "no key for both"),
           nullptr, a, a.out, true, out);
}

void rotate(const root_arguments& a, output& out)
{
    out.publishing();
    const root_document old = read_root(a.files.front());
    finish(value_or_hint(old.next(change_of(a)),
                         "--remove takes the name of a key in the root; what is left must meet the "
                         "thresholds; no root key signs anything else"),
           &old, a, a.out, true, out);
}

void sign(const root_arguments& a, output& out)
{
    out.publishing();
    std::optional<root_document> previous;
    if (!a.previous.empty())
        previous = read_root(a.previous);
    finish(read_root(a.files.front()), previous ? &*previous : nullptr, a, a.files.front(), false, out);
}

/// Says how long it holds, and that it is time if less than `remind` is left.
void check_expiry(const root_document& root, const std::string& remind, output& out)
{
    const utc_time now = present();
    if (root.expires() <= now)  // TUF 1.0 section 5.3.10
        throw error(fail(reason::root_expired));
    if (remind.empty())
        return;
    const utc_time due = expiry_option(remind, now, "--remind takes a time span: 30d");
    if (root.expires() >= due)
        return;
    event e;
    e.kind = event_kind::warning;
    e.why = reason::expires_soon;
    out.observe(e);
    throw command_error(reason::expires_soon,
                        "it expires at " + format_rfc3339(root.expires()) + ": rotate the root before");
}

void verify(const root_arguments& a, output& out)
{
    out.publishing();
    std::vector<bytes> chain;
    for (const std::string& path : a.files)
        chain.push_back(read_local_file(path, limits{}.root_bytes).value());
    const root_document last =
        value_or_hint(root_document::verify(chain),
                      "the first root is not signed by enough of its own keys, or one does not follow "
                      "from the one before it");
    check_expiry(last, a.remind, out);
    const auto days = std::chrono::duration_cast<std::chrono::hours>(last.expires() - present()).count() / 24;
    out.succeed({{"version", last.version()},
                 {"expires", format_rfc3339(last.expires())},
                 {"days_left", std::int64_t{days}},
                 {"signed_by", names(last.signers(last))},
                 {"threshold", last.threshold()}});
    out.say("root version " + std::to_string(last.version()) + ", " + tally(last, last) + ", expires " +
            format_rfc3339(last.expires()) + ", in " + counted(static_cast<std::uint64_t>(days), "day"));
}

using work = void (*)(const root_arguments&, output&);

CLI::App& add_root_command(command_line& line, CLI::App& parent, const char* name, const char* purpose, const char* examples,
                           work what, const std::shared_ptr<root_arguments>& arguments)
{
    CLI::App& command = add_subcommand(line, name, purpose, examples, &parent);
    command.callback([&line, arguments, what] { line.chosen = [=](output& out) { what(*arguments, out); }; });
    return command;
}

void add_change(CLI::App& c, root_arguments& a)
{
    repeatable(c, "--root-key", a.root.key_files, "A public key that may sign roots", "FILE");
    count_option(c, "--root-threshold", a.root.threshold, "So many of them must; 1");
    repeatable(c, "--targets-key", a.targets.key_files, "A public key that may sign manifests", "FILE");
    count_option(c, "--targets-threshold", a.targets.threshold, "So many of them must; 1");
    repeatable(c, "--snapshot-key", a.snapshot.key_files, "For TUF repositories; default: as targets", "FILE");
    repeatable(c, "--timestamp-key", a.timestamp.key_files, "For TUF repositories; default: as targets", "FILE");
    c.add_option("--expires", a.expires, "How long it holds: 365d, or a time in RFC 3339")->type_name("365d");
    c.add_option("--out", a.out, "The new root; never replaces a file")->type_name("FILE")->required();
}

}  // namespace

void add_root(command_line& line)
{
    CLI::App& root = *line.app.add_subcommand("root", "Makes and rotates the trust root that clients pin");
    root.require_subcommand(1);
    root.footer(std::string("Examples:\n") + init_examples + rotate_examples);
    const auto a = std::make_shared<root_arguments>();
    const auto signing = [&](CLI::App& c) {
        return repeatable(c, "--key", a->private_keys, "A private root key that is at hand here, to sign with", "FILE");
    };

    CLI::App& first = add_root_command(line, root, "init", "Makes the first root", init_examples, init, a);
    add_change(first, *a);
    signing(first);

    CLI::App& next =
        add_root_command(line, root, "rotate", "Makes the root that follows another one", rotate_examples, rotate, a);
    add_change(next, *a);
    repeatable(next, "--remove", a->remove, "A key to remove from every role, by its name or id", "ID");
    signing(next);
    next.add_option("ROOT", a->files, "The newest root so far")->type_name("")->required()->expected(1);

    CLI::App& more = add_root_command(line, root, "sign", "Adds a signature to a root", init_examples, sign, a);
    signing(more)->required();
    more.add_option("--previous", a->previous, "The root before it, for a key that it removes")->type_name("FILE");
    more.add_option("ROOT", a->files, "The root; signed in place")->type_name("")->required()->expected(1);

    CLI::App& check = add_root_command(
        line, root, "verify", "Verifies a root, or that each follows from the one before; reminds of its end",
        "  modelsec root verify 1.root.json 2.root.json\n"
        "  modelsec root verify 2.root.json --remind 30d       exits with 60 when less is left, with 21 when it is over\n",
        verify, a);
    check.add_option("ROOTS", a->files, "In order")->type_name("")->required();
    check.add_option("--remind", a->remind, "Exit with 60 if it holds for less than this")->type_name("30d");
}

}  // namespace modelsec::tool
