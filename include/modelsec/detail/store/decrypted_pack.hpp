// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_DECRYPTED_PACK_HPP
#define MODELSEC_DETAIL_STORE_DECRYPTED_PACK_HPP

#include <modelsec/detail/store/decrypted_file.hpp>
#include <modelsec/detail/store/store.hpp>

MODELSEC_BEGIN_NAMESPACE

namespace detail {
class decrypted_pack_opener;
}

/// An active pack of which some files are encrypted, held open: the plain ones by their descriptors, the others by readers. gc spares it while
/// this lives. Moves; release it on any thread.
class decrypted_pack
{
public:
    decrypted_pack() = default;

    /// The pack as it lies on disk, cipher text and all.
    const open_pack& pack() const noexcept { return pack_; }
    /// Those that are encrypted, in the order of the pack.
    const std::vector<decrypted_file>& files() const noexcept { return files_; }
    /// The encrypted file at this relative path, or null.
    MODELSEC_DECL const decrypted_file* find(std::string_view path) const noexcept;

private:
    friend class detail::decrypted_pack_opener;
    open_pack pack_;  ///< its entries stay where they are when this is moved
    std::vector<decrypted_file> files_;
};

namespace detail {

/// Opens an active pack for reading what is encrypted in it.
class decrypted_pack_opener
{
public:
    /// Codes: 30 `decrypt_failed`, `pack_damaged`; 41, 43, 50 `encrypted`.
    MODELSEC_DECL static result<decrypted_pack> open(const store& disk, file_system& files, const identifier& model,
                                                     const key_provider& keys, const limits& caps, const control& handle);
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/decrypted_pack.ipp>
#endif

#endif
