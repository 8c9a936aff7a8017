// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "handles.hpp"

#include <cstdlib>

namespace c_api {
namespace {

/// Zero leaves the default.
void set(std::chrono::milliseconds& to, uint64_t ms)
{
    if (ms != 0)
        to = duration_of(ms);
}

modelsec::ocsp_policy ocsp_policy_of(uint32_t ocsp)
{
    switch (ocsp)
    {
    case MODELSEC_OCSP_REQUIRED: return modelsec::ocsp_policy::required;
    case MODELSEC_OCSP_OFF: return modelsec::ocsp_policy::off;
    default: return modelsec::ocsp_policy::if_stapled;
    }
}

modelsec::store_policy store_policy_of(uint32_t policy)
{
    switch (policy)
    {
    case MODELSEC_STORE_SHARED_READ: return modelsec::store_policy::shared_read;
    case MODELSEC_STORE_VOLUME: return modelsec::store_policy::volume;
    default: return modelsec::store_policy::owner_only;
    }
}

uint32_t or_default(uint32_t given, uint32_t usual)
{
    return given != 0 ? given : usual;
}

/// What the Hub's own tools read, as it was when the client was made: other threads may change the environment later.
modelsec::result<modelsec::hub_options> hub_of_environment(bool allow_endpoint)
{
    auto found = std::make_shared<std::map<std::string, modelsec::secret_text>>();
    for (const char* name : {"HF_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "XDG_CACHE_HOME", "HOME"})
        if (const char* value = std::getenv(name))
            found->emplace(name, std::string_view(value));
    const auto get = [found](const std::string& name) -> std::optional<std::string> {
        const auto it = found->find(name);
        return it == found->end() ? std::nullopt : std::optional(std::string(it->second.view()));
    };
    return modelsec::hub_options::from_environment(get, allow_endpoint);
}

modelsec::audit_options audit_of(const modelsec_audit_options& a)
{
    modelsec::audit_options out;
    out.enabled = true;
    out.actor = text(a.actor);
    if (a.file_bytes != 0)
        out.file_bytes = a.file_bytes;
    out.kept_files = or_default(a.kept_files, out.kept_files);
    // Zero is off in the library.
    const auto rule = [&](uint32_t alert, uint32_t given, unsigned usual) {
        return (a.alerts_off & alert) != 0 ? 0 : or_default(given, usual);
    };
    out.rules.failures_in_a_row = rule(MODELSEC_ALERT_FAILURES, a.failures_in_a_row, out.rules.failures_in_a_row);
    out.rules.requests_per_hour = rule(MODELSEC_ALERT_REQUESTS, a.requests_per_hour, out.rules.requests_per_hour);
    out.rules.size_factor = rule(MODELSEC_ALERT_SIZE, a.size_factor, out.rules.size_factor);
    out.rules.hosts = (a.alerts_off & MODELSEC_ALERT_HOST) == 0;
    if (a.cool_down_s != 0)
        out.rules.cool_down = std::chrono::duration_cast<std::chrono::seconds>(
            duration_of(std::min<uint64_t>(a.cool_down_s, 30u * 24 * 3600) * 1000));
    out.sink_url = text(a.sink_url);
    if (a.sink_queue != 0)
        out.sink_queue = a.sink_queue;
    set(out.sink_linger, a.sink_linger_ms);
    out.metrics_file = text(a.metrics_file);
    if (a.metrics)
        out.on_metrics = [tell = a.metrics, user = a.metrics_user](std::string_view counters) {
            tell(user, std::string(counters).c_str());
        };
    return out;
}

struct wanted_headers
{
    std::vector<modelsec::http_header>* list;
    bool ran_out = false;
};

/// Called by the caller's callback, through whose frames nothing may be thrown: that memory ran out is said after it has returned.
void add_header(void* to, const char* name, const char* value) noexcept
{
    auto& wanted = *static_cast<wanted_headers*>(to);
    try
    {
        wanted.list->push_back({text(name), text(value)});
    }
    catch (...)  // nothing but memory or a length beyond it
    {
        wanted.ran_out = true;
    }
}

}  // namespace

shared_client::shared_client(const modelsec_client_options& o, const std::optional<modelsec_audit_options>& audit,
                             modelsec::hub_options hub)
    : ask(o.credentials), ask_user(o.credentials_user), process(process_id())
{
    modelsec::client_options options;
    options.store = text(o.store);
    options.profile = o.profile == MODELSEC_PROFILE_SERVER ? modelsec::profile::server : modelsec::profile::client;
    options.writing = static_cast<modelsec::write_policy>(o.write_policy);
    options.transport.tls.ca_file = text(o.ca_file);
    options.transport.tls.certificate_file = text(o.certificate_file);
    options.transport.tls.private_key_file = text(o.private_key_file);
    options.transport.tls.ca_pem = text(o.ca_pem);
    options.transport.tls.certificate_pem = text(o.certificate_pem);
    if (o.private_key_pem)
        options.transport.tls.private_key_pem = o.private_key_pem;
    options.transport.tls.partial_chain = o.partial_chain != 0;
    options.transport.tls.roots_from_environment = o.roots_from_environment != 0;
    for (size_t i = 0; i < o.spki_pin_count; ++i)
        options.transport.tls.spki_pins.push_back(text(o.spki_pins[i]));
    if (o.connections != 0)
        options.transport.connections = o.connections;
    options.transport.limit_rate = o.limit_rate;
    for (size_t i = 0; i < o.allowed_host_count; ++i)
        options.transport.allowed_hosts.push_back(text(o.allowed_hosts[i]));
    if (o.user_agent)
        options.transport.user_agent = o.user_agent;
    if (o.device_ram_mb != 0)
        options.device = {o.device_ram_mb << 20, o.device_free_disk_mb << 20};
    set(options.caps.connect_timeout, o.connect_timeout_ms);
    set(options.caps.handshake_timeout, o.handshake_timeout_ms);
    set(options.caps.stall_timeout, o.stall_timeout_ms);
    set(options.caps.first_byte_timeout, o.first_byte_timeout_ms);
    set(options.caps.fallback_after, o.fallback_after_ms);
    if (o.fallback_after_ms == UINT64_MAX)
        options.caps.fallback_after = {};
    options.caps.min_rate = o.min_rate;
    if (o.max_model_bytes != 0)
        options.caps.max_model_bytes = o.max_model_bytes;
    if (o.retries != 0)
        options.caps.retries = o.retries;
    options.group_shared = o.group_shared != 0;
    options.digest =
        o.digest_policy == MODELSEC_DIGEST_WHOLE ? modelsec::digest_policy::whole : modelsec::digest_policy::automatic;
    options.policy = store_policy_of(o.store_policy);
    options.automatic_repair = o.automatic_repair != 0;
    options.cache_tag = o.cache_tag != 0;
    options.sources.hub = std::move(hub);
    if (audit)
        options.audit = audit_of(*audit);
    options.manifest_requests = {o.manifest_requests_per_minute, o.manifest_requests_per_day};
    options.verity = static_cast<modelsec::verity_policy>(o.fs_verity);
    options.transport.proxy = modelsec::proxy_options(text(o.proxy), text(o.no_proxy));
    options.transport.tls.ocsp = ocsp_policy_of(o.ocsp);
    set(options.lock_wait, o.lock_wait_ms);
    options.transport.credentials = [this](std::string_view origin) { return headers_for(origin); };
    caps = options.caps;
    client.emplace(std::move(options));
}

std::vector<modelsec::http_header> shared_client::headers_for(std::string_view origin)
{
    std::vector<modelsec::http_header> out;
    {
        const std::lock_guard lock(mutex);
        if (const auto it = headers.find(origin); it != headers.end())
            out = it->second;
    }
    if (!ask)
        return out;
    wanted_headers wanted{&out};
    ask(ask_user, std::string(origin).c_str(), add_header, &wanted);
    if (wanted.ran_out)
        throw std::bad_alloc();
    return out;
}

namespace {

modelsec::result<void> check_options(const modelsec_client_options& o)
{
    if (!o.store || !*o.store)
        return modelsec::fail(modelsec::reason::bad_option, "no store");
    if (o.profile > MODELSEC_PROFILE_SERVER || o.write_policy > MODELSEC_WRITE_CACHED || o.ocsp > MODELSEC_OCSP_OFF ||
        o.digest_policy > MODELSEC_DIGEST_WHOLE || o.store_policy > MODELSEC_STORE_VOLUME ||
        o.fs_verity > MODELSEC_VERITY_REQUIRED)
        return modelsec::fail(modelsec::reason::bad_option, "an enumerator that is none");
    if (o.reserved_2 != 0)
        return modelsec::fail(modelsec::reason::bad_option, "an option of a later version");
    if ((o.spki_pin_count > 0 && !o.spki_pins) || (o.allowed_host_count > 0 && !o.allowed_hosts))
        return modelsec::fail(modelsec::reason::bad_option, "a count without a list");
    if (o.manifest_requests_per_minute > 1000)
        return modelsec::fail(modelsec::reason::bad_option, "more than 1,000 manifest requests a minute");
    if ((o.device_ram_mb == 0) != (o.device_free_disk_mb == 0))
        return modelsec::fail(modelsec::reason::bad_option, "half of a device");
    return {};
}

modelsec::result<std::optional<modelsec_audit_options>> read_audit(const modelsec_audit_options* from)
{
    if (!from)
        return std::optional<modelsec_audit_options>();
    MODELSEC_TRY(const modelsec_audit_options out, read_struct(from));
    if (out.alerts_off >= 2 * MODELSEC_ALERT_HOST)
        return modelsec::fail(modelsec::reason::bad_option, "an enumerator that is none");
    if (out.sink_url && !modelsec::origin_of(out.sink_url))
        return modelsec::fail(modelsec::reason::bad_url, "the audit sink is an https address");
    return std::optional(out);
}

/// A list of models, with all that it points to.
struct owned_model
{
    explicit owned_model(const modelsec::model_status& s) : id(s.model_id)
    {
        for (const auto& p : s.rejected)
            packs.push_back(std::make_unique<owned_pack_info>(p));
        for (const auto& p : packs)
            rejected.push_back(p.get());
        const auto add = [&](const std::optional<modelsec::pack_info>& p) -> const modelsec_pack_info* {
            if (!p)
                return nullptr;
            packs.push_back(std::make_unique<owned_pack_info>(*p));
            return packs.back().get();
        };
        view.struct_size = sizeof(modelsec_model_status);
        view.rejected_count = static_cast<uint32_t>(rejected.size());
        view.model_id = id.c_str();
        view.active = add(s.active);
        view.last_good = add(s.last_good);
        view.rejected = rejected.data();
        view.sequence = s.sequence;
        view.bytes = s.bytes;
        view.partial_bytes = s.partial_bytes;
    }

    std::string id;
    std::vector<std::unique_ptr<owned_pack_info>> packs;
    std::vector<const modelsec_pack_info*> rejected;
    modelsec_model_status view{};
};

struct owned_status : modelsec_status
{
    explicit owned_status(const std::vector<modelsec::model_status>& list) : modelsec_status{}
    {
        for (const auto& s : list)
            owned.push_back(std::make_unique<owned_model>(s));
        for (const auto& m : owned)
            views.push_back(&m->view);
        struct_size = sizeof(modelsec_status);
        count = static_cast<uint32_t>(views.size());
        models = views.data();
    }

    std::vector<std::unique_ptr<owned_model>> owned;
    std::vector<const modelsec_model_status*> views;
};

}  // namespace
}  // namespace c_api

int32_t modelsec_client_create(const modelsec_client_options* options, modelsec_client** client, modelsec_error** error)
{
    if (client)
        *client = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        if (!client)
            return modelsec::fail(modelsec::reason::bad_option, "no place for the client");
        MODELSEC_TRY(const modelsec_client_options o, c_api::read_struct(options));
        MODELSEC_CHECK(c_api::check_options(o));
        MODELSEC_TRY(const std::optional<modelsec_audit_options> audit, c_api::read_audit(o.audit));
        modelsec::hub_options hub;
        if (o.hub_environment != 0)
        {
            auto found = c_api::hub_of_environment(o.hub_allow_endpoint != 0);
            if (found.has_error())  // whose caller named no address at all
                return modelsec::fail(found.error().why, "HF_ENDPOINT: " + found.error().detail);
            hub = std::move(*found);
        }
        *client = c_api::opaque(new c_api::client_handle{std::make_shared<c_api::shared_client>(o, audit, std::move(hub))});
        return {};
    });
}

void modelsec_client_release(modelsec_client* client)
{
    delete c_api::behind(client);
}

int32_t modelsec_client_set_headers(modelsec_client* client, const char* origin, const modelsec_header* headers,
                                    size_t count, modelsec_error** error)
{
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        if (!client || !origin || (count > 0 && !headers))
            return modelsec::fail(modelsec::reason::bad_option, "a null where there must be something");
        if (c_api::behind(client)->shared->process != c_api::process_id())
            return modelsec::fail(modelsec::reason::forked);
        const auto where = modelsec::origin_of(origin);
        if (!where)
            return modelsec::fail(modelsec::reason::bad_url, origin);
        std::vector<modelsec::http_header> list;
        for (size_t i = 0; i < count; ++i)
            list.push_back({c_api::text(headers[i].name), c_api::text(headers[i].value)});
        const std::lock_guard lock(c_api::behind(client)->shared->mutex);
        c_api::behind(client)->shared->headers[*where] = std::move(list);
        return {};
    });
}

int32_t modelsec_client_status(modelsec_client* client, modelsec_status** status, modelsec_error** error)
{
    if (status)
        *status = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        if (!client || !status)
            return modelsec::fail(modelsec::reason::bad_option, "a null where there must be something");
        if (c_api::behind(client)->shared->process != c_api::process_id())
            return modelsec::fail(modelsec::reason::forked);
        modelsec::error_code ec;
        modelsec::diagnostics diag;
        const auto list = c_api::behind(client)->shared->client->status(ec, diag);
        if (ec)
            return modelsec::fail(diag.why, diag.detail);
        *status = new c_api::owned_status(list);
        return {};
    });
}

void modelsec_status_release(modelsec_status* status)
{
    delete static_cast<c_api::owned_status*>(status);
}
