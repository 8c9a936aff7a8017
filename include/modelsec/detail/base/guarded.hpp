// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_GUARDED_HPP
#define MODELSEC_DETAIL_BASE_GUARDED_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/error.hpp>

#include <exception>
#include <new>
#include <system_error>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What a system call of a library below failed by: a thread, a socket or an event queue could not be had.
inline failure failure_of_system(const std::error_code& code, const char* text)
{
    if (code == std::errc::too_many_files_open || code == std::errc::too_many_files_open_in_system)
        return fail(reason::too_many_open_files, text);
    if (code == std::errc::resource_unavailable_try_again)
        return fail(reason::out_of_memory, "no thread can be started");
    if (code == std::errc::not_enough_memory)
        return fail(reason::out_of_memory);
    return fail(reason::internal_error, text);
}

/// Runs `work` (() -> result<T>): what some library below throws becomes a failure like every other.
template <class Work>
auto guarded(Work&& work) -> decltype(work())
{
    try
    {
        return work();
    }
    catch (const error& e)
    {
        return fail(e.get_diagnostics().why, e.get_diagnostics().detail);
    }
    catch (const std::bad_alloc&)
    {
        return fail(reason::out_of_memory);
    }
    catch (const std::system_error& e)
    {
        return failure_of_system(e.code(), e.what());
    }
    catch (const boost::system::system_error& e)
    {
        return failure_of_system(e.code(), e.what());
    }
    catch (const std::exception& e)
    {
        return fail(reason::internal_error, e.what());
    }
}

/// A control that ends an attempt at its deadline looks cancelled to whoever works; here it gets its own name.
template <class T>
result<T> with_deadline_named(result<T> outcome, const control& attempt)
{
    if (outcome.has_error() && outcome.error().why == reason::cancelled && attempt.expired())
        return fail(reason::deadline);
    return outcome;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
