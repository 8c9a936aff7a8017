// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_HUB_HPP
#define MODELSEC_DETAIL_SOURCE_HUB_HPP

#include <modelsec/detail/base/secret.hpp>
#include <modelsec/detail/source/source.hpp>

MODELSEC_BEGIN_NAMESPACE

/// A Hugging Face Hub or a mirror of one, for `hf://ORG/REPO@COMMIT/PATH`.
struct hub_options
{
    std::string endpoint = "https://huggingface.co";  ///< https only; the one host that is asked
    /// Asked before every locate() for the token, so that it can change at any time; empty, or an empty secret: none. It goes to the
    /// endpoint's origin alone, and is a storage credential: client profiles refuse it (50).
    std::function<result<secret>()> token{};

    using variable = std::function<std::optional<std::string>(const std::string& name)>;

    /// The settings of the Hub's own tools, for whoever opts in: HF_ENDPOINT; the token from HF_TOKEN, else from the file HF_TOKEN_PATH, else from
    /// `token` in HF_HOME (default `$XDG_CACHE_HOME/huggingface`, `~/.cache/huggingface`). A token that was stored for the public Hub does not
    /// go to an endpoint that only the environment names, unless `allow_endpoint` (CWE-522): it is withheld. `plain_http` or `bad_url` for
    /// an endpoint that is none. Files are read when the token is needed, and again when it was refused.
    MODELSEC_DECL static result<hub_options> from_environment(const variable& get, bool allow_endpoint = false);
};

namespace detail {

class hub_source final : public model_source
{
public:
    explicit hub_source(hub_options options) : options_(std::move(options)) {}

    MODELSEC_DECL bool takes(std::string_view locator) const override;
    MODELSEC_DECL result<source_request> locate(std::string_view locator, const source_exchange& ask) override;
    MODELSEC_DECL std::optional<reason> meaning(const source_answer& answer) const override;
    bool renewable() const override { return static_cast<bool>(options_.token); }

private:
    hub_options options_;
};

/// The address of `ORG/REPO@COMMIT/PATH` at a Hub; the path is percent-encoded. `mutable_revision` unless the commit has 40 hex digits:
/// a branch could be moved under us.
MODELSEC_DECL result<std::string> hub_address(std::string_view rest, const std::string& endpoint);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/source/hub.ipp>
#endif

#endif
