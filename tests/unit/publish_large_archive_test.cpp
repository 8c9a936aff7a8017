// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Archives whose entries are larger than 32 bits can say.
#include "temp_dir.hpp"
#include "zip_builder.hpp"

#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/publish.hpp>

#include <doctest/doctest.h>

using namespace modelsec;

namespace {

constexpr std::uint64_t two_to_32 = std::uint64_t{1} << 32;

/// So many zeros, deflated a piece at a time: pieces that end in a full flush depend on nothing before them, and so all but the last are
/// the same bytes.
support::zip_part zeros(std::string name, std::uint64_t size)
{
    constexpr std::uint64_t piece_bytes = 16u << 20;
    const std::string piece(piece_bytes, '\0');
    z_stream z{};
    REQUIRE(::deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string packed(::deflateBound(&z, piece_bytes) + 64, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    z.avail_in = static_cast<uInt>(piece.size());
    z.next_out = reinterpret_cast<Bytef*>(packed.data());
    z.avail_out = static_cast<uInt>(packed.size());
    REQUIRE(::deflate(&z, Z_FULL_FLUSH) == Z_OK);
    packed.resize(z.total_out);
    ::deflateEnd(&z);

    const std::string rest(static_cast<std::size_t>(size % piece_bytes), '\0');
    support::zip_part out = support::zip_item(std::move(name), rest);  // its data ends the stream
    const std::uint32_t crc_of_piece = support::crc_of(piece), crc_of_rest = support::crc_of(rest);
    std::string data;
    uLong crc = 0;
    for (std::uint64_t i = 0; i < size / piece_bytes; ++i)
    {
        data += packed;
        crc = ::crc32_combine(crc, crc_of_piece, static_cast<z_off_t>(piece_bytes));
    }
    out.data = data + out.data;
    for (support::zip_header* h : {&out.local, &out.central})
    {
        h->crc32 = ::crc32_combine(crc, crc_of_rest, static_cast<z_off_t>(rest.size()));
        h->packed = h->bytes = 0xFFFF'FFFF;
        h->needed = 45;
        h->extra = support::zip64_field({size, out.data.size()});
    }
    return out;
}

}  // namespace

TEST_CASE("publish says how large an archive unpacks whose entry has more than 2^32 bytes, and refuses one that says less")
{
    const support::temp_dir place;
    std::vector<signing_key> keys;
    keys.push_back(signing_key::generate("k1").value());
    publication content;
    content.model_id = "demo";
    content.version = "1.0.0";
    content.sequence = 1;
    content.issued_at = *parse_rfc3339("2026-06-01T00:00:00Z");
    content.expires_at = content.issued_at + std::chrono::hours(24);
    const std::uint64_t size = two_to_32 + 12'345;
    support::zip_image image;
    image.add("config.json", "{}").add(zeros("weights.bin", size));
    content.artifacts = {{"any", {{place.write("model.zip", image.str()), "https://cdn.example/model.zip"}}}};
    content.artifacts.front().is_zip = true;
    const auto made = make_manifest(content, keys);
    REQUIRE_MESSAGE(made.has_value(), made.error().detail);
    const auto signed_one = detail::parse_envelope(as_bytes(made->text), envelope_format::dsse);
    REQUIRE(signed_one.has_value());
    const std::string said = "\"extracted_bytes\":" + std::to_string(size + 2);
    CHECK(as_text(signed_one->payload()).find(said) != std::string_view::npos);

    // What 32 bits would keep of its size, in place of it.
    for (support::zip_header* h : {&image.parts[1].local, &image.parts[1].central})
    {
        h->bytes = size - two_to_32;
        h->extra = support::zip64_field({image.parts[1].data.size()});
    }
    place.write("model.zip", image.str());
    const auto refused = make_manifest(content, keys);
    REQUIRE(refused.has_error());
    CHECK(refused.error().why == reason::unsafe_archive);
    CHECK(refused.error().detail.find("weights.bin") != std::string::npos);
}
