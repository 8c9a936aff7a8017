// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_SECRET_HPP
#define MODELSEC_DETAIL_BASE_SECRET_HPP

#include <modelsec/detail/base/bytes.hpp>

MODELSEC_BEGIN_NAMESPACE

/// Bytes that are wiped when they go: tokens, passwords, private keys. Moves; copies only by name; never prints.
class secret
{
public:
    secret() = default;
    explicit secret(std::string_view text) : data_(as_bytes(text).begin(), as_bytes(text).end()) {}
    explicit secret(bytes_view raw) : data_(raw.begin(), raw.end()) {}
    secret(secret&& other) noexcept : data_(std::move(other.data_)) { other.data_.clear(); }
    secret& operator=(secret&& other) noexcept
    {
        if (this != &other)
        {
            wipe();
            data_ = std::move(other.data_);
            other.data_.clear();
        }
        return *this;
    }
    secret(const secret&) = delete;
    secret& operator=(const secret&) = delete;
    ~secret() { wipe(); }

    secret clone() const { return secret(bytes_view(data_)); }
    bool empty() const noexcept { return data_.empty(); }
    /// The secret itself. Do not copy it into anything that is not wiped.
    bytes_view reveal() const noexcept { return data_; }
    std::string_view reveal_text() const noexcept { return as_text(data_); }
    MODELSEC_DECL void wipe() noexcept;

private:
    bytes data_;
};

/// Overwrites memory in a way that the optimizer keeps.
MODELSEC_DECL void wipe(void* data, std::size_t size) noexcept;
inline void wipe(std::string& text) noexcept
{
    wipe(text.data(), text.size());
    text.clear();
}

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/secret.ipp>
#endif

#endif
