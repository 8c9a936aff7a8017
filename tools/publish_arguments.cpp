// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "publish_arguments.hpp"

#include "command_error.hpp"
#include "command_line.hpp"
#include "credentials.hpp"
#include "root_file.hpp"
#include "text.hpp"

#include <modelsec/detail/base/name.hpp>
#include <modelsec/limits.hpp>

#include <algorithm>

namespace modelsec::tool {

namespace {

/// Makes artifacts of options in the order in which they were given: --platform begins an artifact, --file and --url one of its
/// files, --mirror belongs to the file before it.
class artifact_builder
{
public:
    void platform(const std::string& name)
    {
        // With one platform only, its place does not matter.
        if (artifacts_.size() == 1 && artifacts_.front().platform.empty())
            artifacts_.front().platform = name;
        else
            artifacts_.push_back({name, {}, false});
    }
    void file(const std::string& path) { next(&file_to_publish::path, "--url").path = path; }
    void url(const std::string& where) { next(&file_to_publish::url, "--file").url = where; }
    void mirror(const std::string& where)
    {
        if (artifacts_.empty() || artifacts_.back().files.empty())
            usage("--mirror stands after the --file that it mirrors");
        artifacts_.back().files.back().mirrors.push_back(where);
    }
    void zip() { current().is_zip = true; }

    std::vector<artifact_to_publish> finish()
    {
        for (const artifact_to_publish& a : artifacts_)
        {
            if (a.platform.empty())
                usage("every --file belongs to a --platform before it");
            if (a.files.empty())
                usage("every --platform needs a --file and its --url");
            if (a.is_zip && a.files.size() != 1)
                usage("--zip is for exactly one --file");
            for (const file_to_publish& f : a.files)
                if (f.path.empty() || f.url.empty())
                    usage("every --file needs its --url");
        }
        return std::move(artifacts_);
    }

private:
    artifact_to_publish& current()
    {
        if (artifacts_.empty())
            artifacts_.emplace_back();
        return artifacts_.back();
    }

    /// The file whose `part` comes next: the last one if it lacks that part, else a new one.
    file_to_publish& next(std::string file_to_publish::*part, const std::string& other)
    {
        auto& files = current().files;
        if (files.empty() || !(files.back().*part).empty())
        {
            if (!files.empty() && (files.back().path.empty() || files.back().url.empty()))
                usage("a " + other + " is missing: --file and --url come in pairs");
            files.emplace_back();
        }
        return files.back();
    }

    std::vector<artifact_to_publish> artifacts_;
};

}  // namespace

signing_key read_signing_key(const std::string& path)
{
    auto key = signing_key::read(path);
    if (key.has_error() && key.error().why == reason::bad_option)
        throw command_error(
            reason::bad_option,
            "--key takes an unencrypted Ed25519 key in PEM, as keygen or openssl genpkey -algorithm ed25519 make it",
            key.error().detail);
    if (key.has_error() && key.error().why == reason::file_unreadable)
        throw command_error(reason::file_unreadable, "--key: check that the file is there and may be read",
                            key.error().detail);
    return std::move(key).value();
}

void publish_arguments::add_to(CLI::App& c)
{
    command_ = &c;
    static const char* const signing = "Signing";
    repeatable(c, "--key", keys_, "The private key, as keygen makes it", "FILE")->required()->group(signing);
    c.add_option("--format", format_, "The envelope: dsse (default) or pack")->type_name("dsse|pack")->group(signing);
    c.add_option("--root", root_, "The newest root: its targets role holds the keys, and clients must know it")
        ->type_name("FILE")
        ->group(signing);
    c.add_option("--out", out_, "The manifest; replaced if it is there")->type_name("FILE")->required()->group(signing);

    static const char* const model = "Model";
    c.add_option("--model", model_, "Its id")->type_name("ID")->required()->group(model);
    c.add_option("--version", version_, "Its version")->type_name("V")->required()->group(model);
    c.add_option("--sequence", sequence_, "Higher than that of every manifest before")->type_name("N")->group(model);
    c.add_option("--expires", expires_, "How long clients may take it: 12h, 30d, or a time in RFC 3339")
        ->type_name("30d")
        ->group(model);
    c.add_option("--tier", tier_, "Its tier")->type_name("TIER")->group(model);

    static const char* const files = "Files, in this order";
    repeatable(c, "--platform", platforms_, "Who the next files are for", "NAME")->required()->group(files);
    repeatable(c, "--file", files_, "A file of the model", "FILE")->required()->group(files);
    repeatable(c, "--url", urls_, "Where clients get it", "URL")->required()->group(files);
    repeatable(c, "--mirror", mirrors_, "Where else they get it", "URL")->group(files);
    repeatable(c, "--encrypt-for", encrypt_for_, "Encrypt the files, for the holder of this X25519 key; writes FILE.enc beside each", "FILE")
        ->group(files);
    c.add_flag("--zip", zips_, "The file is a zip archive; clients unpack it")->group(files);
    c.add_option("--chunk-size", chunk_size_, "Bytes that are checked as they arrive; 4MiB")
        ->type_name("SIZE")
        ->group(files);
}

std::vector<artifact_to_publish> publish_arguments::artifacts() const
{
    artifact_builder builder;
    auto platform = platforms_.begin(), file = files_.begin(), url = urls_.begin(), mirror = mirrors_.begin();
    for (const CLI::Option* option : command_->parse_order())
    {
        const std::string name = option->get_name();
        if (name == "--platform")
            builder.platform(*platform++);
        else if (name == "--file")
            builder.file(*file++);
        else if (name == "--url")
            builder.url(*url++);
        else if (name == "--mirror")
            builder.mirror(*mirror++);
        else if (name == "--zip")
            builder.zip();
    }
    return builder.finish();
}

std::optional<utc_time> publish_arguments::expiry(utc_time now) const
{
    if (expires_.empty())
        return std::nullopt;
    const utc_time time = value_or_hint(parse_expiry(expires_, now), "--expires takes 12h, 30d, or 2026-12-31T00:00:00Z");
    if (time <= now || time - now > limits{}.manifest_lifetime)
        usage("--expires lies in the future, at most 400 days ahead");
    return time;
}

publication publish_arguments::what(utc_time now) const
{
    publication out;
    if (format_ != "dsse" && format_ != "pack")
        usage("--format is dsse or pack");
    out.format = format_ == "dsse" ? envelope_format::dsse : envelope_format::pack;
    if (out.format == envelope_format::dsse && (!sequence_ || expires_.empty()))
        usage("--sequence and --expires are required");
    if (out.format == envelope_format::pack && keys_.size() != 1)
        usage("a pack envelope holds one signature: give one --key");
    if (identifier::parse(model_).has_error() || identifier::parse(version_).has_error())
        usage("--model and --version take letters, digits and . _ + -, at most 128");
    if (sequence_ && *sequence_ > limits::max_integer)
        usage("--sequence is at most 2^53-1");
    for (const auto* urls : {&urls_, &mirrors_})
        std::for_each(urls->begin(), urls->end(), refuse_userinfo);
    out.model_id = model_;
    out.version = version_;
    out.tier = tier_;
    out.sequence = sequence_;
    out.issued_at = now;
    out.expires_at = expiry(now);
    out.chunk_bytes = value_or_hint(parse_size(chunk_size_), "--chunk-size takes a size: 4MiB");
    if (out.chunk_bytes < limits::chunk_min_bytes || out.chunk_bytes > limits::chunk_max_bytes)
        usage("--chunk-size is from 256KiB to 64MiB");
    out.artifacts = artifacts();
    return out;
}

std::vector<signing_key> publish_arguments::keys() const
{
    std::vector<signing_key> out;
    for (const std::string& path : keys_)
    {
        signing_key key = read_signing_key(path);
        for (const signing_key& other : out)
            if (other.public_half() == key.public_half() || other.id() == key.id())
                throw command_error(reason::key_reused, "--key: a key or an id stands twice");
        out.push_back(std::move(key));
    }
    return out;
}

std::optional<std::uint64_t> publish_arguments::root_version(const std::vector<signing_key>& keys) const
{
    if (root_.empty())
        return std::nullopt;
    const root_metadata root = root_file::read(root_).metadata();
    const auto trusted = root.authority(tuf_role::targets).candidates(root.keys);
    for (const signing_key& key : keys)
        if (std::none_of(trusted.begin(), trusted.end(), [&](const candidate_key& c) { return c.key == key.public_half(); }))
            throw command_error(reason::unknown_key, "--root: its targets role does not hold this --key", key.id());
    return root.version;
}

}  // namespace modelsec::tool
