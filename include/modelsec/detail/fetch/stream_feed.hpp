// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_STREAM_FEED_HPP
#define MODELSEC_DETAIL_FETCH_STREAM_FEED_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/detail/manifest/encryption.hpp>
#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/error.hpp>
#include <modelsec/options.hpp>

#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Between an attempt that downloads a pack and readers that do not wait for its end. The attempt says what there is, which chunks
/// are verified and on the disk, and where files can be opened; readers wait for chunks, and say which ones they wait for. Every
/// byte that a reader gets was hashed as a part of its signed chunk (or file) after it was read through the reader's own descriptor.
/// Thread-safe.
class stream_feed
{
public:
    /// Opens a file for reading; an invalid one if it is not there now.
    using opener = std::function<result<file>(const artifact_file&)>;
    struct wanted_bytes
    {
        sha256_digest content;
        byte_range range;
    };

    explicit stream_feed(file_system& files) : files_(files) {}

    // --- for the attempt

    /// The manifest is accepted, and this is what will be downloaded. Encrypted files are read as the plain text that one of `keys` opens;
    /// a file without any is read as it lies there.
    MODELSEC_DECL void begin(std::string model_id, std::string version, std::vector<artifact_file> files,
                             const std::map<std::string, std::vector<secret>>& keys = {});
    /// Partials can be opened by this from now on.
    MODELSEC_DECL void growing(opener open);
    /// They are about to be moved: nothing new can be opened until active() or ended().
    MODELSEC_DECL void moving();
    /// The pack is active, all of it is good, and its files can be opened by this.
    MODELSEC_DECL void active(opener open);
    /// This chunk is good and on the disk.
    MODELSEC_DECL void chunk_good(const sha256_digest& content, std::size_t index);
    /// All of this content is.
    MODELSEC_DECL void all_good(const sha256_digest& content);
    /// The attempt is over. Readers that wait, and those that come later, fail as it did.
    MODELSEC_DECL void ended(result<fetch_result> outcome);
    /// `wake` is called (from readers' threads, with a lock of this held) when there is something in take_wanted(). Empty: no more.
    MODELSEC_DECL void on_wanted(std::function<void()> wake);
    /// What readers wait for since the last call, the first one first.
    MODELSEC_DECL std::vector<wanted_bytes> take_wanted();

    // --- for readers

    /// Waits until begin() or ended(): the failure, if it ended with one before.
    MODELSEC_DECL result<void> wait_begun();
    const std::string& model_id() const noexcept { return model_id_; }
    const std::string& version() const noexcept { return version_; }
    /// Fixed after begin().
    const std::vector<artifact_file>& files() const noexcept { return wanted_; }
    /// How long the file is for readers: as plain text, if it is encrypted.
    MODELSEC_DECL static std::uint64_t readable_size(const artifact_file& f);
    /// How many bytes become readable at once: the file's chunk; where it has none, all of it.
    MODELSEC_DECL static std::uint64_t granularity(const artifact_file& f);
    /// Bytes [offset, offset + into.size()) of a file, as far as it reaches; waits for them. The number of bytes.
    MODELSEC_DECL result<std::size_t> read(const std::string& path, std::uint64_t offset, std::span<std::uint8_t> into);
    /// Waits for the end of the attempt.
    MODELSEC_DECL result<fetch_result> wait_ended();

private:
    struct content_state
    {
        const artifact_file* expected = nullptr;
        std::vector<bool> good;  ///< by chunk; one for a file without any
        std::shared_ptr<const file> opened;
        // A file without chunks was hashed through `opened` when it had this change time.
        std::int64_t hashed_at = 0;
        bool hashed = false;
    };
    enum class phase
    {
        waiting,
        grows,
        moves,
        is_active,
        over
    };
    /// How an encrypted file is read: by whichever of these opens its chunks.
    struct decryption
    {
        const artifact_file* sealed = nullptr;
        std::vector<chunk_cipher> ciphers;
    };
    struct kept_chunk
    {
        sha256_digest content;
        std::size_t index = 0;
        std::shared_ptr<const bytes> data;
    };

    MODELSEC_DECL result<std::size_t> read_stored(const artifact_file& f, std::uint64_t offset,
                                                  std::span<std::uint8_t> into);
    MODELSEC_DECL result<std::size_t> read_decrypted(const decryption& by, std::uint64_t offset,
                                                     std::span<std::uint8_t> into);
    MODELSEC_DECL result<void> wait_good(std::unique_lock<std::mutex>& lock, content_state& c, std::size_t index,
                                         byte_range range);
    MODELSEC_DECL result<std::shared_ptr<const file>> descriptor(content_state& c);
    MODELSEC_DECL result<void> read_chunk(content_state& c, std::size_t index, std::uint64_t from,
                                          std::span<std::uint8_t> into);
    MODELSEC_DECL result<void> read_plain(content_state& c, std::uint64_t offset, std::span<std::uint8_t> into);
    MODELSEC_DECL std::shared_ptr<const bytes> known_chunk(const sha256_digest& content, std::size_t index);
    MODELSEC_DECL void keep_chunk(const sha256_digest& content, std::size_t index, std::shared_ptr<const bytes> data);

    file_system& files_;
    std::mutex mutex_;
    std::condition_variable changed_;
    phase phase_ = phase::waiting;
    bool begun_ = false;
    std::string model_id_, version_;
    std::vector<artifact_file> wanted_;
    std::map<std::string, std::size_t> by_path_;
    std::map<std::string, decryption> encrypted_;    ///< by path; fixed after begin()
    std::map<std::string, content_state> contents_;  ///< by digest
    opener open_;
    std::list<std::string> opened_;  ///< contents with a descriptor, the one used last in front
    std::function<void()> wake_;
    std::vector<wanted_bytes> wanted_now_;
    std::list<kept_chunk> kept_;  ///< verified chunks in memory, the one used last in front
    std::optional<result<fetch_result>> outcome_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/stream_feed.ipp>
#endif

#endif
