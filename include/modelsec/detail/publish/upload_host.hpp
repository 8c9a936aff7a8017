// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_UPLOAD_HOST_HPP
#define MODELSEC_DETAIL_PUBLISH_UPLOAD_HOST_HPP

#include <modelsec/detail/net/connection.hpp>
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/publish/upload.hpp>
#include <modelsec/detail/source/source_set.hpp>

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A file on its way to a host.
struct upload_file
{
    std::string path;  ///< on this machine; empty: `content` is it
    std::string name;  ///< below the destination, with `/` between folders
    std::string content{};
    std::string title{};     ///< its place in the pack
    std::string platform{};  ///< whose pack
    std::uint64_t size_bytes = 0;
    sha256_digest sha256{};
    bool present = false;  ///< it was there before, as it should be
};

/// One part of a file as the body of a request; `link` counts the bytes.
class upload_link;
MODELSEC_DECL result<std::shared_ptr<const upload_body>> body_of(const upload_file& file, std::uint64_t first,
                                                                 std::uint64_t size, upload_link* link = nullptr);
MODELSEC_DECL std::shared_ptr<const upload_body> body_of(std::string text);

/// A request that changes something at a host. Made anew for every try: signatures hold for minutes only.
struct upload_request
{
    std::string method;
    std::string url;
    std::vector<http_header> headers{};
    std::shared_ptr<const upload_body> body{};
};

/// The requests of one upload: over one session, with its deadlines and retries; no redirect is followed.
class upload_link
{
public:
    MODELSEC_DECL explicit upload_link(const upload_options& options);
    MODELSEC_DECL ~upload_link();

    /// The answer, whatever its status but 408, 429 and 5xx, which are asked for again like failures of the network.
    MODELSEC_DECL result<source_answer> ask(const std::function<result<upload_request>()>& make,
                                            std::size_t answer_bytes = 1u << 20);
    result<source_answer> ask(const upload_request& request, std::size_t answer_bytes = 1u << 20)
    {
        return ask([&]() -> result<upload_request> { return request; }, answer_bytes);
    }

    /// Reads what a locator leads to, as clients do, and compares: true if it is the file; false if it is another, or not there.
    MODELSEC_DECL result<bool> holds(const std::string& locator, const upload_file& file, bool tell_progress);
    /// How many bytes lie there; nothing if there are none, or their number is not told.
    MODELSEC_DECL result<std::optional<std::uint64_t>> size_at(const std::string& locator);
    /// Whether it can be had without any credentials.
    MODELSEC_DECL result<bool> is_public(const std::string& locator);

    const upload_options& options() const noexcept { return options_; }
    const source_exchange& exchange() const noexcept { return exchange_; }

    void expect(std::uint64_t bytes) noexcept { total_ += bytes; }
    MODELSEC_DECL void advance(std::uint64_t bytes);
    void sent(std::uint64_t bytes)
    {
        bytes_sent_ += bytes;
        advance(bytes);
    }
    std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }

    /// Where an upload in progress goes on, if it is known from before.
    MODELSEC_DECL std::optional<std::string> remembered(const std::string& key) const;
    /// Empty: it is over.
    MODELSEC_DECL void remember(const std::string& key, const std::string& address);

private:
    /// What stands in the file that remembers uploads; hosts that share one are not to undo each other's lines.
    MODELSEC_DECL void read_state();

    const upload_options& options_;
    http_client client_;
    source_exchange exchange_;
    std::unique_ptr<source_set> sources_;
    std::map<std::string, std::string> state_;
    std::uint64_t done_ = 0, total_ = 0, bytes_sent_ = 0;
};

/// Whether a host that was asked for something said that it has it not, or shows it not (no right to read, no such place yet).
inline bool is_not_shown(const failure& why)
{
    const errc kind = code_of(why.why);
    return kind == errc::unauthorized || kind == errc::http_status || kind == errc::malformed;
}

/// One kind of host that files are uploaded to.
class upload_host
{
public:
    explicit upload_host(upload_link& link) : link_(link) {}
    virtual ~upload_host() = default;

    /// The address that clients get the file at; before it is there one of the same form.
    virtual std::string locator(const upload_file& file) const = 0;
    /// Makes the bucket or repository, if it is not there, and looks whether it is as private as it must be.
    virtual result<void> prepare() = 0;
    /// Sends one file. `resume`: goes on with what is there of it.
    virtual result<void> put(const upload_file& file, bool resume) = 0;
    /// Whether the file lies there as it should: all of it is read.
    virtual result<bool> holds(const upload_file& file, bool tell_progress)
    {
        return link_.holds(locator(file), file, tell_progress);
    }
    /// The same, but cheaply false if another size is announced.
    virtual result<bool> already_holds(const upload_file& file)
    {
        MODELSEC_TRY(const auto size, link_.size_at(locator(file)));
        if (file.size_bytes != 0 && size != file.size_bytes)
            return false;
        return holds(file, false);
    }
    virtual result<bool> is_public(const upload_file& file) { return link_.is_public(locator(file)); }
    /// Whether a file can be had as soon as it was put.
    virtual bool at_once() const { return true; }
    /// The manifest that lies there under this name; nothing if there is none, or it is not shown.
    virtual result<std::optional<std::string>> manifest_there(const upload_file& manifest)
    {
        return text_of(link_.ask({"GET", locator(manifest)}, manifest_bytes));
    }
    /// After all files.
    virtual result<void> finish(const std::vector<upload_file>& files)
    {
        (void)files;
        return {};
    }
    /// The manifest, last; where it lies now.
    virtual result<std::string> put_manifest(const upload_file& manifest) = 0;

protected:
    static constexpr std::size_t manifest_bytes = limits{}.envelope_bytes;

    /// What an answer of 200 holds.
    static result<std::optional<std::string>> text_of(result<source_answer> answer)
    {
        if (answer.has_error())
            return is_not_shown(answer.error()) ? result<std::optional<std::string>>(std::nullopt)
                                                : std::move(answer).error();
        return answer->status == 200 ? std::optional(std::string(as_text(answer->body))) : std::nullopt;
    }

    upload_link& link_;
};

MODELSEC_DECL result<std::unique_ptr<upload_host>> make_folder_upload(upload_link& link);
MODELSEC_DECL result<std::unique_ptr<upload_host>> make_s3_upload(upload_link& link);
MODELSEC_DECL result<std::unique_ptr<upload_host>> make_supabase_upload(upload_link& link);
MODELSEC_DECL result<std::unique_ptr<upload_host>> make_hub_upload(upload_link& link);
MODELSEC_DECL result<std::unique_ptr<upload_host>> make_registry_upload(upload_link& link);

/// The failure of an answer that is none of `wanted`; nothing else of it gets into the detail than the status.
inline result<void> expect_status(const source_answer& answer, std::initializer_list<unsigned> wanted)
{
    for (const unsigned status : wanted)
        if (answer.status == status)
            return {};
    return status_failure(answer.status);
}

/// "BUCKET/PREFIX" taken apart; `bad_option` unless both are plain names.
struct bucket_place
{
    std::string bucket;
    std::string prefix;  ///< empty, or ends with a slash
};
MODELSEC_DECL result<bucket_place> parse_bucket_place(const std::string& destination);

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
