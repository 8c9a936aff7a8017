// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_AUDIT_AUDIT_LOG_HPP
#define MODELSEC_DETAIL_AUDIT_AUDIT_LOG_HPP

#include <modelsec/detail/audit/audit_memory.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// How the files of a log are kept.
struct audit_rotation
{
    std::uint64_t file_bytes = std::uint64_t{16} << 20;  ///< a file that has grown to this is put aside as `audit.<n>.jsonl`
    unsigned kept_files = 8;                             ///< so many of these stay, the newest; at least 1
};

/// The log in a folder: append-only JSON lines. A file in the store's folder of locks is locked for as long as one line takes, so lines of several processes
/// do not mix, and what a crash leaves of one spoils no other. Its owner alone can open that file, also where the store is shared for
/// reading: nobody else keeps him from it (CWE-667). Thread-safe.
class audit_log
{
public:
    audit_log(file_system& files, const file& folder) : files_(files), folder_(folder) {}

    MODELSEC_DECL result<void> append(const audit_record& record, const audit_rotation& rotation) const;
    /// Those that match, oldest first, at most `most` (the newest).
    MODELSEC_DECL result<std::vector<audit_record>> read(const audit_filter& filter, std::size_t most) const;
    /// Changes what is remembered between attempts, alone among all processes; what cannot be read is begun anew.
    MODELSEC_DECL result<void> update(const std::function<void(audit_memory&)>& change) const;

private:
    MODELSEC_DECL result<std::vector<std::uint64_t>> numbers() const;
    MODELSEC_DECL result<void> put_aside(unsigned kept_files) const;
    MODELSEC_DECL result<audit_memory> memory() const;

    file_system& files_;
    const file& folder_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/audit/audit_log.ipp>
#endif

#endif
