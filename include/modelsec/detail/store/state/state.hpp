// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STATE_STATE_HPP
#define MODELSEC_DETAIL_STORE_STATE_STATE_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/rare_digest.hpp>
#include <modelsec/detail/store/verified.hpp>
#include <modelsec/detail/trust/memory.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A file of a verified pack as it was when it was activated.
struct file_record
{
    relative_path path;
    std::uint64_t size = 0;
    sha256_digest sha256;
    std::uint64_t inode = 0;
    std::int64_t changed_ns = 0;
    digest_scope decided_by = digest_scope::whole;  ///< chunks: nobody has computed the digest of the whole yet
    rare_digest verity{};                           ///< the fs-verity digest of its bytes, if it is under that
};

/// The files of a pack. Copies share one list: a state is copied whenever it is changed, and a pack may have 65,535 files (CWE-770).
class file_list
{
public:
    file_list() = default;
    file_list(std::vector<file_record> files) : files_(std::make_shared<const std::vector<file_record>>(std::move(files))) {}

    std::size_t size() const noexcept { return files_ ? files_->size() : 0; }
    bool empty() const noexcept { return size() == 0; }
    const file_record* data() const noexcept { return files_ ? files_->data() : nullptr; }
    const file_record* begin() const noexcept { return data(); }
    const file_record* end() const noexcept { return data() + size(); }
    const file_record& operator[](std::size_t i) const { return (*files_)[i]; }
    const file_record& front() const { return files_->front(); }

private:
    std::shared_ptr<const std::vector<file_record>> files_;
};

/// A verified pack in the store.
struct pack_record
{
    identifier version;
    sha256_digest artifact;
    std::string platform;
    std::string folder;  ///< its name below the model's folder
    std::uint64_t sequence = 0;
    sha256_digest envelope;  ///< of the raw envelope that vouched for it (store::read_envelope)
    utc_time activated_at;
    file_list files;
};

/// Everything the store knows of one model; one generation of it.
struct model_state
{
    std::uint64_t generation = 0;  ///< 0: never written
    std::optional<pack_record> active;
    std::optional<pack_record> last_good;
    std::optional<pack_record> pending;     ///< about to be renamed in
    std::optional<pack_record> reclaiming;  ///< was pending when its process ended; on its way back to staging
    std::vector<barred_pack> rejected;
    std::vector<barred_pack> superseded;
    model_memory memory;
    /// SHA-256 of the generations before this one, newest first, at most 64: so that a writer can tell whether its generation is
    /// among those that the newest was made from.
    std::vector<sha256_digest> ancestors;
    /// Its folder held files that no state names (memory lost, or left by another pack manager): they are candidates for adoption,
    /// and set aside once a pack is active.
    bool found_files = false;
    std::string attempt;  ///< differs for every attempt to publish: no two generations have one text
};

/// The document of a generation. Its last member is a checksum of the text before it. Schema 1 is that of version 0.1; it is read, and
/// becomes 2 when the model's state is written next.

/// Gives the text to `to`, part by part.
MODELSEC_DECL result<void> write_state(const model_state& state, const std::function<result<void>(bytes_view)>& to);

/// Reads such a text as it comes. Neither it nor a tree of it is held: with two packs of 65,535 files it is 30 MB long.
class state_reading
{
public:
    MODELSEC_DECL void take(bytes_view text);
    /// `newer_schema` if it is whole and of a later version; `state_damaged` if it is not exactly such a document (as written: compact,
    /// the checksum last). Only once.
    MODELSEC_DECL result<model_state> finish();
    /// SHA-256 of all of the text, once it was read.
    const sha256_digest& identity() const noexcept { return identity_; }

private:
    enum class expects
    {
        entry_or_end,
        entry,
        comma_or_end
    };

    MODELSEC_DECL bool in_string(char c);
    MODELSEC_DECL void scan(char c);
    MODELSEC_DECL void scan_list(char c);
    MODELSEC_DECL void end_entry();

    hasher all_, checked_;
    sha256_digest identity_;
    std::string tail_;      ///< the last bytes so far: the checksum, perhaps
    std::string skeleton_;  ///< the text, but for the files: in their place stands which one of lists_ has them
    std::string entry_;     ///< the text of one file
    std::string word_;      ///< the last string outside of lists, if it is a short one
    std::vector<std::vector<file_record>> lists_;
    unsigned depth_ = 0, entry_depth_ = 0;
    expects next_ = expects::entry_or_end;
    bool in_list_ = false, in_string_ = false, escaped_ = false, after_files_ = false;
    bool other_files_ = false;  ///< something in a list was no file of this version
};

MODELSEC_DECL result<model_state> parse_state(bytes_view text);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/state/state.ipp>
#endif

#endif
