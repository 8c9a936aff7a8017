// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_SYSTEM_ROOTS_MACOS_IPP
#define MODELSEC_DETAIL_NET_SYSTEM_ROOTS_MACOS_IPP

#include <modelsec/detail/net/tls.hpp>

#include <openssl/err.h>

// Cross-compilers come without Apple's frameworks; what is used of them is little, and fixed for good by their ABI.
#if __has_include(<Security/Security.h>)
#include <Security/Security.h>
#else
extern "C"
{
    using Boolean = unsigned char;
    using OSStatus = std::int32_t;
    using CFIndex = long;
    using CFTypeRef = const void*;
    using CFArrayRef = const struct __CFArray*;
    using CFDataRef = const struct __CFData*;
    using CFDictionaryRef = const struct __CFDictionary*;
    using CFNumberRef = const struct __CFNumber*;
    using CFStringRef = const struct __CFString*;
    using CFAllocatorRef = const struct __CFAllocator*;
    using SecCertificateRef = struct __SecCertificate*;
    using CFNumberType = CFIndex;
    using SecTrustSettingsDomain = std::uint32_t;
    inline constexpr CFNumberType kCFNumberSInt32Type = 3;
    inline constexpr std::uint32_t kCFStringEncodingUTF8 = 0x08000100;
    inline constexpr SecTrustSettingsDomain kSecTrustSettingsDomainUser = 0;
    inline constexpr SecTrustSettingsDomain kSecTrustSettingsDomainAdmin = 1;
    inline constexpr std::int32_t kSecTrustSettingsResultDeny = 3;
    void CFRelease(CFTypeRef);
    CFIndex CFArrayGetCount(CFArrayRef);
    const void* CFArrayGetValueAtIndex(CFArrayRef, CFIndex);
    const std::uint8_t* CFDataGetBytePtr(CFDataRef);
    CFIndex CFDataGetLength(CFDataRef);
    const void* CFDictionaryGetValue(CFDictionaryRef, const void*);
    Boolean CFNumberGetValue(CFNumberRef, CFNumberType, void*);
    CFStringRef CFStringCreateWithCString(CFAllocatorRef, const char*, std::uint32_t);
    CFDataRef SecCertificateCopyData(SecCertificateRef);
    OSStatus SecTrustCopyAnchorCertificates(CFArrayRef*);
    OSStatus SecTrustSettingsCopyTrustSettings(SecCertificateRef, SecTrustSettingsDomain, CFArrayRef*);
}
#endif

#include <cstdlib>
#include <memory>
#include <unistd.h>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

struct release_cf
{
    void operator()(const void* object) const { ::CFRelease(object); }
};
/// What a function with Create or Copy in its name gave.
template <class Ref>
using cf_ptr = std::unique_ptr<std::remove_pointer_t<Ref>, release_cf>;

/// Whether the user or the administrator has taken the trust in this root back, be it for one purpose only.
inline bool is_distrusted(SecCertificateRef root)
{
    // The value of the macro kSecTrustSettingsResult.
    const cf_ptr<CFStringRef> verdict_key(
        ::CFStringCreateWithCString(nullptr, "kSecTrustSettingsResult", kCFStringEncodingUTF8));
    for (const SecTrustSettingsDomain domain : {kSecTrustSettingsDomainUser, kSecTrustSettingsDomainAdmin})
    {
        CFArrayRef copied = nullptr;
        if (::SecTrustSettingsCopyTrustSettings(root, domain, &copied) != 0 || copied == nullptr)
            continue;  // nothing is said about it
        const cf_ptr<CFArrayRef> settings(copied);
        for (CFIndex i = 0; i < ::CFArrayGetCount(settings.get()); ++i)
        {
            const auto one = static_cast<CFDictionaryRef>(::CFArrayGetValueAtIndex(settings.get(), i));
            const auto value = static_cast<CFNumberRef>(::CFDictionaryGetValue(one, verdict_key.get()));
            std::int32_t verdict = 0;
            if (value != nullptr && ::CFNumberGetValue(value, kCFNumberSInt32Type, &verdict) != 0 &&
                verdict == static_cast<std::int32_t>(kSecTrustSettingsResultDeny))
                return true;
        }
    }
    return false;
}

// The roots that come with macOS, without those that somebody distrusts on this machine. Roots that were added to a keychain
// are trusted by macOS for purposes that only its own verification knows: they are given to the library as a CA file.
bool add_system_roots(X509_STORE* store)
{
    CFArrayRef copied = nullptr;
    if (::SecTrustCopyAnchorCertificates(&copied) != 0 || copied == nullptr)
        return false;
    const cf_ptr<CFArrayRef> anchors(copied);
    bool any = false;
    for (CFIndex i = 0; i < ::CFArrayGetCount(anchors.get()); ++i)
    {
        const void* const element = ::CFArrayGetValueAtIndex(anchors.get(), i);
        const auto root = static_cast<SecCertificateRef>(const_cast<void*>(element));
        if (is_distrusted(root))
            continue;
        const cf_ptr<CFDataRef> der(::SecCertificateCopyData(root));
        if (!der)
            continue;
        const unsigned char* at = ::CFDataGetBytePtr(der.get());
        const openssl_ptr<X509, X509_free> certificate(d2i_X509(nullptr, &at, ::CFDataGetLength(der.get())));
        any = (certificate && X509_STORE_add_cert(store, certificate.get()) == 1) || any;
    }
    ERR_clear_error();
    return any;
}

char roots_separator() noexcept
{
    return ':';
}

std::optional<std::string> roots_variable(const char* name)
{
    const char* const value = ::issetugid() != 0 ? nullptr : std::getenv(name);
    return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
