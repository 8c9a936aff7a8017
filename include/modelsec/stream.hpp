// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_STREAM_HPP
#define MODELSEC_STREAM_HPP

#include <modelsec/options.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

class client;

namespace detail {
class stream_feed;
}

/// A file of a pack that is read while it is downloaded.
struct stream_info
{
    std::string path{};      ///< as in the pack, with `/`
    std::uint64_t size = 0;  ///< as signed; of an encrypted file, its plain text's
    std::uint64_t granularity =
        0;  ///< so many bytes become readable at once: a signed chunk; without chunks, the whole file
};

/// Reads the files of a pack while it is downloaded, verified and made active (client::stream()).
///
/// A read returns bytes only after all of the signed chunk around them was verified, and waits for that; what is waited for is
/// downloaded next. A file without signed chunks waits for its whole digest. Bytes are hashed again as they are read, through the
/// descriptor they come from. An encrypted file is read as its plain text: chunks that were verified so are decrypted in memory, and one that
/// the keys do not open at its place is 30 `decrypt_failed`; the digest of the whole plain text is compared at the end of the attempt, before the
/// pack becomes active. When the attempt fails, is cancelled or finds that its publisher contradicts himself (24), reads that
/// wait and those that come later fail with the attempt's code. **What was read by then was signed, chunk by chunk, though the pack
/// never became active.**
///
/// Members may be called from several threads at once. Moving and destroying it: by one thread, while nobody else uses it.
class pack_stream
{
public:
    pack_stream(pack_stream&&) noexcept = default;
    MODELSEC_DECL pack_stream& operator=(pack_stream&&) noexcept;
    /// Cancels the attempt, if it runs, and waits for nothing.
    MODELSEC_DECL ~pack_stream();

    const std::string& model_id() const noexcept { return model_id_; }
    const std::string& version() const noexcept { return version_; }
    const std::vector<stream_info>& files() const noexcept { return files_; }

    /// The bytes from `offset` on; waits until they are verified. How many: fewer than `into` has only at the end of the file, 0
    /// beyond it. `path` as in files(): else 2. On failure nothing is left in `into` that was not verified. Codes: of the attempt;
    /// 30, 41.
    MODELSEC_DECL std::size_t read(const std::string& path, std::uint64_t offset, std::span<std::uint8_t> into);
    MODELSEC_DECL std::size_t read(const std::string& path, std::uint64_t offset, std::span<std::uint8_t> into,
                                   error_code& ec);
    MODELSEC_DECL std::size_t read(const std::string& path, std::uint64_t offset, std::span<std::uint8_t> into,
                                   error_code& ec, diagnostics& diag);

    /// A private copy of these bytes, in memory that nobody else writes to. As read().
    MODELSEC_DECL bytes map(const std::string& path, std::uint64_t offset, std::size_t length);
    MODELSEC_DECL bytes map(const std::string& path, std::uint64_t offset, std::size_t length, error_code& ec);
    MODELSEC_DECL bytes map(const std::string& path, std::uint64_t offset, std::size_t length, error_code& ec,
                            diagnostics& diag);

    /// Waits until the pack is active, and tells what fetch() would have told. May be called again: it says the same. Codes: as of
    /// client::fetch().
    MODELSEC_DECL fetch_result finish();
    MODELSEC_DECL fetch_result finish(error_code& ec);
    MODELSEC_DECL fetch_result finish(error_code& ec, diagnostics& diag);

    /// Ends the attempt soon, by code 3. Any thread.
    MODELSEC_DECL void cancel();

private:
    friend class client;
    MODELSEC_DECL pack_stream(std::shared_ptr<detail::stream_feed> feed, control attempt);

    MODELSEC_DECL result<bytes> copy(const std::string& path, std::uint64_t offset, std::size_t length);

    std::shared_ptr<detail::stream_feed> feed_;
    control attempt_;
    std::string model_id_, version_;
    std::vector<stream_info> files_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/stream.ipp>
#endif

#endif
