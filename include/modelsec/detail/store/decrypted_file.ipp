// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_DECRYPTED_FILE_IPP
#define MODELSEC_DETAIL_STORE_DECRYPTED_FILE_IPP

#include <modelsec/detail/base/hash_file.hpp>
#include <modelsec/detail/base/memory_file.hpp>
#include <modelsec/detail/base/parallel.hpp>
#include <modelsec/detail/store/decrypted_file.hpp>
#include <modelsec/detail/store/open_pack.hpp>
#include <modelsec/detail/store/store_disk.ipp>

#include <sodium.h>

#include <algorithm>
#include <mutex>

MODELSEC_BEGIN_NAMESPACE

decrypted_view::decrypted_view(std::size_t size) : data_(new std::uint8_t[std::max<std::size_t>(size, 1)]), size_(size)
{
    (void)sodium_mlock(data_.get(), size_);  // a limit of locked memory is no reason to fail
}

decrypted_view& decrypted_view::operator=(decrypted_view&& other) noexcept
{
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

decrypted_view::~decrypted_view()
{
    if (data_)
    {
        sodium_memzero(data_.get(), size_);
        (void)sodium_munlock(data_.get(), size_);
    }
}

struct decrypted_file::impl
{
    detail::file_system* files;
    const detail::file* content;
    artifact_file expected;
    detail::chunk_cipher cipher;
    /// Which of the signed chunks were matched against their digests since the file was opened.
    std::unique_ptr<std::atomic<bool>[]> checked;
    std::shared_ptr<detail::pack_entry_content> entry;  ///< where it is in a pack; then `content` is of no use any more

    result<void> read_exactly(std::uint64_t offset, std::span<std::uint8_t> into) const
    {
        const detail::file* from = content;
        if (entry)
        {
            MODELSEC_TRY(from, entry->open());
        }
        while (!into.empty())
        {
            const auto got = files->read_at(*from, offset, into);
            if (!got)
                return detail::as_damage_if_sealed(*files, *from, got.error());
            const std::size_t n = *got;
            if (n == 0)
                return fail(reason::pack_damaged, "shorter than it was: " + expected.name->str());
            offset += n;
            into = into.subspan(n);
        }
        return {};
    }

    /// CWE-354: the signed digests of the cipher text that holds these bytes, unless they were compared already.
    result<void> check_signed(std::uint64_t begin, std::uint64_t end) const
    {
        if (!expected.chunks || end <= begin)
            return {};  // the whole was compared when it was opened
        const std::uint64_t step = expected.chunks->size_bytes;
        bytes buffer;
        for (std::uint64_t i = begin / step; i <= (end - 1) / step; ++i)
        {
            if (checked[i].load(std::memory_order_acquire))
                continue;
            buffer.resize(static_cast<std::size_t>(std::min<std::uint64_t>(step, 1u << 20)));  // a chunk may have 64 MiB
            hasher hash;
            const std::uint64_t until = std::min(expected.size_bytes, (i + 1) * step);
            for (std::uint64_t at = i * step; at < until;)
            {
                const auto part =
                    std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), until - at)));
                MODELSEC_CHECK(read_exactly(at, part));
                hash.update(part);
                at += part.size();
            }
            if (i >= expected.chunks->sha256.size() || !(hash.finish_sha256() == expected.chunks->sha256[i]))
                return fail(reason::pack_damaged, "not the bytes that were signed: " + expected.name->str());
            checked[i].store(true, std::memory_order_release);
        }
        return {};
    }

    std::uint64_t cipher_offset(std::uint64_t index) const
    {
        return index * (cipher.info().chunk_bytes + encryption_info::tag_bytes);
    }

    /// Decrypts chunk `index` into `out`, which has room for all of it; `buffer` is for its cipher text.
    result<void> open_chunk(std::uint64_t index, bytes& buffer, std::span<std::uint8_t> out) const
    {
        buffer.resize(cipher.plain_bytes(index) + encryption_info::tag_bytes);
        const std::uint64_t begin = cipher_offset(index);
        MODELSEC_CHECK(check_signed(begin, begin + buffer.size()));
        MODELSEC_CHECK(read_exactly(begin, buffer));
        if (!cipher.open(index, buffer, out))
            return fail(reason::decrypt_failed, expected.name->str() + ", chunk " + std::to_string(index));
        return {};
    }

    /// The pieces that read_all() goes by are the signed chunks of cipher text; without those, parts as good as any.
    std::uint64_t piece_bytes() const { return expected.chunks ? expected.chunks->size_bytes : std::uint64_t{4} << 20; }

    /// Reads one piece once, with the end of the encrypted chunk that reaches beyond it, matches it and decrypts the chunks that begin in it.
    result<void> open_piece(std::uint64_t index, bytes& buffer, std::span<std::uint8_t> into) const
    {
        const std::uint64_t size = expected.size_bytes, sealed = cipher.info().chunk_bytes + encryption_info::tag_bytes;
        const std::uint64_t begin = index * piece_bytes(), end = std::min(size, begin + piece_bytes());
        const std::uint64_t first = (begin + sealed - 1) / sealed;
        const std::uint64_t last = std::min(cipher.info().chunks(), (end + sealed - 1) / sealed);
        const std::uint64_t until = std::max(end, std::min(size, last * sealed));
        buffer.resize(static_cast<std::size_t>(until - begin));
        MODELSEC_CHECK(read_exactly(begin, buffer));
        // CWE-354: whoever holds the key is not the publisher.
        if (expected.chunks && !checked[index].load(std::memory_order_acquire))
        {
            const auto signed_part = bytes_view(buffer).first(static_cast<std::size_t>(end - begin));
            if (index >= expected.chunks->sha256.size() || !(sha256(signed_part) == expected.chunks->sha256[index]))
                return fail(reason::pack_damaged, "not the bytes that were signed: " + expected.name->str());
            checked[index].store(true, std::memory_order_release);
        }
        for (std::uint64_t i = first; i < last; ++i)
        {
            const std::size_t plain = cipher.plain_bytes(i);
            const auto chunk = bytes_view(buffer).subspan(static_cast<std::size_t>(cipher_offset(i) - begin),
                                                          plain + encryption_info::tag_bytes);
            if (!cipher.open(i, chunk, into.subspan(static_cast<std::size_t>(i * cipher.info().chunk_bytes), plain)))
                return fail(reason::decrypt_failed, expected.name->str() + ", chunk " + std::to_string(i));
        }
        return {};
    }
};

decrypted_file::decrypted_file(std::unique_ptr<impl> self)
    : impl_(std::move(self)), path_(impl_->expected.name->str()), size_(impl_->cipher.info().plain_size_bytes)
{
}

decrypted_file::decrypted_file(decrypted_file&&) noexcept = default;
decrypted_file& decrypted_file::operator=(decrypted_file&&) noexcept = default;
decrypted_file::~decrypted_file() = default;

result<decrypted_file> decrypted_file::open(detail::file_system& files, const detail::file& content, encrypted_content what,
                                            const key_provider& keys, const control& handle)
{
    const auto& info = what.file.encryption;
    if (!info || !what.file.name)
        return fail(reason::bad_option, "the file is not encrypted");
    if (info->scheme != encryption_info::stream_scheme)
        return fail(reason::encrypted, info->scheme);
    MODELSEC_TRY(const detail::file_info there, files.info(content));
    if (there.size != what.file.size_bytes || info->cipher_size_bytes() != what.file.size_bytes)
        return fail(reason::pack_damaged, "not the size it had: " + what.file.name->str());
    if (!what.file.chunks)
    {
        const auto whole = detail::hash_file(files, content, handle, {});
        if (!whole)
            return detail::as_damage_if_sealed(files, content, whole.error());
        if (!(*whole == what.file.sha256))
            return fail(reason::pack_damaged, "not the bytes that were signed: " + what.file.name->str());
    }
    if (!keys)
        return fail(reason::decrypt_failed, "no key was given");
    MODELSEC_TRY(const std::vector<secret> given, keys(*info));
    failure last = fail(reason::decrypt_failed, "no key was given");
    for (const secret& one : given)
        for (const secret& key : detail::possible_file_keys(*info, one))
        {
            auto self = std::make_unique<impl>(
                impl{&files,
                     &content,
                     what.file,
                     detail::chunk_cipher(*info, key.reveal(), what.model_id, what.version, what.file.name->str()),
                     {},
                     {}});
            if (what.file.chunks)
                self->checked = std::make_unique<std::atomic<bool>[]>(what.file.chunks->sha256.size());
            bytes buffer, plain(self->cipher.plain_bytes(0));
            auto first = self->open_chunk(0, buffer, plain);
            wipe(plain.data(), plain.size());
            if (first.has_value())
                return decrypted_file(std::move(self));
            if (first.error().why != reason::decrypt_failed)
                return std::move(first).error();
            last = std::move(first).error();
        }
    return last;
}

void decrypted_file::read_from(std::shared_ptr<detail::pack_entry_content> entry)
{
    impl_->entry = std::move(entry);
}

result<std::size_t> decrypted_file::read_at(std::uint64_t offset, std::span<std::uint8_t> into) const
{
    if (offset >= size_ || into.empty())
        return std::size_t{0};
    into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset)));
    const std::uint64_t step = impl_->cipher.info().chunk_bytes;
    bytes buffer, plain;
    std::size_t done = 0;
    while (done < into.size())
    {
        const std::uint64_t index = (offset + done) / step;
        const auto skip = static_cast<std::size_t>((offset + done) % step);
        const std::size_t whole = impl_->cipher.plain_bytes(index);
        const auto rest = into.subspan(done);
        if (skip == 0 && rest.size() >= whole)
        {
            MODELSEC_CHECK(impl_->open_chunk(index, buffer, rest.first(whole)));
            done += whole;
            continue;
        }
        plain.resize(whole);
        auto opened = impl_->open_chunk(index, buffer, plain);
        const std::size_t part = std::min(rest.size(), whole - skip);
        if (opened.has_value())
            std::copy_n(plain.begin() + static_cast<std::ptrdiff_t>(skip), part, rest.begin());
        wipe(plain.data(), plain.size());
        MODELSEC_CHECK(opened);
        done += part;
    }
    return done;
}

result<void> decrypted_file::read_all(std::span<std::uint8_t> into) const
{
    if (into.size() != size_)
        return fail(reason::bad_option, "the buffer is not as long as the file");
    const std::uint64_t pieces = (impl_->expected.size_bytes + impl_->piece_bytes() - 1) / impl_->piece_bytes();
    std::atomic<std::uint64_t> next{0};
    std::mutex mutex;
    std::optional<failure> broken;
    const auto work = [&]() noexcept {
        try
        {
            bytes buffer;
            for (std::uint64_t index = next++; index < pieces; index = next++)
            {
                auto read = impl_->open_piece(index, buffer, into);
                if (read.has_value())
                    continue;
                const std::lock_guard lock(mutex);
                broken = std::move(read).error();
                next = pieces;
            }
        }
        catch (const std::exception&)  // there is nobody above on these threads
        {
            const std::lock_guard lock(mutex);
            broken = fail(reason::out_of_memory);
            next = pieces;
        }
    };
    // Each holds a piece, which may have 64 MiB: together they do not hold more than one such (CWE-770).
    static constexpr std::uint64_t most_held = std::uint64_t{64} << 20;
    const std::uint64_t workers =
        std::min<std::uint64_t>({std::max(1u, std::thread::hardware_concurrency()), std::max<std::uint64_t>(pieces, 1),
                                 std::max<std::uint64_t>(most_held / impl_->piece_bytes(), 1)});
    detail::work_with_helpers(static_cast<std::size_t>(workers - 1), work, work);
    if (broken)
    {
        wipe(into.data(), into.size());
        return std::move(*broken);
    }
    return {};
}

result<decrypted_view> decrypted_file::view() const
{
    decrypted_view out(static_cast<std::size_t>(size_));
    MODELSEC_CHECK(read_all(out.writable()));
    return out;
}

result<detail::file> decrypted_file::sealed_file() const
{
    return detail::make_sealed_file(size_, [this](std::span<std::uint8_t> into) { return read_all(into); });
}

result<void> decrypted_file::check_plain(const control& handle) const
{
    hasher whole;
    const std::uint64_t step = impl_->cipher.info().chunk_bytes;
    bytes buffer(static_cast<std::size_t>(std::max<std::uint64_t>(1, (1u << 20) / step) * step));
    for (std::uint64_t at = 0; at < size_;)
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        MODELSEC_TRY(const std::size_t n, read_at(at, buffer));
        whole.update(bytes_view(buffer).first(n));
        at += n;
    }
    wipe(buffer.data(), buffer.size());
    if (!(whole.finish_sha256() == impl_->cipher.info().plain_sha256))
        return fail(reason::decrypt_failed, "the plain text is not the signed one: " + path_);
    return {};
}

MODELSEC_END_NAMESPACE

#endif
