// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_TRUST_ROOTS_IPP
#define MODELSEC_DETAIL_NET_TRUST_ROOTS_IPP

#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/pem.hpp>
#include <modelsec/detail/net/tls.hpp>
#include <modelsec/detail/net/trust_roots.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <filesystem>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

bool is_certificate_label(std::string_view label) noexcept
{
    return label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "TRUSTED CERTIFICATE";
}

openssl_ptr<X509, X509_free> read_certificate(std::string_view pem)
{
    const openssl_ptr<BIO, BIO_free_all> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    X509* made = X509_new_ex(openssl_library::instance().context(), nullptr);
    const bool read = in && made && PEM_read_bio_X509_AUX(in.get(), &made, no_passphrase, nullptr) != nullptr;
    openssl_ptr<X509, X509_free> out(made);  // null where the reader has freed it
    if (!read)
        out.reset();
    return out;
}

result<void> add_pem_roots(X509_STORE* store, std::string_view text, const std::string& name)
{
    std::size_t found = 0;
    while (const auto block = next_pem(text))
    {
        if (!is_certificate_label(block->label))
            continue;
        const auto one = read_certificate(block->text);
        ERR_clear_error();
        if (!one)
            return fail(reason::trust_store, name + ": a certificate that cannot be read");
        if (X509_STORE_add_cert(store, one.get()) != 1)
            return fail(reason::out_of_memory, name);
        ++found;
    }
    return found != 0 ? result<void>() : fail(reason::trust_store, name + ": no certificate in PEM");
}

/// "5ed36f99.0", as c_rehash, OpenSSL and Android name them.
inline bool is_hashed_name(std::string_view name) noexcept
{
    const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return name.size() > 9 && name[8] == '.' && std::all_of(name.begin(), name.begin() + 8, hex) &&
           std::all_of(name.begin() + 9, name.end(), digit);
}

/// Files of a folder are independent of each other: one that is no certificate is left out.
inline result<void> add_folder_roots(X509_STORE* store, const std::filesystem::path& folder)
{
    constexpr std::size_t most_files = 4096;
    std::vector<std::filesystem::path> files;
    std::error_code ec;
    for (std::filesystem::directory_iterator at(folder, ec), end; !ec && at != end && files.size() < most_files;
         at.increment(ec))
    {
        const std::string name = at->path().filename().string();
        if (is_hashed_name(name) || name.ends_with(".pem") || name.ends_with(".crt"))
            files.push_back(at->path());
    }
    const bool too_many = ec == std::errc::too_many_files_open || ec == std::errc::too_many_files_open_in_system;
    if (ec)
        return fail(too_many ? reason::too_many_open_files : reason::file_unreadable, folder.string());
    bool any = false;
    for (const auto& path : files)
    {
        const auto text = read_local_file(path.string(), trust_file_bytes);
        if (text.has_value())
            any = add_pem_roots(store, as_text(*text), path.string()).has_value() || any;
        else if (text.error().why == reason::too_many_open_files)
            return text.error();
    }
    return any ? result<void>() : fail(reason::trust_store, folder.string() + ": no certificates in this folder");
}

result<void> add_roots_at(X509_STORE* store, const std::string& path)
{
    std::error_code ec;
    if (std::filesystem::is_directory(path, ec))
        return add_folder_roots(store, path);
    MODELSEC_TRY(const bytes text, read_local_file(path, trust_file_bytes));
    return add_pem_roots(store, as_text(text), path);
}

bool add_first_roots(X509_STORE* store, const std::vector<std::string>& files, const std::vector<std::string>& folders)
{
    const auto holds = [store](const std::string& path) { return add_roots_at(store, path).has_value(); };
    return std::any_of(files.begin(), files.end(), holds) || std::any_of(folders.begin(), folders.end(), holds);
}

/// What SSL_CERT_FILE and SSL_CERT_DIR name; false if neither is set. A file that is named and not there is a failure: who set it
/// meant it.
inline result<bool> add_environment_roots(X509_STORE* store)
{
    bool any = false;
    if (const auto file = roots_variable("SSL_CERT_FILE"))
    {
        MODELSEC_CHECK(add_roots_at(store, *file));
        any = true;
    }
    const auto folders = roots_variable("SSL_CERT_DIR");
    std::string_view rest = folders ? std::string_view(*folders) : std::string_view();
    while (!rest.empty())
    {
        const std::size_t end = std::min(rest.find(roots_separator()), rest.size());
        // Of several folders some may be missing or empty, as with OpenSSL.
        if (end != 0)
            any = add_roots_at(store, std::string(rest.substr(0, end))).has_value() || any;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (folders && !any)
        return fail(reason::trust_store, "SSL_CERT_DIR: no certificates in " + *folders);
    return any;
}

result<void> add_trust_roots(X509_STORE* store, const tls_options& options)
{
    const bool given = !options.ca_file.empty() || !options.ca_pem.empty();
    if (!options.ca_file.empty())
        MODELSEC_CHECK(add_roots_at(store, options.ca_file));
    if (!options.ca_pem.empty())
        MODELSEC_CHECK(add_pem_roots(store, options.ca_pem, "the CA given in memory"));
    // RFC 5280 section 6.1 leaves it to the owner what a trust anchor is; the system's list is one of roots.
    if (given && options.partial_chain)
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    if (given)
        return {};
    if (options.partial_chain)
        return fail(reason::bad_option, "partial chains end at a CA that is given");
    if (options.roots_from_environment)
    {
        MODELSEC_TRY(const bool found, add_environment_roots(store));
        if (found)
            return {};
    }
    return add_system_roots(store) ? result<void>()
                                   : fail(reason::trust_store, "the system's root certificates were not found");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
