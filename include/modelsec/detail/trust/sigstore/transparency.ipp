// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_TRANSPARENCY_IPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_TRANSPARENCY_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/trust/sigstore/bundle.ipp>
#include <modelsec/detail/trust/sigstore/transparency.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline failure unproved(std::string detail)
{
    return fail(reason::log_proof, std::move(detail));
}

inline sha256_digest node_hash(bytes_view left, bytes_view right)
{
    static constexpr std::uint8_t node = 1;
    hasher h;
    h.update({&node, 1});
    h.update(left);
    h.update(right);
    return h.finish_sha256();
}

bool proves_inclusion(const inclusion_proof& proof, bytes_view body)
{
    static constexpr std::uint8_t leaf = 0;
    if (proof.index >= proof.tree_size)
        return false;
    hasher h;
    h.update({&leaf, 1});
    h.update(body);
    sha256_digest r = h.finish_sha256();
    std::uint64_t fn = proof.index, sn = proof.tree_size - 1;
    for (const bytes& p : proof.hashes)
    {
        if (sn == 0)
            return false;
        if ((fn & 1) != 0 || fn == sn)
        {
            r = node_hash(p, r.view());
            while ((fn & 1) == 0 && fn != 0)
            {
                fn >>= 1;
                sn >>= 1;
            }
        }
        else
            r = node_hash(r.view(), p);
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && sha256_digest::from_bytes(proof.root_hash) == r;
}

/// C2SP signed-note: a signature is by a name and a key, and the log's name is its origin, before Rekor v1's number of the tree.
inline bool names_origin(std::string_view signer, std::string_view origin)
{
    static constexpr std::string_view number = " - ";
    return origin.starts_with(signer) &&
           (origin.size() == signer.size() || origin.substr(signer.size()).starts_with(number));
}

/// A checkpoint: a signed note (C2SP signed-note, tlog-checkpoint) whose text is origin, tree size, root hash and perhaps more lines.
/// Signatures by others than the log (witnesses) are left alone.
inline result<void> verify_checkpoint(const inclusion_proof& proof, const certificate_log& log)
{
    const std::string_view note = proof.checkpoint;
    static constexpr std::string_view dash = "\xE2\x80\x94 ";
    const auto split = note.find("\n\n");
    if (split == std::string_view::npos || note.find("\n\n", split + 2) != std::string_view::npos || !note.ends_with('\n'))
        return unproved("a checkpoint that is no signed note");
    const std::string_view text = note.substr(0, split + 1);
    const std::string_view origin = text.substr(0, text.find('\n'));
    bool signed_by_log = false;
    std::string_view rest = note.substr(split + 2);
    for (std::size_t lines = 0; !rest.empty(); ++lines)
    {
        const auto end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        const auto space = line.rfind(' ');
        if (lines == 64 || !line.starts_with(dash) || space <= dash.size() || space == std::string_view::npos)
            return unproved("a checkpoint with an odd signature line");
        const auto raw = from_base64(line.substr(space + 1));
        if (!raw || raw->size() < 5)
            return unproved("a checkpoint with an odd signature line");
        const std::string_view name = line.substr(dash.size(), space - dash.size());
        if (names_origin(name, origin) && log.id.size() >= 4 && std::equal(log.id.begin(), log.id.begin() + 4, raw->begin()))
            signed_by_log = signed_by_log || log.key.verify(as_bytes(text), bytes_view(*raw).subspan(4));
    }
    if (!signed_by_log)
        return unproved("the checkpoint is not signed by the log");

    std::vector<std::string_view> lines;
    for (std::string_view left = text; !left.empty() && lines.size() < 3;)
    {
        const auto end = left.find('\n');
        lines.push_back(left.substr(0, end));
        left.remove_prefix(end + 1);
    }
    if (lines.size() < 3 || lines[0].empty() || lines[1] != std::to_string(proof.tree_size) ||
        from_base64(lines[2]) != proof.root_hash)
        return unproved("the checkpoint is of another tree than the inclusion proof");
    return {};
}

/// Rekor v1's signed entry timestamp is over the canonical JSON (RFC 8785) of these four members.
inline result<void> verify_promise(const log_entry& entry, const certificate_log& log)
{
    const std::string text = "{\"body\":\"" + to_base64(entry.body) +
                             "\",\"integratedTime\":" + std::to_string(entry.integrated_time) + ",\"logID\":\"" +
                             to_hex(entry.log_id) + "\",\"logIndex\":" + std::to_string(entry.index) + "}";
    return log.key.verify(as_bytes(text), entry.promise) ? result<void>()
                                                         : unproved("the log's promise of inclusion is not signed by it");
}

result<const certificate_log*> verify_entry(const log_entry& entry, bundle_version version,
                                            const std::vector<certificate_log>& logs)
{
    const auto log = std::ranges::find_if(logs, [&](const certificate_log& l) { return l.id == entry.log_id; });
    if (log == logs.end())
        return unproved("an entry of a log that is not trusted");
    // Bundle 0.1 needs the promise and may have a proof without a checkpoint, which proves nothing; from 0.2 on the proof is needed.
    const bool proof_counts = entry.proof && (version != bundle_version::v0_1 || !entry.proof->checkpoint.empty());
    if (!proof_counts && (version != bundle_version::v0_1 || entry.promise.empty()))
        return unproved("neither proof nor promise of inclusion");
    // What is brought along holds, be it needed or not.
    if (entry.proof && !proves_inclusion(*entry.proof, entry.body))
        return unproved("the inclusion proof does not lead to its root");
    if (proof_counts)
        MODELSEC_CHECK(verify_checkpoint(*entry.proof, *log));
    if (!entry.promise.empty())
        MODELSEC_CHECK(verify_promise(entry, *log));
    return &*log;
}

/// Whether a text is the signer, in PEM: its certificate or, where a plain key signed, that.
inline bool names_signer(bytes_view pem, const logged_signature& about)
{
    if (about.signer)
    {
        const auto certificates = certificate::pem(as_text(pem));
        return certificates && certificates->size() == 1 && certificates->front() == *about.signer;
    }
    const auto key = public_key::pem(as_text(pem));
    return key && about.signer_key && key->spki_der() == about.signer_key->spki();
}

inline bool base64_names_signer(std::optional<std::string_view> base64, const logged_signature& about)
{
    const auto pem = base64 ? from_base64(*base64) : std::nullopt;
    return pem && names_signer(*pem, about);
}

/// Rekor v2's Verifier: raw bytes of a certificate or a key.
inline bool verifier_names_signer(const json_view& verifier, const logged_signature& about)
{
    const auto cert = verifier.present("x509Certificate");
    const auto key = verifier.present("publicKey");
    if (cert.has_value() == key.has_value() || cert.has_value() != about.signer.has_value())
        return false;
    const auto raw = bytes_at(cert ? *cert : *key, "rawBytes");
    return raw && (cert ? std::ranges::equal(*raw, about.signer->raw()) : *raw == about.signer_key->spki());
}

inline bool is_signature(std::optional<std::string_view> base64, const logged_signature& about)
{
    const auto raw = base64 ? from_base64(*base64) : std::nullopt;
    return raw && std::ranges::equal(*raw, about.bundle->signature());
}

inline bool is_digest(std::optional<json_view> hash, const artifact_digests& expected)
{
    const auto named = hash ? hash->string_at("algorithm") : std::nullopt;
    const auto algorithm = named ? subject_algorithm(*named) : std::nullopt;
    const auto hex = algorithm ? hash->string_at("value") : std::nullopt;
    const auto raw = hex ? from_hex(*hex) : std::nullopt;
    return raw && expected.match(*algorithm, *raw);
}

inline bool is_digest_v2(std::optional<json_view> hash, const artifact_digests& expected)
{
    const auto named = hash ? hash->string_at("algorithm") : std::nullopt;
    const auto algorithm = named ? bundle_algorithm(*named) : std::nullopt;
    const auto raw = algorithm ? bytes_at(*hash, "digest") : std::nullopt;
    return raw && expected.match(*algorithm, *raw);
}

inline bool is_hashedrekord(json_view spec, const logged_signature& about)
{
    const auto data = spec.present("data"), signature = spec.present("signature");
    const auto key = signature ? signature->present("publicKey") : std::nullopt;
    return data && key && is_digest(data->present("hash"), about.message) &&
           is_signature(signature->string_at("content"), about) && base64_names_signer(key->string_at("content"), about);
}

inline bool is_hashedrekord_v2(json_view spec, const logged_signature& about)
{
    const auto inner = spec.present("hashedRekordV002");
    const auto signature = inner ? inner->present("signature") : std::nullopt;
    const auto verifier = signature ? signature->present("verifier") : std::nullopt;
    return verifier && is_digest_v2(inner->present("data"), about.message) &&
           is_signature(signature->string_at("content"), about) && verifier_names_signer(*verifier, about);
}

inline artifact_digests payload_digest(const logged_signature& about)
{
    return {sha256(about.bundle->content->payload())};
}

/// The only element of a list of signatures.
inline std::optional<json_view> only_signature(json_view object)
{
    const auto list = object.array_at("signatures");
    return list && list->size() == 1 ? std::optional(*list->begin()) : std::nullopt;
}

inline bool is_dsse(json_view spec, const logged_signature& about)
{
    const auto signature = only_signature(spec);
    return about.bundle->content && signature && is_digest(spec.present("payloadHash"), payload_digest(about)) &&
           is_signature(signature->string_at("signature"), about) &&
           base64_names_signer(signature->string_at("verifier"), about);
}

inline bool is_dsse_v2(json_view spec, const logged_signature& about)
{
    const auto inner = spec.present("dsseV002");
    const auto signature = inner ? only_signature(*inner) : std::nullopt;
    const auto verifier = signature ? signature->present("verifier") : std::nullopt;
    return about.bundle->content && verifier && is_digest_v2(inner->present("payloadHash"), payload_digest(about)) &&
           is_signature(signature->string_at("content"), about) && verifier_names_signer(*verifier, about);
}

/// intoto 0.0.2: the signature is coded twice.
inline bool is_intoto(json_view spec, const logged_signature& about)
{
    const auto content = spec.present("content");
    const auto envelope = content ? content->present("envelope") : std::nullopt;
    const auto signature = envelope ? only_signature(*envelope) : std::nullopt;
    const auto coded = signature ? bytes_at(*signature, "sig") : std::nullopt;
    return about.bundle->content && coded && envelope->string_at("payloadType") == about.bundle->payload_type &&
           is_digest(content->present("payloadHash"), payload_digest(about)) && is_signature(as_text(*coded), about) &&
           base64_names_signer(signature->string_at("publicKey"), about);
}

result<void> check_entry_body(const log_entry& entry, const logged_signature& about, const limits& caps)
{
    const auto document = json_document::parse(entry.body, caps.json_depth);
    const auto spec = document ? document->root().present("spec") : std::nullopt;
    if (!spec || document->root().string_at("kind") != entry.kind ||
        document->root().string_at("apiVersion") != entry.version)
        return unproved("a log entry whose body is of another kind than it is said to be");
    bool fits = false;
    if (entry.kind == "hashedrekord" && entry.version == "0.0.1")
        fits = is_hashedrekord(*spec, about);
    else if (entry.kind == "hashedrekord" && entry.version == "0.0.2")
        fits = is_hashedrekord_v2(*spec, about);
    else if (entry.kind == "dsse" && entry.version == "0.0.1")
        fits = is_dsse(*spec, about);
    else if (entry.kind == "dsse" && entry.version == "0.0.2")
        fits = is_dsse_v2(*spec, about);
    else if (entry.kind == "intoto" && entry.version == "0.0.2")
        fits = is_intoto(*spec, about);
    else
        return unproved("a log entry of a kind that is not understood");
    return fits ? result<void>() : unproved("the log entry is about another signature, signer or message");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
