// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "talker.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace support {
namespace {

SSL* tls(void* ssl)
{
    return static_cast<SSL*>(ssl);
}

void need(bool good, const char* what)
{
    if (!good)
        throw std::runtime_error(what);
}

BIO* text(const std::string& pem)
{
    return BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
}

}  // namespace

bool talk::raw(std::string_view bytes)
{
    while (!bytes.empty())
    {
        const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

bool talk::handshake()
{
    ERR_clear_error();
    return SSL_accept(tls(ssl_)) == 1;
}

bool talk::write(std::string_view bytes)
{
    ERR_clear_error();
    return bytes.empty() || SSL_write(tls(ssl_), bytes.data(), static_cast<int>(bytes.size())) > 0;
}

std::string talk::read_request()
{
    std::string out;
    char byte = 0;
    while (out.size() < 65536 && !out.ends_with("\r\n\r\n") && SSL_read(tls(ssl_), &byte, 1) == 1)
        out.push_back(byte);
    return out;
}

bool talk::read_body(std::size_t size)
{
    char space[16384];
    while (size != 0)
    {
        ERR_clear_error();
        const int n = SSL_read(tls(ssl_), space, static_cast<int>(std::min(size, sizeof space)));
        if (n <= 0)
            return false;
        size -= static_cast<std::size_t>(n);
    }
    return true;
}

bool talk::ticket()
{
    // OpenSSL does not notice by itself that nobody is there to take one more.
    pollfd peer{socket_, POLLRDHUP, 0};
    if (::poll(&peer, 1, 0) != 0)
        return false;
    ERR_clear_error();
    return SSL_new_session_ticket(tls(ssl_)) == 1 && SSL_do_handshake(tls(ssl_)) == 1;
}

bool talk::stays_open(std::chrono::milliseconds time)
{
    pollfd p{socket_, POLLIN, 0};
    return ::poll(&p, 1, static_cast<int>(time.count())) == 0;
}

talker::talker(const identity& who, script what, int newest_tls) : script_(std::move(what))
{
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to a peer that has gone
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    context_ = context;
    need(context != nullptr, "TLS context");
    SSL_CTX_set_max_proto_version(context, newest_tls);
    BIO* const certificate = text(who.certificate);
    BIO* const key = text(who.private_key);
    X509* const x = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
    EVP_PKEY* const k = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    need(SSL_CTX_use_certificate(context, x) == 1 && SSL_CTX_use_PrivateKey(context, k) == 1, "certificate");
    X509_free(x);
    EVP_PKEY_free(k);
    BIO_free(certificate);
    BIO_free(key);

    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    need(listener_ >= 0 && ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
             ::listen(listener_, 64) == 0 && ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0,
         "listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { listen(); });
}

talker::~talker()
{
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const int socket : open_)
            ::shutdown(socket, SHUT_RDWR);
    }
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (std::thread& t : threads_)
        t.join();
    ::close(listener_);
    SSL_CTX_free(static_cast<SSL_CTX*>(context_));
}

std::string talker::url(std::string_view path) const
{
    return "https://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void talker::listen()
{
    for (;;)
    {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const std::lock_guard lock(mutex_);
        if (socket < 0 || stopping_)
        {
            if (socket >= 0)
                ::close(socket);
            return;
        }
        const int on = 1;
        ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        open_.push_back(socket);
        const unsigned number = ++connections_;
        threads_.emplace_back([this, socket, number] {
            SSL* const ssl = SSL_new(static_cast<SSL_CTX*>(context_));
            SSL_set_fd(ssl, socket);
            talk with(socket, ssl);
            script_(with, number);
            SSL_free(ssl);
            const std::lock_guard inner(mutex_);
            open_.remove(socket);
            ::close(socket);
        });
    }
}

}  // namespace support
