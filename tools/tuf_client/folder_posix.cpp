// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "folder.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>

namespace tuf_tool {

namespace ms = modelsec;

// Not a store: a suite chose the folder, wherever its temporary ones lie and whoever else may write there.
ms::result<folder> folder::open(const std::string& path)
{
    std::error_code ignored;
    std::filesystem::create_directories(path, ignored);
    folder out;
    out.at_ = ms::detail::file(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!out.at_)
        return ms::fail(ms::reason::store_io, path + ": " + std::strerror(errno));
    return out;
}

}  // namespace tuf_tool
