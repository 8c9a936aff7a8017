// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_BUNDLE_HPP
#define MODELSEC_DETAIL_FETCH_BUNDLE_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/limits.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// One file for machines without a network: a tar (POSIX ustar; sizes of 8 GiB and more in GNU's base-256) of regular files,
//
//     envelope.json            the signed envelope, byte by byte
//     roots/<N>.root.json      successors of the pinned root, if there are any
//     sha256/<64 hex digits>   artifact files, under the digests of their bytes
//
// and nothing else, each once, in any order. Nothing in it is believed: it is one more untrusted source.

/// A bundle, read at random. Thread-safe.
class bundle_reader
{
public:
    /// `file_unreadable`, or `bundle_malformed` for anything but the above.
    MODELSEC_DECL static result<bundle_reader> open(const std::string& path, const limits& caps);
    MODELSEC_DECL bundle_reader(bundle_reader&&) noexcept;
    MODELSEC_DECL ~bundle_reader();

    /// `bundle_malformed` if there is none, or a longer one than an envelope may be.
    MODELSEC_DECL result<bytes> envelope() const;
    /// A successor of the root; nothing if there is none with this version.
    MODELSEC_DECL result<std::optional<bytes>> root(std::uint64_t version) const;
    /// How long the file with these bytes is said to be; nothing if it is not there.
    MODELSEC_DECL std::optional<std::uint64_t> size_of(const sha256_digest& content) const;
    /// Fills `into` with bytes of that file.
    MODELSEC_DECL result<void> read(const sha256_digest& content, std::uint64_t offset, std::span<std::uint8_t> into) const;

private:
    struct impl;
    MODELSEC_DECL explicit bundle_reader(std::unique_ptr<impl> self);
    std::unique_ptr<impl> impl_;
};

/// What a tar header of a bundle says.
struct bundle_entry
{
    std::string name;
    std::uint64_t size = 0;
    bool folder = false;
};

/// Reads one header of 512 bytes; nothing for a block of zeros, which ends the archive. `bundle_malformed`.
MODELSEC_DECL result<std::optional<bundle_entry>> parse_bundle_header(bytes_view block);
/// The header of a regular file.
MODELSEC_DECL bytes make_bundle_header(const std::string& name, std::uint64_t size);

/// A local file and what its bytes are.
struct bundle_file
{
    std::string path;
    sha256_digest sha256;
    std::uint64_t size = 0;
};

/// Writes a bundle; the file must not be there yet (`file_exists`). What is copied is hashed on the way: `digest_mismatch` for other bytes.
MODELSEC_DECL result<void> write_bundle(const std::string& path, bytes_view envelope,
                                        const std::vector<std::pair<std::uint64_t, bytes>>& roots,
                                        const std::vector<bundle_file>& files, const control& handle = {});

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/bundle.ipp>
#endif

#endif
