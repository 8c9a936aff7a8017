// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_INDEX_FILE_IPP
#define MODELSEC_DETAIL_PUBLISH_INDEX_FILE_IPP

#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/manifest/content_index.hpp>
#include <modelsec/detail/publish/index_file.hpp>
#include <modelsec/limits.hpp>

#include <algorithm>
#include <fstream>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<index_reference> write_content_index(const std::string& from, std::uint64_t size, const sha256_digest& digest,
                                            const std::string& to, const std::string& url, const control& handle)
{
    MODELSEC_TRY(const file in, open_local_file(from));
    std::ofstream out(to, std::ios::binary | std::ios::trunc);
    if (!out)
        return fail(reason::file_unreadable, to);
    const std::uint32_t average = index_average(size);
    const content_cutter cutter(average);
    hasher whole, written;
    index_reference made;
    made.url = url;
    const auto write = [&](const bytes& text) -> result<void> {
        written.update(text);
        made.size_bytes += text.size();
        if (made.size_bytes > limits{}.index_bytes)
            return fail(reason::too_large, "an index of more than 64 MiB");
        return out.write(reinterpret_cast<const char*>(text.data()), static_cast<std::streamsize>(text.size()))
                   ? result<void>()
                   : fail(reason::disk_full, to);
    };
    MODELSEC_CHECK(write(write_index_head(average)));
    bytes window(std::max<std::size_t>(cutter.longest() * 2, 4u << 20));
    std::size_t held = 0;
    std::uint64_t read = 0;
    bytes text;
    for (bool end = false; !end || held > 0;)
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        while (!end && held < window.size())
        {
            MODELSEC_TRY(const std::size_t got, file_system::native().read_at(in, read, std::span(window).subspan(held)));
            whole.update(bytes_view(window).subspan(held, got));
            end = got == 0;
            held += got;
            read += got;
        }
        bytes_view rest = bytes_view(window).first(held);
        text.clear();
        while (!rest.empty() && (end || rest.size() >= cutter.longest()))
        {
            const std::size_t piece = cutter.cut(rest);
            append_index_chunk(text, {static_cast<std::uint32_t>(piece), sha256(rest.first(piece))});
            rest = rest.subspan(piece);
        }
        MODELSEC_CHECK(write(text));
        std::copy(rest.begin(), rest.end(), window.begin());
        held = rest.size();
    }
    out.close();
    if (out.fail())
        return fail(reason::disk_full, to);
    if (read != size || !(whole.finish_sha256() == digest))
        return fail(reason::file_unreadable, from + ": it changed while it was read");
    made.sha256 = written.finish_sha256();
    return made;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
