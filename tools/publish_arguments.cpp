// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "publish_arguments.hpp"

#include "command_error.hpp"
#include "command_line.hpp"
#include "credentials.hpp"
#include "platform.hpp"

#include <algorithm>
#include <filesystem>

namespace modelsec::tool {

namespace {

/// What was said of one artifact: its files one by one, or a folder.
struct artifact_arguments
{
    artifact_to_publish artifact;
    folder_to_publish folder;

    bool whole_folder() const { return !folder.path.empty() || !folder.base_url.empty(); }
};

/// Makes artifacts of options in the order in which they were given: --platform begins an artifact, --file and --url one of its
/// files, --mirror belongs to the file before it; --folder and what goes with it stand for all files of an artifact.
class artifact_builder
{
public:
    /// `open`: addresses that are not given follow from where the files are uploaded.
    artifact_builder(bool follow_links, bool open) : follow_links_(follow_links), open_(open) {}

    void platform(const std::string& name)
    {
        for (const artifact_arguments& a : all_)
            if (a.artifact.platform == name)
                usage("a --platform stands once, before all of its files");
        // With one platform only, its place does not matter.
        if (all_.size() == 1 && all_.front().artifact.platform.empty())
            all_.front().artifact.platform = name;
        else
        {
            all_.emplace_back();
            all_.back().artifact.platform = name;
        }
    }
    void file(const std::string& path) { next(&file_to_publish::path, "--url").path = path; }
    void url(const std::string& where) { next(&file_to_publish::url, "--file").url = where; }
    void mirror(const std::string& where)
    {
        if (all_.empty() || all_.back().artifact.files.empty())
            usage("--mirror stands after the --file that it mirrors; a --folder has --mirror-base");
        all_.back().artifact.files.back().mirrors.push_back(where);
    }
    void index(const std::string& path) { of_file("--index", &file_to_publish::index_path, path); }
    void index_url(const std::string& where) { of_file("--index-url", &file_to_publish::index_url, where); }
    void zip() { current().artifact.is_zip = true; }
    void folder(const std::string& path) { once(current().folder.path, "--folder") = path; }
    void base_url(const std::string& where) { once(current().folder.base_url, "--base-url") = where; }
    void mirror_base(const std::string& where) { current().folder.mirror_base_urls.push_back(where); }
    void exclude(const std::string& glob) { current().folder.exclude.push_back(glob); }

    std::vector<artifact_to_publish> finish()
    {
        if (!early_.index_path.empty() || !early_.index_url.empty())
        {
            if (all_.size() != 1 || all_.front().artifact.files.size() != 1)
                usage("--index and --index-url stand after the --file that they are about");
            file_to_publish& only = all_.front().artifact.files.front();
            if (!early_.index_path.empty())
                once(only.index_path, "--index") = early_.index_path;
            if (!early_.index_url.empty())
                once(only.index_url, "--index-url") = early_.index_url;
        }
        std::vector<artifact_to_publish> out;
        for (artifact_arguments& a : all_)
            out.push_back(a.whole_folder() ? listed(a) : checked(a));
        return out;
    }

private:
    artifact_arguments& current()
    {
        if (all_.empty())
            all_.emplace_back();
        return all_.back();
    }

    /// Of the file before it; before all files, of the only one there is.
    void of_file(const char* option, std::string file_to_publish::*part, const std::string& value)
    {
        const bool early = all_.empty() || all_.back().artifact.files.empty();
        once((early ? early_ : all_.back().artifact.files.back()).*part, option) = value;
    }

    static std::string& once(std::string& place, const char* option)
    {
        if (!place.empty())
            usage(std::string(option) + " stands once for a --platform or --file");
        return place;
    }

    /// The file whose `part` comes next: the last one if it lacks that part, else a new one.
    file_to_publish& next(std::string file_to_publish::*part, const std::string& other)
    {
        auto& files = current().artifact.files;
        if (files.empty() || !(files.back().*part).empty())
        {
            if (!files.empty() && (files.back().path.empty() || (files.back().url.empty() && !open_)))
                usage("a " + other + " is missing: --file and --url come in pairs");
            files.emplace_back();
        }
        return files.back();
    }

    artifact_to_publish listed(artifact_arguments& a) const
    {
        const bool no_address = open_ && a.folder.base_url.empty();
        if (no_address)
            a.folder.base_url = "https://files.invalid";
        if (a.folder.path.empty() || a.folder.base_url.empty())
            usage("--folder and --base-url belong together");
        if (!a.artifact.files.empty() || a.artifact.is_zip)
            usage("a --platform has a --folder or files, not both, and no folder is a --zip");
        if (a.artifact.platform.empty())
            a.artifact.platform = "any";
        a.folder.follow_links = follow_links_;
        a.artifact.files = list_folder(a.folder).value();
        for (file_to_publish& f : a.artifact.files)
            if (no_address)
                f.url.clear();
        return std::move(a.artifact);
    }

    artifact_to_publish checked(artifact_arguments& a) const
    {
        if (!a.folder.mirror_base_urls.empty() || !a.folder.exclude.empty())
            usage("--mirror-base and --exclude are for a --folder");
        if (a.artifact.platform.empty())
            usage("every --file belongs to a --platform before it");
        if (a.artifact.files.empty())
            usage("every --platform needs a --file and its --url, or a --folder and its --base-url");
        if (a.artifact.is_zip && a.artifact.files.size() != 1)
            usage("--zip is for exactly one --file");
        for (const file_to_publish& f : a.artifact.files)
        {
            if (f.path.empty() || (f.url.empty() && !open_))
                usage("every --file needs its --url");
            if (f.index_path.empty() != f.index_url.empty())
                usage("--index and --index-url belong together");
        }
        return std::move(a.artifact);
    }

    bool follow_links_;
    bool open_;
    file_to_publish early_;  ///< what stands before its file
    std::vector<artifact_arguments> all_;
};

}  // namespace

namespace {

/// A key on a PKCS#11 token; its PIN, unless the address names a file, from the environment.
signing_key read_token_key(const std::string& address)
{
    token_key_options how;
    how.module_path = environment("MODELSEC_PKCS11_MODULE").value_or("");
    how.pin = []() -> result<secret> {
        auto text = environment("MODELSEC_PKCS11_PIN");
        secret out(text.value_or(""));
        if (text)
            wipe(text->data(), text->size());
        return out;
    };
    return value_or_hint(
        load_token_key(address, how),
        "--key pkcs11:token=…;object=…?module-path=/…/module.so; the PIN in MODELSEC_PKCS11_PIN, or in a 0600 file by "
        "pin-source=file:…");
}

}  // namespace

signing_key read_signing_key(const std::string& path)
{
    if (path.starts_with("pkcs11:"))
        return read_token_key(path);
    auto key = signing_key::load(path);
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

void signing_arguments::add_to(CLI::App& c, const std::string& group)
{
    repeatable(c, "--key", key_files_, "The private key, as keygen makes it, or one on a PKCS#11 token", "FILE|pkcs11:URI")
        ->required()
        ->group(group);
    c.add_option("--root", root_, "The newest root: its targets role holds the keys, and clients must know it")
        ->type_name("FILE")
        ->group(group);
}

std::vector<signing_key> signing_arguments::keys() const
{
    std::vector<signing_key> out;
    for (const std::string& path : key_files_)
    {
        signing_key key = read_signing_key(path);
        for (const signing_key& other : out)
            if (other.public_half() == key.public_half() || other.id() == key.id())
                throw command_error(reason::key_reused, "--key: a key or an id stands twice");
        out.push_back(std::move(key));
    }
    return out;
}

std::optional<std::uint64_t> signing_arguments::root_version(const std::vector<signing_key>& keys) const
{
    if (root_.empty())
        return std::nullopt;
    const bytes text = value_or_hint(read_local_file(root_, limits{}.root_bytes), "--root: check that the file may be read");
    const root_document root = value_or_hint(root_document::parse(text), "--root takes a root.json");
    for (const signing_key& key : keys)
        if (!root.lets_sign_manifests(key.public_half()))
            throw command_error(reason::unknown_key, "--root: its targets role does not hold this --key", key.id());
    return root.version();
}

utc_time manifest_expiry(const std::string& text, utc_time now)
{
    const utc_time time = expiry_option(text, now, "--expires takes 12h, 30d, or 2026-12-31T00:00:00Z");
    if (time <= now || time - now > limits{}.manifest_lifetime)
        usage("--expires lies in the future, at most 400 days ahead");
    return time;
}

std::string manifest_at(const std::string& path)
{
    const auto text = read_local_file(path, limits{}.envelope_bytes);
    return text ? std::string(as_text(*text)) : std::string();
}

void refuse_lower_sequence(const std::string& path, const std::string& model_id, std::optional<std::uint64_t> sequence)
{
    const auto text = read_local_file(path, limits{}.envelope_bytes);
    if (text.has_error() || !sequence)
        return;
    // What is no manifest, or another model's, is replaced as --out says.
    const auto there = summarize_manifest(as_text(*text));
    if (there.has_value() && there->model_id == model_id && there->sequence.value_or(0) > *sequence)
        usage(
            "--sequence: the manifest at --out has a higher one, and clients that have seen it take none below; "
            "count on, or move that file away");
}

void publish_arguments::add_to(CLI::App& c)
{
    command_ = &c;
    static const char* const signing = "Signing";
    signing_.add_to(c, signing);
    c.add_option("--format", format_, "The envelope: dsse (default) or pack")->type_name("dsse|pack")->group(signing);
    c.add_option("--out", out_, "The manifest; replaced if it is there")->type_name("FILE")->required()->group(signing);

    // Only told here: with it the command is another one, that no option but this belongs to (watch_expiry.cpp).
    c.add_option("--watch-expiry", watch_expiry_, "By itself, with signed manifests behind it: which of them end sooner")
        ->type_name("14d MANIFEST …");

    static const char* const model = "Model";
    c.add_option("--from", from_, "A description that holds all of this; options go before it")
        ->type_name("FILE")
        ->group(model);
    c.add_option("--model", model_, "Its id")->type_name("ID")->group(model);
    c.add_option("--version", version_, "Its version")->type_name("V")->group(model);
    count_option(c, "--sequence", sequence_, "Higher than that of every manifest before")->group(model);
    c.add_option("--expires", expires_, "How long clients may take it: 12h, 30d, or a time in RFC 3339")
        ->type_name("30d")
        ->group(model);
    c.add_option("--tier", tier_, "Its tier")->type_name("TIER")->group(model);

    static const char* const files = "Files, in this order";
    repeatable(c, "--platform", platforms_, "Who the next files are for", "NAME")->group(files);
    repeatable(c, "--file", files_, "A file of the model", "FILE")->group(files);
    repeatable(c, "--url", urls_, "Where clients get it", "URL")->group(files);
    repeatable(c, "--index", indexes_, "Write the list of its pieces here: clients then fetch what is new in it", "FILE")
        ->group(files);
    repeatable(c, "--index-url", index_urls_, "Where clients get that list", "URL")->group(files);
    c.add_option("--index-dir", index_dir_,
                 "Write such lists of all larger files here, as NAME.msindex; clients get each at its file's URL.msindex")
        ->type_name("DIR")
        ->group(files);
    repeatable(c, "--mirror", mirrors_, "Where else they get it", "URL")->group(files);
    c.add_flag("--zip", zips_, "The file is a zip archive; clients unpack it")->group(files);
    repeatable(c, "--folder", folders_, "A whole folder in place of files; .git is left out", "DIR")->group(files);
    repeatable(c, "--base-url", base_urls_, "Where clients find what is in the folder", "URL")->group(files);
    repeatable(c, "--mirror-base", mirror_bases_, "Where else they find it", "URL")->group(files);
    repeatable(c, "--exclude", excludes_, "What of the folder is left out: '*.md', 'logs/**'", "GLOB")->group(files);
    repeatable(c, "--encrypt-for", encrypt_for_,
               "Encrypt the files, for the holder of this X25519 key; writes FILE.enc beside each", "FILE")
        ->group(files);
    c.add_flag("--follow-links", follow_links_, "Symbolic links to files count as the files")->group(files);

    static const char* const hashing = "Hashing";
    c.add_option("--chunk-size", chunk_size_, "Bytes that are checked as they arrive; 4MiB")
        ->type_name("SIZE")
        ->group(hashing);
    c.add_flag("--rehash", rehash_, "Read every file, also those whose digests are known from before")->group(hashing);
    c.add_option("--digest-cache", digest_cache_, "Where digests are kept from one run to the next; '' for nowhere")
        ->type_name("FILE")
        ->group(hashing);
}

std::vector<artifact_to_publish> publish_arguments::artifacts(bool addresses_follow) const
{
    artifact_builder builder(follow_links_, addresses_follow);
    auto platform = platforms_.begin(), file = files_.begin(), url = urls_.begin(), mirror = mirrors_.begin();
    auto folder = folders_.begin(), base = base_urls_.begin(), mirror_base = mirror_bases_.begin();
    auto exclude = excludes_.begin(), index = indexes_.begin(), index_url = index_urls_.begin();
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
        else if (name == "--index")
            builder.index(*index++);
        else if (name == "--index-url")
            builder.index_url(*index_url++);
        else if (name == "--zip")
            builder.zip();
        else if (name == "--folder")
            builder.folder(*folder++);
        else if (name == "--base-url")
            builder.base_url(*base++);
        else if (name == "--mirror-base")
            builder.mirror_base(*mirror_base++);
        else if (name == "--exclude")
            builder.exclude(*exclude++);
    }
    return builder.finish();
}

publication publish_arguments::described(utc_time now) const
{
    static constexpr std::size_t most_bytes = 8u << 20;
    if (!(platforms_.empty() && files_.empty() && folders_.empty() && urls_.empty() && base_urls_.empty()) || zips_ != 0)
        usage("--from says which files there are: no --platform, --file or --folder beside it");
    const bytes text =
        value_or_hint(read_local_file(from_, most_bytes), "--from: check that the file is there and may be read");
    std::string folder = std::filesystem::path(from_).parent_path().string();
    return value_or_hint(parse_description(text, folder.empty() ? "." : folder, now),
                         "--from takes a description as docs/publish.schema.json has it, and its files must be there");
}

publication publish_arguments::content(utc_time now, bool addresses_follow) const
{
    for (const auto* urls : {&urls_, &mirrors_, &base_urls_, &mirror_bases_})
        std::for_each(urls->begin(), urls->end(), refuse_userinfo);
    publication out;
    if (!from_.empty())
        out = described(now);
    if (!format_.empty() && format_ != "dsse" && format_ != "pack")
        usage("--format is dsse or pack");
    if (!format_.empty())
        out.format = format_ == "dsse" ? envelope_format::dsse : envelope_format::pack;
    out.model_id = model_.empty() ? out.model_id : model_;
    out.version = version_.empty() ? out.version : version_;
    out.tier = tier_.empty() ? out.tier : tier_;
    out.sequence = sequence_ ? sequence_ : out.sequence;
    out.issued_at = now;
    if (!expires_.empty())
        out.expires_at = manifest_expiry(expires_, now);
    if (!chunk_size_.empty())
        out.chunk_bytes = size_option(chunk_size_, "--chunk-size takes a size: 4MiB");

    if (out.model_id.empty() || out.version.empty())
        usage("--model and --version are required");
    if (identifier::parse(out.model_id).has_error() || identifier::parse(out.version).has_error())
        usage("--model and --version take letters, digits and . _ + -, at most 128");
    if (out.format == envelope_format::dsse && (!out.sequence || !out.expires_at))
        usage("--sequence and --expires are required");
    if (out.format == envelope_format::pack && signing_.key_count() != 1)
        usage("a pack envelope holds one signature: give one --key");
    if (out.sequence && *out.sequence > limits::max_integer)
        usage("--sequence is at most 2^53-1");
    if (out.chunk_bytes < limits::chunk_min_bytes || out.chunk_bytes > limits::chunk_max_bytes)
        usage("--chunk-size is from 256KiB to 64MiB");
    if (from_.empty())
        out.artifacts = artifacts(addresses_follow);
    if (!index_dir_.empty())
        out.index_dir = index_dir_;
    if (out.artifacts.empty())
        usage("say what is published: --platform with --file and --url, --folder and --base-url, or --from");
    return out;
}

std::string publish_arguments::digest_cache() const
{
    if (digest_cache_)
        return *digest_cache_;
    // XDG Base Directory Specification: a relative path is invalid and ignored.
    if (const auto cache = environment("XDG_CACHE_HOME"); cache && cache->front() == '/')
        return *cache + "/modelsec/digests.json";
    const auto home = environment("HOME");
    return home ? *home + "/.cache/modelsec/digests.json" : std::string();
}

}  // namespace modelsec::tool
