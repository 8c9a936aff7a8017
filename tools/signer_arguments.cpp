// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "signer_arguments.hpp"

#include "command_error.hpp"
#include "command_line.hpp"

#include <modelsec/options.hpp>

namespace modelsec::tool {

namespace {

bytes read_or_usage(const std::string& path, const char* option)
{
    auto content = read_local_file(path, limits{}.envelope_bytes);
    if (!content)
        usage(std::string(option) + ": the file cannot be read: " + path);
    return std::move(*content);
}

}  // namespace

void signer_arguments::add_to(CLI::App& c, const std::string& group, const std::string& ca_option)
{
    ca_ = ca_option.substr(0, ca_option.find(','));
    who_ = "--key, or " + ca_ + ", or --identity with --issuer and --trusted-root";
    repeatable(c, "--key", keys_, "The publisher's public key", "PEM")->group(group);
    repeatable(c, ca_option, authorities_, "Certificates of the publisher's CA", "PEM")->group(group);
    repeatable(c, "--identity", identities_, "Who signed keyless: a URI or an e-mail address", "ID")->group(group);
    repeatable(c, "--identity-pattern", patterns_, "The same with * for any text: of many workflows, or branches", "PATTERN")
        ->group(group);
    repeatable(c, "--issuer", issuers_, "Who vouched for that identity; one for all, or one for each", "URL")->group(group);
    c.add_option("--trusted-root", trusted_root_, "Sigstore's trusted_root.json: whose logs and timestamps count")
        ->type_name("FILE")
        ->group(group);
}

sigstore_root signer_arguments::root() const
{
    return sigstore_root::parse(read_or_usage(trusted_root_, "--trusted-root")).value();
}

std::vector<model_signer> signer_arguments::signers() const
{
    const bool keyless = !identities_.empty() || !patterns_.empty() || !issuers_.empty();
    const int kinds = int(!keys_.empty()) + int(!authorities_.empty()) + int(keyless);
    if (kinds > 1)
        throw command_error(reason::trust_source_twice, "say in one way who must have signed: " + who_);
    if (kinds == 0)
        usage("say who must have signed: " + who_);
    std::vector<model_signer> out;
    for (const std::string& path : keys_)
    {
        public_key key = value_or_hint(public_key::pem(as_text(read_or_usage(path, "--key"))),
                                       "--key takes a public key in PEM: ECDSA or Ed25519");
        if (trusted_root_.empty())
            out.emplace_back(std::move(key));
        else
            out.emplace_back(logged_key{root(), std::move(key)});
    }
    if (!authorities_.empty())
    {
        signing_authority all;
        for (const std::string& path : authorities_)
            if (auto added = all.add(as_text(read_or_usage(path, ca_.c_str()))); !added)
                usage(ca_ + " takes certificates in PEM: " + path);
        if (!trusted_root_.empty())
            all.trust_timestamps_of(root());
        out.emplace_back(std::move(all));
    }
    if (!keyless)
        return out;
    std::vector<std::string> all = identities_;
    all.insert(all.end(), patterns_.begin(), patterns_.end());
    if (all.empty() || trusted_root_.empty() || (issuers_.size() != 1 && issuers_.size() != all.size()))
        usage(
            "--identity (or --identity-pattern), --issuer and --trusted-root belong together: one issuer for all, or one "
            "for "
            "each, those of --identity first");
    const sigstore_root trusted = root();
    for (std::size_t i = 0; i < all.size(); ++i)
        out.emplace_back(sigstore_signer{trusted, all[i], issuers_[issuers_.size() == 1 ? 0 : i], i >= identities_.size()});
    return out;
}

}  // namespace modelsec::tool
