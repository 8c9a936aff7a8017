// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_FOREIGN_TRANSFER_IPP
#define MODELSEC_DETAIL_CLIENT_FOREIGN_TRANSFER_IPP

#include <modelsec/client.hpp>
#include <modelsec/detail/client/audited.hpp>
#include <modelsec/detail/client/client.ipp>
#include <modelsec/detail/client/outcome.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/foreign_transfer.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What a transfer is made of, once it has begun.
struct foreign_transfer_parts
{
    foreign_options options;
    std::shared_ptr<const foreign_job> job;
};

inline result<foreign_transfer_parts> begin_transfer(const std::shared_ptr<client_state>& self, foreign_options options)
{
    constexpr std::uint64_t least_range = std::uint64_t{1} << 20;
    constexpr std::chrono::seconds longest_lease = std::chrono::hours(24 * 366);
    if (options.range_bytes < least_range)
        return fail(reason::bad_option, "range_bytes: at least 1 MiB");
    if (options.lease < std::chrono::seconds(1) || options.lease > longest_lease)
        return fail(reason::bad_option, "lease: from a second to a year");
    MODELSEC_TRY(foreign_job job, run_here<foreign_job>(*self, options.fetch.operation, [&](const control& attempt) {
                     const fetch_options asked = of_attempt(*self, "transfer", options.fetch, attempt);
                     return audited_transfer(self->options, self->trail, asked);
                 }));
    return foreign_transfer_parts{std::move(options), std::make_shared<const foreign_job>(std::move(job))};
}

/// One call of a transfer: an operation of the client's that lasts as long as the call.
template <class T, class Work>
result<T> transfer_call(const std::shared_ptr<client_state>& self, const std::shared_ptr<const foreign_options>& options,
                        const std::shared_ptr<const foreign_job>& job, const Work& work)
{
    if (!self || !job)
        return fail(reason::bad_option, "no transfer");
    return run_here<T>(*self, options->fetch.operation, [&](const control& attempt) {
        const fetch_options asked = of_attempt(*self, "transfer", options->fetch, attempt);
        fetch_operation operation(self->options, asked, make_network);
        return with_deadline_named(work(operation), attempt);
    });
}

inline result<std::optional<foreign_range>> transfer_next(const std::shared_ptr<client_state>& self,
                                                          const std::shared_ptr<const foreign_options>& options,
                                                          const std::shared_ptr<const foreign_job>& job)
{
    return transfer_call<std::optional<foreign_range>>(self, options, job, [&](fetch_operation& o) {
        return o.hand_out(*job, {options->lease, options->range_bytes});
    });
}

inline result<std::uint64_t> transfer_bytes(const std::shared_ptr<client_state>& self,
                                            const std::shared_ptr<const foreign_options>& options,
                                            const std::shared_ptr<const foreign_job>& job, const std::string& id,
                                            bytes_view data)
{
    return transfer_call<std::uint64_t>(self, options, job, [&](fetch_operation& o) {
        return o.take_in(*job, id, {file(), data, data.size()});
    });
}

inline result<std::uint64_t> transfer_file(const std::shared_ptr<client_state>& self,
                                           const std::shared_ptr<const foreign_options>& options,
                                           const std::shared_ptr<const foreign_job>& job, const std::string& id,
                                           const std::string& path)
{
    return transfer_call<std::uint64_t>(self, options, job, [&](fetch_operation& o) -> result<std::uint64_t> {
        MODELSEC_TRY(const foreign_bytes brought, open_delivered(*self->options.files, path));
        return o.take_in(*job, id, brought);
    });
}

inline result<bool> transfer_fail(const std::shared_ptr<client_state>& self,
                                  const std::shared_ptr<const foreign_options>& options,
                                  const std::shared_ptr<const foreign_job>& job, const std::string& id, reason why)
{
    return transfer_call<bool>(self, options, job, [&](fetch_operation& o) -> result<bool> {
        MODELSEC_CHECK(o.give_back(*job, id, why));
        return true;
    });
}

inline result<std::vector<foreign_lease>> transfer_leases(const std::shared_ptr<client_state>& self,
                                                          const std::shared_ptr<const foreign_options>& options,
                                                          const std::shared_ptr<const foreign_job>& job)
{
    return transfer_call<std::vector<foreign_lease>>(self, options, job,
                                                     [&](fetch_operation& o) { return o.outstanding(*job); });
}

inline result<std::uint64_t> transfer_missing(const std::shared_ptr<client_state>& self,
                                              const std::shared_ptr<const foreign_options>& options,
                                              const std::shared_ptr<const foreign_job>& job)
{
    return transfer_call<std::uint64_t>(self, options, job, [&](fetch_operation& o) { return o.missing_bytes(*job); });
}

inline result<fetch_result> transfer_finish(const std::shared_ptr<client_state>& self,
                                            const std::shared_ptr<const foreign_options>& options,
                                            const std::shared_ptr<const foreign_job>& job)
{
    if (!self || !job)
        return fail(reason::bad_option, "no transfer");
    return run_here<fetch_result>(*self, options->fetch.operation, [&](const control& attempt) {
        const fetch_options asked = of_attempt(*self, "transfer", options->fetch, attempt);
        return audited_fetch(self->options, self->trail, asked, false, make_network, nullptr, job.get());
    });
}

}  // namespace detail

foreign_transfer::foreign_transfer(std::shared_ptr<detail::client_state> owner, foreign_options options,
                                   std::shared_ptr<const detail::foreign_job> job)
    : owner_(std::move(owner)), options_(std::make_shared<const foreign_options>(std::move(options))), job_(std::move(job)),
      model_id_(job_->offer.manifest.model_id.str()), version_(job_->offer.manifest.version.str()),
      envelope_(job_->offer.raw)
{
}

const std::string& foreign_transfer::model_id() const noexcept
{
    return model_id_;
}

const std::string& foreign_transfer::version() const noexcept
{
    return version_;
}

const bytes& foreign_transfer::envelope() const noexcept
{
    return envelope_;
}

foreign_transfer client::transfer(const foreign_options& options, error_code& ec, diagnostics& diag)
{
    auto begun = detail::guarded([&] { return detail::begin_transfer(state_, options); });
    if (!begun)
    {
        (void)detail::report<bool>(std::move(begun).error(), ec, diag);
        return {};
    }
    ec.clear();
    diag.clear();
    return foreign_transfer(state_, std::move(begun->options), std::move(begun->job));
}

foreign_transfer client::transfer(const foreign_options& options, error_code& ec)
{
    diagnostics unused;
    return transfer(options, ec, unused);
}

foreign_transfer client::transfer(const foreign_options& options)
{
    auto begun = detail::value_or_throw(detail::guarded([&] { return detail::begin_transfer(state_, options); }));
    return foreign_transfer(state_, std::move(begun.options), std::move(begun.job));
}

std::optional<foreign_range> foreign_transfer::next_range(error_code& ec, diagnostics& diag)
{
    return detail::report(detail::transfer_next(owner_, options_, job_), ec, diag);
}

std::optional<foreign_range> foreign_transfer::next_range(error_code& ec)
{
    diagnostics unused;
    return next_range(ec, unused);
}

std::optional<foreign_range> foreign_transfer::next_range()
{
    return detail::value_or_throw(detail::transfer_next(owner_, options_, job_));
}

std::uint64_t foreign_transfer::deliver(const std::string& id, bytes_view data, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::transfer_bytes(owner_, options_, job_, id, data), ec, diag);
}

std::uint64_t foreign_transfer::deliver(const std::string& id, bytes_view data, error_code& ec)
{
    diagnostics unused;
    return deliver(id, data, ec, unused);
}

std::uint64_t foreign_transfer::deliver(const std::string& id, bytes_view data)
{
    return detail::value_or_throw(detail::transfer_bytes(owner_, options_, job_, id, data));
}

std::uint64_t foreign_transfer::deliver_file(const std::string& id, const std::string& path, error_code& ec,
                                             diagnostics& diag)
{
    return detail::report(detail::transfer_file(owner_, options_, job_, id, path), ec, diag);
}

std::uint64_t foreign_transfer::deliver_file(const std::string& id, const std::string& path, error_code& ec)
{
    diagnostics unused;
    return deliver_file(id, path, ec, unused);
}

std::uint64_t foreign_transfer::deliver_file(const std::string& id, const std::string& path)
{
    return detail::value_or_throw(detail::transfer_file(owner_, options_, job_, id, path));
}

void foreign_transfer::fail(const std::string& id, reason why, error_code& ec, diagnostics& diag)
{
    (void)detail::report(detail::transfer_fail(owner_, options_, job_, id, why), ec, diag);
}

void foreign_transfer::fail(const std::string& id, reason why, error_code& ec)
{
    diagnostics unused;
    fail(id, why, ec, unused);
}

void foreign_transfer::fail(const std::string& id, reason why)
{
    (void)detail::value_or_throw(detail::transfer_fail(owner_, options_, job_, id, why));
}

std::vector<foreign_lease> foreign_transfer::handed_out(error_code& ec, diagnostics& diag)
{
    return detail::report(detail::transfer_leases(owner_, options_, job_), ec, diag);
}

std::vector<foreign_lease> foreign_transfer::handed_out(error_code& ec)
{
    diagnostics unused;
    return handed_out(ec, unused);
}

std::vector<foreign_lease> foreign_transfer::handed_out()
{
    return detail::value_or_throw(detail::transfer_leases(owner_, options_, job_));
}

std::uint64_t foreign_transfer::missing_bytes(error_code& ec, diagnostics& diag)
{
    return detail::report(detail::transfer_missing(owner_, options_, job_), ec, diag);
}

std::uint64_t foreign_transfer::missing_bytes(error_code& ec)
{
    diagnostics unused;
    return missing_bytes(ec, unused);
}

std::uint64_t foreign_transfer::missing_bytes()
{
    return detail::value_or_throw(detail::transfer_missing(owner_, options_, job_));
}

fetch_result foreign_transfer::finish(error_code& ec, diagnostics& diag)
{
    return detail::report(detail::transfer_finish(owner_, options_, job_), ec, diag);
}

fetch_result foreign_transfer::finish(error_code& ec)
{
    diagnostics unused;
    return finish(ec, unused);
}

fetch_result foreign_transfer::finish()
{
    return detail::value_or_throw(detail::transfer_finish(owner_, options_, job_));
}

MODELSEC_END_NAMESPACE

#endif
