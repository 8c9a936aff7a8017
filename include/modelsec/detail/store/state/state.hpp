// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STATE_STATE_HPP
#define MODELSEC_DETAIL_STORE_STATE_STATE_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/store/verified.hpp>
#include <modelsec/detail/trust/memory.hpp>

#include <optional>
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
    std::optional<sha256_digest> verity{};          ///< the fs-verity digest of its bytes, if it is under that
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
    std::vector<file_record> files;
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

MODELSEC_DECL json to_json(const model_state& state);
/// `newer_schema` if it is whole and of a later version; `state_damaged` if it is not exactly such a document (as dumped: compact, the
/// checksum last).
MODELSEC_DECL result<model_state> parse_state(bytes_view text);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/state/state.ipp>
#endif

#endif
