// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_TUF_CLIENT_FOLDER_HPP
#define MODELSEC_TOOLS_TUF_CLIENT_FOLDER_HPP

#include <modelsec/detail/base/file_system/file_system.hpp>

namespace tuf_tool {

/// A flat folder of files that appear whole or not at all.
class folder
{
public:
    static modelsec::result<folder> open(const std::string& path);

    /// A file that is being written. Goes away unless it is published.
    class draft
    {
    public:
        draft(draft&&) = default;
        ~draft();

        modelsec::result<void> append(modelsec::bytes_view data);
        /// On stable storage, and under its name.
        modelsec::result<void> publish(const std::string& name);

    private:
        friend class folder;
        explicit draft(const modelsec::detail::file& at) : at_(&at) {}

        const modelsec::detail::file* at_;
        modelsec::detail::file file_;
        std::uint64_t size_ = 0;
    };

    /// The folder outlives it; one at a time.
    modelsec::result<draft> write();
    modelsec::result<void> store(const std::string& name, modelsec::bytes_view data);
    modelsec::result<void> remove(const std::string& name);
    /// An invalid file if there is none.
    modelsec::result<modelsec::detail::file> read(const std::string& name);
    /// The whole file; `none_active` if there is none, `too_large` above the cap.
    modelsec::result<modelsec::bytes> load(const std::string& name, std::size_t cap);

private:
    modelsec::detail::file at_;
};

}  // namespace tuf_tool

#endif
