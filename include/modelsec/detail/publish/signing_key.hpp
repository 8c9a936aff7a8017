// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_SIGNING_KEY_HPP
#define MODELSEC_DETAIL_PUBLISH_SIGNING_KEY_HPP

#include <modelsec/detail/base/secret.hpp>
#include <modelsec/pins.hpp>

#include <functional>
#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE

/// An Ed25519 key (RFC 8032) that signs manifests and roots. Kept as a PKCS#8 PEM file (RFC 8410), which OpenSSL reads and makes too;
/// the public key lies beside it as a pins file, ID.pub.json. Moves, is not copied; its bytes are wiped when it goes. sign() may be
/// called from several threads at once.
class signing_key
{
public:
    /// A new key. Without an id: the first 16 hex digits of the public key's SHA-256. `bad_option` if the id is no identifier.
    MODELSEC_DECL static result<signing_key> generate(std::string id = {});
    /// The key in a PEM block "PRIVATE KEY", without passphrase; `bad_option` for anything else.
    MODELSEC_DECL static result<signing_key> from_pem(std::string id, std::string_view pem);
    /// Reads the private key at `path`, which must be its user's alone (`secret_file_exposed`). Its id: that of the pins file beside
    /// it, else the file's name without extension.
    MODELSEC_DECL static result<signing_key> load(const std::string& path);
    /// A key that lies elsewhere (a hardware module, a key service): `sign` gives the 64 bytes of a signature over its argument.
    MODELSEC_DECL static signing_key external(std::string id, public_key half,
                                              std::function<result<bytes>(bytes_view message)> sign);

    const std::string& id() const noexcept { return id_; }
    const public_key& public_half() const noexcept { return public_; }
    /// The key as a pin that is always valid.
    pin as_pin() const { return {id_, public_, {}, {}, false}; }
    /// "ID=BASE64", as pins::add takes it.
    MODELSEC_DECL std::string pin_text() const;
    /// The public key as a pins file with this one key: {"keys": …, "threshold": 1}.
    MODELSEC_DECL std::string pins_file() const;
    /// The private key as PEM; empty for one that lies elsewhere.
    MODELSEC_DECL secret pem() const;
    /// 64 bytes. Checked against the public key: a faulty module signs nothing that clients refuse.
    MODELSEC_DECL result<bytes> sign(bytes_view message) const;

private:
    signing_key(std::string id, public_key half) : id_(std::move(id)), public_(std::move(half)) {}
    MODELSEC_DECL static result<signing_key> from_seed(std::string id, const secret& seed);

    std::string id_;
    public_key public_;
    secret seed_;      ///< 32 bytes, RFC 8032 section 5.1.5
    secret expanded_;  ///< seed and public key, as libsodium signs
    std::function<result<bytes>(bytes_view)> elsewhere_;
};

/// A C++ header that holds these pins as constants (see pinned_key): `inline constexpr modelsec::pinned_key NAME_keys[]` and
/// `inline modelsec::pins NAME()`. `bad_option` if `name` is no C++ identifier, or there is no key.
MODELSEC_DECL result<std::string> write_pins_header(const pins& keys, std::string_view name = "release_pins");

/// The same for the other languages of the bindings: a constant with the pins as JSON, as each of them takes it. `bad_option` also for
/// an id that is no identifier.
enum class pins_language
{
    dart,    ///< `const String NAME = …;`
    python,  ///< `NAME = …`
    swift    ///< `public let NAME = …`
};
MODELSEC_DECL result<std::string> write_pins_source(const pins& keys, pins_language language, std::string_view name);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/signing_key.ipp>
#endif

#endif
