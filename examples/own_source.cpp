// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What it teaches: a kind of host that the library does not know. Locators `vault:NAME` of a signed manifest lead to a host that hands out a
// signed address for each file. Nothing that it says is trusted: the signed size and digest decide.
#include <modelsec/modelsec.hpp>

#include <iostream>

namespace {

class vault final : public modelsec::model_source
{
public:
    explicit vault(std::string base) : base_(std::move(base)) {}

    bool takes(std::string_view locator) const override { return locator.starts_with("vault:"); }

    // Asked before the download, and again when the address has expired: renewable() says that this is of use.
    modelsec::result<modelsec::source_request> locate(std::string_view locator,
                                                      const modelsec::source_exchange& ask) override
    {
        const auto answer = ask({base_ + "/sign/" + std::string(locator.substr(6))});
        if (answer.has_error())
            return answer.error();
        if (answer->status != 200)
            return modelsec::fail(modelsec::reason::unauthorized);
        return modelsec::source_request{std::string(answer->body.begin(), answer->body.end())};
    }

    // The host says 418 where an address has expired.
    std::optional<modelsec::reason> meaning(const modelsec::source_answer& answer) const override
    {
        return answer.status == 418 ? std::optional(modelsec::reason::url_expired) : std::nullopt;
    }

private:
    std::string base_;
};

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 6)
    {
        std::cerr << "own_source MANIFEST PIN BASE-URL STORE CA\n";
        return 2;
    }
    modelsec::client_options options;
    options.store = argv[4];
    options.transport.tls.ca_file = argv[5];
    options.sources.own.push_back(std::make_shared<vault>(argv[3]));
    modelsec::fetch_options wanted;
    wanted.manifest.file = argv[1];
    modelsec::pins keys;
    if (keys.add(argv[2]).has_error())
        return 2;
    wanted.trust = keys;
    modelsec::error_code ec;
    modelsec::diagnostics why;
    const auto got = modelsec::client(options).fetch(wanted, ec, why);
    std::cout << (ec ? ec.message() : got.model_id + ' ' + got.version) << '\n';
    return ec.value();
}
