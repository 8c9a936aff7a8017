// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/publish/s3_xml.hpp>
#include <modelsec/detail/publish/token_key.hpp>

using namespace modelsec;
using namespace modelsec::detail;

// What publishers' side reads of others: S3's answers, and addresses of keys on tokens (RFC 7512).
MODELSEC_FUZZ_TARGET(upload)
{
    const std::string_view text = as_text(input);
    for (const char* name : {"UploadId", "Upload", "Part", "ETag"})
        for (const std::string& one : xml_texts(text, name))
            fuzz::require(one.size() <= text.size(), "a part is no longer than the whole");
    fuzz::require(xml_text("<Key>" + xml_escape(text) + "</Key>", "Key") == text, "what is escaped is read back as itself");
    if (const auto address = token_address::parse(text))
        fuzz::require(address->id.size() <= text.size() && address->module_path.size() <= text.size(), "nothing grows");
}
