// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_REUSE_HPP
#define MODELSEC_DETAIL_FETCH_REUSE_HPP

#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/detail/manifest/content_index.hpp>
#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/store/store.hpp>

#include <functional>
#include <optional>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Which pieces of a wanted file are looked for, by their digests. No IO.
class wanted_pieces
{
public:
    /// By its content-defined pieces.
    MODELSEC_DECL wanted_pieces(const content_index& index, const range_set& missing);
    /// By its signed chunks: what lies at the same place in another version.
    MODELSEC_DECL wanted_pieces(const artifact_file& f, const range_set& missing);

    /// Where these bytes belong and are missing; they are not from then on.
    MODELSEC_DECL std::vector<std::uint64_t> take(const sha256_digest& digest, std::size_t size);
    bool empty() const noexcept { return left_ == 0; }

private:
    struct piece
    {
        std::uint64_t key = 0;  ///< the beginning of its digest
        std::uint64_t offset = 0;
        std::uint32_t size = 0;
        bool found = false;
        sha256_digest digest;
    };
    MODELSEC_DECL void add(std::uint64_t offset, std::uint32_t size, const sha256_digest& digest, const range_set& missing);
    MODELSEC_DECL void settle();

    std::vector<piece> pieces_;  ///< by key, then offset
    std::size_t left_ = 0;
};

/// Copies what the store holds of a file, whatever it is a part of there, into the file's partial, and notes it in the journal: then
/// only the rest is fetched, and all of it is verified as if it had been. Every piece is hashed in the memory that it was read to and
/// is written from. Returns how many bytes were found; nothing is left of a find of less than a tenth of what is missing.
MODELSEC_DECL result<std::uint64_t> reuse_bytes(const store& disk, const identifier& model, staging& staged,
                                                const artifact_file& wanted, const std::optional<content_index>& index,
                                                const control& handle);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/reuse.ipp>
#endif

#endif
