// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TUF_CLIENT_TUF_UPDATER_IPP
#define MODELSEC_DETAIL_TUF_CLIENT_TUF_UPDATER_IPP

#include <modelsec/detail/base/content_coding.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>
#include <modelsec/detail/net/session.hpp>
#include <modelsec/detail/trust/root_chain.hpp>
#include <modelsec/detail/trust/tuf_workflow.hpp>
#include <modelsec/detail/tuf_client/tuf_updater.hpp>

#include <array>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

/// A flat folder of files that appear whole or not at all.
class plain_folder
{
public:
    static result<plain_folder> open(const std::string& path, bool any)
    {
        plain_folder out;
        if (any)
        {
            MODELSEC_TRY(out.at_, open_local_folder(path));
        }
        else
        {
            MODELSEC_TRY(out.at_, file_system::native().open_root(path, true));
        }
        return out;
    }

    /// A file that is being written. Goes away unless it is published.
    class draft
    {
    public:
        explicit draft(const file& at) : at_(&at) {}
        draft(draft&&) = default;
        draft& operator=(draft&&) = delete;
        ~draft()
        {
            if (file_)
                (void)file_system::native().remove_file(*at_, name);
        }

        result<void> begin()
        {
            MODELSEC_CHECK(file_system::native().remove_file(*at_, name));  // what a crash left
            MODELSEC_TRY(file_, file_system::native().open_file(*at_, name, open_mode::create_new));
            return file_ ? result<void>() : fail(reason::store_layout, "somebody else writes into this folder");
        }

        result<void> append(bytes_view data)
        {
            MODELSEC_CHECK(file_system::native().write_at(file_, size_, data));
            size_ += data.size();
            return {};
        }

        /// On stable storage, and under its name.
        result<void> publish(const std::string& target)
        {
            file_system& disk = file_system::native();
            MODELSEC_CHECK(disk.sync(file_));
            MODELSEC_CHECK(disk.replace(*at_, name, *at_, target));
            file_ = file();
            return disk.sync(*at_);
        }

    private:
        static constexpr const char* name = ".%draft";  // no name of a role or target is encoded to this
        const file* at_;
        file file_;
        std::uint64_t size_ = 0;
    };

    const file& at() const noexcept { return at_; }

    result<void> store(const std::string& name, bytes_view data) const
    {
        draft d(at_);
        MODELSEC_CHECK(d.begin());
        MODELSEC_CHECK(d.append(data));
        return d.publish(name);
    }

    result<void> remove(const std::string& name) const
    {
        MODELSEC_CHECK(file_system::native().remove_file(at_, name));
        return file_system::native().sync(at_);
    }

    /// An invalid file if there is none.
    result<file> read(const std::string& name) const { return file_system::native().open_file(at_, name, open_mode::read); }

    /// The whole file; nothing if there is none, or none of at most `cap` bytes: it is fetched again then.
    std::optional<bytes> load(const std::string& name, std::size_t cap) const
    {
        const auto f = read(name);
        if (!f || !*f)
            return std::nullopt;
        bytes out(cap + 1);
        const auto size = file_system::native().read_at(*f, 0, out);
        if (!size || *size > cap)
            return std::nullopt;
        out.resize(*size);
        return out;
    }

private:
    file at_;
};

inline std::string below_folder(const std::string& base, const std::string& name)
{
    return base + (base.ends_with('/') ? "" : "/") + name;
}

/// Gets files over https, one after the other.
class https_fetcher
{
public:
    explicit https_fetcher(const tuf_options& options) : options_(options), client_(environment(options)) {}

    result<void> fetch(const tuf_request& request, const tuf_sink& sink)
    {
        coding_.clear();
        MODELSEC_TRY(const url where, url::parse(request.url));
        if (!request.first_hand && request.cap > options_.caps.tuf_metadata_bytes)
            return client_.get().run(stream(where, request.cap, sink));
        http_request outgoing{where, {}, {}, static_cast<std::size_t>(request.cap)};
        outgoing.first_hand = request.first_hand;
        outgoing.digest_signed = request.digest_signed;
        auto answer = client_.exchange(outgoing);
        if (answer.has_error())
        {
            // Of a root, `not_found` is the 404 below and nothing else: a 410 says nothing about newer ones.
            failure problem = std::move(answer).error();
            if (request.first_hand && problem.why == reason::not_found)
                problem = fail(reason::http_status, std::move(problem.detail));
            return problem;
        }
        if (answer->status == 404)
            return fail(reason::not_found, where.display());
        if (answer->status == 403)
            return fail(reason::forbidden, "no answer to whether there is a newer root");
        if (answer->status < 200 || answer->status > 299)
            return fail(reason::http_status, "status " + std::to_string(answer->status));
        coding_ = std::move(answer->coding);
        return sink(answer->body);
    }

    /// What the last answer claimed for its bytes, which are never decoded; empty: nothing.
    const std::string& coding() const noexcept { return coding_; }

private:
    awaitable<result<void>> stream(url where, std::uint64_t cap, const tuf_sink& sink)
    {
        session& s = client_.get();
        MODELSEC_CO_TRY(response got, co_await s.follow(request_head(std::move(where))));
        if (got.head.status != 200)
            co_return status_failure(got.head.status);
        coding_ = got.head.content_coding();
        bytes space(256u << 10);
        for (std::uint64_t left = cap;;)
        {
            MODELSEC_CO_TRY(const std::size_t size, co_await got.link->read_some(space));
            if (size == 0)
                break;
            if (size > left)
                co_return fail(reason::too_large, "more bytes than were asked for");
            left -= size;
            MODELSEC_CO_CHECK(sink(bytes_view(space).first(size)));
        }
        s.release(std::move(got.link));
        co_return result<void>();
    }

    static http_environment environment(const tuf_options& options)
    {
        http_environment out;
        out.options = &options.transport;
        out.caps = &options.caps;
        out.time = options.clock;
        out.handle = options.handle;
        return out;
    }

    const tuf_options& options_;
    http_client client_;
    std::string coding_;
};

/// The one file for a target, whatever its name: encoded, or by its digest where that is no file name.
inline std::string target_file_name(const std::string& path)
{
    static constexpr std::size_t longest = 200;
    std::string encoded = encode_role_name(path);
    const bool usable = encoded.size() <= longest && encoded != "." && encoded != "..";
    return usable ? encoded : "%sha256-" + sha256(as_bytes(path)).hex();
}

inline target_file listed_target(const tuf_target& target)
{
    target_file out;
    out.path = target.path;
    out.length = target.size_bytes;
    out.hashes.sha256 = target.sha256;
    out.hashes.sha512 = target.sha512;
    out.hashes.listed = target.sha256 || target.sha512;
    return out;
}

/// Whether an open file is the target, byte by byte.
inline bool is_target(const file& f, const tuf_target& target)
{
    auto check = target_check::start(listed_target(target));
    if (!check || !f)
        return false;
    std::array<std::uint8_t, 64u << 10> piece;
    for (std::uint64_t at = 0;;)
    {
        const auto size = file_system::native().read_at(f, at, piece);
        if (!size || !check->update(bytes_view(piece).first(*size)))
            return false;
        if (*size == 0)
            return check->finish().has_value();
        at += *size;
    }
}

}  // namespace detail

struct tuf_updater::impl
{
    explicit impl(tuf_options o) : options(std::move(o)), https(options) {}

    result<void> get(const tuf_request& request, const tuf_sink& sink)
    {
        if (options.handle.cancelled())
            return fail(reason::cancelled);
        std::uint64_t left = request.cap;
        const auto capped = [&](bytes_view piece) -> result<void> {
            if (options.handle.cancelled())
                return fail(reason::cancelled);
            if (piece.size() > left)
                return fail(reason::too_large, "more bytes than were asked for");
            left -= piece.size();
            return sink(piece);
        };
        return options.fetcher ? options.fetcher(request, capped) : https.fetch(request, capped);
    }

    detail::trust_input perform(const detail::trust_action& action)
    {
        using kind = detail::trust_action::kind;
        result<void> done;
        switch (action.what)
        {
        case kind::fetch:
        {
            bytes data;
            const bool root = action.name.ends_with(".root.json");
            done = get({detail::below_folder(options.metadata_url, action.name), action.cap, root, action.digest_signed},
                       [&](bytes_view piece) -> result<void> {
                           data.insert(data.end(), piece.begin(), piece.end());
                           return {};
                       });
            if (done.has_value())
                return detail::trust_input::got(std::move(data), https.coding());
            if (done.error().why == reason::not_found)
                return detail::trust_input::absent();
            break;
        }
        case kind::load:
        {
            auto kept = folder.load(action.name, action.cap);
            return kept ? detail::trust_input::got(std::move(*kept)) : detail::trust_input::absent();
        }
        case kind::store: done = folder.store(action.name, action.data); break;
        case kind::remove: done = folder.remove(action.name); break;
        case kind::done: break;
        }
        return done.has_value() ? detail::trust_input::finished() : detail::trust_input::failed(done.error());
    }

    result<void> run(result<detail::trust_action> action)
    {
        while (action.has_value() && action->what != detail::trust_action::kind::done)
            action = workflow->resume(perform(*action));
        if (action.has_error())
            return action.error();
        return {};
    }

    tuf_options options;
    detail::https_fetcher https;
    detail::plain_folder folder;
    std::optional<detail::tuf_client> workflow;
};

tuf_updater::tuf_updater(std::unique_ptr<impl> self) : impl_(std::move(self)) {}
tuf_updater::tuf_updater(tuf_updater&&) noexcept = default;
tuf_updater& tuf_updater::operator=(tuf_updater&&) noexcept = default;
tuf_updater::~tuf_updater() = default;

result<tuf_updater> tuf_updater::open(tuf_options options)
{
    if (options.metadata_url.empty() || options.metadata_folder.empty())
        return fail(reason::bad_option, "a TUF client needs a metadata folder and its address");
    auto self = std::make_unique<impl>(std::move(options));
    MODELSEC_TRY(self->folder, detail::plain_folder::open(self->options.metadata_folder, self->options.any_folder));
    return tuf_updater(std::move(self));
}

result<void> tuf_updater::init(const tuf_options& options, bytes_view root)
{
    MODELSEC_CHECK(detail::verify_first_root(root, options.caps));
    MODELSEC_TRY(const detail::plain_folder folder, detail::plain_folder::open(options.metadata_folder, options.any_folder));
    return folder.store("root.json", root);
}

result<void> tuf_updater::refresh()
{
    if (impl_->workflow)
        return fail(reason::bad_option, "one updater is one update: open another one");
    // TUF 1.0 section 5.1: the time is fixed once for the whole update.
    impl_->workflow.emplace(impl_->options.root.empty() ? std::nullopt : std::optional(impl_->options.root),
                            impl_->options.clock->now(), impl_->options.caps,
                            detail::until_cancelled(impl_->options.handle));
    return impl_->run(impl_->workflow->start());
}

result<tuf_target> tuf_updater::find(const std::string& path)
{
    if (!impl_->workflow)
        return fail(reason::bad_option, "refresh the metadata before a target is looked up");
    MODELSEC_CHECK(impl_->run(impl_->workflow->search(path)));
    const detail::target_file& found = impl_->workflow->found();
    return tuf_target{found.path, found.length, found.hashes.sha256, found.hashes.sha512,
                      detail::below_folder(impl_->options.targets_url, impl_->workflow->found_location())};
}

result<void> tuf_updater::fetch(const tuf_target& target, const tuf_sink& sink)
{
    MODELSEC_TRY(detail::target_check check, detail::target_check::start(detail::listed_target(target)));
    const auto checked = [&](bytes_view piece) -> result<void> {
        MODELSEC_CHECK(check.update(piece));
        return sink(piece);
    };
    auto got = impl_->get({target.url, target.size_bytes, false, true}, checked);
    if (got.has_value())
        got = check.finish();
    if (got.has_error() && (got.error().code() == errc::digest || got.error().why == reason::too_large))
        return detail::with_coding_named(std::move(got).error(), impl_->https.coding());
    if (got.has_value())
        return {};
    // TUF 1.0 section 7.2: with consistent snapshots only the name with the digest in front is asked for.
    const std::string name = target.url.substr(target.url.rfind('/') + 1);
    const bool prefixed = (target.sha256 && name.starts_with(target.sha256->hex())) ||
                          (target.sha512 && name.starts_with(to_hex(*target.sha512)));
    if (got.error().why == reason::not_found && prefixed)
        return fail(reason::target_not_found, got.error().detail);
    return std::move(got).error();
}

result<void> tuf_updater::download(const tuf_target& target, const std::string& file)
{
    const std::size_t slash = file.rfind('/');
    const std::string folder_path = slash == std::string::npos ? "." : file.substr(0, std::max<std::size_t>(slash, 1));
    const std::string last = slash == std::string::npos ? file : file.substr(slash + 1);
    // A path that ends with a slash names a folder: one file there for each target.
    const std::string name = last.empty() ? detail::target_file_name(target.path) : last;
    MODELSEC_TRY(const detail::plain_folder folder, detail::plain_folder::open(folder_path, impl_->options.any_folder));
    if (const auto kept = folder.read(name); kept && detail::is_target(*kept, target))
        return {};
    detail::plain_folder::draft draft(folder.at());
    MODELSEC_CHECK(draft.begin());
    MODELSEC_CHECK(fetch(target, [&](bytes_view piece) { return draft.append(piece); }));
    return draft.publish(name);
}

MODELSEC_END_NAMESPACE

#endif
