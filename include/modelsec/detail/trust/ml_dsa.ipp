// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Verifying ML-DSA (FIPS 204); signing is not here. Written out because OpenSSL has it from 3.5 on only. Everything a verifier
// touches is public, so nothing has to take the same time for every input.
#ifndef MODELSEC_DETAIL_TRUST_ML_DSA_IPP
#define MODELSEC_DETAIL_TRUST_ML_DSA_IPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/openssl.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

namespace ml_dsa {

/// FIPS 204 section 4, table 1.
struct parameters
{
    unsigned k, l;          ///< rows and columns of the matrix
    unsigned tau;           ///< coefficients of the challenge that are not 0
    std::uint32_t beta;     ///< tau times the largest coefficient of the secret
    std::uint32_t gamma1;   ///< bound of the answer
    std::uint32_t gamma2;   ///< half the width of what is rounded away
    unsigned omega;         ///< the most hints
    std::size_t challenge;  ///< bytes of the challenge's hash

    unsigned z_bits() const { return gamma1 == (1u << 17) ? 18 : 20; }
    unsigned w1_bits() const { return gamma2 == 95'232 ? 6 : 4; }
    std::size_t key_bytes() const { return 32 + std::size_t{320} * k; }
    std::size_t signature_bytes() const { return challenge + std::size_t{32} * z_bits() * l + omega + k; }
};

inline constexpr parameters ml_dsa_44{4, 4, 39, 78, 1u << 17, 95'232, 80, 32};
inline constexpr parameters ml_dsa_65{6, 5, 49, 196, 1u << 19, 261'888, 55, 48};
inline constexpr parameters ml_dsa_87{8, 7, 60, 120, 1u << 19, 261'888, 75, 64};

inline constexpr std::uint32_t q = 8'380'417;

/// A polynomial's coefficients, each below q.
using polynomial = std::array<std::uint32_t, 256>;

inline std::uint32_t times(std::uint32_t a, std::uint32_t b)
{
    return static_cast<std::uint32_t>(std::uint64_t{a} * b % q);
}

inline std::uint32_t plus(std::uint32_t a, std::uint32_t b)
{
    return (a + b) % q;
}
inline std::uint32_t minus(std::uint32_t a, std::uint32_t b)
{
    return (a + q - b) % q;
}

/// FIPS 204 appendix B: 1753 to the power of the index with its 8 bits reversed.
inline const std::array<std::uint32_t, 256>& roots_of_unity()
{
    static const auto table = [] {
        std::array<std::uint32_t, 256> out{};
        std::uint32_t power = 1;
        for (unsigned i = 0; i < 256; ++i, power = times(power, 1753))
        {
            unsigned reversed = 0;
            for (unsigned bit = 0; bit < 8; ++bit)
                reversed |= ((i >> bit) & 1) << (7 - bit);
            out[reversed] = power;
        }
        return out;
    }();
    return table;
}

/// Algorithm 41.
inline void to_ntt(polynomial& w)
{
    std::size_t m = 0;
    for (std::size_t length = 128; length > 0; length /= 2)
        for (std::size_t start = 0; start < 256; start += 2 * length)
        {
            const std::uint32_t zeta = roots_of_unity()[++m];
            for (std::size_t j = start; j < start + length; ++j)
            {
                const std::uint32_t t = times(zeta, w[j + length]);
                w[j + length] = minus(w[j], t);
                w[j] = plus(w[j], t);
            }
        }
}

/// Algorithm 42.
inline void from_ntt(polynomial& w)
{
    std::size_t m = 256;
    for (std::size_t length = 1; length < 256; length *= 2)
        for (std::size_t start = 0; start < 256; start += 2 * length)
        {
            const std::uint32_t zeta = q - roots_of_unity()[--m];
            for (std::size_t j = start; j < start + length; ++j)
            {
                const std::uint32_t t = w[j];
                w[j] = plus(t, w[j + length]);
                w[j + length] = times(zeta, minus(t, w[j + length]));
            }
        }
    for (std::uint32_t& c : w)
        c = times(c, 8'347'681);  // 1 / 256
}

/// The first bytes of SHAKE128 or SHAKE256 (FIPS 202) of the parts, one after the other; nothing if OpenSSL fails.
inline std::optional<bytes> shake(const char* name, std::size_t size, std::initializer_list<bytes_view> parts)
{
    const openssl_ptr<EVP_MD, EVP_MD_free> md(EVP_MD_fetch(openssl_library::instance().context(), name, nullptr));
    const openssl_ptr<EVP_MD_CTX, EVP_MD_CTX_free> ctx(EVP_MD_CTX_new());
    if (!md || !ctx || EVP_DigestInit_ex2(ctx.get(), md.get(), nullptr) != 1)
        return std::nullopt;
    for (const bytes_view part : parts)
        if (EVP_DigestUpdate(ctx.get(), part.data(), part.size()) != 1)
            return std::nullopt;
    bytes out(size);
    if (EVP_DigestFinalXOF(ctx.get(), out.data(), out.size()) != 1)
        return std::nullopt;
    return out;
}

/// Algorithm 30, RejNTTPoly: an entry of the matrix, already in the NTT domain.
inline std::optional<polynomial> matrix_entry(bytes_view seed, unsigned row, unsigned column)
{
    const std::array<std::uint8_t, 2> place{static_cast<std::uint8_t>(column), static_cast<std::uint8_t>(row)};
    polynomial out;
    // What is asked for is nearly always enough (one candidate of 1,024 is refused); a longer output begins with the shorter one.
    for (std::size_t size = 1008;; size *= 2)
    {
        const auto stream = shake("SHAKE128", size, {seed, place});
        if (!stream)
            return std::nullopt;
        std::size_t filled = 0;
        for (std::size_t at = 0; at + 3 <= size && filled < out.size(); at += 3)
        {
            const std::uint32_t candidate =
                (*stream)[at] | std::uint32_t{(*stream)[at + 1]} << 8 | (std::uint32_t{(*stream)[at + 2]} & 0x7f) << 16;
            if (candidate < q)
                out[filled++] = candidate;
        }
        if (filled == out.size())
            return out;
    }
}

/// Algorithm 29, SampleInBall: the challenge, with tau coefficients of 1 or -1.
inline std::optional<polynomial> challenge(const parameters& p, bytes_view hash)
{
    for (std::size_t size = 512;; size *= 2)
    {
        const auto stream = shake("SHAKE256", size, {hash});
        if (!stream)
            return std::nullopt;
        polynomial out{};
        std::size_t at = 8;  // the first 8 bytes are signs
        unsigned i = 256 - p.tau;
        for (; i < 256; ++i, ++at)
        {
            while (at < size && (*stream)[at] > i)
                ++at;
            if (at == size)
                break;
            const unsigned sign = i + p.tau - 256;
            const std::uint8_t j = (*stream)[at];
            out[i] = out[j];
            out[j] = ((*stream)[sign / 8] >> (sign % 8) & 1) != 0 ? q - 1 : 1;
        }
        if (i == 256)
            return out;
    }
}

/// Algorithms 18 and 19: 256 numbers of so many bits, the lowest bit first.
inline polynomial unpack(bytes_view data, unsigned bits)
{
    polynomial out{};
    for (std::size_t bit = 0; bit < 256 * std::size_t{bits}; ++bit)
        out[bit / bits] |= std::uint32_t{(data[bit / 8] >> (bit % 8)) & 1u} << (bit % bits);
    return out;
}

/// Algorithm 16.
inline void pack(bytes& to, const polynomial& from, unsigned bits)
{
    const std::size_t begin = to.size();
    to.resize(begin + std::size_t{32} * bits);
    for (std::size_t bit = 0; bit < 256 * std::size_t{bits}; ++bit)
        to[begin + bit / 8] |= static_cast<std::uint8_t>((from[bit / bits] >> (bit % bits) & 1) << (bit % 8));
}

using hints = std::vector<std::array<bool, 256>>;

/// Algorithm 21, HintBitUnpack: one encoding for every set of hints, so that nobody can make another signature of one.
inline std::optional<hints> unpack_hints(const parameters& p, bytes_view data)
{
    hints out(p.k);
    std::size_t at = 0;
    for (unsigned i = 0; i < p.k; ++i)
    {
        const std::size_t first = at, end = data[p.omega + i];
        if (end < at || end > p.omega)
            return std::nullopt;
        for (; at < end; ++at)
        {
            if (at > first && data[at - 1] >= data[at])
                return std::nullopt;
            out[i][data[at]] = true;
        }
    }
    for (; at < p.omega; ++at)
        if (data[at] != 0)
            return std::nullopt;
    return out;
}

/// Algorithms 36 and 40, Decompose and UseHint.
inline std::uint32_t high_bits(const parameters& p, std::uint32_t r, bool hint)
{
    const std::uint32_t width = 2 * p.gamma2, steps = (q - 1) / width;
    const std::uint32_t low = r % width;
    const bool below = low > p.gamma2;  // the remainder nearest to 0 is negative
    const std::uint32_t rounded = (r - low) / width + (below ? 1 : 0);
    // As many steps as there are is step 0, and the remainder is one less then, hence negative.
    const std::uint32_t high = rounded % steps;
    if (!hint)
        return high;
    return rounded != steps && !below && low > 0 ? (high + 1) % steps : (high + steps - 1) % steps;
}

/// Algorithms 3 and 8 with an empty context. `key` and `signature` are as FIPS 204 encodes them; the key has its right size.
inline bool verify(const parameters& p, bytes_view key, bytes_view message, bytes_view signature)
{
    if (key.size() != p.key_bytes() || signature.size() != p.signature_bytes())
        return false;
    const bytes_view seed = key.first(32), expected = signature.first(p.challenge);
    const std::size_t z_size = std::size_t{32} * p.z_bits();
    std::vector<polynomial> z;
    for (unsigned i = 0; i < p.l; ++i)
    {
        z.push_back(unpack(signature.subspan(p.challenge + i * z_size, z_size), p.z_bits()));
        for (std::uint32_t& c : z.back())
        {
            const std::uint32_t size = c > p.gamma1 ? c - p.gamma1 : p.gamma1 - c;
            if (size >= p.gamma1 - p.beta)
                return false;
            c = minus(p.gamma1, c);
        }
        to_ntt(z.back());
    }
    const auto hint = unpack_hints(p, signature.last(p.omega + p.k));
    auto c = challenge(p, expected);
    if (!hint || !c)
        return false;
    to_ntt(*c);
    static constexpr std::array<std::uint8_t, 2> pure_and_no_context{0, 0};
    const auto tr = shake("SHAKE256", 64, {key});
    const auto mu = tr ? shake("SHAKE256", 64, {*tr, pure_and_no_context, message}) : std::nullopt;
    if (!mu)
        return false;
    bytes w1;
    for (unsigned row = 0; row < p.k; ++row)
    {
        polynomial t = unpack(key.subspan(32 + std::size_t{320} * row, 320), 10);
        for (std::uint32_t& coefficient : t)
            coefficient <<= 13;  // at most 1,023 * 2^13, below q
        to_ntt(t);
        polynomial w{};
        for (unsigned column = 0; column < p.l; ++column)
        {
            const auto a = matrix_entry(seed, row, column);
            if (!a)
                return false;
            for (std::size_t i = 0; i < 256; ++i)
                w[i] = plus(w[i], times((*a)[i], z[column][i]));
        }
        for (std::size_t i = 0; i < 256; ++i)
            w[i] = minus(w[i], times((*c)[i], t[i]));
        from_ntt(w);
        for (std::size_t i = 0; i < 256; ++i)
            w[i] = high_bits(p, w[i], (*hint)[row][i]);
        pack(w1, w, p.w1_bits());
    }
    const auto got = shake("SHAKE256", p.challenge, {*mu, w1});
    return got && std::equal(got->begin(), got->end(), expected.begin(), expected.end());
}

}  // namespace ml_dsa

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
