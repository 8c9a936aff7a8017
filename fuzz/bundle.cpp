// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/fetch/signed_model.hpp>
#include <modelsec/detail/trust/signature_bundle.hpp>
#include <modelsec/detail/manifest/model_statement.hpp>

#include <set>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

void check_statement(bytes_view payload)
{
    const auto said = detail::parse_model_statement(payload, {});
    if (said.has_error())
        return;
    fuzz::require(!said->files.empty(), "something was signed");
    std::set<std::string> names;
    for (const signed_model_file& f : said->files)
    {
        fuzz::require(!f.digests.empty(), "each file has a digest");
        fuzz::require(f.path.has_value() || said->files.size() == 1, "a model is one file or a folder");
        if (!f.path)
            continue;
        fuzz::require(names.insert(f.path->str()).second, "no file stands twice");
        for (const auto& p : said->serialization.ignored)
            fuzz::require((f.path->str() + '/').rfind(p.str() + '/', 0) != 0, "none is signed and ignored");
    }
    // As a store would take it: every name is a good one there, every file has something to be matched against, and an address below the folder.
    if (const auto files = detail::artifact_of(*said, {"https://h.example/files/"}); files.has_value())
        for (const artifact_file& f : files->files)
        {
            fuzz::require(relative_path::parse(f.name->str()).has_value(), "a name for a store");
            fuzz::require(f.url.starts_with("https://h.example/files/") && f.url.find("/..") == std::string::npos,
                          "below the folder");
            fuzz::require(f.stands_in == f.chunks.has_value(), "shards or a whole digest");
            fuzz::require(!f.stands_in || f.chunks->sha256.size() == (f.size_bytes - 1) / f.chunks->size_bytes + 1,
                          "a digest for every shard");
        }
    const std::string text = detail::write_model_statement(*said);
    const auto again = detail::parse_model_statement(as_bytes(text), {});
    fuzz::require(again.has_value(), "a statement that was read can be written");
    fuzz::require(detail::write_model_statement(*again) == text, "it says the same then");
}

}  // namespace

// A signature bundle, and a statement without the signature that would have to be right.
MODELSEC_FUZZ_TARGET(bundle)
{
    check_statement(input);
    const auto parsed = parse_signature_bundle(input);
    if (parsed.has_error())
        return;
    fuzz::require(parsed->content.signatures.size() == 1, "one signature");
    const auto again = parse_signature_bundle(as_bytes(write_signature_bundle(*parsed)));
    fuzz::require(again.has_value(), "a bundle that was read can be written");
    fuzz::require(again->key_hint == parsed->key_hint && again->content.signed_bytes == parsed->content.signed_bytes &&
                      again->content.signatures[0].value == parsed->content.signatures[0].value,
                  "it says the same then");
    check_statement(parsed->content.payload());
}
