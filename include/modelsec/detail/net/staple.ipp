// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_STAPLE_IPP
#define MODELSEC_DETAIL_NET_STAPLE_IPP

#include <modelsec/detail/net/staple.hpp>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <chrono>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// How far the clocks of a responder and of this machine may be apart.
inline constexpr std::chrono::minutes staple_skew{10};
/// An answer that does not say until when it holds is no news any more after this.
inline constexpr std::chrono::hours staple_lifetime{7 * 24};

inline failure staple_refused(const char* what)
{
    ERR_clear_error();
    return fail(reason::staple_invalid, what);
}

/// RFC 7633: the certificate was issued on the condition that an answer comes with it.
inline bool staple_is_promised(const X509* leaf)
{
    constexpr long status_request = 5;
    const openssl_ptr<TLS_FEATURE, TLS_FEATURE_free> features(
        static_cast<TLS_FEATURE*>(X509_get_ext_d2i(leaf, NID_tlsfeature, nullptr, nullptr)));
    for (int i = 0; features && i < sk_ASN1_INTEGER_num(features.get()); ++i)
        if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), i)) == status_request)
            return true;
    return false;
}

/// RFC 6960 section 4.1.1: the id is made of digests by an algorithm that the responder chose.
inline bool staple_is_about(OCSP_SINGLERESP* single, const X509* leaf, const X509* issuer)
{
    ASN1_OBJECT* algorithm = nullptr;
    const OCSP_CERTID* const id = OCSP_SINGLERESP_get0_id(single);
    if (OCSP_id_get0_info(nullptr, &algorithm, nullptr, nullptr, const_cast<OCSP_CERTID*>(id)) != 1)
        return false;
    const int nid = OBJ_obj2nid(algorithm);
    if (nid != NID_sha1 && nid != NID_sha256)
        return false;
    const openssl_ptr<EVP_MD, EVP_MD_free> digest(
        EVP_MD_fetch(openssl_library::instance().context(), OBJ_nid2sn(nid), nullptr));
    if (!digest)
        return false;
    const openssl_ptr<OCSP_CERTID, OCSP_CERTID_free> ours(OCSP_cert_to_id(digest.get(), leaf, issuer));
    return ours && OCSP_id_cmp(ours.get(), id) == 0;
}

/// Which of its single answers is about `leaf`; null: none.
inline OCSP_SINGLERESP* staple_find(OCSP_BASICRESP* answer, const X509* leaf, const X509* issuer)
{
    for (int i = 0; i < OCSP_resp_count(answer); ++i)
        if (OCSP_SINGLERESP* const single = OCSP_resp_get0(answer, i); single && staple_is_about(single, leaf, issuer))
            return single;
    return nullptr;
}

/// RFC 6960 section 4.2.2.1. A function of the injected clock, unlike OCSP_check_validity.
inline bool staple_is_present(const ASN1_TIME* from, const ASN1_TIME* until, utc_time now)
{
    const auto at = [](utc_time t) { return static_cast<std::time_t>(t.time_since_epoch().count()); };
    // -1: before, 0: then, 1: after; -2: no time at all
    const int begun = from ? ASN1_TIME_cmp_time_t(from, at(now + staple_skew)) : -2;
    if (begun == -2 || begun > 0)
        return false;
    if (!until)
        return ASN1_TIME_cmp_time_t(from, at(now - staple_lifetime)) >= 0;
    return ASN1_TIME_cmp_time_t(until, at(now - staple_skew)) >= 0;
}

result<void> check_staple(bytes_view staple, STACK_OF(X509) * chain, X509_STORE* trusted, utc_time now, bool required)
{
    ERR_clear_error();
    const X509* const leaf = sk_X509_value(chain, 0);
    if (!leaf)
        return staple_refused("there is no verified chain");
    const unsigned char* at = staple.data();
    const openssl_ptr<OCSP_RESPONSE, OCSP_RESPONSE_free> response(
        staple.empty() ? nullptr : d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(staple.size())));
    if (!staple.empty() && !response)
        return staple_refused("not an OCSP answer");
    // RFC 6960 section 4.2.1: anything but `successful` is unsigned and says nothing.
    if (!response || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return required || staple_is_promised(leaf) ? fail(reason::staple_missing) : result<void>();

    const openssl_ptr<OCSP_BASICRESP, OCSP_BASICRESP_free> answer(OCSP_response_get1_basic(response.get()));
    // The signer is the issuer, or has its word (OCSPSigning) and a chain that is verified as of now.
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trusted), static_cast<std::time_t>(now.time_since_epoch().count()));
    if (!answer || OCSP_basic_verify(answer.get(), chain, trusted, 0) != 1)
        return staple_refused("the signature of the OCSP answer does not hold");
    const X509* const issuer = sk_X509_value(chain, sk_X509_num(chain) > 1 ? 1 : 0);
    OCSP_SINGLERESP* const single = staple_find(answer.get(), leaf, issuer);
    if (!single)
        return staple_refused("the OCSP answer is about another certificate");
    ASN1_GENERALIZEDTIME *from = nullptr, *until = nullptr;
    const int status = OCSP_single_get0_status(single, nullptr, nullptr, &from, &until);
    ERR_clear_error();
    // Once revoked, always revoked: how old the word is does not matter.
    if (status == V_OCSP_CERTSTATUS_REVOKED)
        return fail(reason::certificate_revoked, "by the stapled OCSP answer");
    if (!staple_is_present(from, until, now))
        return staple_refused("the OCSP answer is not of the present");
    if (status != V_OCSP_CERTSTATUS_GOOD)
        return staple_refused("the responder does not know the certificate");
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
