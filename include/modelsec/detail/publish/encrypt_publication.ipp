// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_ENCRYPT_PUBLICATION_IPP
#define MODELSEC_DETAIL_PUBLISH_ENCRYPT_PUBLICATION_IPP

#include <modelsec/detail/publish/encrypt_file.hpp>
#include <modelsec/detail/publish/encrypt_publication.hpp>

#include <filesystem>
#include <set>

MODELSEC_BEGIN_NAMESPACE

result<void> encrypt_publication(publication& content, const std::vector<encryption_target>& targets,
                                 const encryption_options& options)
{
    // What an earlier run wrote beside the files is none of them: a folder that is published again holds it.
    for (artifact_to_publish& a : content.artifacts)
    {
        std::set<std::string> written;
        for (const file_to_publish& f : a.files)
            written.insert(f.path + ".enc");
        std::erase_if(a.files, [&](const file_to_publish& f) { return written.contains(f.path); });
    }
    std::uint64_t total = 0, done = 0;
    for (const artifact_to_publish& a : content.artifacts)
        for (const file_to_publish& f : a.files)
        {
            if (a.is_zip)
                return fail(reason::bad_option, "an archive would be unpacked before it is opened: encrypt the files in it");
            std::error_code ec;
            total += std::filesystem::file_size(f.path, ec);
            if (ec)
                return fail(reason::file_unreadable, f.path);
        }
    for (artifact_to_publish& a : content.artifacts)
        for (file_to_publish& f : a.files)
        {
            if (f.name.empty())
                f.name = std::filesystem::path(f.path).filename().string();
            const std::string sealed = f.path + ".enc";
            const auto progress = [&](std::uint64_t more) {
                if (options.on_progress)
                    options.on_progress(done += more, total);
            };
            MODELSEC_TRY(f.encryption, detail::encrypt_file(f.path, sealed, {content.model_id, content.version, f.name},
                                                            targets, options.chunk_bytes, progress, options.handle));
            f.path = sealed;
        }
    return {};
}

MODELSEC_END_NAMESPACE

#endif
