// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_PACK_ARGUMENTS_HPP
#define MODELSEC_TOOLS_PACK_ARGUMENTS_HPP

#include "audit_arguments.hpp"
#include "output.hpp"
#include "policy_arguments.hpp"
#include "proxy.hpp"

#include <modelsec/client.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace modelsec::tool {

/// `--store DIR`, as every command has it: starts as default_store().
void add_store(CLI::App& command, std::string& store, const std::string& group = "Options");
/// The store if --store is not given: $XDG_DATA_HOME/modelsec, for root /var/lib/modelsec, on macOS
/// ~/Library/Application Support/modelsec, else ~/.local/share/modelsec. Empty where there is no home.
std::string default_store();
/// The same; throws a usage error if it is empty.
const std::string& checked_store(const std::string& store);

/// What commands about packs that are there have in common: a store and a model.
struct pack_arguments
{
    std::string store;
    std::string model;
    policy_arguments sharing;
    audit_arguments audit;
    proxy_arguments proxy;  ///< on the way to the audit sink

    void add_to(CLI::App& command)
    {
        add_store(command, store);
        sharing.add_to(command);
        audit.add_to(command);
        proxy.add_to(command, "Audit");
    }
    CLI::Option* add_model_to(CLI::App& command, const char* purpose);
    client_options owner(output& out) const;
    modelsec::client client(output& out) const { return modelsec::client(owner(out)); }
};

/// The members of a result that is about an active pack.
json::object members_of(const pack_info& pack);

}  // namespace modelsec::tool

#endif
