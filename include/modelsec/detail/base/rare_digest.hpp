// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_RARE_DIGEST_HPP
#define MODELSEC_DETAIL_BASE_RARE_DIGEST_HPP

#include <modelsec/detail/base/digest.hpp>

#include <memory>
#include <optional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// An optional digest, of things that come by ten thousands and mostly have none (CWE-770): then it is a pointer's size.
class rare_digest
{
public:
    rare_digest() noexcept = default;
    rare_digest(const sha256_digest& digest) : digest_(std::make_unique<const sha256_digest>(digest)) {}
    rare_digest(const std::optional<sha256_digest>& digest)
        : digest_(digest ? std::make_unique<const sha256_digest>(*digest) : nullptr)
    {
    }
    rare_digest(const rare_digest& other)
        : digest_(other.digest_ ? std::make_unique<const sha256_digest>(*other.digest_) : nullptr)
    {
    }
    rare_digest(rare_digest&&) noexcept = default;
    rare_digest& operator=(rare_digest other) noexcept
    {
        digest_ = std::move(other.digest_);
        return *this;
    }

    bool has_value() const noexcept { return digest_ != nullptr; }
    const sha256_digest& operator*() const noexcept { return *digest_; }
    const sha256_digest* operator->() const noexcept { return digest_.get(); }
    void reset() noexcept { digest_.reset(); }
    friend bool operator==(const rare_digest& a, const rare_digest& b)
    {
        return a.has_value() == b.has_value() && (!a.has_value() || *a == *b);
    }

private:
    std::unique_ptr<const sha256_digest> digest_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
