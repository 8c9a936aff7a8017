// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "trust_arguments.hpp"

#include "command_error.hpp"
#include "command_line.hpp"
#include "credentials.hpp"
#include "text.hpp"

#include <modelsec/publish.hpp>

#include <algorithm>

namespace modelsec::tool {

void trust_arguments::add_keys_to(CLI::App& c, const std::string& group)
{
    repeatable(c, "--pin", pins_, "A public key that may sign", "ID=BASE64")->group(group);
    c.add_option("--pins", pins_file_, "The keys that may sign, and how many must")->type_name("FILE")->group(group);
}

void trust_arguments::add_to(CLI::App& c, bool with_signers)
{
    static const char* const who = "Trust";
    add_keys_to(c, who);
    c.add_option("--root", root_file_, "The root.json that says who may sign; its successors are looked for")
        ->type_name("FILE")
        ->group(who);
    if (with_signers)
        signers_.add_to(c, "Trust in a signature (OpenSSF Model Signing)", "--ca-signing");
}

void trust_arguments::add_signature_to(CLI::App& c, const std::string& group)
{
    c.add_option("--signature", signature_, "The signature of a model, in place of a manifest")
        ->type_name("URL|FILE")
        ->group(group);
    repeatable(c, "--base", bases_, "The folder of its files: https, hf://ORG/REPO@COMMIT/, oci://HOST/REPO@sha256:HEX",
               "URL")
        ->group(group);
    c.add_option("--max-age", max_age_, "Refuse a signature that is older: 30d")->type_name("DURATION")->group("Trust");
}

trust_source trust_arguments::model_signers(bool online) const
{
    if (online && bases_.empty())
        usage("--base: say where the files of the model are");
    std::for_each(bases_.begin(), bases_.end(), refuse_userinfo);
    refuse_userinfo(signature_is_url() ? signature_ : std::string());
    model_signature out{signers_.signers(), bases_, {}};
    if (!max_age_.empty())
    {
        const utc_time now{};
        out.max_age = expiry_option(max_age_, now, "--max-age takes 12h or 30d") - now;
        if (out.max_age->count() <= 0 || parse_rfc3339(max_age_))
            usage("--max-age takes 12h or 30d");
    }
    return out;
}

void trust_arguments::add_root_url_to(CLI::App& c)
{
    c.add_option("--root-url", root_url_, "The folder of its successors; default: that of the manifest")
        ->type_name("URL")
        ->group("Trust");
}

void trust_arguments::add_repository_to(CLI::App& c, const std::string& group)
{
    c.add_option("--tuf", metadata_url_, "The metadata folder of a TUF repository, in place of a manifest")
        ->type_name("URL")
        ->group(group);
    c.add_option("--target", target_, "The target there that is the model")->type_name("NAME")->group(group);
    repeatable(c, "--target-url", target_urls_, "The folder of targets; default: targets/ beside the metadata, or below",
               "URL")
        ->group(group);
}

trust_source trust_arguments::source(const std::string& manifest_url, bool online) const
{
    const auto given = std::ranges::count(std::vector{!pins_.empty(), !pins_file_.empty(), !root_file_.empty()}, true);
    if ((given != 0 || repository()) && (signers_.given() || !signature_.empty()))
        throw command_error(reason::trust_source_twice, "a signer of models goes neither with pins, nor a root, nor --tuf");
    if (online && signature_.empty() && (signers_.given() || !bases_.empty() || !max_age_.empty()))
        usage("--base, --max-age and signers of models belong to --signature");
    if (signers_.given() || !signature_.empty())
        return model_signers(online);
    if (given > 1)
        throw command_error(reason::trust_source_twice, "give one of --pin, --pins and --root");
    if (root_file_.empty() && !root_url_.empty())
        usage("--root-url belongs to --root");
    if (repository() == target_.empty() || (!repository() && !target_urls_.empty()))
        usage("--tuf and --target belong together");
    if (root_file_.empty())
    {
        if (repository() && given != 0)
            usage("--tuf goes with --root FILE, the repository's root.json");
        return keys();
    }
    bytes root = value_or_hint(read_local_file(root_file_, limits{}.root_bytes), "--root: check that the file may be read");
    value_or_hint(root_document::verify({root}), "--root takes a root.json that its own keys signed");
    if (!repository())
        return pinned_root{std::move(root), online ? root_folder(manifest_url) : std::string()};
    if (!root_url_.empty())
        usage("--root-url is for manifests; a repository's roots lie in its metadata folder");
    refuse_userinfo(metadata_url_);
    std::for_each(target_urls_.begin(), target_urls_.end(), refuse_userinfo);
    return tuf_repository{std::move(root), metadata_url_, target_, target_urls_};
}

std::string trust_arguments::root_folder(const std::string& manifest_url) const
{
    refuse_userinfo(root_url_);
    if (!root_url_.empty())
        return root_url_;
    if (manifest_url.empty())
        usage("--root-url: say where the root's successors are");
    const std::string path = manifest_url.substr(0, manifest_url.find('?'));
    return path.substr(0, path.rfind('/') + 1);
}

trust_source trust_arguments::keys() const
{
    if (!pins_file_.empty())
    {
        const bytes text =
            value_or_hint(read_local_file(pins_file_, limits{}.root_bytes), "--pins: check that the file may be read");
        return value_or_hint(pins::parse(text),
                             "--pins takes {\"keys\": [{\"key_id\", \"ed25519_b64\"}], \"threshold\": 1}");
    }
    if (pins_.empty())
        return {};
    pins out;
    for (const std::string& text : pins_)
        if (const auto added = out.add(text); added.has_error())
            throw command_error(added.error().why,
                                added.error().why == reason::key_reused
                                    ? "--pin: an id or a key stands twice"
                                    : "--pin takes ID=BASE64, an Ed25519 key of 44 digits",
                                added.error().detail);
    return out;
}

}  // namespace modelsec::tool
