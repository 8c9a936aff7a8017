// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_RELAY_HPP
#define MODELSEC_TESTS_SUPPORT_RELAY_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace support {

/// What goes wrong with one connection, below TLS. Offsets count the bytes that came from the server so far, on this connection.
struct line_fault
{
    enum class kind
    {
        none,
        cut,      ///< the connection ends without a word
        reset,    ///< … by a reset
        stall,    ///< nothing comes any more; the connection stays
        corrupt,  ///< one bit of a byte is wrong
        refuse    ///< as cut; and for a while nobody listens any more
    };
    static constexpr std::uint64_t last_byte = ~std::uint64_t{0};

    kind what = kind::none;
    std::uint64_t at = 0;                     ///< before this byte (corrupt: this byte); last_byte: see `tail_from`
    std::uint64_t tail_from = 0;              ///< with last_byte: what comes last, once so much has come
    std::chrono::milliseconds delay{0};       ///< before the first byte in either direction
    std::chrono::milliseconds latency{0};     ///< every byte from the server comes so much later
    std::uint64_t bytes_per_second = 0;       ///< from the server, not faster than this
    std::chrono::milliseconds silence{0};     ///< with refuse: how long
    std::optional<std::uint16_t> other_port;  ///< this connection goes to another server of this machine
};

/// A raw TCP relay on 127.0.0.1 for one test, with faults. All members may be called from any thread. Ends with its object.
class relay
{
public:
    explicit relay(std::uint16_t server_port);
    ~relay();

    std::uint16_t port() const noexcept;
    /// The next `times` connections get the fault; faults queue up.
    void fail(line_fault what, unsigned times = always);
    /// No more faults; returns once it listens again.
    void heal();
    std::uint64_t connections() const;
    static constexpr unsigned always = ~0u;

private:
    struct state;
    std::shared_ptr<state> state_;
};

/// A port of 127.0.0.1 where no connection is ever answered, neither with yes nor with no, while the object lives.
class black_hole
{
public:
    black_hole();
    ~black_hole();
    black_hole(const black_hole&) = delete;
    black_hole& operator=(const black_hole&) = delete;

    std::uint16_t port() const noexcept { return port_; }

private:
    int listener_ = -1;
    int waiting_[4] = {-1, -1, -1, -1};  ///< they fill its queue
    std::uint16_t port_ = 0;
};

}  // namespace support

#endif
