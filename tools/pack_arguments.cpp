// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "pack_arguments.hpp"

#include "command_error.hpp"
#include "platform.hpp"

namespace modelsec::tool {

std::string default_store()
{
    // XDG Base Directory Specification: a relative path is invalid and ignored.
    if (const auto data = environment("XDG_DATA_HOME"); data && data->front() == '/')
        return *data + "/modelsec";
    if (is_superuser())
        return "/var/lib/modelsec";
    const auto home = environment("HOME");
    if (!home)
        return {};
    return *home + user_data_folder() + "/modelsec";
}

const std::string& checked_store(const std::string& store)
{
    if (store.empty())
        usage("say where models live: --store DIR; HOME is not set");
    return store;
}

void add_store(CLI::App& command, std::string& store, const std::string& group)
{
    store = default_store();
    command
        .add_option("--store", store, "The folder where models live; default: the user's own, for root /var/lib/modelsec")
        ->type_name("DIR")
        ->group(group);
}

CLI::Option* pack_arguments::add_model_to(CLI::App& command, const char* purpose)
{
    return command.add_option("MODEL", model, purpose)->type_name("");
}

client_options pack_arguments::owner(output& out) const
{
    client_options how;
    how.store = checked_store(store);
    out.in_store(how.store);
    how.policy = sharing.policy();
    audit.apply_to(how);
    how.transport.proxy = proxy.options(out);
    return how;
}

json::object members_of(const pack_info& pack)
{
    return {{"version", pack.version}, {"sequence", pack.sequence}, {"path", pack.path}, {"already_active", true}};
}

}  // namespace modelsec::tool
