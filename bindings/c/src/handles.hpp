// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_BINDINGS_C_HANDLES_HPP
#define MODELSEC_BINDINGS_C_HANDLES_HPP

#include <modelsec/client.hpp>
#include <modelsec/modelsec.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

// What stands behind the C types. Every struct that is handed out is the first base of an object that owns its strings, so that
// one pointer is both.
namespace c_api {

struct owned_error : modelsec_error
{
    explicit owned_error(const modelsec::failure& f);
    std::string name_text, reason_text, message_text, hint_text, detail_text;
};

struct owned_repaired : modelsec_repaired
{
    explicit owned_repaired(const modelsec::model_repair& r);
    std::string model_text, found_text, reason_text, active_text;
    std::vector<std::string> aside_texts;
    std::vector<const char*> aside_list;
};

struct owned_result : modelsec_result
{
    explicit owned_result(const modelsec::fetch_result& r);
    owned_result(const std::string& model, const modelsec::pack_info& pack);
    explicit owned_result(const modelsec::gc_report& report);
    explicit owned_result(const modelsec::check_result& r);
    explicit owned_result(const modelsec::repair_report& report);
    std::string model_text, version_text, path_text, sha256_text;
    std::string active_version_text, platform_text, tier_text, stale_reason_text;
    std::vector<std::string> removed_texts;
    std::vector<const char*> removed_list;
    std::vector<std::unique_ptr<owned_repaired>> repaired_owners;
    std::vector<const modelsec_repaired*> repaired_list;

private:
    void point();
};

struct owned_pack_info : modelsec_pack_info
{
    explicit owned_pack_info(const modelsec::pack_info& p);
    std::string version_text, sha256_text, path_text;
};

/// What threads of one client share; outlives the handle while an operation runs.
struct shared_client
{
    shared_client(const modelsec_client_options& o, const std::optional<modelsec_audit_options>& audit,
                  modelsec::hub_options hub);

    std::vector<modelsec::http_header> headers_for(std::string_view origin);

    modelsec::limits caps;
    modelsec_credentials_fn ask = nullptr;
    void* ask_user = nullptr;
    std::mutex mutex;  // of `headers`
    std::map<std::string, std::vector<modelsec::http_header>, std::less<>> headers;
    uint64_t process = 0;                    // the one that made it: not for use after fork()
    std::optional<modelsec::client> client;  // last, so that it goes first: its audit sink asks for headers to the end
};

/// A string that may be null.
inline std::string text(const char* s)
{
    return s ? std::string(s) : std::string();
}

/// Stores a failure where the caller wants it, and returns its code.
int32_t give(const modelsec::failure& f, modelsec_error** to) noexcept;

/// Runs `body` (() -> result<void>) at the border of the library: nothing is ever thrown across.
template <class Body>
int32_t guarded(modelsec_error** error, Body body) noexcept
{
    if (error)
        *error = nullptr;
    try
    {
        if (auto r = body(); r.has_error())
            return give(r.error(), error);
        return 0;
    }
    catch (const modelsec::error& e)
    {
        return give(modelsec::fail(e.get_diagnostics().why, e.get_diagnostics().detail), error);
    }
    catch (const std::bad_alloc&)
    {
        return give(modelsec::fail(modelsec::reason::out_of_memory), error);
    }
    catch (...)  // the last line before a language that knows no exceptions
    {
        return give(modelsec::fail(modelsec::reason::internal_error, "an unknown exception"), error);
    }
}

/// The options' prefix that the caller's version of the header has; the rest is zero. What a later version has added must be zero,
/// its default: a wish that is not understood is refused, not dropped.
template <class Struct>
modelsec::result<Struct> read_struct(const Struct* from)
{
    if (!from || from->struct_size < sizeof(uint32_t) || from->struct_size > 65536)
        return modelsec::fail(modelsec::reason::bad_option, "a struct without its size");
    Struct out{};
    const auto* raw = reinterpret_cast<const unsigned char*>(from);
    const std::size_t size = std::min<std::size_t>(from->struct_size, sizeof(Struct));
    std::copy(raw, raw + size, reinterpret_cast<unsigned char*>(&out));
    if (out.reserved != 0 || std::any_of(raw + size, raw + from->struct_size, [](unsigned char byte) { return byte != 0; }))
        return modelsec::fail(modelsec::reason::bad_option, "an option of a later version");
    return out;
}

/// A time that a caller gave; so that "for ever" can be reckoned with.
inline std::chrono::milliseconds duration_of(uint64_t ms) noexcept
{
    constexpr uint64_t year = 365ull * 24 * 3600 * 1000;
    return std::chrono::milliseconds(std::min(ms, year));
}

/// The calling process.
uint64_t process_id() noexcept;

// What the opaque types of the header stand for. They are never defined, so that nothing of this is in the ABI's description.
struct client_handle
{
    std::shared_ptr<shared_client> shared;
};

struct pack_handle
{
    explicit pack_handle(modelsec::open_pack p) : own(std::move(p)), pack(own) { describe(); }
    /// Of a pack that another handle holds, and that stays where it is.
    explicit pack_handle(const modelsec::open_pack* held) : pack(*held) { describe(); }
    pack_handle(const pack_handle&) = delete;
    pack_handle& operator=(const pack_handle&) = delete;

    void describe()
    {
        sha256 = pack.info().artifact.hex();
        for (const auto& f : pack.files())
            file_digests.push_back(f.sha256.hex());
    }

    modelsec::open_pack own;
    const modelsec::open_pack& pack;
    std::string sha256;
    std::vector<std::string> file_digests;
};

inline client_handle* behind(modelsec_client* client) noexcept
{
    return reinterpret_cast<client_handle*>(client);
}

inline modelsec_client* opaque(client_handle* client) noexcept
{
    return reinterpret_cast<modelsec_client*>(client);
}

inline pack_handle* behind(modelsec_pack* pack) noexcept
{
    return reinterpret_cast<pack_handle*>(pack);
}

inline const pack_handle* behind(const modelsec_pack* pack) noexcept
{
    return reinterpret_cast<const pack_handle*>(pack);
}

inline modelsec_pack* opaque(pack_handle* pack) noexcept
{
    return reinterpret_cast<modelsec_pack*>(pack);
}

inline const modelsec_pack* opaque(const pack_handle* pack) noexcept
{
    return reinterpret_cast<const modelsec_pack*>(pack);
}

}  // namespace c_api

#endif
