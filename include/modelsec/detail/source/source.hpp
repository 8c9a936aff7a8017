// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_SOURCE_HPP
#define MODELSEC_DETAIL_SOURCE_SOURCE_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/net/options.hpp>
#include <modelsec/error.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// What is asked of a host: an https address and the headers that this one request needs.
struct source_request
{
    std::string url;
    std::vector<http_header> headers{};      ///< for the origin of `url` alone: no redirect to elsewhere takes them along
    std::optional<std::string> post_body{};  ///< POST this JSON instead of GET
    std::size_t answer_bytes = 64u << 10;    ///< a longer answer is `too_large`
    bool status_only = false;  ///< the first byte is asked for, and none is read: the answer to a refusal has headers
    /// The answer is held against a digest that was signed: a label that claims a content coding for it does not matter. Nothing is
    /// ever decoded; any other answer in a coding is `content_encoding`.
    bool digest_signed = false;
};

/// What a host answered, whatever its status.
struct source_answer
{
    unsigned status = 0;
    std::vector<http_header> headers;
    bytes body;

    /// The value of the first header of this name, in any case; nothing if there is none.
    MODELSEC_DECL std::optional<std::string_view> header(std::string_view name) const noexcept;
};

/// Makes a small request over the operation's connections, with its deadlines, proxy and TLS rules; `first` is asked for, redirects are
/// followed without the headers once they leave its origin.
using source_exchange = std::function<result<source_answer>(const source_request& first)>;

/// One kind of host that models live at. An application adds its own to client_options::sources, where they are asked before the
/// built-in ones (examples/own_source). Nothing that a source says is trusted: the signed size and digest decide about every byte.
///
/// Called on the thread of the operation; one object may serve several operations at once.
class model_source
{
public:
    virtual ~model_source() = default;

    /// Whether this locator of a signed manifest is of this kind, by its scheme or by its host.
    virtual bool takes(std::string_view locator) const = 0;

    /// Where the bytes of the locator are now. May ask the host first (for a token, a signed address). Called again when what it said
    /// has expired or is refused. `bad_url` if the locator is malformed.
    virtual result<source_request> locate(std::string_view locator, const source_exchange& ask) = 0;

    /// What an answer of 400 or more means, if this host says it in a way of its own; nothing: its status says it. Return
    /// `url_expired` to be asked by locate() again. `body` has at most 64 KiB; its text must not get into the failure.
    virtual std::optional<reason> meaning(const source_answer& answer) const
    {
        (void)answer;
        return std::nullopt;
    }

    /// Whether locate() may say something else when it is asked again: a new token, a new signature.
    virtual bool renewable() const { return true; }
};

namespace detail {
/// ASCII letters of either case are the same, as in field names and host names.
MODELSEC_DECL bool source_same(std::string_view a, std::string_view b) noexcept;
}  // namespace detail

using source_list = std::vector<std::shared_ptr<model_source>>;

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/source/source.ipp>
#endif

#endif
