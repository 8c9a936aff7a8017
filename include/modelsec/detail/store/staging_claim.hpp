// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STAGING_CLAIM_HPP
#define MODELSEC_DETAIL_STORE_STAGING_CLAIM_HPP

#include <modelsec/detail/base/file_system/file_system.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Who works in a staging folder, where locks of files mean nothing: a file beside it says so, made only if it is not there yet. Gives the
/// folder free when it goes; of a process that was killed the next one finds out that it is no more.
class staging_claim
{
public:
    staging_claim() = default;
    staging_claim(file_system& files, file at) : files_(&files), at_(std::move(at)), owner_(process_number()) {}
    staging_claim(staging_claim&& other) noexcept = default;
    staging_claim& operator=(staging_claim&& other) noexcept
    {
        free();
        files_ = other.files_;
        at_ = std::move(other.at_);
        owner_ = other.owner_;
        owned_ = other.owned_;
        return *this;
    }
    ~staging_claim() { free(); }

    /// Says whose it is: once he is no more, others may resume what is in the folder.
    MODELSEC_DECL result<void> own();
    /// Says that the folder is being removed: what is found of it is not resumed.
    MODELSEC_DECL result<void> begin_removal();
    /// Gives nothing free when it goes.
    void give_up() noexcept { owned_ = false; }

private:
    MODELSEC_DECL result<void> say(std::string_view text);
    MODELSEC_DECL void free() noexcept;

    file_system* files_ = nullptr;
    file at_;
    std::uint64_t owner_ = 0;  ///< a forked child gives nothing free
    bool owned_ = false;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/staging_claim.ipp>
#endif

#endif
