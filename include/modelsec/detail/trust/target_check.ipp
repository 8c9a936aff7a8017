// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_TARGET_CHECK_IPP
#define MODELSEC_DETAIL_TRUST_TARGET_CHECK_IPP

#include <modelsec/detail/trust/tuf_workflow.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<target_check> target_check::start(target_file target)
{
    if (!target.hashes.checkable())
        return fail(reason::metadata_mismatch, "no known digest is listed for the target");
    target_check out(std::move(target));
    if (out.target_.hashes.sha256)
        out.sha256_.emplace(hash_algorithm::sha256);
    if (out.target_.hashes.sha512)
        out.sha512_.emplace(hash_algorithm::sha512);
    return out;
}

result<void> target_check::update(bytes_view data)
{
    if (data.size() > target_.length - seen_)
        return fail(reason::size_mismatch, "more bytes than are listed for the target");
    seen_ += data.size();
    if (sha256_)
        sha256_->update(data);
    if (sha512_)
        sha512_->update(data);
    return {};
}

result<void> target_check::finish()
{
    if (seen_ != target_.length)
        return fail(reason::size_mismatch, "fewer bytes than are listed for the target");
    if ((sha256_ && sha256_->finish_sha256() != *target_.hashes.sha256) ||
        (sha512_ && sha512_->finish() != *target_.hashes.sha512))
        return fail(reason::digest_mismatch);
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
