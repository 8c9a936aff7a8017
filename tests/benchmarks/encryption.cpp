// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// How fast an encrypted model is read back, next to a plain one that is verified while it is read: from the page cache on all cores, and with both
// held to what a disk of 300 MB/s gives. `bench_encryption [MiB] [rounds] [--check]`: with --check it exits with 1 below 0.35 and 0.85.
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/parallel.hpp>
#include <modelsec/detail/store/decrypted_file.hpp>

#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

namespace {

using namespace modelsec;
using namespace modelsec::detail;

using seconds = std::chrono::duration<double>;

/// What lies on the disk is in memory; `rate` bytes a second of it can be read, over all threads; 0: as fast as it goes.
class disk final : public file_system
{
public:
    explicit disk(bytes content) : content_(std::move(content)) {}

    void hold_to(double rate)
    {
        rate_ = rate;
        due_ = std::chrono::steady_clock::now();
    }

    result<std::size_t> read_at(const file&, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), content_.size() - offset));
        std::memcpy(into.data(), content_.data() + offset, n);
        if (rate_ > 0)
        {
            std::chrono::steady_clock::time_point ready;
            {
                const std::lock_guard lock(mutex_);
                const auto took =
                    std::chrono::duration_cast<std::chrono::steady_clock::duration>(seconds(static_cast<double>(n) / rate_));
                ready = due_ = std::max(due_, std::chrono::steady_clock::now()) + took;
            }
            std::this_thread::sleep_until(ready);
        }
        return n;
    }
    result<file_info> info(const file&) override
    {
        file_info out;
        out.size = content_.size();
        return out;
    }

    // Nothing else is asked of it.
    result<file> open_root(const std::string&, bool, store_policy) override { return none(); }
    result<std::string> absolute_path(const file&) override { return none(); }
    result<file> open_folder(const file&, const std::string&, bool) override { return none(); }
    result<file> open_file(const file&, const std::string&, open_mode) override { return none(); }
    result<void> write_at(const file&, std::uint64_t, bytes_view) override { return none(); }
    result<bool> set_direct(const file&, bool) override { return none(); }
    result<void> reserve(const file&, std::uint64_t) override { return none(); }
    result<void> truncate(const file&, std::uint64_t) override { return none(); }
    result<void> sync(const file&) override { return none(); }
    result<file_info> info_at(const file&, const std::string&) override { return none(); }
    result<std::vector<std::string>> list(const file&) override { return none(); }
    result<bool> rename(const file&, const std::string&, const file&, const std::string&) override { return none(); }
    result<void> replace(const file&, const std::string&, const file&, const std::string&) override { return none(); }
    result<bool> link(const file&, const std::string&, const file&, const std::string&) override { return none(); }
    result<void> remove_file(const file&, const std::string&) override { return none(); }
    result<void> remove_folder(const file&, const std::string&) override { return none(); }
    result<bool> try_lock(const file&, lock_kind) override { return none(); }
    result<std::uint64_t> free_space(const file&) override { return none(); }

private:
    static failure none() { return fail(reason::store_io, "this disk can be read, and nothing else"); }

    bytes content_;
    double rate_ = 0;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point due_;
};

constexpr std::uint64_t signed_chunk = 4u << 20;
constexpr std::uint32_t sealed_chunk = 64u << 10;

std::vector<sha256_digest> digests_of(const bytes& content)
{
    std::vector<sha256_digest> out;
    for (std::size_t at = 0; at < content.size(); at += signed_chunk)
        out.push_back(sha256(bytes_view(content).subspan(at, std::min<std::size_t>(signed_chunk, content.size() - at))));
    return out;
}

/// A plain file, its signed chunks compared as they are read, on all cores.
bool read_plain(disk& from, const std::vector<sha256_digest>& chunks, std::span<std::uint8_t> into)
{
    std::atomic<std::size_t> next{0};
    std::atomic<bool> good{true};
    const auto work = [&]() noexcept {
        for (std::size_t i = next++; i < chunks.size(); i = next++)
        {
            const std::size_t begin = i * signed_chunk;
            const auto part = into.subspan(begin, std::min<std::size_t>(signed_chunk, into.size() - begin));
            const auto got = from.read_at(file(), begin, part);
            if (!got || *got != part.size() || !(sha256(part) == chunks[i]))
                good = false;
        }
    };
    work_with_helpers(std::max(1u, std::thread::hardware_concurrency()) - 1, work, work);
    return good;
}

template <class Work>
double best_rate(unsigned rounds, std::size_t size, const Work& work)
{
    double best = 0;
    for (unsigned i = 0; i < rounds; ++i)
    {
        const auto begin = std::chrono::steady_clock::now();
        if (!work())
        {
            std::fputs("what was read is not what was written\n", stderr);
            std::exit(1);
        }
        best = std::max(best, static_cast<double>(size) / 1e6 / seconds(std::chrono::steady_clock::now() - begin).count());
    }
    return best;
}

}  // namespace

int main(int count, char** arguments)
{
    const bool check = count > 1 && std::strcmp(arguments[count - 1], "--check") == 0;
    const auto number = [&](int at, unsigned otherwise) {
        return count - (check ? 1 : 0) > at ? static_cast<unsigned>(std::atoi(arguments[at])) : otherwise;
    };
    const std::size_t size = std::size_t{number(1, 1024)} << 20;
    const unsigned rounds = std::max(number(2, 5), 1u);
    if (sodium_init() < 0 || size == 0)
        return 2;

    bytes plain(size);
    randombytes_buf(plain.data(), plain.size());
    encryption_info info;
    info.scheme = encryption_info::stream_scheme;
    info.chunk_bytes = sealed_chunk;
    info.key_id = "bench";
    info.plain_size_bytes = size;
    info.plain_sha256 = sha256(plain);
    bytes key(encryption_info::key_bytes);
    randombytes_buf(key.data(), key.size());
    const chunk_cipher cipher(info, key, "demo", "1.0.0", "model.bin");
    bytes sealed(static_cast<std::size_t>(info.cipher_size_bytes()));
    for (std::uint64_t i = 0; i < info.chunks(); ++i)
        cipher.seal(
            i, bytes_view(plain).subspan(static_cast<std::size_t>(i) * sealed_chunk, cipher.plain_bytes(i)),
            std::span(sealed).subspan(static_cast<std::size_t>(i) * (sealed_chunk + 16), cipher.plain_bytes(i) + 16));

    encrypted_content what{"demo", "1.0.0", {}};
    what.file.name = relative_path::parse("model.bin").value();
    what.file.size_bytes = sealed.size();
    what.file.sha256 = sha256(sealed);
    what.file.chunks = chunk_digests{signed_chunk, digests_of(sealed)};
    what.file.encryption = info;
    const auto plain_chunks = digests_of(plain);
    const sha256_digest plain_digest = info.plain_sha256;
    disk plain_disk(std::move(plain)), sealed_disk(std::move(sealed));
    const key_provider keys = [&](const encryption_info&) -> result<std::vector<secret>> {
        std::vector<secret> out;
        out.emplace_back(bytes_view(key));
        return out;
    };

    bytes into(size);
    bool enough = true;
    for (const double rate : {0.0, 300e6})
    {
        plain_disk.hold_to(rate);
        const double verified = best_rate(rounds, size, [&] { return read_plain(plain_disk, plain_chunks, into); });
        sealed_disk.hold_to(rate);
        const file content;
        // Opened anew each time: the signed digests are compared once an open.
        const double decrypted = best_rate(rounds, size, [&] {
            const auto opened = decrypted_file::open(sealed_disk, content, what, keys);
            return opened && opened->read_all(into);
        });
        if (!(sha256(into) == plain_digest))
            return 1;
        const double wanted = rate == 0 ? 0.35 : 0.85;
        std::printf("%-28s plain and verified %6.0f MB/s, encrypted %6.0f MB/s: %.2f of it (wanted: %.2f)\n",
                    rate == 0 ? "from memory, all cores:" : "a disk of 300 MB/s:", verified, decrypted, decrypted / verified,
                    wanted);
        enough = enough && decrypted / verified >= wanted;
    }
    return check && !enough ? 1 : 0;
}
