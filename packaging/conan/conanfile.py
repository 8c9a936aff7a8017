# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Conan 2: conan create packaging/conan   (the sources are those of the tree it lies in)"""
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load


class ModelsecConan(ConanFile):
    name = "modelsec"
    description = "Signed model packs: fetched, verified and activated from an untrusted network"
    license = "BSL-1.0"
    topics = ("machine-learning", "signatures", "tuf", "dsse", "download")
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"fPIC": [True, False], "header_only": [True, False]}
    default_options = {"fPIC": True, "header_only": False}

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "..", "..", "include", "modelsec", "version.hpp"))
        self.version = re.search(r'define MODELSEC_VERSION_STRING "([0-9.]+)"', header).group(1)

    def export_sources(self):
        tree = os.path.join(self.recipe_folder, "..", "..")
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, src=tree, dst=self.export_sources_folder)

    def config_options(self):
        if self.settings.os == "Windows":
            del self.options.fPIC

    def configure(self):
        if self.options.header_only:
            self.options.rm_safe("fPIC")

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        # transitive_headers: in header-only use, whoever includes modelsec compiles its bodies.
        for library in ("boost/[>=1.81 <1.90]", "openssl/[>=3.0 <4]", "libsodium/[>=1.0.18]", "simdjson/[>=3.0 <4]",
                        "utf8proc/[>=2.6]", "zlib/[>=1.2.11 <2]"):
            self.requires(library, transitive_headers=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for off in ("TOOLS", "EXAMPLES", "TESTS"):
            toolchain.cache_variables[f"MODELSEC_BUILD_{off}"] = False
        toolchain.cache_variables["MODELSEC_DEVELOPER"] = False
        toolchain.cache_variables["MODELSEC_INSTALL"] = True
        toolchain.generate()
        dependencies = CMakeDeps(self)
        dependencies.set_property("libsodium", "cmake_file_name", "sodium")
        dependencies.set_property("libsodium", "cmake_target_name", "sodium::sodium")
        dependencies.set_property("utf8proc", "cmake_file_name", "utf8proc")
        dependencies.set_property("utf8proc", "cmake_target_name", "utf8proc::utf8proc")
        dependencies.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", src=self.source_folder, dst=os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_id(self):
        if self.info.options.header_only:
            self.info.clear()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "modelsec")
        self.cpp_info.set_property("cmake_target_name", "modelsec::header_only" if self.options.header_only else "modelsec::modelsec")
        self.cpp_info.set_property("pkg_config_name", "modelsec")
        if self.options.header_only:
            self.cpp_info.libs, self.cpp_info.libdirs, self.cpp_info.bindirs = [], [], []
        else:
            self.cpp_info.libs = ["modelsec_cpp"]
            self.cpp_info.defines = ["MODELSEC_SEPARATE_COMPILATION"]
        if self.settings.os == "Windows":
            self.cpp_info.system_libs = ["ws2_32", "mswsock", "crypt32", "bcrypt", "ntdll", "advapi32"]
            self.cpp_info.defines.append("_WIN32_WINNT=0x0A00")
        elif self.settings.os == "Macos":
            self.cpp_info.frameworks = ["Security", "CoreFoundation"]
        elif self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.system_libs = ["pthread"]
