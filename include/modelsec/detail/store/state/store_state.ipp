// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STATE_STORE_STATE_IPP
#define MODELSEC_DETAIL_STORE_STATE_STORE_STATE_IPP

#include <modelsec/detail/store/store_lock.ipp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<model_state> store::state(const identifier& model) const
{
    MODELSEC_TRY(newest_generation now, load_newest(*disk_, model));
    return std::move(now.state);
}

result<model_state> store::update(const identifier& model, const std::function<result<bool>(model_state&)>& change) const
{
    // Envelopes that `change` keeps are not yet named by any state: this holds gc off them.
    MODELSEC_TRY(const file no_gc, hold_envelopes(*disk_));
    for (unsigned i = 0; i < store_patience; ++i)
    {
        MODELSEC_TRY(const newest_generation now, load_newest(*disk_, model));
        model_state next = now.state;
        MODELSEC_TRY(const bool changed, change(next));
        if (!changed)
            return now.state;
        next.generation = now.highest + 1;
        next.attempt = unique_word();
        next.ancestors = now.state.ancestors;
        if (now.state.generation != 0)
            next.ancestors.insert(next.ancestors.begin(), now.identity);
        next.ancestors.resize(std::min(next.ancestors.size(), kept_ancestors));
        MODELSEC_TRY(const bool published, publish_generation(*disk_, model, next));
        if (!published)
            continue;
        (void)trim_generations(*disk_, model, kept_generations);  // the next writer tries again
        return next;
    }
    return fail(reason::lock_timeout, "the state changes all the time");
}

result<void> store::keep_envelope(bytes_view raw) const
{
    const std::string name = sha256(raw).hex() + ".json";
    MODELSEC_TRY(const file there, disk_->files->open_file(disk_->envelopes, name, open_mode::read_linked));
    if (there)
    {
        auto kept = read_whole(*disk_->files, there, raw.size());
        MODELSEC_TRY(const file_info what, disk_->files->info(there));
        // One that its owner alone could read, by an earlier version or before the store was shared, is written anew.
        const bool shared = disk_->envelopes.rule().policy != store_policy::shared_read || (what.mode & 0044) == 0044;
        if (kept && shared && std::equal(kept->begin(), kept->end(), raw.begin(), raw.end()))
            return {};
    }
    return write_whole(*disk_->files, disk_->envelopes, name, raw);
}

result<bytes> store::read_envelope(const sha256_digest& digest) const
{
    MODELSEC_TRY(const file there,
                 disk_->files->open_file(disk_->envelopes, digest.hex() + ".json", open_mode::read_linked));
    if (!there)
        return fail(reason::state_unreadable, "an envelope that the state names is gone");
    MODELSEC_TRY(bytes raw, read_whole(*disk_->files, there, disk_->caps.envelope_bytes));
    if (!(sha256(raw) == digest))
        return fail(reason::state_unreadable, "an envelope was altered on disk");
    return raw;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
