// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "process.hpp"
#include "temp_dir.hpp"
#include "tuf_publisher.hpp"

#include <modelsec/detail/trust/metadata.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <map>
#include <mutex>
#include <set>
#include <thread>

using namespace tuf_test;

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Plain http on loopback: answers by path, one connection at a time, and notes what it was asked for.
class plain_server
{
public:
    plain_server() : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), thread_([this] { serve(); }) {}

    ~plain_server()
    {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        boost::system::error_code ignored;
        tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }

    std::string url(const std::string& path) const
    {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + path;
    }
    void answer(const std::string& path, const std::string& body)
    {
        answer_raw(path, "HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    void answer(const std::string& path, const ms::bytes& body) { answer(path, std::string(ms::as_text(body))); }
    void answer_raw(const std::string& path, std::string response)
    {
        const std::lock_guard lock(mutex_);
        answers_[path] = std::move(response);
    }
    std::vector<std::string> asked()
    {
        const std::lock_guard lock(mutex_);
        return std::exchange(asked_, {});
    }

private:
    void serve()
    {
        for (;;)
        {
            tcp::socket socket(io_);
            boost::system::error_code ec;
            acceptor_.accept(socket, ec);
            std::string request;
            asio::read_until(socket, asio::dynamic_buffer(request, 8192), "\r\n\r\n", ec);
            std::string response = "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n";
            {
                const std::lock_guard lock(mutex_);
                if (over_)
                    return;
                const auto start = std::min(request.find(' ') + 1, request.size());
                asked_.push_back(request.substr(start, request.find(' ', start) - start));
                if (const auto it = answers_.find(asked_.back()); it != answers_.end())
                    response = it->second;
            }
            asio::write(socket, asio::buffer(response), ec);
        }
    }

    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::mutex mutex_;
    bool over_ = false;
    std::map<std::string, std::string> answers_;
    std::vector<std::string> asked_;
    std::thread thread_;
};

const std::string far = "2099-01-01T00:00:00Z";
const std::string content = "model weights";

/// A repository with one delegated role that lists `a/model.bin`, its server, and a client's folders.
struct scene
{
    support::temp_dir folder;
    plain_server server;
    ms::bytes root, timestamp_file, snapshot_file, targets_file, delegated_file;
    std::string location = "/targets/a/" + ms::sha256(ms::as_bytes(content)).hex() + ".model.bin";

    explicit scene(const std::string& timestamp_expires = far)
    {
        root_spec spec;
        spec.expires = far;
        root = spec.file();
        timestamp_file = sign(timestamp(1, listed(1), timestamp_expires), {2});
        snapshot_file = sign(snapshot(1, {{"targets", listed(1)}, {"d/e", listed(1)}}, far), {3});
        targets_file = sign(delegating(targets(1, {}, far), {{"d/e", {{5}}, {"a/*"}}}), {4});
        delegated_file = sign(targets(1, {{"a/model.bin", target(content)}}, far), {5});
        server.answer("/metadata/timestamp.json", timestamp_file);
        server.answer("/metadata/1.snapshot.json", snapshot_file);
        server.answer("/metadata/1.targets.json", targets_file);
        server.answer("/metadata/1.d%2Fe.json", delegated_file);
        server.answer(location, content);
        folder.write("initial.json", ms::as_text(root));
    }

    int client(std::vector<std::string> words)
    {
        words.insert(words.begin(), {MODELSEC_TUF_CLIENT, "--metadata-dir", folder / "metadata"});
        return support::run(words).exit_code;
    }
    int init() { return client({"init", folder / "initial.json"}); }
    int refresh() { return client({"--metadata-url", server.url("/metadata/"), "refresh"}); }
    int download(const std::vector<std::string>& names)
    {
        std::vector<std::string> words{"--metadata-url",   server.url("/metadata"), "--target-dir",
                                       folder / "targets", "--target-base-url",     server.url("/targets")};
        for (const auto& name : names)
            words.insert(words.end(), {"--target-name", name});
        words.push_back("download");
        return client(words);
    }
    std::set<std::string> in(const char* where) const
    {
        std::set<std::string> names;
        if (std::filesystem::exists(folder / where))
            for (const auto& entry : std::filesystem::directory_iterator(folder / where))
                names.insert(entry.path().filename().string());
        return names;
    }
    std::string kept(const char* name) const { return support::read_file(folder / (std::string("metadata/") + name)); }
};

using names = std::set<std::string>;
using paths = std::vector<std::string>;

}  // namespace

TEST_CASE("tuf-client keeps exactly the accepted metadata, as raw bytes, after each step")
{
    scene s;
    CHECK(s.init() == 0);
    CHECK(s.in("metadata") == names{"root.json"});
    CHECK(s.server.asked().empty());
    CHECK(s.refresh() == 0);
    CHECK(s.in("metadata") == names{"root.json", "timestamp.json", "snapshot.json", "targets.json"});
    CHECK(s.server.asked() == paths{"/metadata/2.root.json", "/metadata/timestamp.json", "/metadata/1.snapshot.json",
                                    "/metadata/1.targets.json"});
    CHECK(s.download({"a/model.bin"}) == 0);
    CHECK(s.in("metadata") == names{"root.json", "timestamp.json", "snapshot.json", "targets.json", "d%2Fe.json"});
    CHECK(s.kept("root.json") == ms::as_text(s.root));
    CHECK(s.kept("timestamp.json") == ms::as_text(s.timestamp_file));
    CHECK(s.kept("d%2Fe.json") == ms::as_text(s.delegated_file));
    CHECK(s.in("targets") == names{"a%2Fmodel.bin"});
    CHECK(support::read_file(s.folder / "targets/a%2Fmodel.bin") == content);
}

TEST_CASE("tuf-client does not fetch again what it has, and fetches again what was altered")
{
    scene s;
    REQUIRE(s.init() == 0);
    REQUIRE(s.download({"a/model.bin"}) == 0);
    (void)s.server.asked();
    CHECK(s.download({"a/model.bin", "a/model.bin"}) == 0);
    CHECK(s.server.asked() == paths{"/metadata/2.root.json", "/metadata/timestamp.json"});
    s.folder.write("targets/a%2Fmodel.bin", "altered");
    CHECK(s.download({"a/model.bin"}) == 0);
    CHECK(support::read_file(s.folder / "targets/a%2Fmodel.bin") == content);
}

TEST_CASE("tuf-client stores nothing of a target that is not the listed one, and exits with 1")
{
    for (const char* body : {"model Weights", "model weights and more", "model", ""})
    {
        scene s;
        REQUIRE(s.init() == 0);
        s.server.answer(s.location, body);
        CHECK(s.download({"a/model.bin"}) == 1);
        CHECK(s.in("targets").empty());
    }
    scene s;
    REQUIRE(s.init() == 0);
    CHECK(s.download({"absent"}) == 1);
    CHECK(s.download({"a/model.bin", "a/absent"}) == 1);
}

TEST_CASE("tuf-client keeps a target of any name in one file, and finds it there again")
{
    const std::vector<std::string> odd{".", "..", ".%draft", "/etc/passwd", "../../up", "a b#c?d%2F", std::string(300, 'x')};
    for (const std::string& name : odd)
    {
        CAPTURE(name);
        scene s;
        REQUIRE(s.init() == 0);
        s.server.answer("/metadata/1.targets.json", sign(targets(1, {{name, target(content)}}, far), {4}));
        const auto slash = name.rfind('/') + 1;
        std::string location = "/targets/" + name.substr(0, slash) + ms::sha256(ms::as_bytes(content)).hex() + ".";
        location += ms::detail::encode_role_name(name.substr(slash));
        s.server.answer(location, content);
        CHECK(s.download({name}) == 0);
        REQUIRE(s.in("targets").size() == 1);
        CHECK(support::read_file(s.folder / ("targets/" + *s.in("targets").begin())) == content);
        (void)s.server.asked();
        CHECK(s.download({name}) == 0);
        CHECK(s.server.asked() == paths{"/metadata/2.root.json", "/metadata/timestamp.json"});
    }
}

TEST_CASE("tuf-client takes the folders that a suite made, even where everybody may write")
{
    scene s;
    for (const char* name : {"metadata", "targets"})
    {
        std::filesystem::create_directory(s.folder / name);
        std::filesystem::permissions(s.folder / name, std::filesystem::perms::all);
    }
    CHECK(s.init() == 0);
    CHECK(s.download({"a/model.bin"}) == 0);
    s.folder.write("file", "no folder");
    CHECK(support::run({MODELSEC_TUF_CLIENT, "--metadata-dir", s.folder / "file", "init", s.folder / "initial.json"})
              .exit_code == 1);
}

TEST_CASE("tuf-client takes no answer but a plain 200 for metadata, and no error for a missing root")
{
    for (const char* response :
         {"HTTP/1.0 302 Found\r\nLocation: /metadata/timestamp.json\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.0 500 Error\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\ncut", "not HTTP at all\r\n\r\n", ""})
    {
        scene s;
        REQUIRE(s.init() == 0);
        s.server.answer_raw("/metadata/2.root.json", response);
        CHECK(s.refresh() == 1);
        CHECK(s.in("metadata") == names{"root.json"});
    }
    scene endless;
    REQUIRE(endless.init() == 0);
    endless.server.answer_raw("/metadata/2.root.json", "HTTP/1.0 200 OK\r\n\r\n" + std::string(1u << 20, ' '));
    CHECK(endless.refresh() == 1);
    CHECK(endless.in("metadata") == names{"root.json"});
}

TEST_CASE("tuf-client reads the system's clock: expired metadata is refused")
{
    scene s("2020-01-01T00:00:00Z");
    REQUIRE(s.init() == 0);
    CHECK(s.refresh() == 1);
    CHECK(s.in("metadata") == names{"root.json"});
}

TEST_CASE("tuf-client refuses a root that is none, other hosts, and words it does not know")
{
    scene s;
    s.folder.write("initial.json", "{}");
    CHECK(s.init() == 1);
    CHECK(s.refresh() == 1);
    CHECK(s.server.asked().empty());
    s.folder.write("initial.json", ms::as_text(s.root));
    REQUIRE(s.init() == 0);
    for (const char* url : {"http://192.0.2.1/", "http://localhost.example/", "https://127.0.0.1/", "127.0.0.1"})
        CHECK(s.client({"--metadata-url", url, "refresh"}) == 1);
    CHECK(s.client({"refresh"}) == 1);
    CHECK(s.client({"--metadata-url", s.server.url("/metadata"), "download"}) == 1);
    CHECK(s.client({"--what", "x", "refresh"}) == 1);
    CHECK(s.client({}) == 1);
}
