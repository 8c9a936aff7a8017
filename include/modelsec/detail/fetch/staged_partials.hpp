// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_STAGED_PARTIALS_HPP
#define MODELSEC_DETAIL_FETCH_STAGED_PARTIALS_HPP

#include <modelsec/detail/fetch/download.hpp>
#include <modelsec/detail/fetch/pack_sink.hpp>
#include <modelsec/detail/store/staging.hpp>

#include <mutex>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The partials of a staging folder, as the sink wants them.
class staged_partials final : public partial_files
{
public:
    staged_partials(staging& staged, const std::vector<wanted_file>& files) : staged_(staged), files_(files) {}

    file_system& disk() override { return staged_.files(); }
    result<file> open(std::size_t which) override
    {
        const std::lock_guard alone(journal_);
        return staged_.open_partial(files_[which].expected->sha256);
    }
    result<void> drop(std::size_t which) override
    {
        const std::lock_guard alone(journal_);
        return staged_.drop_partial(files_[which].expected->sha256);
    }
    result<void> make_durable(const std::vector<written>& what) override
    {
        std::vector<sha256_digest> contents;
        std::vector<staging::durable> ranges;
        for (const written& w : what)
        {
            const artifact_file& f = *files_[w.file].expected;
            contents.push_back(f.sha256);
            ranges.push_back({f.sha256, f.size_bytes, w.ranges});
        }
        MODELSEC_CHECK(staged_.sync_partials(contents));  // this may take seconds, in which others open files
        const std::lock_guard alone(journal_);
        return staged_.add_to_journal(ranges);
    }

private:
    staging& staged_;
    const std::vector<wanted_file>& files_;
    std::mutex journal_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
