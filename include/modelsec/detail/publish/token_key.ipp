// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_TOKEN_KEY_IPP
#define MODELSEC_DETAIL_PUBLISH_TOKEN_KEY_IPP

#include <modelsec/detail/base/dynamic_library.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/publish/token_key.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// What is used of PKCS#11 ("Cryptographic Token Interface Base Specification" 2.40, and 3.0 for EdDSA), under the names that it has there.
namespace pkcs11 {

using number = unsigned long;  // CK_ULONG

struct mechanism
{
    number type;
    void* parameter;
    number parameter_size;
};

struct attribute
{
    number type;
    void* value;
    number size;
};

struct initialize_arguments
{
    void *create_mutex, *destroy_mutex, *lock_mutex, *unlock_mutex;
    number flags;
    void* reserved;
};

struct version
{
    unsigned char major, minor;
};

struct token_info
{
    unsigned char label[32], manufacturer[32], model[16], serial[16];
    number flags, counters[10];
    version hardware, firmware;
    unsigned char time[16];
};

/// CK_FUNCTION_LIST: the functions in their order, from C_Initialize on.
struct function_list
{
    version of;
    void (*functions[68])();
};

enum function_place : std::size_t
{
    initialize = 0,
    get_slot_list = 4,
    get_token_info = 6,
    open_session = 12,
    close_session = 13,
    login = 18,
    get_attribute_value = 24,
    find_objects_init = 26,
    find_objects = 27,
    find_objects_final = 28,
    sign_init = 42,
    sign = 43
};

inline constexpr number ok = 0, already_initialized = 0x191, already_logged_in = 0x100, pin_first = 0xa0, pin_last = 0xa4;
inline constexpr number serial_session = 4, os_locking = 2, user = 1;
inline constexpr number public_key_class = 2, private_key_class = 3, edwards_key = 0x40, eddsa = 0x1057;
inline constexpr number attribute_class = 0, attribute_label = 3, attribute_key_type = 0x100, attribute_id = 0x102,
                        attribute_point = 0x181;

}  // namespace pkcs11

/// RFC 3986 section 2.1; nothing for what is malformed.
inline std::optional<std::string> percent_decode(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (text[i] != '%')
        {
            out += text[i];
            continue;
        }
        const auto byte = i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
        if (!byte)
            return std::nullopt;
        out += static_cast<char>(byte->front());
        i += 2;
    }
    return out;
}

/// One module, and one session with one token.
class token_session
{
public:
    static result<std::shared_ptr<token_session>> open(const token_address& where, const std::string& module_path)
    {
        MODELSEC_TRY(void* const entry, load_function(module_path, "C_GetFunctionList"));
        pkcs11::function_list* list = nullptr;
        const auto get_list = reinterpret_cast<pkcs11::number (*)(pkcs11::function_list**)>(entry);
        if (get_list(&list) != pkcs11::ok || !list)
            return fail(reason::key_unavailable, "the module has no functions");
        auto out = std::shared_ptr<token_session>(new token_session(*list));
        pkcs11::initialize_arguments threads{nullptr, nullptr, nullptr, nullptr, pkcs11::os_locking, nullptr};
        const pkcs11::number begun = out->call(pkcs11::initialize, static_cast<void*>(&threads));
        if (begun != pkcs11::ok && begun != pkcs11::already_initialized)
            return problem("the module does not start", begun);
        MODELSEC_TRY(const pkcs11::number slot, out->find_slot(where));
        const pkcs11::number opened = out->call(pkcs11::open_session, slot, pkcs11::serial_session,
                                                static_cast<void*>(nullptr), static_cast<void*>(nullptr), &out->session_);
        if (opened != pkcs11::ok)
            return problem("no session with the token", opened);
        out->open_ = true;
        return out;
    }

    ~token_session()
    {
        if (open_)
            call(pkcs11::close_session, session_);
    }
    token_session(const token_session&) = delete;
    token_session& operator=(const token_session&) = delete;

    result<void> log_in(const secret& pin)
    {
        bytes text(pin.reveal().begin(), pin.reveal().end());  // the interface wants it writable
        const pkcs11::number done =
            call(pkcs11::login, session_, pkcs11::user, text.data(), static_cast<pkcs11::number>(text.size()));
        wipe(text.data(), text.size());
        if (done >= pkcs11::pin_first && done <= pkcs11::pin_last)
            return fail(reason::pin_refused, error_text(done));
        if (done != pkcs11::ok && done != pkcs11::already_logged_in)
            return problem("no login to the token", done);
        return {};
    }

    /// The one object of a class that the address names.
    result<pkcs11::number> find(pkcs11::number object_class, const std::string& label, bytes id)
    {
        pkcs11::number type = pkcs11::edwards_key;
        std::string text = label;
        std::vector<pkcs11::attribute> wanted{{pkcs11::attribute_class, &object_class, sizeof object_class},
                                              {pkcs11::attribute_key_type, &type, sizeof type}};
        if (!text.empty())
            wanted.push_back({pkcs11::attribute_label, text.data(), static_cast<pkcs11::number>(text.size())});
        if (!id.empty())
            wanted.push_back({pkcs11::attribute_id, id.data(), static_cast<pkcs11::number>(id.size())});
        pkcs11::number done =
            call(pkcs11::find_objects_init, session_, wanted.data(), static_cast<pkcs11::number>(wanted.size()));
        if (done != pkcs11::ok)
            return problem("no search on the token", done);
        std::array<pkcs11::number, 2> found{};
        pkcs11::number count = 0;
        done = call(pkcs11::find_objects, session_, found.data(), static_cast<pkcs11::number>(found.size()), &count);
        call(pkcs11::find_objects_final, session_);
        if (done != pkcs11::ok)
            return problem("no search on the token", done);
        const std::string half = object_class == pkcs11::private_key_class ? "private" : "public";
        if (count != 1)
            return fail(reason::key_unavailable,
                        (count == 0 ? "no " : "more than one ") + half + " Ed25519 key of this name on the token");
        return found.front();
    }

    result<bytes> read(pkcs11::number object, pkcs11::number type)
    {
        bytes out(256);
        pkcs11::attribute one{type, out.data(), static_cast<pkcs11::number>(out.size())};
        const pkcs11::number done = call(pkcs11::get_attribute_value, session_, object, &one, pkcs11::number{1});
        if (done != pkcs11::ok || one.size > out.size())
            return problem("the token does not show its public key", done);
        out.resize(one.size);
        return out;
    }

    /// From any thread, one at a time.
    result<bytes> sign(pkcs11::number key, bytes_view message)
    {
        const std::lock_guard lock(mutex_);
        pkcs11::mechanism how{pkcs11::eddsa, nullptr, 0};
        pkcs11::number done = call(pkcs11::sign_init, session_, &how, key);
        bytes text(message.begin(), message.end()), out(64);
        pkcs11::number size = static_cast<pkcs11::number>(out.size());
        if (done == pkcs11::ok)
            done = call(pkcs11::sign, session_, text.data(), static_cast<pkcs11::number>(text.size()), out.data(), &size);
        if (done != pkcs11::ok || size != out.size())
            return problem("the token did not sign", done);
        return out;
    }

private:
    explicit token_session(const pkcs11::function_list& list) : list_(list) {}

    template <class... Arguments>
    pkcs11::number call(pkcs11::function_place place, Arguments... arguments)
    {
        const auto function = reinterpret_cast<pkcs11::number (*)(Arguments...)>(list_.functions[place]);
        return function ? function(arguments...) : pkcs11::number{0x54};  // CKR_FUNCTION_NOT_SUPPORTED
    }

    static std::string error_text(pkcs11::number error) { return "PKCS#11 error " + std::to_string(error); }
    static failure problem(const char* text, pkcs11::number error)
    {
        return fail(reason::key_unavailable, std::string(text) + ": " + error_text(error));
    }

    /// Fields of PKCS#11 are padded with spaces.
    static bool matches(const std::string& wanted, const unsigned char* field, std::size_t size)
    {
        std::string_view text(reinterpret_cast<const char*>(field), size);
        while (!text.empty() && (text.back() == ' ' || text.back() == '\0'))
            text.remove_suffix(1);
        return wanted.empty() || wanted == text;
    }

    result<pkcs11::number> find_slot(const token_address& where)
    {
        std::array<pkcs11::number, 256> slots{};
        pkcs11::number count = slots.size();
        const pkcs11::number listed = call(pkcs11::get_slot_list, static_cast<unsigned char>(1), slots.data(), &count);
        if (listed != pkcs11::ok)
            return problem("the module lists no tokens", listed);
        std::vector<pkcs11::number> found;
        for (std::size_t i = 0; i < std::min<std::size_t>(count, slots.size()); ++i)
        {
            pkcs11::token_info info{};
            if (call(pkcs11::get_token_info, slots[i], &info) == pkcs11::ok &&
                matches(where.token, info.label, sizeof info.label) &&
                matches(where.manufacturer, info.manufacturer, sizeof info.manufacturer) &&
                matches(where.model, info.model, sizeof info.model) &&
                matches(where.serial, info.serial, sizeof info.serial))
                found.push_back(slots[i]);
        }
        if (found.size() != 1)
            return fail(reason::key_unavailable, found.empty() ? "no such token" : "more than one token: name it");
        return found.front();
    }

    const pkcs11::function_list& list_;
    pkcs11::number session_ = 0;
    bool open_ = false;
    std::mutex mutex_;
};

/// CKA_EC_POINT of an Edwards key: the 32 bytes, in an OCTET STRING (PKCS#11 3.0 section 2.3.5) or, from some modules, as they are.
inline result<public_key> read_point(bytes_view point)
{
    if (point.size() == 34 && point[0] == 0x04 && point[1] == 0x20)
        point = point.subspan(2);
    if (point.size() != 32)
        return fail(reason::key_unavailable, "the token's public key is not Ed25519");
    return public_key::ed25519(point);
}

}  // namespace detail

result<token_address> token_address::parse(std::string_view text)
{
    constexpr std::string_view scheme = "pkcs11:";
    if (!text.starts_with(scheme))
        return fail(reason::bad_option, "a key's address begins with pkcs11:");
    text.remove_prefix(scheme.size());
    token_address out;
    const std::size_t mark = std::min(text.find('?'), text.size());
    std::vector<std::pair<std::string, std::string>> attributes;
    for (const auto& [part, separator] :
         {std::pair(text.substr(0, mark), ';'), std::pair(text.substr(std::min(mark + 1, text.size())), '&')})
    {
        std::string_view rest = part;
        while (!rest.empty())
        {
            const std::size_t end = std::min(rest.find(separator), rest.size());
            const std::string_view one = rest.substr(0, end);
            const std::size_t equals = one.find('=');
            const auto value =
                equals == std::string_view::npos ? std::nullopt : detail::percent_decode(one.substr(equals + 1));
            // RFC 7512 section 2.3: an attribute twice is none.
            const bool again = std::any_of(attributes.begin(), attributes.end(),
                                           [&](const auto& known) { return known.first == one.substr(0, equals); });
            if (!value || value->find('\0') != std::string::npos || again)
                return fail(reason::bad_option, "a key's address: an attribute that is malformed, or stands twice");
            attributes.emplace_back(one.substr(0, equals), *value);
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    for (auto& [name, value] : attributes)
    {
        if (name == "token")
            out.token = value;
        else if (name == "manufacturer")
            out.manufacturer = value;
        else if (name == "model")
            out.model = value;
        else if (name == "serial")
            out.serial = value;
        else if (name == "object")
            out.object = value;
        else if (name == "id")
            out.id.assign(value.begin(), value.end());
        else if (name == "module-path")
            out.module_path = value;
        else if (name == "pin-source" && value.starts_with("file:"))
            out.pin_file = value.substr(value.starts_with("file:///") ? 7 : 5);
        else if (name == "pin-value")
            return fail(reason::secret_in_argument, "pin-value: the PIN comes from the environment or a 0600 file");
        else if (!(name == "type" && value == "private"))
            return fail(reason::unsupported, "a key's address: the attribute " + name.substr(0, 32));
    }
    if (out.object.empty() && out.id.empty())
        return fail(reason::bad_option, "a key's address names the key by object or id");
    return out;
}

result<signing_key> load_token_key(std::string_view address, const token_key_options& options)
{
    MODELSEC_TRY(const token_address where, token_address::parse(address));
    const std::string& module = where.module_path.empty() ? options.module_path : where.module_path;
    if (module.empty())
        return fail(reason::key_unavailable, "no module: module-path in the key's address");
    MODELSEC_TRY(const auto session, detail::token_session::open(where, module));
    if (!where.pin_file.empty())
    {
        MODELSEC_TRY(const secret text, detail::read_secret_file(where.pin_file));
        std::string_view pin = text.reveal_text();
        while (!pin.empty() && (pin.back() == '\n' || pin.back() == '\r'))
            pin.remove_suffix(1);
        MODELSEC_CHECK(session->log_in(secret(pin)));
    }
    else if (options.pin)
    {
        MODELSEC_TRY(const secret pin, options.pin());
        if (!pin.empty())
            MODELSEC_CHECK(session->log_in(pin));
    }
    MODELSEC_TRY(const auto key, session->find(detail::pkcs11::private_key_class, where.object, where.id));
    MODELSEC_TRY(const auto half, session->find(detail::pkcs11::public_key_class, where.object, where.id));
    MODELSEC_TRY(const bytes point, session->read(half, detail::pkcs11::attribute_point));
    MODELSEC_TRY(public_key parsed, detail::read_point(point));
    std::string id = options.id.empty() ? where.object : options.id;
    if (!identifier::parse(id))
    {
        if (!options.id.empty())
            return fail(reason::bad_option, "a key's id takes letters, digits and . _ + -, at most 128");
        id = sha256(parsed.raw()).hex().substr(0, 16);
    }
    return signing_key::external(std::move(id), std::move(parsed),
                                 [session, key](bytes_view message) { return session->sign(key, message); });
}

MODELSEC_END_NAMESPACE

#endif
