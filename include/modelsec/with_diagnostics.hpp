// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_WITH_DIAGNOSTICS_HPP
#define MODELSEC_WITH_DIAGNOSTICS_HPP

#include <modelsec/error.hpp>

#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace boost::asio {
template <typename>
struct use_awaitable_t;
template <typename>
class use_future_t;
}  // namespace boost::asio

MODELSEC_BEGIN_NAMESPACE

/// A completion token: as `token`, but where an operation of modelsec fails, the handler gets a `modelsec::error`, with reason and
/// detail, as std::exception_ptr in place of the error_code.
template <class CompletionToken>
class with_diagnostics_t
{
public:
    constexpr explicit with_diagnostics_t(CompletionToken token) : token_(std::move(token)) {}
    /// The default token of the operations.
    constexpr with_diagnostics_t()
        requires std::is_default_constructible_v<CompletionToken>
    = default;

    CompletionToken& token() & noexcept { return token_; }
    const CompletionToken& token() const& noexcept { return token_; }
    CompletionToken&& token() && noexcept { return std::move(token_); }

private:
    CompletionToken token_{};
};

template <class CompletionToken>
constexpr with_diagnostics_t<std::decay_t<CompletionToken>> with_diagnostics(CompletionToken&& token)
{
    return with_diagnostics_t<std::decay_t<CompletionToken>>(std::forward<CompletionToken>(token));
}

namespace detail {

/// Makes an exception of the error_code for the handler behind it.
template <class Handler, class T>
struct diagnostics_handler
{
    Handler handler;
    std::unique_ptr<diagnostics> own;
    diagnostics* diag;

    void operator()(error_code ec, T value)
    {
        std::exception_ptr thrown;
        if (ec)
            thrown =
                std::make_exception_ptr(error(failure{diag->why == reason::none ? reason_of(ec) : diag->why, diag->detail}));
        own.reset();
        std::move(handler)(std::move(thrown), std::move(value));
    }
};

template <class T, class Initiation>
struct diagnostics_initiation
{
    Initiation start;

    template <class Handler>
    void operator()(Handler&& handler) const
    {
        start(diagnostics_handler<std::decay_t<Handler>, T>{std::forward<Handler>(handler), nullptr, nullptr});
    }

    template <class Handler, class State, class... Args>
    void operator()(Handler&& handler, State&& state, diagnostics* diag, Args&&... args) const
    {
        auto own = diag ? nullptr : std::make_unique<diagnostics>();
        diagnostics* const used = diag ? diag : own.get();
        start(diagnostics_handler<std::decay_t<Handler>, T>{std::forward<Handler>(handler), std::move(own), used},
              std::forward<State>(state), used, std::forward<Args>(args)...);
    }
};

/// As diagnostics_initiation, of an initiation that has an executor.
template <class T, class Initiation>
    requires requires { typename Initiation::executor_type; }
struct diagnostics_initiation<T, Initiation>
{
    using executor_type = typename Initiation::executor_type;
    executor_type get_executor() const noexcept { return start.get_executor(); }

    Initiation start;

    template <class Handler, class State, class... Args>
    void operator()(Handler&& handler, State&& state, diagnostics* diag, Args&&... args) const
    {
        auto own = diag ? nullptr : std::make_unique<diagnostics>();
        diagnostics* const used = diag ? diag : own.get();
        start(diagnostics_handler<std::decay_t<Handler>, T>{std::forward<Handler>(handler), std::move(own), used},
              std::forward<State>(state), used, std::forward<Args>(args)...);
    }
};

/// Tokens that throw what they are given: they get the error with its diagnostics.
template <class Token>
struct throws_errors : std::false_type
{
};
template <class Executor>
struct throws_errors<boost::asio::use_awaitable_t<Executor>> : std::true_type
{
};
template <class Allocator>
struct throws_errors<boost::asio::use_future_t<Allocator>> : std::true_type
{
};

template <class CompletionToken>
decltype(auto) with_thrown_diagnostics(CompletionToken&& token)
{
    if constexpr (throws_errors<std::decay_t<CompletionToken>>::value)
        return with_diagnostics(std::forward<CompletionToken>(token));
    else
        return std::forward<CompletionToken>(token);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

namespace boost::asio {

template <template <class, class> class Associator, class Handler, class T, class Candidate>
struct associator<Associator, modelsec::detail::diagnostics_handler<Handler, T>, Candidate> : Associator<Handler, Candidate>
{
    using handler_type = modelsec::detail::diagnostics_handler<Handler, T>;

    static typename Associator<Handler, Candidate>::type get(const handler_type& h) noexcept
    {
        return Associator<Handler, Candidate>::get(h.handler);
    }
    static auto get(const handler_type& h, const Candidate& c) noexcept
        -> decltype(Associator<Handler, Candidate>::get(h.handler, c))
    {
        return Associator<Handler, Candidate>::get(h.handler, c);
    }
};

template <class CompletionToken, class T>
class async_result<modelsec::with_diagnostics_t<CompletionToken>, void(boost::system::error_code, T)>
{
public:
    template <class Initiation, class RawToken, class... Args>
    static auto initiate(Initiation&& initiation, RawToken&& token, Args&&... args)
    {
        CompletionToken inner(std::forward<RawToken>(token).token());
        return async_initiate<CompletionToken, void(std::exception_ptr, T)>(
            modelsec::detail::diagnostics_initiation<T, std::decay_t<Initiation>>{std::forward<Initiation>(initiation)},
            inner, std::forward<Args>(args)...);
    }
};

}  // namespace boost::asio

#endif
