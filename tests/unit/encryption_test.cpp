// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../support/faulty_file_system.hpp"
#include "fetch_scene.hpp"

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/manifest/encryption.hpp>
#include <modelsec/detail/store/decrypted_pack.hpp>

#include <filesystem>
#include <fstream>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace fetch_scene;

namespace {

std::string noise(std::size_t size)
{
    std::string out(size, '\0');
    std::uint32_t x = 1;
    for (char& c : out)
        c = static_cast<char>((x = x * 1664525u + 1013904223u) >> 24);
    return out;
}

encryption_info info_for(const std::string& plain, std::uint32_t chunk = 1000)
{
    encryption_info out;
    out.scheme = encryption_info::stream_scheme;
    out.chunk_bytes = chunk;
    out.key_id = "file-key";
    out.nonce_prefix.fill(7);
    out.plain_sha256 = sha256(as_bytes(plain));
    out.plain_size_bytes = plain.size();
    return out;
}

std::string encrypt(const std::string& plain, const encryption_info& info, const secret& key,
                    const std::string& model = "demo", const std::string& version = "1.0.0",
                    const std::string& file = "model.bin")
{
    const chunk_cipher cipher(info, key.reveal(), model, version, file);
    std::string out;
    for (std::uint64_t i = 0; i < info.chunks(); ++i)
    {
        bytes sealed(cipher.plain_bytes(i) + encryption_info::tag_bytes);
        cipher.seal(i, as_bytes(plain).subspan(static_cast<std::size_t>(i * info.chunk_bytes), cipher.plain_bytes(i)),
                    sealed);
        out.append(as_text(sealed));
    }
    return out;
}

/// A model "demo" 1.0.0 whose one file is encrypted.
struct encrypted_world : world
{
    std::string plain = noise(300'000);
    secret key = random_secret(32);
    encryption_info info = info_for(plain, 65536);
    json recipients = json::array{};

    void publish(std::optional<std::string> cipher = {}, const std::string& plain_digest = {})
    {
        auto m = manifest(1, "1.0.0", cipher.value_or(encrypt(plain, info, key)));
        m.artifacts[0].file_name = "model.bin";
        json doc = parse_json(as_bytes(m.json())).value();
        for (auto& [name, value] : *doc.as_object())
            if (name == "artifacts")
                (*value.as_array())[0].set(
                    "encryption", json{{"scheme", info.scheme},
                                       {"chunk_bytes", info.chunk_bytes},
                                       {"key_id", info.key_id},
                                       {"recipients", recipients},
                                       {"nonce_prefix_b64", to_base64(info.nonce_prefix)},
                                       {"plain_sha256", plain_digest.empty() ? info.plain_sha256.hex() : plain_digest},
                                       {"plain_size_bytes", info.plain_size_bytes}});
        net.envelope = support::dsse_envelope(doc.dump(), {key_of_publisher()});
    }
    const support::signer& key_of_publisher() const { return world::key; }

    static key_provider giving(const secret& one)
    {
        auto kept = std::make_shared<secret>(one.clone());
        return [kept](const encryption_info&) -> result<std::vector<secret>> {
            std::vector<secret> out;
            out.push_back(kept->clone());
            return out;
        };
    }
    result<decrypted_pack> open(const secret& one) { return detail::open_decrypted(owner, "demo", giving(one)); }
};

}  // namespace

TEST_SUITE_BEGIN("encryption");

TEST_CASE("a chunk opens at its place in its file of its model, and nowhere else")
{
    const std::string plain = noise(2500);
    const auto info = info_for(plain);
    const secret key = random_secret(32);
    const std::string sealed = encrypt(plain, info, key);
    CHECK(sealed.size() == info.cipher_size_bytes());
    const auto chunk = [&](std::size_t i) { return as_bytes(sealed).subspan(i * 1016, i == 2 ? 516 : 1016); };
    const auto opens = [&](const chunk_cipher& cipher, std::uint64_t index, bytes_view text) {
        bytes out(1000);
        return cipher.open(index, text, out) && as_text(bytes_view(out).first(cipher.plain_bytes(index))) ==
                                                    std::string_view(plain).substr(index * 1000, 1000);
    };
    const chunk_cipher right(info, key.reveal(), "demo", "1.0.0", "model.bin");
    CHECK(opens(right, 0, chunk(0)));
    CHECK(opens(right, 2, chunk(2)));
    CHECK_FALSE(opens(right, 0, chunk(1)));              // swapped
    CHECK_FALSE(opens(right, 1, chunk(2)));              // dropped
    CHECK_FALSE(opens(right, 3, chunk(2)));              // beyond the end
    CHECK_FALSE(opens(right, 1, chunk(1).first(1015)));  // cut
    CHECK_FALSE(opens(chunk_cipher(info, random_secret(32).reveal(), "demo", "1.0.0", "model.bin"), 0, chunk(0)));
    CHECK_FALSE(opens(chunk_cipher(info, key.reveal(), "other", "1.0.0", "model.bin"), 0, chunk(0)));
    CHECK_FALSE(opens(chunk_cipher(info, key.reveal(), "demo", "1.0.1", "model.bin"), 0, chunk(0)));
    CHECK_FALSE(opens(chunk_cipher(info, key.reveal(), "demo", "1.0.0", "other.bin"), 0, chunk(0)));
    // Lengths are part of it: no text moves from one name to the next.
    CHECK_FALSE(opens(chunk_cipher(info, key.reveal(), "demo1", ".0.0", "model.bin"), 0, chunk(0)));
    // A file cut at a chunk's border, with a size that says so, does not open: its last chunk is not marked as one.
    auto shorter = info;
    shorter.plain_size_bytes = 2000;
    CHECK_FALSE(opens(chunk_cipher(shorter, key.reveal(), "demo", "1.0.0", "model.bin"), 1, chunk(1)));
}

TEST_CASE("empty files and files of whole chunks have a last chunk too")
{
    const secret key = random_secret(32);
    for (const std::size_t size : {0u, 1u, 999u, 1000u, 1001u, 2000u})
    {
        const std::string plain = noise(size);
        const auto info = info_for(plain);
        const std::string sealed = encrypt(plain, info, key);
        CHECK(info.chunks() == std::max<std::size_t>(1, (size + 999) / 1000));
        CHECK(sealed.size() == size + 16 * info.chunks());
        const chunk_cipher cipher(info, key.reveal(), "demo", "1.0.0", "model.bin");
        bytes out(1000);
        const std::uint64_t last = info.chunks() - 1;
        CHECK(cipher.open(last, as_bytes(sealed).subspan(static_cast<std::size_t>(last * 1016)), out));
    }
}

TEST_CASE("a file's key is wrapped for a recipient, and nobody else unwraps it")
{
    const secret recipient = random_secret(32), other = random_secret(32), file_key = random_secret(32);
    auto info = info_for("x");
    info.recipients.push_back({"r", wrap_file_key(file_key.reveal(), x25519_public(recipient)).value()});
    const auto holds = [&](const secret& key) {
        for (const secret& candidate : possible_file_keys(info, key))
            if (std::ranges::equal(candidate.reveal(), file_key.reveal()))
                return true;
        return false;
    };
    CHECK(holds(recipient));
    CHECK_FALSE(holds(other));
    CHECK(holds(file_key));
    CHECK(wrap_file_key(file_key.reveal(), bytes(31)).error().why == reason::bad_option);
    CHECK(wrap_file_key(file_key.reveal(), bytes(32)).error().why == reason::bad_option);  // a point of small order
}

TEST_CASE("a pack of many encrypted files is opened with few descriptors: each file when it is first read")
{
    encrypted_world w;
    json doc = parse_json(as_bytes(w.manifest(1, "1.0.0", "x").json())).value();
    json::array files;
    std::vector<std::string> plain;
    for (int i = 0; i < 60; ++i)
    {
        plain.push_back(noise(2000) + std::to_string(i));
        const std::string name = "part-" + std::to_string(i), url = "https://h.example/" + name;
        const encryption_info info = info_for(plain.back(), 65536);
        const std::string cipher = encrypt(plain.back(), info, w.key, "demo", "1.0.0", name);
        w.net.bodies[url] = cipher;
        files.push_back(json{{"name", name},
                             {"url", url},
                             {"sha256", sha256(as_bytes(cipher)).hex()},
                             {"size_bytes", cipher.size()},
                             {"encryption", json{{"scheme", info.scheme},
                                                 {"chunk_bytes", info.chunk_bytes},
                                                 {"key_id", info.key_id},
                                                 {"recipients", json::array{}},
                                                 {"nonce_prefix_b64", to_base64(info.nonce_prefix)},
                                                 {"plain_sha256", info.plain_sha256.hex()},
                                                 {"plain_size_bytes", info.plain_size_bytes}}}});
    }
    json only = (*doc.find("artifacts")->as_array())[0];
    doc.set("artifacts",
            json::array{json{{"platform", std::string(only.string_at("platform").value())}, {"files", std::move(files)}}});
    w.net.envelope = support::dsse_envelope(doc.dump(), {w.key_of_publisher()});
    const auto fetched = w.fetch();
    REQUIRE_MESSAGE(fetched.has_value(), (fetched ? "" : fetched.error().detail));

    const auto descriptors = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
    };
    const auto before = descriptors();
    CHECK(w.open(random_secret(32)).error().why == reason::decrypt_failed);
    const auto pack = w.open(w.key);
    REQUIRE(pack.has_value());
    CHECK(descriptors() <= before + 4);
    REQUIRE(pack->files().size() == plain.size());
    for (std::size_t i = 0; i < plain.size(); ++i)
        CHECK(as_text(pack->files()[i].view().value().data()) == plain[i]);
    // What lies there by then is not read for what was checked.
    const auto again = w.open(w.key);
    std::ofstream(fetched->path + "/part-7", std::ios::binary | std::ios::in).write("x", 1);
    CHECK(again->files()[7].view().error().why == reason::pack_damaged);
    CHECK(as_text(again->files()[8].view().value().data()) == plain[8]);
}

TEST_CASE("an encrypted model stays encrypted on disk and is read at random, as a view and as a sealed file")
{
    encrypted_world w;
    w.publish();
    w.asked.decrypt_keys = encrypted_world::giving(w.key);
    const auto fetched = w.fetch();
    REQUIRE(fetched.has_value());
    std::ifstream on_disk(fetched->path + "/model.bin", std::ios::binary);
    const std::string stored((std::istreambuf_iterator<char>(on_disk)), {});
    CHECK(stored == encrypt(w.plain, w.info, w.key));

    const auto pack = w.open(w.key);
    REQUIRE(pack.has_value());
    const decrypted_file* file = pack->find("model.bin");
    REQUIRE(file);
    CHECK(file->size() == w.plain.size());
    for (const auto [offset, size] :
         {std::pair{0u, 10u}, {65530u, 20u}, {65536u, 65536u}, {100'000u, 150'000u}, {299'990u, 100u}, {300'000u, 5u}})
    {
        bytes into(size);
        const auto n = file->read_at(offset, into);
        REQUIRE(n.has_value());
        CHECK(as_text(bytes_view(into).first(*n)) == std::string_view(w.plain).substr(offset, size));
    }
    CHECK(as_text(file->view().value().data()) == w.plain);
    const auto sealed = file->sealed_file().value();
    struct stat what
    {
    };
    CHECK(::fstat(sealed.native(), &what) == 0);
    CHECK((what.st_mode & 0777) == 0600);
    CHECK(::fcntl(sealed.native(), F_GET_SEALS) == (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
    std::string content(w.plain.size(), '\0');
    CHECK(::pread(sealed.native(), content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()));
    CHECK(content == w.plain);
    CHECK(::pwrite(sealed.native(), "x", 1, 0) == -1);
    CHECK(w.open(random_secret(32)).error().why == reason::decrypt_failed);
}

TEST_CASE(
    "a block of an encrypted file that the disk changed under fs-verity is damage of the file; a disk that fails is none")
{
    struct failing_disk final : support::faulty_file_system
    {
        using faulty_file_system::faulty_file_system;
        bool fails = false, sealed = false;
        result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
        {
            return fails ? fail(reason::store_io, "read: Input/output error") : faulty_file_system::read_at(f, offset, into);
        }
        result<std::optional<sha256_digest>> measure_verity(const file&) override
        {
            return sealed ? std::optional(sha256({})) : std::nullopt;
        }
    };
    encrypted_world w;
    const support::temp_dir place;
    failing_disk disk(place.path());
    w.owner.files = &disk;
    w.publish();
    w.asked.decrypt_keys = encrypted_world::giving(w.key);
    REQUIRE(w.fetch().has_value());
    const auto pack = w.open(w.key);
    REQUIRE(pack.has_value());
    const decrypted_file& file = *pack->find("model.bin");
    disk.fails = true;
    bytes some(10);
    CHECK(file.read_at(200'000, some).error().why == reason::store_io);
    CHECK(file.view().error().why == reason::store_io);
    disk.sealed = true;
    CHECK(file.read_at(200'000, some).error().why == reason::pack_damaged);
    CHECK(file.view().error().why == reason::pack_damaged);
}

TEST_CASE("a wrong key, and plain text that is not the signed one, are refused before activation")
{
    encrypted_world w;
    w.publish();
    w.asked.decrypt_keys = encrypted_world::giving(random_secret(32));
    CHECK(w.why() == reason::decrypt_failed);
    CHECK(w.active() == "none_active");
    w.publish({}, std::string(64, 'a'));
    w.asked.decrypt_keys = encrypted_world::giving(w.key);
    CHECK(w.why() == reason::decrypt_failed);
    CHECK(w.active() == "none_active");
    // Chunks reordered by whoever signs, too.
    std::string swapped = encrypt(w.plain, w.info, w.key);
    std::swap_ranges(swapped.begin(), swapped.begin() + 65552, swapped.begin() + 65552);
    w.publish(swapped);
    CHECK(w.why() == reason::decrypt_failed);
    w.publish(encrypt(w.plain, w.info, w.key, "other-model"));
    CHECK(w.why() == reason::decrypt_failed);
    // Without a key it is fetched as it is.
    w.publish();
    w.asked.decrypt_keys = {};
    CHECK(w.why() == reason::none);
}

TEST_CASE("what is said about encryption must fit the file")
{
    encrypted_world w;
    w.publish();
    REQUIRE(w.why() == reason::none);
    const auto refused = [&](const std::function<void(encryption_info&)>& change) {
        encrypted_world other;
        change(other.info);
        other.publish(encrypt(w.plain, w.info, w.key));
        return other.why() == reason::manifest_malformed;
    };
    CHECK(refused([](encryption_info& i) { i.plain_size_bytes += 1; }));
    CHECK(refused([](encryption_info& i) { i.chunk_bytes = 4096; }));
    CHECK(refused([](encryption_info& i) { i.chunk_bytes = 0; }));
    CHECK(refused([](encryption_info& i) { i.key_id.clear(); }));
    encrypted_world wrapped;
    wrapped.recipients = json::array{json{{"key_id", "r"}, {"wrapped_key_b64", "AAAA"}}};
    wrapped.publish();
    CHECK(wrapped.why() == reason::manifest_malformed);
}

TEST_SUITE_END();
