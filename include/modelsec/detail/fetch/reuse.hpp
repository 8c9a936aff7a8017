// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_REUSE_HPP
#define MODELSEC_DETAIL_FETCH_REUSE_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/detail/manifest/content_index.hpp>
#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/net/http.hpp>
#include <modelsec/detail/store/store.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Which pieces of a wanted file are looked for, by their digests. No IO.
///
/// Of a piece 16 bytes are kept, so that an index at its cap needs 30 MB and not four times its length: where it belongs, and a keyed
/// hash (SipHash) of length and digest. The key is this process's own: who writes an index cannot make two pieces look alike, and what
/// chance takes for each other is found when the file is verified.
class wanted_pieces
{
public:
    struct place
    {
        std::uint64_t key = 0;
        std::uint64_t offset = 0;
    };

    /// Those that are missing; none yet.
    MODELSEC_DECL explicit wanted_pieces(range_set missing);
    /// By its signed chunks: what lies at the same place in another version.
    MODELSEC_DECL wanted_pieces(const artifact_file& f, range_set missing);

    /// How pieces are found in other files: by content around this average; 0: by the length of the signed chunks.
    std::uint32_t average_bytes() const noexcept { return average_; }
    const range_set& missing() const noexcept { return missing_; }

    /// Forgets the pieces, with room for so many.
    MODELSEC_DECL void clear(std::size_t room);
    MODELSEC_DECL void add(std::uint64_t offset, std::uint32_t size, const sha256_digest& digest);
    /// All were added; `average` of the content-defined ones.
    MODELSEC_DECL void settle(std::uint32_t average);

    /// Where these bytes belong and are missing; they are not from then on. Valid until something is added.
    MODELSEC_DECL std::span<const place> take(const sha256_digest& digest, std::uint64_t size);
    bool empty() const noexcept { return left_ == 0; }

private:
    MODELSEC_DECL std::uint64_t key_of(std::uint64_t size, const sha256_digest& digest) const noexcept;

    range_set missing_;
    std::uint32_t average_ = 0;
    std::array<std::uint8_t, 16> secret_{};
    std::vector<place> pieces_;  ///< by key, then offset
    std::vector<bool> taken_;    ///< of the first one of each key
    std::size_t left_ = 0;
};

/// Takes a signed index while it comes. What it says is used once all of it was the signed one.
class index_intake final : public body_reader
{
public:
    /// `wanted`, which must outlive this, has an index.
    MODELSEC_DECL index_intake(const artifact_file& wanted, range_set missing);

    MODELSEC_DECL void begin() override;
    MODELSEC_DECL void take(bytes_view data) override;
    /// `digest_mismatch`, `malformed_index`, or what is looked for. Only once.
    MODELSEC_DECL result<wanted_pieces> finish();

private:
    const artifact_file& wanted_;
    wanted_pieces pieces_;
    content_index_reader reader_;
    hasher hash_;
    std::uint64_t size_ = 0;
};

/// Whether one more range makes no more islands than are kept: 65,536. Each is a line in the journal (CWE-770).
MODELSEC_DECL bool has_room_for(const range_set& found, byte_range more);

/// How long an attempt may look for known bytes before it asks a host, over all of its files: an application that is ended every few
/// seconds must get on in each of them, by what is found or by what is downloaded.
struct reuse_watch
{
    static constexpr std::chrono::seconds longest_in_vain{5};

    const clock* time = &clock::system();        ///< must outlive the search
    std::chrono::steady_clock::duration vain{};  ///< spent since something was noted last

    bool in_vain() const noexcept { return vain >= longest_in_vain; }
};

/// Copies what the store holds of a file, whatever it is a part of there, into the file's partial, and notes it in the journal: then
/// only the rest is fetched, and all of it is verified as if it had been. Every piece is hashed in the memory that it was read to and
/// is written from; one that does not stand in one block is read, and hashed, once more for that. Where the disk lets two files share
/// bytes (file_system::clone_range) and the pieces lie alike in its blocks, they are hashed as they are read, and then shared through
/// that descriptor rather than written. Memory: 1 MiB, and `pieces`.
///
/// What was found is on stable storage and in the journal every 2 s, or every 256 MiB: the next search goes on behind it. It ends when
/// nothing more was noted for 5 s. Returns how many bytes were found; nothing is left of a find of less than a tenth of what is missing
/// if the search for it ended before any of it was noted.
MODELSEC_DECL result<std::uint64_t> reuse_bytes(const store& disk, const identifier& model, staging& staged,
                                                const artifact_file& wanted, wanted_pieces pieces, const control& handle,
                                                reuse_watch& watch);
inline result<std::uint64_t> reuse_bytes(const store& disk, const identifier& model, staging& staged,
                                         const artifact_file& wanted, wanted_pieces pieces, const control& handle)
{
    reuse_watch watch;
    return reuse_bytes(disk, model, staged, wanted, std::move(pieces), handle, watch);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/reuse.ipp>
#endif

#endif
