// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"
#include "temp_dir.hpp"
#include "throwaway_ca.hpp"

#include <modelsec/detail/net/session.hpp>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

/// A TLS server that answers every request with the same bytes, whatever they are, and closes.
class parrot
{
public:
    parrot() : context_(SSL_CTX_new(TLS_server_method()))
    {
        ::signal(SIGPIPE, SIG_IGN);
        const support::throwaway_ca ca;
        const support::identity self = ca.issue();
        BIO* pem = BIO_new_mem_buf(self.certificate.data(), static_cast<int>(self.certificate.size()));
        X509* certificate = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
        BIO* key_pem = BIO_new_mem_buf(self.private_key.data(), static_cast<int>(self.private_key.size()));
        EVP_PKEY* key = PEM_read_bio_PrivateKey(key_pem, nullptr, nullptr, nullptr);
        fuzz::require(SSL_CTX_use_certificate(context_, certificate) == 1 && SSL_CTX_use_PrivateKey(context_, key) == 1,
                      "the server has a certificate");
        X509_free(certificate);
        EVP_PKEY_free(key);
        BIO_free(pem);
        BIO_free(key_pem);
        ca_file_ = folder_.write("ca.pem", ca.certificate());

        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(here);
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        fuzz::require(::bind(listener_, reinterpret_cast<sockaddr*>(&here), size) == 0 && ::listen(listener_, 16) == 0 &&
                          ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size) == 0,
                      "the server listens");
        address_ = "https://127.0.0.1:" + std::to_string(ntohs(here.sin_port)) + "/x";
    }
    ~parrot()
    {
        ::close(listener_);
        SSL_CTX_free(context_);
    }

    const std::string& ca_file() const { return ca_file_; }
    const std::string& address() const { return address_; }

    /// Serves one connection.
    void answer(bytes_view with) const
    {
        const int peer = ::accept(listener_, nullptr, nullptr);
        const int at_once = 1;  // no waiting for acknowledgements
        ::setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
        SSL* tls = SSL_new(context_);
        SSL_set_fd(tls, peer);
        char request[4096];
        if (SSL_accept(tls) == 1 && SSL_read(tls, request, sizeof(request)) > 0)
        {
            if (!with.empty())
                SSL_write(tls, with.data(), static_cast<int>(with.size()));
            SSL_shutdown(tls);
        }
        SSL_free(tls);
        ::shutdown(peer, SHUT_WR);
        while (::read(peer, request, sizeof(request)) > 0)  // so that no reset overtakes the answer
            ;
        ::close(peer);
    }

private:
    SSL_CTX* context_;
    support::temp_dir folder_;
    std::string ca_file_;
    std::string address_;
    int listener_;
};

constexpr std::size_t cap = 4096;

detail::awaitable<result<bytes>> ask(detail::session& s, const std::string& address)
{
    detail::request_head request(url::parse(address).value());
    request.redirects = false;
    auto answer = co_await s.follow(std::move(request));
    if (answer.has_error())
        co_return answer.error();
    fuzz::require(answer->head.status >= 200 && answer->head.status <= 999, "an answer is final");
    auto body = co_await s.read_all(*answer->link, answer->head, cap);
    if (body.has_value() && answer->head.content_length)
        fuzz::require(body->size() == *answer->head.content_length, "a body is as long as announced");
    co_return body;
}

}  // namespace

// A response as it comes from the network, through a real TLS connection: header, framing, chunks.
MODELSEC_FUZZ_TARGET(http)
{
    static const parrot server;
    static const limits caps;
    static const transport_options options = [] {
        transport_options o;
        o.tls.ca_file = server.ca_file();
        return o;
    }();

    std::thread serving([&] { server.answer(input); });
    http_environment env;
    env.options = &options;
    env.caps = &caps;
    env.time = &clock::system();
    env.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    result<bytes> body = fail(reason::internal_error);
    {
        detail::session s(env);
        body = s.run(ask(s, server.address()));
    }
    serving.join();
    if (body.has_value())
        fuzz::require(body->size() <= cap, "the cap holds");
    else
        fuzz::require(body.error().code() == errc::network || body.error().code() == errc::malformed,
                      body.error().detail.c_str());
}
