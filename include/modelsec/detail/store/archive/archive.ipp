// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_ARCHIVE_ARCHIVE_IPP
#define MODELSEC_DETAIL_STORE_ARCHIVE_ARCHIVE_IPP

#include <modelsec/detail/store/archive/archive_streams.ipp>
#include <modelsec/detail/store/archive/archive.hpp>
#include <modelsec/detail/store/archive/zip_directory.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// One extraction: plan by the directory, unpack in one pass, check in the end that the pass saw the planned directory.
class zip_extractor
{
public:
    /// `into` null: nothing is written.
    zip_extractor(file_system& files, const file& archive, const file* into, const extraction& what, const limits& caps,
                  const control& handle)
        : files_(files), archive_(archive), into_(into), what_(what), caps_(caps), handle_(handle),
          source_(files, archive, what, handle)
    {
    }

    result<std::vector<placed_file>> run()
    {
        MODELSEC_TRY(const file_info info, files_.info(archive_));
        if (info.size != what_.archive_bytes)
            return fail(reason::size_mismatch, "the archive is not as long as signed");
        if (into_)
        {
            MODELSEC_TRY(const std::vector<std::string> there, files_.list(*into_));
            if (!there.empty())
                return fail(reason::store_layout, "the folder to unpack into is not empty");
        }

        const result<void> unpacked = unpack();
        // Was it the publisher's archive that is unsafe, or is it not the publisher's archive? The digest knows.
        if (unpacked.has_error() && unpacked.error().code() != errc::unsafe)
            return unpacked.error();
        MODELSEC_CHECK(source_.finish());
        MODELSEC_CHECK(unpacked);
        MODELSEC_CHECK(sync_folders());
        return std::move(placed_);
    }

private:
    result<void> unpack()
    {
        MODELSEC_CHECK(make_plan());
        if (plan_.bytes > cap())
            return fail(reason::archive_too_large, "the archive announces " + std::to_string(plan_.bytes) + " bytes");
        // One by one, 65,535 files take minutes. Whether they can be synced all at once is known before the first.
        if (into_ && plan_.entries.size() >= synced_together_from)
        {
            MODELSEC_TRY(together_, files_.sync_all(*into_));
        }
        if (into_)
            for (const std::string& folder : plan_.folders)
            {
                MODELSEC_TRY([[maybe_unused]] const file made, open_folder(folder, true));
            }
        for (const zip_entry& entry : plan_.entries)
            if (auto done = unpack_entry(entry); done.has_error())
                return done.error().code() == errc::unsafe
                           ? fail(done.error().why, done.error().detail + ": " + entry.path.str())
                           : std::move(done).error();
        return check_directory();
    }

    std::uint64_t cap() const
    {
        if (what_.extracted_bytes)
            return *what_.extracted_bytes;
        static constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max() / 2;
        const std::uint64_t slack = std::min(caps_.zip_slack_bytes, most);
        if (caps_.zip_ratio != 0 && what_.archive_bytes > most / caps_.zip_ratio)
            return most + slack;
        return caps_.zip_ratio * what_.archive_bytes + slack;
    }

    result<bytes> read(std::uint64_t offset, std::uint64_t size) const
    {
        bytes out(static_cast<std::size_t>(size));
        MODELSEC_TRY(const std::size_t got, files_.read_at(archive_, offset, out));
        if (got != out.size())
            return fail(reason::size_mismatch, "the archive is shorter than signed");
        return out;
    }

    static constexpr std::uint64_t directory_part_bytes = 1u << 20;
    static constexpr std::size_t synced_together_from = 8;

    /// Reads the directory ahead of the pass and remembers the digest of everything from its first byte on.
    result<void> make_plan()
    {
        const std::uint64_t tail_bytes = std::min<std::uint64_t>(what_.archive_bytes, zip_tail_bytes);
        MODELSEC_TRY(const bytes tail, read(what_.archive_bytes - tail_bytes, tail_bytes));
        MODELSEC_TRY(end_, find_zip_directory(tail, what_.archive_bytes, caps_));
        hasher planned;
        zip_planner planner(end_, caps_);
        bytes window;
        for (std::uint64_t seen = 0; seen < end_.directory_bytes;)
        {
            MODELSEC_TRY(const bytes part, read(end_.directory_offset + seen,
                                                std::min<std::uint64_t>(directory_part_bytes, end_.directory_bytes - seen)));
            planned.update(part);
            seen += part.size();
            window.insert(window.end(), part.begin(), part.end());
            MODELSEC_TRY(const std::size_t taken, planner.take(window, seen == end_.directory_bytes));
            window.erase(window.begin(), window.begin() + static_cast<std::ptrdiff_t>(taken));
        }
        MODELSEC_TRY(plan_, planner.finish());

        const std::uint64_t end_records = what_.archive_bytes - end_.directory_offset - end_.directory_bytes;
        planned.update(bytes_view(tail).last(static_cast<std::size_t>(end_records)));
        planned_ = planned.finish_sha256();
        return {};
    }

    /// CWE-367: what the pass reads as the directory is what the plan was made from.
    result<void> check_directory()
    {
        hasher seen;
        while (source_.position() < what_.archive_bytes)
        {
            MODELSEC_TRY(const bytes_view part, source_.some(what_.archive_bytes));
            seen.update(part);
        }
        if (seen.finish_sha256() != planned_)
            return zip_refused("an archive that changes while it is read");
        return {};
    }

    result<void> unpack_entry(const zip_entry& entry)
    {
        MODELSEC_TRY(const bytes header, source_.exactly(zip_local_header_bytes));
        MODELSEC_TRY(const std::size_t more, check_zip_local(entry, header));
        if (more > entry.end - source_.position())
            return zip_refused("entries that overlap");
        MODELSEC_TRY(const bytes names, source_.exactly(more));
        MODELSEC_CHECK(check_zip_local_names(entry, header, names));
        if (entry.packed_bytes > entry.end - source_.position())
            return zip_refused("entries that overlap");

        MODELSEC_TRY(file out, create(entry));
        archive_sink sink(files_, std::move(out), entry, handle_, !together_);
        MODELSEC_CHECK(entry.deflated ? inflate_to(sink, entry) : copy_to(sink, entry));
        MODELSEC_TRY(const sha256_digest digest, sink.finish());
        if (!entry.folder)
            placed_.push_back({entry.path, verified_file(entry.bytes, digest)});

        const std::uint64_t gap_bytes = entry.end - source_.position();
        if (gap_bytes > zip_descriptor_bytes)
            return zip_refused("bytes between two entries");
        MODELSEC_TRY(const bytes gap, source_.exactly(static_cast<std::size_t>(gap_bytes)));
        return check_zip_descriptor(entry, gap);
    }

    result<void> copy_to(archive_sink& sink, const zip_entry& entry)
    {
        for (std::uint64_t left = entry.packed_bytes; left > 0;)
        {
            MODELSEC_TRY(const bytes_view part, source_.some(left));
            MODELSEC_CHECK(sink.write(part));
            left -= part.size();
        }
        return {};
    }

    result<void> inflate_to(archive_sink& sink, const zip_entry& entry)
    {
        MODELSEC_CHECK(inflater_.start());
        for (std::uint64_t left = entry.packed_bytes; left > 0;)
        {
            MODELSEC_TRY(const bytes_view part, source_.some(left));
            MODELSEC_CHECK(inflater_.feed(part, sink));
            left -= part.size();
        }
        return inflater_.finish();
    }

    /// The new file of an entry; an invalid one for a folder.
    result<file> create(const zip_entry& entry)
    {
        if (entry.folder || !into_)
            return file();
        const std::string path = entry.path.str();
        const std::size_t slash = path.rfind('/');
        const std::string folder = slash == std::string::npos ? std::string() : path.substr(0, slash);
        if (!folder.empty() && folder != folder_name_)
        {
            MODELSEC_TRY(folder_, open_folder(folder, false));
            folder_name_ = folder;
        }
        const file& at = folder.empty() ? *into_ : folder_;
        MODELSEC_TRY(file out, files_.open_file(at, entry.path.file().str(), open_mode::create_new));
        if (!out)
            return fail(reason::unsafe_name, "two names that this file system takes for one");
        if (entry.bytes > archive_buffer_bytes)
            MODELSEC_CHECK(files_.reserve(out, entry.bytes));
        return out;
    }

    /// Opens a folder of the plan by walking down from the pack's folder, following no link.
    result<file> open_folder(const std::string& path, bool create_last)
    {
        file at;
        for (std::size_t begin = 0; begin <= path.size();)
        {
            const std::size_t end = std::min(path.find('/', begin), path.size());
            const bool create = create_last && end == path.size();
            MODELSEC_TRY(file next, files_.open_folder(at ? at : *into_, path.substr(begin, end - begin), create));
            if (!next)
                return fail(reason::store_layout, "a folder vanished while the archive was unpacked");
            at = std::move(next);
            begin = end + 1;
        }
        return at;
    }

    result<void> sync_folders()
    {
        if (!into_)
            return {};
        if (together_)
        {
            MODELSEC_TRY(const bool synced, files_.sync_all(*into_));
            return synced ? result<void>() : fail(reason::store_io, "what was unpacked is not known to be on the disk");
        }
        for (const std::string& folder : plan_.folders)
        {
            MODELSEC_TRY(const file opened, open_folder(folder, false));
            MODELSEC_CHECK(files_.sync(opened));
        }
        return files_.sync(*into_);
    }

    file_system& files_;
    const file& archive_;
    const file* into_;
    const extraction& what_;
    const limits& caps_;
    const control& handle_;
    archive_source source_;
    archive_inflater inflater_;
    zip_end end_;
    zip_plan plan_;
    sha256_digest planned_;
    std::string folder_name_;  ///< of folder_
    file folder_;              ///< where the last file went
    std::vector<placed_file> placed_;
    bool together_ = false;  ///< all is synced at the end
};

result<std::vector<placed_file>> extract_zip(file_system& files, const file& archive, const file& into,
                                             const extraction& what, const limits& caps, const control& handle)
{
    return zip_extractor(files, archive, &into, what, caps, handle).run();
}

result<std::uint64_t> check_zip(file_system& files, const file& archive, const extraction& what, const limits& caps,
                                const control& handle)
{
    MODELSEC_TRY(const std::vector<placed_file> unpacked, zip_extractor(files, archive, nullptr, what, caps, handle).run());
    std::uint64_t out = 0;
    for (const placed_file& f : unpacked)
        out += f.content.size();
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
