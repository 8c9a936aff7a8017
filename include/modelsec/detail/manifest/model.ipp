// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_IPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_IPP

#include <modelsec/detail/manifest/model.hpp>

MODELSEC_BEGIN_NAMESPACE

// Several files: a list of "<hex digest> <size> <path>\n" in the manifest's order, which nothing else can hash to.
sha256_digest artifact::content_digest() const
{
    if (files.size() == 1 && (is_zip || files[0].name->parts().size() == 1))
        return files[0].sha256;
    hasher h;
    for (const artifact_file& f : files)
        h.update(as_bytes(f.sha256.hex() + ' ' + std::to_string(f.size_bytes) + ' ' + f.name->str() + '\n'));
    return h.finish_sha256();
}

MODELSEC_END_NAMESPACE

#endif
