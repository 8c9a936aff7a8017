// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_TEMP_DIR_HPP
#define MODELSEC_TESTS_SUPPORT_TEMP_DIR_HPP

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace support {

/// A new folder that only this user can enter; gone, with all that is in it, when the object goes.
class temp_dir
{
public:
    temp_dir()
    {
        auto pattern = (std::filesystem::temp_directory_path() / "modelsec-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("cannot make a temporary folder");
        path_ = std::filesystem::canonical(pattern).string();
    }
    ~temp_dir()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;

    const std::string& path() const noexcept { return path_; }
    std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

    /// Writes a file into the folder (0600: keys are refused otherwise) and returns its path.
    std::string write(std::string_view name, std::string_view content) const
    {
        const auto file = *this / name;
        std::ofstream out(file, std::ios::binary | std::ios::trunc);
        ::chmod(file.c_str(), 0600);
        if (!out.write(content.data(), static_cast<std::streamsize>(content.size())).flush())
            throw std::runtime_error("cannot write " + file);
        return file;
    }

private:
    std::string path_;
};

inline std::string read_file(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in)
        throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace support

#endif
