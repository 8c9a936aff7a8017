// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_LOCAL_FILE_IPP
#define MODELSEC_DETAIL_BASE_LOCAL_FILE_IPP

#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/platform.hpp>
#include MODELSEC_LOCAL_FILE_BODY

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A file that cannot be opened. That this process has too many open says nothing of the file: nobody may take it for one that is not
/// there. (Systems that do not set errno leave it at 0, as it was before the call.)
inline failure unopened(const std::string& path)
{
    const int code = errno;
    return fail(code == EMFILE || code == ENFILE ? reason::too_many_open_files : reason::file_unreadable, path);
}

result<secret> read_local_secret(const std::string& path, std::size_t cap)
{
    const auto close = [](std::FILE* f) { std::fclose(f); };
    errno = 0;
    const std::unique_ptr<std::FILE, decltype(close)> in(open_stream(path), close);
    if (!in)
        return unopened(path);
    if (std::setvbuf(in.get(), nullptr, _IONBF, 0) != 0)
        return fail(reason::file_unreadable, path);
    std::vector<std::uint8_t, wiping_allocator<std::uint8_t>> space(cap + 1);
    const std::size_t size = std::fread(space.data(), 1, space.size(), in.get());
    if (std::ferror(in.get()))
        return fail(reason::file_unreadable, path);
    if (size > cap)
        return fail(reason::too_large, path);
    return secret(bytes_view(space.data(), size));
}

result<file> open_local_file(const std::string& path)
{
    errno = 0;
    file out = open_to_read(path);
    if (!out)
        return unopened(path);
    return out;
}

result<file> open_delivered_file(const std::string& path)
{
    return open_unlinked_to_read(path);
}

result<file> open_local_folder(const std::string& path)
{
    std::error_code ignored;
    std::filesystem::create_directories(path, ignored);
    return open_folder_to_read(path);
}

inline std::filesystem::path utf8_path(const std::string& text)
{
    return std::filesystem::path(std::u8string(text.begin(), text.end()));
}

result<void> replace_local_file(const std::string& path, std::string_view content)
{
    static std::atomic<unsigned> count{0};
    const std::string draft = path + ".new-" + std::to_string(process_number()) + '-' + std::to_string(++count);
    std::FILE* const out = create_stream(draft);
    if (!out)
        return fail(reason::store_io, path);
    const bool written = std::fwrite(content.data(), 1, content.size(), out) == content.size();
    const bool closed = std::fclose(out) == 0;
    std::error_code problem;
    if (written && closed)
        std::filesystem::rename(utf8_path(draft), utf8_path(path), problem);
    if (written && closed && !problem)
        return {};
    std::error_code ignored;
    std::filesystem::remove(utf8_path(draft), ignored);
    return fail(reason::store_io, path);
}

}  // namespace detail

result<bytes> read_local_file(const std::string& path, std::size_t cap)
{
    const auto close = [](std::FILE* f) { std::fclose(f); };
    errno = 0;
    const std::unique_ptr<std::FILE, decltype(close)> in(detail::open_stream(path), close);
    if (!in)
        return detail::unopened(path);
    bytes out;
    bytes piece(64u << 10);
    while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), in.get()))
    {
        if (got > cap - out.size())
            return fail(reason::too_large, path);
        out.insert(out.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(got));
    }
    if (std::ferror(in.get()))
        return fail(reason::file_unreadable, path);
    return out;
}

result<secret> read_secret_file(const std::string& path, std::size_t cap)
{
    MODELSEC_TRY(std::FILE* const stream, detail::open_secret_stream(path));
    const auto close = [](std::FILE* f) { std::fclose(f); };
    const std::unique_ptr<std::FILE, decltype(close)> in(stream, close);
    std::setvbuf(in.get(), nullptr, _IONBF, 0);  // no copy stays in a buffer of the stream
    bytes content(cap + 1);                      // never moves, so no copy of it stays behind
    const std::size_t size = std::fread(content.data(), 1, content.size(), in.get());
    const bool failed = std::ferror(in.get()) != 0;
    secret out(bytes_view(content).first(size));
    wipe(content.data(), content.size());
    if (failed)
        return fail(reason::file_unreadable, path);
    if (size > cap)
        return fail(reason::too_large, path);
    return out;
}

MODELSEC_END_NAMESPACE

#endif
