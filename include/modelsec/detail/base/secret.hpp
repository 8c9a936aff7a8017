// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_SECRET_HPP
#define MODELSEC_DETAIL_BASE_SECRET_HPP

#include <modelsec/detail/base/bytes.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

namespace detail {

/// Wipes what it gives back, so that a container that grows leaves nothing behind (CWE-226, CWE-244).
template <class T>
struct wiping_allocator
{
    using value_type = T;
    wiping_allocator() = default;
    template <class U>
    wiping_allocator(const wiping_allocator<U>&) noexcept
    {
    }
    T* allocate(std::size_t n) { return std::allocator<T>().allocate(n); }
    void deallocate(T* p, std::size_t n) noexcept
    {
        modelsec::wipe(p, n * sizeof(T));
        std::allocator<T>().deallocate(p, n);
    }
    friend bool operator==(const wiping_allocator&, const wiping_allocator&) noexcept { return true; }
};

}  // namespace detail

/// Text that is wiped when it goes: a header's value. Each copy is wiped as well; none is ever printed.
class secret_text
{
public:
    secret_text() = default;
    secret_text(std::string_view text) : data_(text.begin(), text.end()) {}
    secret_text(const char* text) : secret_text(std::string_view(text)) {}
    secret_text(const std::string& text) : secret_text(std::string_view(text)) {}

    /// Valid until the text changes. Do not copy it into anything that is not wiped.
    std::string_view view() const noexcept { return {data_.data(), data_.size()}; }
    operator std::string_view() const noexcept { return view(); }
    bool empty() const noexcept { return data_.empty(); }
    std::size_t size() const noexcept { return data_.size(); }
    secret_text& append(std::string_view more)
    {
        data_.insert(data_.end(), more.begin(), more.end());
        return *this;
    }
    void clear() noexcept { decltype(data_)().swap(data_); }

    friend bool operator==(const secret_text& a, const secret_text& b) noexcept { return a.view() == b.view(); }
    friend bool operator==(const secret_text& a, std::string_view b) noexcept { return a.view() == b; }

private:
    std::vector<char, detail::wiping_allocator<char>> data_;
};
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
