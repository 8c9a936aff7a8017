// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_ROOT_FILE_HPP
#define MODELSEC_TOOLS_ROOT_FILE_HPP

#include "keys.hpp"

#include <modelsec/detail/base/json.hpp>
#include <modelsec/pins.hpp>
#include <modelsec/detail/trust/root_chain.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace modelsec::tool {

/// What becomes of one role of a root.
struct role_change
{
    std::vector<pin> add;
    std::optional<unsigned> threshold;
};

/// What becomes of a root: the first one is made of nothing but this.
struct root_change
{
    std::map<tuf_role, role_change> roles;
    std::vector<std::string> remove;  ///< keys by name or id, from every role
    utc_time expires;
};

/// A root.json (TUF 1.0 section 4.3) in a publisher's hands: made, changed and signed; members that are not known stay.
class root_file
{
public:
    /// Version 1. Timestamp and snapshot sign nothing where manifests are all there is: unless they are given keys, they have
    /// those of targets. Fails with `key_reused` if one key is for root and for targets, `bad_option` if a threshold cannot be met.
    static result<root_file> make(const root_change& what);
    static result<root_file> parse(bytes_view text);
    /// From a file; errors say what to do about them.
    static root_file read(const std::string& path);

    /// The next version, without signatures.
    result<root_file> next(const root_change& what) const;
    /// Adds a signature; false if it is there. The key must be one of this root's, or of the root before it: `unknown_key`.
    result<bool> sign(const signing_key& key, const root_file* previous);

    root_metadata metadata() const { return parse_root(*file_.find("signed")).value(); }
    std::string text() const { return file_.dump() + '\n'; }
    /// The names of those of `by`'s root keys that signed this file.
    std::vector<std::string> signers(const root_file& by) const;
    /// The name that a key was given when it was made; its id if it has none.
    std::string name_of(const std::string& key_id) const;

private:
    explicit root_file(json file) : file_(std::move(file)) {}
    static result<root_file> build(json signed_part, const root_change& what);
    bytes signed_bytes() const;

    json file_;
};

}  // namespace modelsec::tool

#endif
