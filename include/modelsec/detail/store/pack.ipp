// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_PACK_IPP
#define MODELSEC_DETAIL_STORE_PACK_IPP

#include <modelsec/detail/store/pack.hpp>

#include <map>
#include <string>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The one place where a verified_pack comes into being (docs/architecture.md, rule 2).
struct pack_maker
{
    // No file is another's folder, none stands twice (CWE-22, CWE-178).
    static result<verified_pack> make(std::vector<placed_file> files, const artifact& a)
    {
        path_set names;
        for (const placed_file& f : files)
            MODELSEC_CHECK(names.add_file(f.path));
        return verified_pack(std::move(files), a.content_digest());
    }
};

// TUF 1.0 section 5.7.3: the length and the digest are the signed ones.
inline result<void> check_signed(const verified_file& file, const artifact_file& wanted)
{
    if (file.size() != wanted.size_bytes)
        return fail(reason::size_mismatch, "a file of the pack has another length than was signed");
    if (!(file.signed_as() == wanted.sha256))
        return fail(reason::digest_mismatch, "a file of the pack is not the signed one");
    return {};
}

result<verified_pack> make_verified_pack(std::vector<placed_file> files, const artifact& a)
{
    if (a.is_zip || files.empty() || files.size() != a.files.size())
        return fail(reason::digest_mismatch, "the files are not those of the artifact");
    std::map<std::string, const placed_file*> by_path;
    for (const placed_file& f : files)
        by_path.emplace(f.path.str(), &f);
    for (const artifact_file& wanted : a.files)
    {
        const auto found = wanted.name ? by_path.find(wanted.name->str()) : by_path.end();
        if (found == by_path.end())
            return fail(reason::digest_mismatch, "a file of the artifact is missing");
        MODELSEC_CHECK(check_signed(found->second->content, wanted));
    }
    return pack_maker::make(std::move(files), a);
}

result<verified_pack> make_verified_pack(std::vector<placed_file> tree, const verified_file& archive, const artifact& a)
{
    if (!a.is_zip || a.files.size() != 1 || tree.empty())
        return fail(reason::digest_mismatch, "not the content of this archive");
    MODELSEC_CHECK(check_signed(archive, a.files.front()));
    return pack_maker::make(std::move(tree), a);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
