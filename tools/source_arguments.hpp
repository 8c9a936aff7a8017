// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_SOURCE_ARGUMENTS_HPP
#define MODELSEC_TOOLS_SOURCE_ARGUMENTS_HPP

#include <modelsec/options.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace modelsec::tool {

/// What was said about hosts, and what their own tools' settings say: HF_…, AWS_…, Docker's config file.
class source_arguments
{
public:
    void add_to(CLI::App& command, const char* group);
    /// `credentials_file`: of --credentials, whose `s3` entries are keys to buckets; may be empty.
    source_options options(const std::string& credentials_file) const;

private:
    std::vector<std::string> realms_;
    bool allow_endpoint_ = false;
    bool s3_role_ = false;
};

}  // namespace modelsec::tool

#endif
