// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_FOLDER_HPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_FOLDER_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/manifest/model_statement.hpp>

#include <functional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// How a folder is not the model that was signed.
enum class difference_kind
{
    missing,    ///< signed, but not there
    unsigned_,  ///< there, but neither signed nor ignored
    altered,    ///< other bytes than were signed
    forbidden   ///< a symbolic link where none may be or to anything but a file, a device, a pipe, a socket
};

struct model_difference
{
    difference_kind kind;
    std::string path;  ///< below the model's folder; not to be trusted: any bytes that a file system takes
};

MODELSEC_DECL std::string_view to_string(difference_kind kind) noexcept;

/// How to go through a model. All of it may stay as it is.
struct model_walk
{
    unsigned threads = 0;  ///< that hash; 0: as many as the machine has, at most 8. Memory: 5 MiB each.
    control handle;
    /// Called with bytes hashed and the total; on any thread, never on two at once. Must not throw.
    std::function<void(std::uint64_t bytes, std::uint64_t total)> on_progress;
    /// Called for each difference before verify_model() fails, at most 1,000 times, on the calling thread.
    std::function<void(const model_difference&)> on_difference;
    /// Files and folders below the folder that are not looked at unless they are signed: where the bundle itself lies, for one. Written as
    /// place_in_model() reads them.
    std::vector<std::string> also_ignored;
    /// Files that were not signed are no difference (they are not looked at either).
    bool ignore_unsigned = false;
};

struct model_summary
{
    std::size_t files = 0;
    std::uint64_t bytes = 0;
};

/// Which place below the model at `model` a caller means: a path below it, with `./`, doubled and trailing slashes or without, or a full path
/// that leads there. Nothing for a full path that leads elsewhere: it is about no part of the model (model-signing does the same). What
/// leads out of it or is it itself is `unsafe_name` (31).
MODELSEC_DECL result<std::optional<model_path>> place_in_model(const std::string& model, const std::string& path);

/// Compares the model at `path` (a folder or, if that was signed, a file) with what was signed: the same files, no more, no
/// fewer, each byte the same. Within the folder no link is followed but, where the signature allows links, those to files;
/// a link to a folder is always refused, because nobody signed what lies behind it. Says what is there while it looks: who may
/// write to the folder can change it afterwards.
/// Codes: 30 (`file_missing`, `file_unsigned`, `file_altered`), 31 (`unsafe_entry`; `unsafe_name`: deeper than 32 folders, and what
/// place_in_model() says of `also_ignored`),
/// 2 (`file_unreadable`), 3, 24 (`too_large`: more than limits::files folders), 41 (`store_io`).
MODELSEC_DECL result<model_summary> verify_model(const std::string& path, const model_statement& expected,
                                                 const model_walk& how = {}, const limits& caps = {});

/// Hashes the model at `path` for sign_bundle(). The same rules; besides, every name must be a safe one (`unsafe_name`, 31), and
/// shards cannot describe an empty file (`bad_option`, 2).
MODELSEC_DECL result<model_statement> describe_model(const std::string& path, model_serialization serialization,
                                                     const model_walk& how = {}, const limits& caps = {});

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/manifest/model_folder.ipp>
#endif

#endif
