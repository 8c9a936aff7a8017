// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What a header's value leaves behind: after a request it is nowhere in this process's memory. The server is another process, which
// has read it. The same of what values are made from: files and tokens of hosts.
#ifdef __linux__
#include <modelsec/detail/net/credential_file.hpp>
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/net/session.hpp>
#include <modelsec/detail/source/hub.hpp>
#include <modelsec/detail/source/oci.hpp>
#include <modelsec/detail/source/s3.hpp>
#include <modelsec/detail/source/s3_environment.hpp>

#include <doctest/doctest.h>
#include <talker.hpp>
#include <temp_dir.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <random>

using modelsec::detail::url;

namespace {

constexpr std::size_t token_bytes = 40;

/// A random token that is in memory as two halves only, neither of which looks like it.
struct split_token
{
    std::array<std::uint8_t, token_bytes> mask{}, masked{};

    split_token()
    {
        std::random_device random;
        for (std::size_t i = 0; i < token_bytes; ++i)
        {
            mask[i] = static_cast<std::uint8_t>(random());
            masked[i] = static_cast<std::uint8_t>(('a' + random() % 26) ^ mask[i]);
        }
    }
    char at(std::size_t i) const { return static_cast<char>(mask[i] ^ masked[i]); }

    modelsec::secret_text whole() const
    {
        modelsec::secret_text out;
        for (std::size_t i = 0; i < token_bytes; ++i)
        {
            const char c = at(i);
            out.append({&c, 1});
        }
        return out;
    }

    /// A file of this user alone with the token where `text` says `@`.
    std::string write(const std::string& path, std::string_view text) const
    {
        const int out = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        REQUIRE(out >= 0);
        const auto put = [out](char c) { REQUIRE(::write(out, &c, 1) == 1); };
        for (const char c : text)
            if (c != '@')
                put(c);
            else
                for (std::size_t i = 0; i < token_bytes; ++i)
                    put(at(i));
        ::close(out);
        return path;
    }

    /// How often the last 24 characters of it are in memory that can be written.
    std::size_t copies_in_memory() const
    {
        std::ifstream maps("/proc/self/maps");
        const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
        REQUIRE(memory >= 0);
        std::size_t found = 0;
        std::vector<char> piece;
        for (std::string line; std::getline(maps, line);)
        {
            unsigned long long begin = 0, end = 0;
            char rights[5] = {};
            if (std::sscanf(line.c_str(), "%llx-%llx %4s", &begin, &end, rights) != 3 || rights[1] != 'w')
                continue;
            piece.resize(std::min<unsigned long long>(end - begin, 256u << 20));
            const ssize_t got = ::pread(memory, piece.data(), piece.size(), static_cast<off_t>(begin));
            const char* const end_of_piece = piece.data() + std::max<ssize_t>(got, 0);
            const char* from = piece.data();
            while ((from = static_cast<const char*>(
                        std::memchr(from, at(token_bytes - 24), static_cast<std::size_t>(end_of_piece - from)))) != nullptr)
            {
                std::size_t same = 0;
                while (same < 24 && from + same != end_of_piece && from[same] == at(token_bytes - 24 + same))
                    ++same;
                found += same == 24;
                if (++from == end_of_piece)
                    break;
            }
            // What was looked at is not to be found in the next piece.
            modelsec::wipe(piece.data(), piece.size());
        }
        ::close(memory);
        return found;
    }
};

}  // namespace

TEST_CASE("of files with tokens, and of what hosts make of these, nothing stays in memory")
{
    using namespace modelsec;
    using namespace modelsec::detail;
    const support::temp_dir place;
    const split_token token;
    const std::string commit(40, 'c'), digest(64, 'd');
    const source_exchange nobody = [](const source_request&) -> result<source_answer> {
        return fail(reason::connect_failed);
    };

    // Longer than what a std::string keeps within itself, escaped or not, and in texts that are refused.
    for (const char* text :
         {R"({"https://a.example": {"bearer": "@"}, "https://b.example": {"headers": {"X-Key": "@"}}})",
          R"({"https://a.example": {"bearer": "\u0061@"}})", R"({"https://a.example": {"basic": "user:@"}})",
          R"({"https://a.example": {"s3": {"access_key_id": "A", "secret_access_key": "@", "session_token": "@"}}})",
          R"({"https://a.example": {"bearer": "@", "basic": "@"}})", R"({"https://a.example": {"bearer": "@"})", R"(["@"])"})
    {
        CAPTURE(text);
        const std::string path = token.write(place / "credentials.json", text);
        {
            auto provider = make_credential_provider({}, path);
            if (provider.has_value())
                (void)(*provider)("https://a.example");
        }
        {
            s3_environment keys;
            keys.credentials_file = path;
            const s3_options options = s3_options_from(keys);
            (void)options.credentials("https://a.example");
            s3_source source(options, clock::system());
            (void)source.locate("https://a.example/bucket/model", nobody);
        }
        CHECK(token.copies_in_memory() == 0);
    }
    {
        const std::string path = token.write(place / "token", "@\n");
        const hub_options options = hub_options::from_environment([&](const std::string& name) {
                                        return name == "HF_TOKEN_PATH" ? std::optional(path) : std::nullopt;
                                    }).value();
        hub_source source(options);
        const auto asked = source.locate("hf://org/repo@" + commit + "/model", nobody);
        REQUIRE(asked.has_value());
        CHECK(asked->headers.size() == 1);
        CHECK(token.copies_in_memory() >= 1);
    }
    CHECK(token.copies_in_memory() == 0);
    for (const char* text :
         {R"({"auths": {"r.example": {"username": "u", "password": "@"}}})", R"({"auths": {"r.example": {"auth": "@"}}})"})
    {
        CAPTURE(text);
        registry_options options;
        options.docker_config = token.write(place / "config.json", text);
        // The realm's answer is a token too.
        const source_exchange registry = [&](const source_request& asked) -> result<source_answer> {
            if (asked.url.ends_with("/v2/"))
                return source_answer{401, {{"WWW-Authenticate", "Bearer realm=\"https://r.example/token\""}}, {}};
            REQUIRE(asked.headers.size() == 1);
            bytes body;
            body.reserve(256);
            for (const char c : std::string_view("{\"token\":\""))
                body.push_back(static_cast<std::uint8_t>(c));
            for (std::size_t i = 0; i < token_bytes; ++i)
                body.push_back(static_cast<std::uint8_t>(token.at(i)));
            body.push_back('"');
            body.push_back('}');
            return source_answer{200, {}, std::move(body)};
        };
        {
            oci_source source(options, {});
            const auto asked = source.locate("oci://r.example/repo@sha256:" + digest, registry);
            CHECK((asked.has_value() || asked.error().why == reason::bad_option));  // an `auth` that is no base64 of a user
        }
        CHECK(token.copies_in_memory() == 0);
    }
}

TEST_CASE("after a request, the values of its headers are nowhere in memory")
{
    support::throwaway_ca ca;
    support::temp_dir place;
    // The server lives in a child, which says where it listens.
    int port_pipe[2], end_pipe[2];
    REQUIRE(::pipe(port_pipe) == 0);
    REQUIRE(::pipe(end_pipe) == 0);
    const support::identity who = ca.issue();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
    {
        ::close(end_pipe[1]);
        {
            const support::talker server(who, [](support::talk& t, unsigned) {
                if (t.handshake() && t.read_request().find("Bearer ") != std::string::npos)
                    t.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            });
            const std::uint16_t port = server.port();
            char byte = 0;
            if (::write(port_pipe[1], &port, sizeof port) == sizeof port)
                (void)!::read(end_pipe[0], &byte, 1);  // until the parent goes on
        }
        ::_exit(0);
    }
    ::close(end_pipe[0]);
    std::uint16_t port = 0;
    REQUIRE(::read(port_pipe[0], &port, sizeof port) == sizeof port);

    const split_token token;
    {
        const modelsec::secret_text held = token.whole();
        CHECK(token.copies_in_memory() >= 1);  // the search finds what is there
    }
    CHECK(token.copies_in_memory() == 0);

    modelsec::transport_options options;
    options.tls.ca_file = place.write("ca.pem", ca.certificate());
    options.credentials = [&](std::string_view) {
        std::vector<modelsec::http_header> out;
        out.push_back({"X-Other", "value"});
        out.push_back({"Authorization", modelsec::secret_text("Bearer ").append(token.whole())});
        return out;
    };
    const modelsec::limits caps;
    {
        modelsec::detail::http_environment env;
        env.options = &options;
        env.caps = &caps;
        env.time = &modelsec::clock::system();
        modelsec::detail::http_client client(std::move(env));
        const url to = *url::parse("https://127.0.0.1:" + std::to_string(port) + "/x");
        const auto answer = client.exchange({to, std::nullopt, {}, 100});
        REQUIRE(answer.has_value());
        CHECK(answer->body.size() == 2);
        CHECK(token.copies_in_memory() == 0);  // nor while the connection is kept
    }
    CHECK(token.copies_in_memory() == 0);
    ::close(end_pipe[1]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(port_pipe[0]);
    ::close(port_pipe[1]);
}
#endif
