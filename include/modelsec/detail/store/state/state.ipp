// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STATE_STATE_IPP
#define MODELSEC_DETAIL_STORE_STATE_STATE_IPP

#include <modelsec/detail/store/state/state.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr unsigned state_schema = 2;
inline constexpr std::string_view checksum_member = ",\"checksum\":\"";

inline void set_time(json& out, std::string_view key, const std::optional<utc_time>& time)
{
    if (time)
        out.set(key, format_rfc3339(*time));
}

inline json pack_to_json(const pack_record& pack)
{
    json::array files;
    for (const file_record& f : pack.files)
    {
        json entry{{"path", f.path.str()},
                   {"size", f.size},
                   {"sha256", f.sha256.hex()},
                   {"inode", f.inode},
                   {"changed_ns", f.changed_ns}};
        if (f.decided_by == digest_scope::chunks)
            entry.set("decided_by", "chunks");
        if (f.verity)
            entry.set("verity", f.verity->hex());
        files.push_back(std::move(entry));
    }
    return json{{"version", pack.version.str()},
                {"artifact", pack.artifact.hex()},
                {"platform", pack.platform},
                {"folder", pack.folder},
                {"sequence", pack.sequence},
                {"envelope", pack.envelope.hex()},
                {"activated_at", format_rfc3339(pack.activated_at)},
                {"files", std::move(files)}};
}

inline json barred_to_json(const std::vector<barred_pack>& packs)
{
    json::array out;
    for (const barred_pack& p : packs)
        out.push_back(json{{"version", p.version.str()}, {"artifact", p.artifact.hex()}});
    return out;
}

inline json memory_to_json(const model_memory& memory)
{
    json out{{"sequence", memory.sequence}, {"sequence_seen", memory.sequence_seen}, {"dsse_seen", memory.dsse_seen}};
    set_time(out, "issued_at", memory.issued_at);
    json::array history;
    for (const auto& h : memory.history)
    {
        json::array keys;
        for (const std::string& id : h.key_ids)
            keys.push_back(id);
        json entry{{"sequence", h.sequence},       {"sequenced", h.sequenced},       {"all_verified", h.all_verified},
                   {"envelope", h.envelope.hex()}, {"statement", h.statement.hex()}, {"key_ids", std::move(keys)}};
        set_time(entry, "issued_at", h.issued_at);
        history.push_back(std::move(entry));
    }
    out.set("history", std::move(history));
    json::array active;
    for (const auto& a : memory.active_digests)
    {
        json entry{{"platform", a.platform}, {"artifact", a.artifact.hex()}, {"envelope", a.envelope.hex()}};
        if (a.mark.sequence)
            entry.set("sequence", *a.mark.sequence);
        set_time(entry, "issued_at", a.mark.issued_at);
        active.push_back(std::move(entry));
    }
    out.set("active_digests", std::move(active));
    return out;
}

/// Reads the members of one object. The first that is missing or of another type spoils the reader.
class state_reader
{
public:
    explicit state_reader(const json& from) : from_(from), good_(from.as_object() != nullptr) {}

    bool good() const noexcept { return good_; }

    std::uint64_t size(std::string_view key) { return need(from_.size_at(key), std::uint64_t{0}); }
    bool flag(std::string_view key) { return need(from_.bool_at(key), false); }
    std::string text(std::string_view key) { return std::string(need(from_.string_at(key), std::string_view())); }
    sha256_digest digest(std::string_view key) { return need(sha256_digest::from_hex(text(key)), sha256_digest()); }
    utc_time time(std::string_view key) { return need(parse_rfc3339(text(key)), utc_time()); }

    std::int64_t integer(std::string_view key)
    {
        const json* const found = from_.find(key);
        const std::int64_t* const value = found ? found->as_integer() : nullptr;
        return need(value ? std::optional(*value) : std::nullopt, std::int64_t{0});
    }

    std::optional<std::uint64_t> optional_size(std::string_view key)
    {
        return from_.find(key) ? std::optional(size(key)) : std::nullopt;
    }

    /// What earlier versions did not write.
    bool flag_or(std::string_view key, bool otherwise) { return from_.find(key) ? flag(key) : otherwise; }

    std::optional<utc_time> optional_time(std::string_view key)
    {
        return from_.find(key) ? std::optional(time(key)) : std::nullopt;
    }

    /// Calls `each` with a reader for every element; it returns whether the element was good.
    template <class Each>
    void list(std::string_view key, const Each& each)
    {
        const json* const found = from_.find(key);
        const json::array* const elements = found ? found->as_array() : nullptr;
        good_ = good_ && elements;
        for (std::size_t i = 0; good_ && i < elements->size(); ++i)
            good_ = each((*elements)[i]);
    }

private:
    template <class T>
    T need(const std::optional<T>& value, T otherwise)
    {
        good_ = good_ && value.has_value();
        return value.value_or(otherwise);
    }

    const json& from_;
    bool good_;
};

inline std::optional<file_record> file_from_json(const json& from)
{
    state_reader r(from);
    auto path = relative_path::parse(r.text("path"));
    if (!path)
        return std::nullopt;
    const std::uint64_t size = r.size("size");
    const sha256_digest digest = r.digest("sha256");
    const auto inode = static_cast<std::uint64_t>(r.integer("inode"));
    file_record out{std::move(*path), size, digest, inode, r.integer("changed_ns"), digest_scope::whole};
    if (from.find("verity"))
        out.verity = r.digest("verity");
    if (from.find("decided_by"))
        out.decided_by = r.text("decided_by") == "chunks" ? digest_scope::chunks : digest_scope::whole;
    return r.good() ? std::optional(std::move(out)) : std::nullopt;
}

inline std::optional<pack_record> pack_from_json(const json& from)
{
    state_reader r(from);
    auto version = identifier::parse(r.text("version"));
    // The folder is opened by this name: a single safe component (CWE-22).
    if (!version || !name::parse(r.text("folder")))
        return std::nullopt;
    pack_record out{std::move(*version), r.digest("artifact"), r.text("platform"),     r.text("folder"),
                    r.size("sequence"),  r.digest("envelope"), r.time("activated_at"), {}};
    r.list("files", [&](const json& element) {
        auto file = file_from_json(element);
        if (file)
            out.files.push_back(std::move(*file));
        return file.has_value();
    });
    return r.good() ? std::optional(std::move(out)) : std::nullopt;
}

inline bool read_barred(state_reader& r, std::string_view key, std::vector<barred_pack>& out)
{
    r.list(key, [&](const json& element) {
        state_reader e(element);
        auto version = identifier::parse(e.text("version"));
        if (version)
            out.push_back({std::move(*version), e.digest("artifact")});
        return version && e.good();
    });
    return r.good();
}

inline std::optional<model_memory> memory_from_json(const json& from)
{
    state_reader r(from);
    model_memory out;
    out.sequence = r.size("sequence");
    out.sequence_seen = r.flag_or("sequence_seen", out.sequence != 0);
    out.dsse_seen = r.flag("dsse_seen");
    out.issued_at = r.optional_time("issued_at");
    r.list("history", [&](const json& element) {
        state_reader e(element);
        model_memory::accepted a{
            e.size("sequence"), e.optional_time("issued_at"), e.digest("envelope"), e.digest("statement"), {}};
        e.list("key_ids", [&](const json& id) {
            if (id.as_string())
                a.key_ids.push_back(*id.as_string());
            return id.as_string() != nullptr;
        });
        a.sequenced = e.flag_or("sequenced", a.sequence != 0);
        a.all_verified = e.flag_or("all_verified", false);
        out.history.push_back(std::move(a));
        return e.good();
    });
    r.list("active_digests", [&](const json& element) {
        state_reader e(element);
        order_mark mark{e.optional_size("sequence"), e.optional_time("issued_at")};
        out.active_digests.push_back({mark, e.text("platform"), e.digest("artifact"), e.digest("envelope")});
        return e.good();
    });
    return r.good() ? std::optional(std::move(out)) : std::nullopt;
}

/// The packs of a state that have a folder, with the names of their members.
inline constexpr std::pair<std::string_view, std::optional<pack_record> model_state::*> state_packs[] = {
    {"active", &model_state::active},
    {"last_good", &model_state::last_good},
    {"pending", &model_state::pending},
    {"reclaiming", &model_state::reclaiming}};

inline std::optional<model_state> state_from_json(const json& from)
{
    state_reader r(from);
    model_state out;
    const json* const found = from.find("found_files");
    out.found_files = found && r.flag("found_files");
    out.generation = r.size("generation");
    out.attempt = r.text("attempt");
    for (const auto& [key, member] : state_packs)
    {
        const json* const pack = from.find(key);
        out.*member = pack ? pack_from_json(*pack) : std::nullopt;
        if (pack && !(out.*member))
            return std::nullopt;
    }
    const json* const memory = from.find("memory");
    auto remembered = memory ? memory_from_json(*memory) : std::nullopt;
    if (!remembered || !read_barred(r, "rejected", out.rejected) || !read_barred(r, "superseded", out.superseded))
        return std::nullopt;
    out.memory = std::move(*remembered);
    r.list("ancestors", [&](const json& element) {
        const std::string* const text = element.as_string();
        const auto digest = text ? sha256_digest::from_hex(*text) : std::nullopt;
        if (digest)
            out.ancestors.push_back(*digest);
        return digest.has_value();
    });
    return r.good() ? std::optional(std::move(out)) : std::nullopt;
}

json to_json(const model_state& state)
{
    json out{{"schema", state_schema}, {"generation", state.generation}, {"attempt", state.attempt}};
    if (state.found_files)
        out.set("found_files", true);
    for (const auto& [key, member] : state_packs)
        if (state.*member)
            out.set(key, pack_to_json(*(state.*member)));
    out.set("rejected", barred_to_json(state.rejected));
    out.set("superseded", barred_to_json(state.superseded));
    out.set("memory", memory_to_json(state.memory));
    json::array ancestors;
    for (const sha256_digest& a : state.ancestors)
        ancestors.push_back(a.hex());
    out.set("ancestors", std::move(ancestors));

    std::string text = out.dump();
    text.pop_back();  // the brace
    out.set("checksum", sha256(as_bytes(text)).hex());
    return out;
}

result<model_state> parse_state(bytes_view raw)
{
    // A torn or decayed generation must never be taken for a whole one.
    const std::string_view text = as_text(raw);
    const std::size_t tail = checksum_member.size() + 2 * sha256_digest::size_bytes + 2;
    if (text.size() < tail || !text.ends_with("\"}"))
        return fail(reason::state_damaged, "a state that is not whole");
    const std::string_view body = text.substr(0, text.size() - tail);
    const std::string_view member = text.substr(body.size());
    const auto digest = sha256_digest::from_hex(member.substr(checksum_member.size(), 2 * sha256_digest::size_bytes));
    if (!member.starts_with(checksum_member) || !digest || !(*digest == sha256(as_bytes(body))))
        return fail(reason::state_damaged, "a state that does not have its checksum");

    const auto document = parse_json(raw);
    const auto schema = document ? document->size_at("schema") : std::nullopt;
    // What a later version remembers, and this one does not know of, must not be written over without it.
    if (schema && *schema > state_schema)
        return fail(reason::newer_schema, "a state of schema " + std::to_string(*schema));
    auto state = schema && *schema > 0 ? state_from_json(*document) : std::nullopt;
    if (!state)
        return fail(reason::state_damaged, "a state that does not say what it must");
    return std::move(*state);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
