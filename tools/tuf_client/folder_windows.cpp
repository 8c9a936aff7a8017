// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "folder.hpp"

namespace tuf_tool {

namespace ms = modelsec;

ms::result<folder> folder::open(const std::string& path)
{
    folder out;
    MODELSEC_TRY(out.at_, ms::detail::file_system::native().open_root(path, true));
    return out;
}

}  // namespace tuf_tool
