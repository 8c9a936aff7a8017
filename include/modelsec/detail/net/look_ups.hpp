// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_LOOK_UPS_HPP
#define MODELSEC_DETAIL_NET_LOOK_UPS_HPP

#include <modelsec/error.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class wakeup;

/// The addresses of one host and port, or why there are none.
struct look_up_answer
{
    boost::system::error_code ec{};
    std::vector<boost::asio::ip::tcp::endpoint> found{};
};

/// Look-ups of names, each on a thread of its own, of which there are never more than so many: the system's resolver (getaddrinfo) cannot be
/// ended, and may take half a minute over a dead name server. Whoever asked goes on without it, and the thread ends when it ends; it touches
/// nothing but this, which it keeps. Who asks for what is being looked up waits for that, and where the cap is reached for one that ends,
/// each within its own time (CWE-770).
class look_ups : public std::enable_shared_from_this<look_ups>
{
public:
    using resolver = std::function<look_up_answer(const std::string& host, std::uint16_t port)>;
    struct one;

    static constexpr std::size_t most_in_a_process = 16;

    look_ups(std::size_t most, resolver ask) : most_(most), ask_(std::move(ask)) {}
    /// By the system's resolver, for the whole process; a process that was forked has its own: the threads stayed behind.
    MODELSEC_DECL static std::shared_ptr<look_ups> of_process();

    /// The look-up that is under way for them, or a new one; null: too many are. `out_of_memory` where no thread can be started.
    MODELSEC_DECL result<std::shared_ptr<const one>> begin(const std::string& host, std::uint16_t port);
    /// Null until it has ended.
    MODELSEC_DECL const look_up_answer* answer(const one& which) const;
    MODELSEC_DECL std::size_t running() const;

    /// Whoever waits: woken when any of them ends, forgotten when it goes, however it goes.
    class asker
    {
    public:
        MODELSEC_DECL asker(look_ups& names, wakeup& wake);
        MODELSEC_DECL ~asker();
        asker(const asker&) = delete;
        asker& operator=(const asker&) = delete;

    private:
        look_ups& names_;
        wakeup& wake_;
    };

private:
    MODELSEC_DECL void run(const std::shared_ptr<one>& which) noexcept;

    const std::size_t most_;
    const resolver ask_;
    mutable std::mutex mutex_;
    std::list<std::shared_ptr<one>> running_;
    std::set<wakeup*> askers_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/look_ups.ipp>
#endif

#endif
