// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_ORIGIN_HPP
#define MODELSEC_TESTS_SUPPORT_ORIGIN_HPP

#include "throwaway_ca.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace support {

using header_list = std::vector<std::pair<std::string, std::string>>;

/// What a client sent, and what it got.
struct seen_request
{
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    std::uint64_t connection = 0;  ///< which connection it came on, counted from 1
    unsigned status = 0;           ///< the status it was answered with
    std::uint64_t sent = 0;        ///< body bytes handed to the connection

    /// A header's value, empty if there is none.
    std::string header(const std::string& lower_case_name) const;
};

struct reply
{
    unsigned status = 200;
    header_list headers;
    std::string body;
};

/// What goes wrong with an answer. Offsets count in the whole document, so they mean the same in a range of it.
struct fault
{
    std::chrono::milliseconds delay{0};     ///< before the first byte of the answer
    std::optional<reply> instead;           ///< this in place of the document
    bool ignore_range = false;              ///< 200 and everything to a range request
    bool refuse_range = false;              ///< 416 to a range request
    std::string content_range;              ///< this in place of the true Content-Range
    std::string etag;                       ///< this in place of the true ETag
    std::optional<std::uint64_t> announce;  ///< this Content-Length in place of the true one
    std::uint64_t extra_bytes = 0;          ///< so many more bytes follow the last one
    std::optional<std::uint64_t> flip_at;   ///< one bit of this byte is wrong
    std::optional<std::uint64_t> cut_at;    ///< the connection ends before this byte
    std::optional<std::uint64_t> reset_at;  ///< … by a reset
    std::optional<std::uint64_t> stall_at;  ///< nothing comes from this byte on; the connection stays
    std::uint64_t bytes_per_second = 0;     ///< not faster than this
    bool endless = false;                   ///< a chunked body without end
    bool chunked = false;                   ///< the document in chunked coding, no Content-Length
    bool gzip = false;                      ///< Content-Encoding: gzip, though nobody asked
    std::size_t header_bytes = 0;           ///< so many bytes of senseless header fields
    bool slow_header = false;               ///< the header comes one byte in 50 ms
    bool bare_status = false;               ///< "HTTP/1.1 200", without a reason and the blank before it
    std::string raw;                        ///< these bytes in place of an answer, then nothing but waiting
};

fault answer(unsigned status, header_list headers = {}, std::string body = {});
fault redirect(std::string location, unsigned status = 302);

/// How the origin speaks TLS.
struct origin_options
{
    std::optional<identity> server;  ///< none: plain HTTP
    std::string client_ca;           ///< PEM; asks for a client certificate by this CA and insists
    int min_tls = 0x0303;            ///< 0x0301 = TLS 1.0 … 0x0304 = TLS 1.3
    int max_tls = 0x0304;
    std::string ciphers;                 ///< OpenSSL list for TLS 1.2 and older
    std::chrono::seconds lifetime{300};  ///< it stops by itself after this
};

/// A web server on 127.0.0.1 for one test: documents with ranges and ETags, handlers, faults, and a memory of every
/// request. Runs on threads of its own; all members may be called from any thread. Ends with its object.
class origin
{
public:
    explicit origin(origin_options options);
    ~origin();

    std::uint16_t port() const noexcept;
    /// "https://127.0.0.1:PORT" + path ("http://…" without a certificate); `host` may be "localhost".
    std::string url(std::string_view path, std::string_view host = "127.0.0.1") const;

    // What there is. Paths are compared without the query.
    void serve(const std::string& path, std::string body, std::string content_type = "application/octet-stream");
    void serve_file(const std::string& path, const std::string& file);
    void handle(const std::string& path, std::function<reply(const seen_request&)> handler);
    void remove(const std::string& path);
    /// As deployed Edge Functions answer: POST {"tier", "platform"} with header `apikey` → the envelope for
    /// "tier/platform", else {"error": …} with 400, 401, 404 or 405.
    void edge_function(const std::string& path, std::string apikey, std::map<std::string, std::string> envelopes);

    /// The next `times` requests for the path get the fault; faults queue up.
    void fail(const std::string& path, fault what, unsigned times = always);
    void heal(const std::string& path);
    static constexpr unsigned always = ~0u;

    std::vector<seen_request> requests() const;
    /// Requests for a path; for all of them if it is empty.
    std::size_t count(std::string_view path = {}) const;
    std::uint64_t connections() const;
    /// Body bytes handed out for a path so far, also by answers that are still running.
    std::uint64_t sent(std::string_view path) const;
    void forget_requests();

    struct state;

private:
    std::shared_ptr<state> state_;
    std::thread listener_;
};

/// `size` bytes that look random and are the same for the same seed.
std::string noise(std::size_t size, std::uint64_t seed = 1);

}  // namespace support

#endif
