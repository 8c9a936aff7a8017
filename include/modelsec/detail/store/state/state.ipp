// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STATE_STATE_IPP
#define MODELSEC_DETAIL_STORE_STATE_STATE_IPP

#include <modelsec/detail/store/state/state.hpp>
#include <modelsec/limits.hpp>

#include <charconv>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr unsigned state_schema = 2;
inline constexpr std::string_view checksum_member = ",\"checksum\":\"";

inline void set_time(json& out, std::string_view key, const std::optional<utc_time>& time)
{
    if (time)
        out.set(key, format_rfc3339(*time));
}

/// Without its files.
inline json pack_to_json(const pack_record& pack)
{
    return json{{"version", pack.version.str()},
                {"artifact", pack.artifact.hex()},
                {"platform", pack.platform},
                {"folder", pack.folder},
                {"sequence", pack.sequence},
                {"envelope", pack.envelope.hex()},
                {"activated_at", format_rfc3339(pack.activated_at)},
                {"files", json::array()}};
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
    if (memory.signatures.empty())
        return out;
    json::array signatures;
    for (const auto& s : memory.signatures)
        signatures.push_back(
            json{{"signature", s.signature.hex()}, {"first", format_rfc3339(s.first)}, {"signer", s.signer}});
    out.set("signatures", std::move(signatures));
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
    file_record out{std::move(*path), size, digest, inode, r.integer("changed_ns"), digest_scope::whole, {}};
    if (from.find("verity"))
        out.verity = r.digest("verity");
    if (from.find("decided_by"))
        out.decided_by = r.text("decided_by") == "chunks" ? digest_scope::chunks : digest_scope::whole;
    return r.good() ? std::optional(std::move(out)) : std::nullopt;
}

/// A file as write_file() writes it; nothing: let the parser see what it is.
inline std::optional<file_record> read_file(std::string_view text)
{
    const auto skip = [&](std::string_view word) {
        const bool there = text.starts_with(word);
        text.remove_prefix(there ? word.size() : 0);
        return there;
    };
    const auto number = [&](auto& out) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        return error == std::errc();
    };
    if (!skip("{\"path\":\""))
        return std::nullopt;
    const std::string_view path_text = text.substr(0, text.find_first_of("\"\\"));
    text.remove_prefix(path_text.size());
    std::uint64_t size = 0;
    std::int64_t inode = 0, changed = 0;
    if (!skip("\",\"size\":") || !number(size) || size > limits::max_integer || !skip(",\"sha256\":\""))
        return std::nullopt;
    const auto digest = sha256_digest::from_hex(text.substr(0, 2 * sha256_digest::size_bytes));
    text.remove_prefix(std::min(text.size(), 2 * sha256_digest::size_bytes));
    if (!digest || !skip("\",\"inode\":") || !number(inode) || !skip(",\"changed_ns\":") || !number(changed))
        return std::nullopt;
    const bool by_chunks = skip(",\"decided_by\":\"chunks\"");
    std::optional<sha256_digest> verity;
    if (skip(",\"verity\":\""))
    {
        verity = sha256_digest::from_hex(text.substr(0, 2 * sha256_digest::size_bytes));
        text.remove_prefix(std::min(text.size(), 2 * sha256_digest::size_bytes));
        if (!verity || !skip("\""))
            return std::nullopt;
    }
    auto path = relative_path::parse(path_text);
    if (text != "}" || !path)
        return std::nullopt;
    return file_record{std::move(*path),
                       size,
                       *digest,
                       static_cast<std::uint64_t>(inode),
                       changed,
                       by_chunks ? digest_scope::chunks : digest_scope::whole,
                       verity};
}

inline void write_file(std::string& out, const file_record& f)
{
    // No name has a character that JSON escapes.
    out += "{\"path\":\"" + f.path.str() + "\",\"size\":" + std::to_string(f.size) + ",\"sha256\":\"" + f.sha256.hex() +
           "\",\"inode\":" + std::to_string(static_cast<std::int64_t>(f.inode)) +
           ",\"changed_ns\":" + std::to_string(f.changed_ns);
    out += f.decided_by == digest_scope::chunks ? ",\"decided_by\":\"chunks\"" : "";
    out += f.verity.has_value() ? ",\"verity\":\"" + f.verity->hex() + "\"}" : "}";
}

using found_lists = std::vector<std::vector<file_record>>;

inline std::optional<pack_record> pack_from_json(const json& from, found_lists& lists)
{
    state_reader r(from);
    auto version = identifier::parse(r.text("version"));
    // The folder is opened by this name: a single safe component (CWE-22).
    if (!version || !name::parse(r.text("folder")))
        return std::nullopt;
    pack_record out{std::move(*version), r.digest("artifact"), r.text("platform"),     r.text("folder"),
                    r.size("sequence"),  r.digest("envelope"), r.time("activated_at"), {}};
    r.list("files", [&](const json& which) {
        const std::int64_t* const at = which.as_integer();
        if (!at || static_cast<std::uint64_t>(*at) >= lists.size())
            return false;
        out.files = std::move(lists[static_cast<std::size_t>(*at)]);
        return true;
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
    if (from.find("signatures"))  // earlier versions did not write them
        r.list("signatures", [&](const json& element) {
            state_reader e(element);
            out.signatures.push_back({e.digest("signature"), e.time("first"), e.text("signer")});
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

inline std::optional<model_state> state_from_json(const json& from, found_lists& lists)
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
        out.*member = pack ? pack_from_json(*pack, lists) : std::nullopt;
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

result<void> write_state(const model_state& state, const std::function<result<void>(bytes_view)>& to)
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
    hasher checked;
    std::string part;
    const auto flush = [&]() -> result<void> {
        checked.update(as_bytes(part));
        MODELSEC_CHECK(to(as_bytes(part)));
        part.clear();
        return {};
    };
    static constexpr std::string_view no_files = "\"files\":[]";  // within a string its quotes would have a backslash
    static constexpr std::size_t part_bytes = std::size_t{64} << 10;
    std::string_view rest = text;
    for (const auto& [key, member] : state_packs)
    {
        if (!(state.*member))
            continue;
        const std::size_t at = rest.find(no_files) + no_files.size() - 1;
        part += rest.substr(0, at);
        rest.remove_prefix(at);
        bool first = true;
        for (const file_record& f : (state.*member)->files)
        {
            part += std::exchange(first, false) ? "" : ",";
            write_file(part, f);
            if (part.size() >= part_bytes)
                MODELSEC_CHECK(flush());
        }
    }
    part += rest;
    MODELSEC_CHECK(flush());
    return to(as_bytes(std::string(checksum_member) + checked.finish_sha256().hex() + "\"}"));
}

inline constexpr std::size_t state_tail_bytes = checksum_member.size() + 2 * sha256_digest::size_bytes + 2;

void state_reading::take(bytes_view text)
{
    all_.update(text);
    tail_ += as_text(text);
    if (tail_.size() > state_tail_bytes)
    {
        const std::size_t known = tail_.size() - state_tail_bytes;
        checked_.update(as_bytes(std::string_view(tail_).substr(0, known)));
        tail_.erase(0, known);
    }
    for (const std::uint8_t c : text)
        in_list_ ? scan_list(static_cast<char>(c)) : scan(static_cast<char>(c));
}

/// Whether this belongs to a string, its quotes included.
bool state_reading::in_string(char c)
{
    if (!in_string_)
        return in_string_ = c == '"';
    in_string_ = escaped_ || c != '"';
    escaped_ = !escaped_ && c == '\\';
    return true;
}

void state_reading::scan(char c)
{
    static constexpr std::size_t longest_skeleton = std::size_t{16} << 20, longest_word = 8;
    if (skeleton_.size() > longest_skeleton)
        return;  // it is cut, and no document
    skeleton_ += c;
    const bool began = !in_string_;
    if (in_string(c))
    {
        if (began)
            word_.clear();
        else if (in_string_ && word_.size() < longest_word)
            word_ += c;
        return;
    }
    const bool files = std::exchange(after_files_, false);
    if (c == ':')
        after_files_ = depth_ == 2 && word_ == "files";  // of a pack, which is a member of the whole
    else if (c == '[' && files)
    {
        skeleton_ += std::to_string(lists_.size());
        lists_.emplace_back();
        in_list_ = true;
        next_ = expects::entry_or_end;
    }
    else if (c == '{' || c == '[')
        ++depth_;
    else if (c == '}' || c == ']')
        depth_ -= depth_ != 0 ? 1 : 0;
}

/// Within a list of files. Whatever else than files stands there, its end is found: a later version may have written it.
void state_reading::scan_list(char c)
{
    static constexpr std::size_t longest_entry = std::size_t{16} << 10;
    const bool text = in_string(c);
    const bool opens = !text && (c == '{' || c == '['), closes = !text && (c == '}' || c == ']');
    if (entry_depth_ == 0 && closes)
    {
        other_files_ = other_files_ || c != ']' || next_ == expects::entry;
        lists_.back().shrink_to_fit();
        in_list_ = false;
        skeleton_ += ']';
    }
    else if (entry_depth_ == 0 && c == ',' && next_ == expects::comma_or_end)
        next_ = expects::entry;
    else if (entry_depth_ == 0 && (c != '{' || next_ == expects::comma_or_end))
    {
        other_files_ = true;
        entry_depth_ += opens ? 1 : 0;
    }
    else
    {
        entry_depth_ += opens ? 1 : 0;
        entry_depth_ -= closes ? 1 : 0;
        other_files_ = other_files_ || entry_.size() > longest_entry;
        if (!other_files_)
            entry_ += c;
        if (entry_depth_ == 0)
            end_entry();
    }
}

void state_reading::end_entry()
{
    next_ = expects::comma_or_end;
    if (other_files_)
        return;
    auto file = read_file(entry_);
    if (!file)
    {
        const auto document = parse_json(as_bytes(entry_));
        file = document ? file_from_json(*document) : std::nullopt;
    }
    entry_.clear();
    if (file)
        lists_.back().push_back(std::move(*file));
    other_files_ = !file;
}

result<model_state> state_reading::finish()
{
    identity_ = all_.finish_sha256();
    // A torn or decayed generation must never be taken for a whole one.
    const std::string_view tail = tail_;
    if (tail.size() < state_tail_bytes || !tail.ends_with("\"}"))
        return fail(reason::state_damaged, "a state that is not whole");
    const auto digest = sha256_digest::from_hex(tail.substr(checksum_member.size(), 2 * sha256_digest::size_bytes));
    if (!tail.starts_with(checksum_member) || !digest || !(*digest == checked_.finish_sha256()))
        return fail(reason::state_damaged, "a state that does not have its checksum");

    const auto document = parse_json(as_bytes(skeleton_));
    const auto schema = document ? document->size_at("schema") : std::nullopt;
    // What a later version remembers, and this one does not know of, must not be written over without it.
    if (schema && *schema > state_schema)
        return fail(reason::newer_schema, "a state of schema " + std::to_string(*schema));
    auto state = !other_files_ && schema && *schema > 0 ? state_from_json(*document, lists_) : std::nullopt;
    if (!state)
        return fail(reason::state_damaged, "a state that does not say what it must");
    return std::move(*state);
}

result<model_state> parse_state(bytes_view text)
{
    state_reading reading;
    reading.take(text);
    return reading.finish();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
