// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A folder that somebody signed by OpenSSF Model Signing, before it is loaded: no store, no network.
//
//   verify_folder BUNDLE PUBLIC_KEY_PEM FOLDER
//
// It teaches: the two steps, first who signed what (verify_bundle), then whether the folder is that (verify_model); how each difference
// is told; that nothing of the folder is read before the signature holds. Loading what was verified is up to whoever may write there:
// a store is what keeps others from it.
#include <modelsec/model_signing.hpp>
#include <modelsec/modelsec.hpp>

#include <fstream>
#include <iostream>
#include <iterator>

namespace {

modelsec::bytes read(const char* path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

int tell(const modelsec::failure& failed)
{
    std::cerr << modelsec::message(failed.code()) << " (" << to_string(failed.why) << ")\n";
    return static_cast<int>(failed.code());
}

}  // namespace

int main(int count, char** words)
{
    if (count < 4)
        return static_cast<int>(modelsec::errc::usage);
    const modelsec::bytes bundle = read(words[1]), pem = read(words[2]);
    const auto key = modelsec::public_key::pem({reinterpret_cast<const char*>(pem.data()), pem.size()});
    if (key.has_error())
        return tell(key.error());
    const auto signed_statement = modelsec::verify_bundle(bundle, *key);
    if (signed_statement.has_error())
        return tell(signed_statement.error());

    modelsec::model_walk walk;  // as many threads as there are processors
    walk.on_difference = [](const modelsec::model_difference& d) {
        // The name comes from the disk, and may be anything: it is counted here, not printed.
        std::cerr << "a file is " << to_string(d.kind) << '\n';
    };
    const auto seen = modelsec::verify_model(words[3], *signed_statement, walk);
    if (seen.has_error())
        return tell(seen.error());
    std::cout << "as signed: " << seen->files << " files, " << seen->bytes << " bytes\n";
}
