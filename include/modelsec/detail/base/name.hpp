// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_NAME_HPP
#define MODELSEC_DETAIL_BASE_NAME_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// A `model_id` or a `version`: `[A-Za-z0-9][A-Za-z0-9._+-]{0,127}`, and safe as a file name on every system (no device
/// name, no trailing dot). A value of this type can stand in a path.
class identifier
{
public:
    MODELSEC_DECL static result<identifier> parse(std::string_view text);

    const std::string& str() const noexcept { return text_; }
    auto operator<=>(const identifier&) const = default;

private:
    explicit identifier(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// One part of a file's path: 1 to 255 bytes of printable UTF-8 in NFC, nothing that any file system reads as more than a
/// name (docs/manifest.md, Names). The only way from a name in a manifest, an archive or TUF metadata to the disk.
class name
{
public:
    MODELSEC_DECL static result<name> parse(std::string_view text);

    const std::string& str() const noexcept { return text_; }
    auto operator<=>(const name&) const = default;

private:
    explicit name(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// A relative path: one or more names, written with `/`. Never absolute, never upwards.
class relative_path
{
public:
    /// `a/b/c`; at most 32 parts and 1,024 bytes.
    MODELSEC_DECL static result<relative_path> parse(std::string_view text);
    explicit relative_path(name only) { parts_.push_back(std::move(only)); }

    const std::vector<name>& parts() const noexcept { return parts_; }
    const name& file() const noexcept { return parts_.back(); }
    MODELSEC_DECL std::string str() const;
    auto operator<=>(const relative_path&) const = default;

private:
    relative_path() = default;
    std::vector<name> parts_;
};

/// What two names share if some file system takes them for one: NFC of the full Unicode case folding.
MODELSEC_DECL std::string case_fold(std::string_view text);

/// Checks that paths are unique after case folding and that no file is another's folder: `unsafe_name` otherwise.
class path_set
{
public:
    MODELSEC_DECL result<void> add_file(const relative_path& path);
    /// Folders may be named again, but only in the same spelling.
    MODELSEC_DECL result<void> add_folder(const relative_path& path);

private:
    // Half of a SHA-256 stands for a text: an archive may have 65,535 long names (CWE-770).
    using mark = std::array<std::uint8_t, 16>;
    struct entry
    {
        mark spelling;
        bool is_file;
    };
    static mark mark_of(std::string_view text);

    MODELSEC_DECL result<void> add(const relative_path& path, bool is_file);
    std::map<mark, entry> by_folded_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/name.ipp>
#endif

#endif
