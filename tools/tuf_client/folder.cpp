// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "folder.hpp"

namespace tuf_tool {

namespace ms = modelsec;

namespace {

ms::detail::file_system& disk()
{
    return ms::detail::file_system::native();
}

// No name of a role or target is encoded to this.
const std::string draft_name = ".%draft";

}  // namespace

folder::draft::~draft()
{
    if (file_)
        (void)disk().remove_file(*at_, draft_name);
}

ms::result<void> folder::draft::append(ms::bytes_view data)
{
    MODELSEC_CHECK(disk().write_at(file_, size_, data));
    size_ += data.size();
    return {};
}

ms::result<void> folder::draft::publish(const std::string& name)
{
    MODELSEC_CHECK(disk().sync(file_));
    MODELSEC_CHECK(disk().replace(*at_, draft_name, *at_, name));
    file_ = ms::detail::file();
    return disk().sync(*at_);
}

ms::result<folder::draft> folder::write()
{
    draft out(at_);
    MODELSEC_CHECK(disk().remove_file(at_, draft_name));  // what a crash left
    MODELSEC_TRY(out.file_, disk().open_file(at_, draft_name, ms::detail::open_mode::create_new));
    return out;
}

ms::result<void> folder::store(const std::string& name, ms::bytes_view data)
{
    MODELSEC_TRY(draft d, write());
    MODELSEC_CHECK(d.append(data));
    return d.publish(name);
}

ms::result<void> folder::remove(const std::string& name)
{
    MODELSEC_CHECK(disk().remove_file(at_, name));
    return disk().sync(at_);
}

ms::result<ms::detail::file> folder::read(const std::string& name)
{
    return disk().open_file(at_, name, ms::detail::open_mode::read);
}

ms::result<ms::bytes> folder::load(const std::string& name, std::size_t cap)
{
    MODELSEC_TRY(const ms::detail::file f, read(name));
    if (!f)
        return ms::fail(ms::reason::none_active, name);
    ms::bytes out(cap + 1);
    MODELSEC_TRY(const std::size_t size, disk().read_at(f, 0, out));
    if (size > cap)
        return ms::fail(ms::reason::too_large, name);
    out.resize(size);
    return out;
}

}  // namespace tuf_tool
