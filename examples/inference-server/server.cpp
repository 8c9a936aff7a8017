// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// An inference server in C++: loads a safetensors file at start-up by handle, looks for a new version, changes over without losing a
// request, and goes back to the last good one where a version fails its own check. The same environment as server.py:
//
//   MODEL_STORE=store MODEL_ID=demo MODEL_MANIFEST=https://models.example/demo.json MODEL_PINS=pins.json PORT=8000 inference_server
//
// It teaches: bytes are read through the open pack that was verified (map()), never by a path; requests hold the version that they began
// with; whoever asks sees "Model initialization failed" and a code, the log has the reason.
#include <modelsec/modelsec.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/src.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace json = boost::json;

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian, and so is this reader");

/// y = w·x + b. It keeps its pack open, so that gc lets the files be, and reads what was verified as long as it lives.
class linear_model
{
public:
    explicit linear_model(modelsec::open_pack pack)
        : pack_(std::move(pack)), bytes_(pack_.map("model.safetensors").value()), w_(tensor("w", 2)), b_(tensor("b", 1))
    {
        // The model's own check: known input, sane output. A version that fails it is never asked anything.
        const float y = run(1, 1);
        if (!std::isfinite(y) || std::fabs(y) > 1e6F)
            throw std::runtime_error("its answer to a known question is not sane");
    }

    const std::string& version() const { return pack_.info().version; }
    float run(float x0, float x1) const { return w_[0] * x0 + w_[1] * x1 + b_[0]; }

private:
    /// Eight bytes of length, a JSON table of types, shapes and places, then the data. A publisher's signature says whose file it is, not
    /// that it is well-formed: everything is checked.
    const float* tensor(const char* name, std::size_t count) const
    {
        const std::span content = bytes_.content();
        std::uint64_t header = 0;
        if (content.size() >= sizeof header)
            std::memcpy(&header, content.data(), sizeof header);
        if (header == 0 || content.size() < sizeof header || header > content.size() - sizeof header)
            throw std::runtime_error("no safetensors file");
        const json::value table =
            json::parse({reinterpret_cast<const char*>(content.data()) + sizeof header, static_cast<std::size_t>(header)});
        const json::value& about = table.at(name);
        const std::span data = content.subspan(sizeof header + static_cast<std::size_t>(header));
        const auto from = about.at("data_offsets").at(0).to_number<std::size_t>();
        const auto until = about.at("data_offsets").at(1).to_number<std::size_t>();
        const std::uint8_t* const first = data.data() + from;
        if (about.at("dtype").as_string() != "F32" || until > data.size() || from > until ||
            until - from != count * sizeof(float) || reinterpret_cast<std::uintptr_t>(first) % alignof(float) != 0)
            throw std::runtime_error(std::string("not the tensor that this server knows: ") + name);
        return reinterpret_cast<const float*>(first);
    }

    modelsec::open_pack pack_;
    modelsec::mapped_file bytes_;
    const float* w_;
    const float* b_;
};

/// What serves, and how the last attempt to change it ended. One thread runs everything here: there is nothing to lock.
struct service
{
    modelsec::client models;
    modelsec::fetch_options wanted;
    std::shared_ptr<const linear_model> model{};
    int failed = 0;

    /// The newest version; where there is none to be had, the one that is active. A version that fails is left and remembered as rejected.
    asio::awaitable<void> update()
    {
        const auto [ec, got] = co_await models.async_ensure(wanted, asio::as_tuple(asio::use_awaitable));
        if (ec)
            std::cerr << "no newer model: " << ec.message() << std::endl;
        if (model && (ec || got.version == model->version()))
            co_return;
        failed = ec.value();
        if (co_await load())
            co_return;
        modelsec::rollback_options back;
        back.model_id = wanted.model_id;
        const auto [not_back, last_good] = co_await models.async_rollback(back, asio::as_tuple(asio::use_awaitable));
        std::cerr << (not_back ? not_back.message() : "back to version " + last_good.version) << std::endl;
        if (!not_back && !model)
            co_await load();
    }

    /// Opens what is active beside the present one and changes over to it.
    asio::awaitable<bool> load()
    {
        auto [ec, pack] = co_await models.async_open(wanted.model_id, asio::as_tuple(asio::use_awaitable));
        try
        {
            if (ec)
                throw boost::system::system_error(ec);
            model = std::make_shared<const linear_model>(std::move(pack));  // the swap
            co_return true;
        }
        catch (const std::exception& e)
        {
            std::cerr << "what is active is of no use: " << e.what() << std::endl;
            if (failed == 0)
                failed = ec ? ec.value() : 1;
        }
        co_return false;
    }

    json::object health() const
    {
        const std::string update = failed ? modelsec::generic_message(static_cast<modelsec::errc>(failed)) : "ok";
        return {{"status", "ok"}, {"version", model->version()}, {"update", update}};
    }
};

using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

response answer(const service& s, const request& asked)
{
    response out(http::status::ok, asked.version());
    const auto model = s.model;  // this request's, whatever is swapped meanwhile
    if (asked.method() == http::verb::get && asked.target() == "/healthz")
        out.body() = json::serialize(s.health());
    else if (asked.method() == http::verb::post && asked.target() == "/infer")
    {
        beast::error_code ec;
        const json::value values = json::parse(asked.body(), ec);
        const json::array* const two = ec ? nullptr : values.if_array();
        if (two && two->size() == 2 && two->at(0).is_number() && two->at(1).is_number())
        {
            const float y = model->run(two->at(0).to_number<float>(), two->at(1).to_number<float>());
            out.body() = json::serialize(json::object{{"version", model->version()}, {"output", json::array{y}}});
        }
        else
        {
            out.result(http::status::unprocessable_entity);
            out.body() = R"({"error": "two numbers"})";
        }
    }
    else
        out.result(http::status::not_found);
    out.set(http::field::content_type, "application/json");
    out.keep_alive(asked.keep_alive());
    out.prepare_payload();
    return out;
}

asio::awaitable<void> talk(beast::tcp_stream stream, const service& s)
{
    beast::flat_buffer buffer;
    for (bool more = true; more;)
    {
        stream.expires_after(std::chrono::seconds(30));
        http::request_parser<http::string_body> parser;
        parser.body_limit(64 << 10);
        co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
        const response out = answer(s, parser.get());
        more = out.keep_alive();
        co_await http::async_write(stream, out, asio::use_awaitable);
    }
}

asio::awaitable<void> serve(service& s, std::uint16_t port, std::chrono::milliseconds interval, int& code)
{
    co_await s.update();
    if (!s.model)
    {
        std::cerr << modelsec::generic_message(static_cast<modelsec::errc>(s.failed)) << std::endl;
        code = s.failed;
        co_return;
    }
    const auto context = co_await asio::this_coro::executor;
    asio::co_spawn(
        context,
        [&s, interval]() -> asio::awaitable<void> {
            asio::steady_timer pause(co_await asio::this_coro::executor);
            for (;;)
            {
                pause.expires_after(interval);
                co_await pause.async_wait(asio::use_awaitable);
                co_await s.update();
            }
        },
        asio::detached);
    asio::ip::tcp::acceptor door(context, {asio::ip::address_v4::loopback(), port});
    for (;;)
        asio::co_spawn(context, talk(beast::tcp_stream(co_await door.async_accept(asio::use_awaitable)), s),
                       [](std::exception_ptr) {});
}

std::string from_environment(const char* name, const char* otherwise = nullptr)
{
    const char* const value = std::getenv(name);
    if (!value && !otherwise)
        throw std::runtime_error(std::string(name) + " is not set");
    return value ? value : otherwise;
}

int main()
try
{
    std::ifstream file(from_environment("MODEL_PINS"), std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const modelsec::pins publisher = modelsec::pins::parse(modelsec::as_bytes(text)).value();

    asio::io_context context(1);
    modelsec::client_options options{.store = from_environment("MODEL_STORE")};
    options.profile = modelsec::profile::server;
    options.transport.tls.ca_file = from_environment("MODEL_CA", "");
    service s{modelsec::client(options, context),
              {.manifest = {.url = from_environment("MODEL_MANIFEST")},
               .trust = publisher,
               .model_id = from_environment("MODEL_ID")}};
    const auto interval =
        std::chrono::milliseconds(static_cast<int>(std::stod(from_environment("MODEL_INTERVAL", "300")) * 1000));
    int code = 0;
    asio::co_spawn(context,
                   serve(s, static_cast<std::uint16_t>(std::stoi(from_environment("PORT", "8000"))), interval, code),
                   [&](std::exception_ptr failed) {
                       if (failed)
                           std::rethrow_exception(failed);
                       context.stop();
                   });
    context.run();
    return code;
}
catch (const std::exception& e)
{
    std::cerr << e.what() << std::endl;
    return 1;
}
