// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_TIMESTAMP_IPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_TIMESTAMP_IPP

#include <modelsec/detail/trust/sigstore/certificate.ipp>
#include <modelsec/detail/trust/sigstore/timestamp.hpp>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ts.h>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The token of a response, taken apart. OpenSSL's TS parses it; its CMS verifies it, which unlike TS_RESP_verify_response stays in
/// the library context that is given to it.
struct timestamp_token
{
    openssl_ptr<CMS_ContentInfo, CMS_ContentInfo_free> cms;
    openssl_ptr<TS_TST_INFO, TS_TST_INFO_free> info;
    utc_time time{};
};

inline std::optional<timestamp_token> parse_timestamp(bytes_view response)
{
    static constexpr std::size_t largest = 64u << 10;
    const unsigned char* at = response.data();
    if (response.size() > largest)
        return std::nullopt;
    const openssl_ptr<TS_RESP, TS_RESP_free> parsed(d2i_TS_RESP(nullptr, &at, static_cast<long>(response.size())));
    if (!parsed || at != response.data() + response.size() || !TS_RESP_get_token(parsed.get()))
        return std::nullopt;
    // RFC 3161 section 2.4.2: granted, or granted with modifications.
    const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(parsed.get())));
    if (status != 0 && status != 1)
        return std::nullopt;
    unsigned char* der = nullptr;
    const int size = i2d_PKCS7(TS_RESP_get_token(parsed.get()), &der);
    const bytes token(der, der + std::max(size, 0));
    OPENSSL_free(der);
    CMS_ContentInfo* made = CMS_ContentInfo_new_ex(sigstore_context(), nullptr);
    at = token.data();
    timestamp_token out;
    if (!made || !d2i_CMS_ContentInfo(&made, &at, static_cast<long>(token.size())))
        return std::nullopt;
    out.cms.reset(made);
    ASN1_OCTET_STRING** const content = CMS_get0_content(made);
    if (!content || !*content || OBJ_obj2nid(CMS_get0_eContentType(made)) != NID_id_smime_ct_TSTInfo)
        return std::nullopt;
    at = ASN1_STRING_get0_data(*content);
    out.info.reset(d2i_TS_TST_INFO(nullptr, &at, ASN1_STRING_length(*content)));
    const auto time = out.info ? time_of(TS_TST_INFO_get_time(out.info.get())) : std::nullopt;
    if (!time || TS_TST_INFO_get_version(out.info.get()) != 1)
        return std::nullopt;
    out.time = *time;
    return out;
}

/// RFC 3161 section 2.4.2, messageImprint: of the signature's bytes, by SHA-256 or longer.
inline bool is_imprint_of(const TS_TST_INFO* info, bytes_view signature)
{
    TS_MSG_IMPRINT* const imprint = TS_TST_INFO_get_msg_imprint(const_cast<TS_TST_INFO*>(info));
    const ASN1_OBJECT* algorithm = nullptr;
    X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
    const char* name = nullptr;
    switch (OBJ_obj2nid(algorithm))
    {
    case NID_sha256: name = "SHA2-256"; break;
    case NID_sha384: name = "SHA2-384"; break;
    case NID_sha512: name = "SHA2-512"; break;
    default: return false;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    const ASN1_OCTET_STRING* const said = TS_MSG_IMPRINT_get_msg(imprint);
    return EVP_Q_digest(sigstore_context(), name, nullptr, signature.data(), signature.size(), digest.data(), &size) == 1 &&
           std::equal(digest.data(), digest.data() + size, ASN1_STRING_get0_data(said),
                      ASN1_STRING_get0_data(said) + ASN1_STRING_length(said));
}

inline void free_borrowed_x509_stack(STACK_OF(X509) * list)
{
    sk_X509_free(list);
}

/// RFC 3161 section 2.3 and RFC 5816: signed by a certificate for time stamping alone, which the token's attributes name, and whose
/// chain was valid at the time that is said.
inline bool is_signed_by(const timestamp_token& token, const certificate_authority& authority)
{
    const auto store = store_of({authority.anchor}, token.time);
    const x509_stack helpers(sk_X509_new_null());
    const openssl_ptr<BIO, BIO_free_all> content(BIO_new(BIO_s_mem()));
    if (!store || !helpers || !content || !add_all(helpers.get(), authority.helpers) ||
        (authority.helpers.empty() && !add_all(helpers.get(), {authority.anchor})))
        return false;
    X509_VERIFY_PARAM_set_purpose(X509_STORE_get0_param(store.get()), X509_PURPOSE_TIMESTAMP_SIGN);
    // The signer is the one that is listed, whatever certificates the token brings along; where only authorities are listed, it is
    // a signer that they issued, and the token brings its certificate.
    const auto issues = [](const certificate& c) { return X509_check_ca(c.native()) != 0; };
    const bool listed = !issues(authority.anchor) || !std::ranges::all_of(authority.helpers, issues);
    // OpenSSL 3.0 builds the chain by what the token carries alone, whatever else it is given.
    for (const certificate& c : authority.helpers)
        if (issues(c))
        {
            ERR_set_mark();
            CMS_add1_cert(token.cms.get(), c.native());  // fails where it is there already
            ERR_pop_to_mark();
        }
    const unsigned flags = CMS_BINARY | CMS_CADES | (listed ? CMS_NOINTERN : 0u);
    if (CMS_verify(token.cms.get(), helpers.get(), store.get(), nullptr, content.get(), flags) != 1)
        return false;
    if (listed)
        return true;
    // That chain may have gone by authorities that only the token brings along: it must hold by those that are listed alone.
    const openssl_ptr<STACK_OF(X509), free_borrowed_x509_stack> signers(CMS_get0_signers(token.cms.get()));
    const openssl_ptr<X509_STORE_CTX, X509_STORE_CTX_free> chain(X509_STORE_CTX_new_ex(sigstore_context(), nullptr));
    return signers && chain && sk_X509_num(signers.get()) == 1 &&
           X509_STORE_CTX_init(chain.get(), store.get(), sk_X509_value(signers.get(), 0), helpers.get()) == 1 &&
           X509_verify_cert(chain.get()) == 1;
}

result<utc_time> verify_timestamp(bytes_view response, bytes_view signature,
                                  const std::vector<certificate_authority>& authorities)
{
    const auto invalid = [](const char* detail) { return fail(reason::timestamp_invalid, detail); };
    const auto token = parse_timestamp(response);
    if (!token)
        return invalid("not a response of a timestamp authority");
    if (!is_imprint_of(token->info.get(), signature))
        return invalid("a timestamp of something else than this signature");
    for (const certificate_authority& a : authorities)
        if (a.window.holds(token->time) && is_signed_by(*token, a))
            return token->time;
    return invalid("a timestamp by no authority that was trusted at its time");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
