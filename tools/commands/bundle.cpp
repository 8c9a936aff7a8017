// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../fetch_arguments.hpp"
#include "../platform.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/fetch/bundle.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/trust/envelope.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>

namespace modelsec::tool {

namespace {

namespace fs = std::filesystem;

constexpr const char* examples =
    R"(  modelsec bundle --manifest https://cdn.example/manifest.json --pins keys.pub.json --out llama.bundle
  carries a model to machines without a network:  modelsec fetch --bundle llama.bundle --pins keys.pub.json --store models
)";

/// A folder that goes with its object.
class scratch
{
public:
    explicit scratch(const std::string& beside) : path_(beside + ".work")
    {
        std::error_code ec;
        fs::remove_all(path_, ec);
        value_or_hint(make_folder(path_), "--out: the folder cannot be written");
    }
    ~scratch()
    {
        std::error_code ec;
        fs::remove_all(path_, ec);
    }
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

/// The envelope that vouches for the pack that was fetched into an empty store: the only one that is kept there.
bytes kept_envelope(const fs::path& store)
{
    for (const auto& entry : fs::directory_iterator(store / ".modelsec" / "envelopes"))
        return read_local_file(entry.path().string(), limits{}.envelope_bytes).value();
    throw command_error(reason::state_unreadable, "", "no envelope was kept");
}

/// Successors of a pinned root, as the store keeps them: `<N>.root.json`.
std::vector<std::pair<std::uint64_t, bytes>> kept_roots(const fs::path& store)
{
    std::vector<std::pair<std::uint64_t, bytes>> out;
    const fs::path trust = store / ".modelsec" / "trust";
    std::error_code ec;
    for (fs::recursive_directory_iterator at(trust, ec), end; !ec && at != end; at.increment(ec))
    {
        const std::string name = at->path().filename().string();
        std::uint64_t version = 0;
        const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), version);
        if (error == std::errc() &&
            std::string_view(rest, static_cast<std::size_t>(name.data() + name.size() - rest)) == ".root.json")
            out.emplace_back(version, read_local_file(at->path().string(), limits{}.root_bytes).value());
    }
    return out;
}

/// The files of the artifact that was fetched, as they were signed. An archive is not kept by a store: it comes from where it is.
std::vector<bundle_file> files_of(bytes_view raw, const fetch_result& got, const std::string& archive)
{
    for (const envelope_format format : {envelope_format::dsse, envelope_format::pack})
    {
        const auto signed_by = parse_envelope(raw, format);
        if (!signed_by)
            continue;
        for (const artifact& a : parse_known_artifacts(signed_by->payload()).value())
        {
            if (!(a.content_digest() == got.artifact))
                continue;
            std::vector<bundle_file> out;
            if (a.is_zip && archive.empty())
                usage("--archive: the model is an archive; say where it lies");
            for (const artifact_file& f : a.files)
                out.push_back({a.is_zip ? archive : got.path + '/' + f.name->str(), f.sha256, f.size_bytes});
            return out;
        }
    }
    throw command_error(reason::state_unreadable, "", "no artifact of the envelope is what was fetched");
}

void bundle(const fetch_arguments& arguments, const std::string& out_file, const std::string& archive, output& out)
{
    out.publishing();
    out.about(arguments.model());
    std::error_code ec;
    if (fs::exists(out_file, ec))
        throw command_error(reason::file_exists, "--out: the file is there already and stays as it is");
    const scratch work(out_file);
    control handle;
    const interrupt_guard guard(handle);
    fetch_options options = arguments.fetch();
    if (options.offline || options.dry_run)
        usage("a bundle is made of a model that is fetched");
    options.operation.control = handle;
    options.operation.events = [&out](const event& e) {
        if (e.kind == event_kind::progress)
            out.progress("fetch", e.bytes, e.total);
    };
    client fetcher(arguments.client(work.path() + "/store"));
    const fetch_result got = fetcher.fetch(options);
    const fs::path store = work.path() + "/store";
    const bytes envelope = kept_envelope(store);
    write_bundle(out_file, envelope, kept_roots(store), files_of(envelope, got, archive), handle).value();
    const std::uint64_t size = fs::file_size(out_file, ec);
    out.succeed({{"version", got.version}, {"path", out_file}, {"bytes", size}});
    out.say(got.model_id + ' ' + got.version + " in " + out_file + ", " + human_size(size));
}

}  // namespace

void add_bundle(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "bundle", "One file with manifest, roots and model, for machines without a network", examples);
    const auto arguments = std::make_shared<fetch_arguments>();
    const auto out_file = std::make_shared<std::string>(), archive = std::make_shared<std::string>();
    arguments->add_to(command, false);
    command.add_option("--out", *out_file, "The bundle; must not be there yet")->type_name("FILE")->required();
    command.add_option("--archive", *archive, "The model's zip, which a store does not keep")->type_name("FILE");
    command.callback([&line, arguments, out_file, archive] {
        line.chosen = [=](output& out) { bundle(*arguments, *out_file, *archive, out); };
    });
}

}  // namespace modelsec::tool
