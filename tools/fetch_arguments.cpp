// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fetch_arguments.hpp"

#include "command_error.hpp"
#include "command_line.hpp"
#include "credentials.hpp"
#include "encryption_keys.hpp"
#include "pack_arguments.hpp"
#include "platform.hpp"
#include "text.hpp"

#include <algorithm>

namespace modelsec::tool {

namespace {
constexpr std::uint64_t most_seconds = 365 * 24 * 3600;
constexpr unsigned most_connections = 64;  // a server takes more of them for an attack
}  // namespace

void fetch_arguments::add_to(CLI::App& c, bool with_store)
{
    with_store_ = with_store;
    static const char* const source = "Manifest";
    c.add_option("--manifest", manifest_url_, "Where the signed manifest is")->type_name("URL")->group(source);
    c.add_option("--manifest-file", manifest_file_, "The signed manifest as a file")->type_name("FILE")->group(source);
    c.add_option("--bundle", bundle_, "One file with manifest, roots and model, for machines without a network")
        ->type_name("FILE")
        ->group(source);
    c.add_option("--format", format_, "Its envelope: dsse (default) or pack")->type_name("dsse|pack")->group(source);
    c.add_option("--post", post_, "POST this JSON instead of GET")->type_name("JSON")->group(source);
    repeatable(c, "--header", headers_, "A header for the manifest's origin; no secrets here", "'K: V'")->group(source);
    repeatable(c, "--header-env", header_variables_, "The same, its value from a variable", "NAME=VAR")->group(source);

    static const char* const who = "Trust";
    trust_.add_to(c, with_store);
    trust_.add_root_url_to(c);
    if (with_store)
    {
        trust_.add_repository_to(c, source);
        trust_.add_signature_to(c, source);
    }
    count_option(c, "--min-sequence", min_sequence_, "Refuse what is older")->group(who);
    c.add_flag("--require-order", require_order_, "Refuse what nothing orders: no sequence, no issued_at, no trusted time")
        ->group(who);

    static const char* const what = "Model";
    if (with_store)
    {
        add_store(c, store_, what);
        sharing_.add_to(c, what);
        c.add_flag("--cache-tag", cache_tag_, "Put a CACHEDIR.TAG into the store: backup programs leave it out")
            ->group(what);
    }
    c.add_option("--model", model_, "The model expected")->type_name("ID")->group(what);
    c.add_option("--tier", tier_, "The tier expected")->type_name("TIER")->group(what);
    repeatable(c, "--platform", platforms_, "What runs here, the best first", "NAME")->group(what);
    if (with_store)
    {
        c.add_option("--max-bytes", max_bytes_, "At most so much in all files of a --signature (default 256GiB)")
            ->type_name("BYTES")
            ->group(what);
        c.add_flag("--offline", offline_, "Ask nobody: is the model active?")->group(what);
        c.add_flag("--dry-run", dry_run_, "Check everything, change and download nothing")->group(what);
    }

    c.add_option("--digest", digest_,
                 "What decides: automatic (default; a large file's signed chunks, where they are ready first) or whole")
        ->type_name("automatic|whole")
        ->group(what);
    c.add_option("--fs-verity", verity_,
                 "Put what becomes active under fs-verity (Linux): nobody can change it then, and open reads none of it")
        ->type_name("wanted|required")
        ->group(what);

    static const char* const access = "Access";
    c.add_option("--token-env", token_variable_, "The variable with a bearer token for the manifest's origin")
        ->type_name("VAR")
        ->group(access);
    c.add_option("--credentials", credentials_file_, "Tokens by origin, in a 0600 file")->type_name("FILE")->group(access);
    c.add_option("--profile", profile_, "server (default), or client: holds no storage credentials")
        ->type_name("server|client")
        ->group(access);

    sources_.add_to(c, access);
    c.add_option("--decrypt-key-env", decrypt_variable_, "The variable with the key to an encrypted model")
        ->type_name("VAR")
        ->group(access);
    c.add_option("--decrypt-key", decrypt_file_, "A 0600 file with that key")->type_name("FILE")->group(access);

    static const char* const network = "Network";
    tls_.add_to(c, network);
    tls_.add_certificate_to(c, network, "A client certificate");
    c.add_option("--ocsp", ocsp_,
                 "Stapled OCSP answers: check (default) those that come, require one of every server, or off")
        ->type_name("check|require|off")
        ->group(network);
    proxy_.add_to(c, network);
    repeatable(c, "--spki-pin", spki_pins_, "A key that must be in the chain of the manifest's origin", "BASE64")
        ->group(network);
    count_option(c, "--connections", connections_, "At most so many at once for a download; as many as help are used")
        ->group(network);
    count_option(c, "--first-byte", first_byte_, "How long a server may take to begin an answer (default 60)", "SECONDS")
        ->group(network);
    if (with_store)
        count_option(c, "--fallback-after", fallback_after_,
                     "Do with what is active where the network fails, or has no manifest after so long; 0: however long",
                     "SECONDS")
            ->group(network);
    c.add_option("--min-rate", min_rate_, "Give up a source that brings less than this for ten seconds: 100k, 1MiB")
        ->type_name("BYTES/S")
        ->group(network);
    c.add_option("--limit-rate", limit_rate_, "Not faster than this: 500k, 2MiB")->type_name("BYTES/S")->group(network);

    if (!with_store)
        return audit_.add_trace_to(c, network);
    audit_.add_to(c);
    audit_.add_limits_to(c);
}

client_options fetch_arguments::client() const
{
    client_options out;
    out.store = with_store_ ? checked_store(store_) : std::string();
    out.policy = sharing_.policy();
    out.cache_tag = cache_tag_;
    audit_.apply_to(out);
    if (profile_ != "server" && profile_ != "client")
        usage("--profile is server or client");
    out.profile = profile_ == "server" ? profile::server : profile::client;
    tls_options& tls = out.transport.tls;
    tls = tls_.options();
    if (document_url().empty() && (!tls.certificate_file.empty() || !spki_pins_.empty()))
        usage("--cert and --spki-pin are for the origin of --manifest");
    if (!max_bytes_.empty())
    {
        if (trust_.signature().empty())
            usage("--max-bytes is for --signature: a manifest has signed sizes");
        out.caps.max_model_bytes = size_option(max_bytes_, "--max-bytes takes a size: 500MB, 16GiB");
    }
    tls.spki_pins = spki_pins_;
    tls.ocsp = ocsp();
    if (first_byte_)
    {
        if (*first_byte_ == 0)
            usage("--first-byte 0 would never wait for an answer");
        out.caps.first_byte_timeout = std::chrono::seconds(std::min(*first_byte_, most_seconds));
    }
    if (fallback_after_)
        out.caps.fallback_after = std::chrono::seconds(std::min(*fallback_after_, most_seconds));
    if (digest_ != "automatic" && digest_ != "whole")
        usage("--digest is automatic or whole");
    out.digest = digest_ == "whole" ? digest_policy::whole : digest_policy::automatic;
    if (verity_ != "off" && verity_ != "wanted" && verity_ != "required")
        usage("--fs-verity is wanted or required");
    out.verity = verity_ == "required" ? verity_policy::required
                 : verity_ == "wanted" ? verity_policy::wanted
                                       : verity_policy::off;
    if (!min_rate_.empty())
        out.caps.min_rate = size_option(min_rate_, "--min-rate takes bytes a second: 100k, 1MiB");
    out.transport.proxy = proxy_.options();
    if (connections_)
    {
        if (*connections_ < 1 || *connections_ > most_connections)
            usage("--connections is from 1 to " + std::to_string(most_connections));
        out.transport.connections = *connections_;
    }
    if (!limit_rate_.empty())
    {
        out.transport.limit_rate = size_option(limit_rate_, "--limit-rate takes bytes a second: 500k, 2MiB");
        if (out.transport.limit_rate == 0)
            usage("--limit-rate 0 would never end");
    }
    out.transport.credentials = credentials();
    out.sources = sources_.options(credentials_file_);
    return out;
}

void fetch_arguments::check_files(const client_options& options) const
{
    check_files_of(options.transport);
}

ocsp_policy fetch_arguments::ocsp() const
{
    if (ocsp_ != "check" && ocsp_ != "require" && ocsp_ != "off")
        usage("--ocsp is check, require or off");
    return ocsp_ == "check" ? ocsp_policy::if_stapled : ocsp_ == "require" ? ocsp_policy::required : ocsp_policy::off;
}

/// Whose origin gets what is for the manifest's.
std::string fetch_arguments::document_url() const
{
    if (trust_.repository())
        return trust_.metadata_url();
    if (trust_.signature().empty())
        return manifest_url_;
    return trust_.signature_is_url() ? trust_.signature() : trust_.bases().empty() ? "" : trust_.bases().front();
}

fetch_options fetch_arguments::fetch() const
{
    fetch_options out;
    if (format_ != "dsse" && format_ != "pack")
        usage("--format is dsse or pack");
    out.format = format_ == "dsse" ? envelope_format::dsse : envelope_format::pack;
    out.manifest = manifest();
    out.trust = trust_.source(manifest_url_, !offline_ && bundle_.empty());  // a bundle has the root's successors in it
    out.decrypt_keys = find_decryption_key(decrypt_variable_, decrypt_file_);
    out.model_id = model_;
    out.tier = tier_;
    out.platforms = platforms_;
    out.min_sequence = min_sequence_;
    out.require_order = require_order_;
    out.offline = offline_;
    out.dry_run = dry_run_;
    out.operation.trace_parent = audit_.trace_parent();
    return out;
}

manifest_source fetch_arguments::manifest() const
{
    if (int(!manifest_url_.empty()) + int(!manifest_file_.empty()) + int(!bundle_.empty()) > 1)
        usage("one of --manifest, --manifest-file and --bundle");
    if (trust_.repository() && !(manifest_url_.empty() && manifest_file_.empty() && bundle_.empty()))
        usage("--tuf takes the place of a manifest");
    const std::string& signature = trust_.signature();
    if (!signature.empty() && !(manifest_url_.empty() && manifest_file_.empty() && bundle_.empty()))
        usage("--signature takes the place of a manifest");
    if (manifest_url_.empty() && manifest_file_.empty() && bundle_.empty() && signature.empty() && !trust_.repository() &&
        !offline_)
        usage("say where the manifest is: --manifest URL or --manifest-file FILE");
    refuse_userinfo(manifest_url_);
    manifest_source out;
    out.url = trust_.signature_is_url() ? signature : manifest_url_;
    out.file = signature.empty() || trust_.signature_is_url() ? manifest_file_ : signature;
    out.bundle = bundle_;
    if (!post_.empty())
        out.post_body = post_;
    for (const std::string& text : headers_)
        out.headers.push_back(parse_header(text));
    for (const std::string& text : header_variables_)
        if (http_header h = header_from_environment(text); !h.name.empty())
            out.headers.push_back(std::move(h));
    if (out.url.empty() && (!out.file.empty() || !bundle_.empty() || trust_.repository()) &&
        (out.post_body || !headers_.empty() || !header_variables_.empty()))
        usage("--post and headers are for --manifest URL");
    return out;
}

credential_provider fetch_arguments::credentials() const
{
    origin_headers fixed;
    if (!token_variable_.empty())
    {
        const std::string from = document_url();
        if (from.empty())
            usage("--token-env is for the origin of --manifest; see --credentials");
        auto token = environment(token_variable_);
        const auto origin = origin_of(from);
        if (token && origin)
            fixed[*origin] = {{"Authorization", secret_text("Bearer ").append(*token)}};
        if (token)
            wipe(*token);
    }
    return make_provider(std::move(fixed), credentials_file_);
}

std::vector<std::string> fetch_arguments::unset_variables() const
{
    std::vector<std::string> out;
    if (!token_variable_.empty() && !environment(token_variable_))
        out.push_back(token_variable_);
    if (auto unset = proxy_.unset_variable())
        out.push_back(std::move(*unset));
    for (const std::string& text : header_variables_)
        if (const std::string variable = text.substr(text.find('=') + 1); !environment(variable))
            out.push_back(variable);
    return out;
}

}  // namespace modelsec::tool
