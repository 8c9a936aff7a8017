#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# One way of using modelsec from another project: run.sh WAY SOURCE BUILD PREFIX, in an empty folder, compiler in CXX.
set -euo pipefail
way=$1 source=$2 build=$3 prefix=$4
here=$source/tests/install

# Configures, builds and runs the consumer of that name.
consumer()
{
    cmake -S "$here/$1" -B . -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 "${@:2}"
    cmake --build . -j 1 --target consumer  # not all of modelsec, where only a part is asked for
    ./consumer
}

# The two halves of mixing_modes, with these flags for the one and those for the other.
link_halves()
{
    "$CXX" -std=c++20 -I"$source/include" "$1" -c "$here/mixing_modes/library.cpp" -o library.o
    "$CXX" -std=c++20 -I"$source/include" "$2" -c "$here/mixing_modes/main.cpp" -o main.o
    "$CXX" main.o library.o -o mixed 2>link.log
}

# Configures a project and fails on any word of warning (policies, deprecations).
configure_silently()
{
    cmake -G Ninja -B . "$@" >configure.log 2>&1 || { cat configure.log >&2; exit 1; }
    if grep -E "CMake (Deprecation |Dev )?Warning|[Pp]olicy CMP" configure.log >&2; then
        echo "CMake warns" >&2
        exit 1
    fi
}

# Fails if a program needs the shared library of modelsec.
no_shared_modelsec()
{
    if objdump -p "$1" | grep 'NEEDED.*libmodelsec'; then
        echo "$1 was to have the archive inside" >&2
        exit 1
    fi
}

case $way in
    install)
        cmake --install "$build" --prefix "$prefix" --component development
        cmake --install "$build" --prefix "$prefix" --component c
        ;;
    find_package | find_package_header_only | find_package_c) consumer "$way" -DCMAKE_PREFIX_PATH="$prefix" ;;
    find_package_c_static)
        consumer "$way" -DCMAKE_PREFIX_PATH="$prefix"
        no_shared_modelsec consumer
        ;;
    guest | guest_installed)
        rm -rf CMakeCache.txt CMakeFiles
        if [ "$way" = guest ]; then
            configure_silently -S "$here/guest" -DMODELSEC_SOURCE="$source"
        else
            configure_silently -S "$here/guest" -DINSTALLED=ON -DCMAKE_PREFIX_PATH="$prefix"
        fi
        # Who links the headers compiles one file: the consumer's.
        ninja -t commands >plan.log
        [ "$(grep -c -- '-c [^ ]*[.]cpp' plan.log)" = 1 ] || { cat plan.log >&2; exit 1; }
        ;;
    without_doctest_and_cli11)
        rm -rf CMakeCache.txt CMakeFiles
        configure_silently -S "$source" -DCMAKE_DISABLE_FIND_PACKAGE_doctest=ON -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON
        ninja -t commands >plan.log
        grep -q 'ar qc libmodelsec_cpp[.]a' plan.log
        # Who asks for the tests is told that they cannot be had.
        if cmake -B . -S "$source" -DMODELSEC_BUILD_TESTS=ON -DCMAKE_DISABLE_FIND_PACKAGE_doctest=ON >configure.log 2>&1; then
            echo "Tests were asked for, cannot be built, and nobody said so" >&2
            exit 1
        fi
        ;;
    options_are_documented)
        while read -r option; do
            grep -q "\`$option\`" "$source/docs/install.md" || { echo "docs/install.md lacks $option" >&2; exit 1; }
        done < <(grep -rhoE '(option|modelsec_part)\(MODELSEC_[A-Z_]+|set\(MODELSEC_[A-Z_]+ .*CACHE' "$source"/CMakeLists.txt "$source"/cmake "$source"/bindings/c/CMakeLists.txt |
            grep -oE 'MODELSEC_[A-Z_]+' | sort -u)
        ;;
    sbom)
        for round in first second; do
            SOURCE_DATE_EPOCH=1700000000 python3 "$source/packaging/release/sbom.py" --out "$round" "$source/LICENSE"
        done
        diff -r first second
        python3 - first/*.spdx.json first/*.cdx.json <<'CHECK'
import json, sys
spdx, cyclone = (json.load(open(name)) for name in sys.argv[1:])
names = {"boost", "openssl", "libsodium", "simdjson", "utf8proc", "zlib"}
assert names < {p["name"] for p in spdx["packages"]} and all(p["versionInfo"] for p in spdx["packages"])
assert names < {c["name"] for c in cyclone["components"]} and spdx["creationInfo"]["created"] == cyclone["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
ids = {p["SPDXID"] for p in spdx["packages"] + spdx["files"]} | {"SPDXRef-DOCUMENT"}
assert all(r["spdxElementId"] in ids and r["relatedSpdxElement"] in ids for r in spdx["relationships"])
assert spdx["files"][0]["checksums"][0]["checksumValue"] == cyclone["components"][-1]["hashes"][0]["content"]
CHECK
        ;;
    designated_initialisers)
        "$CXX" -std=c++20 -Wall -Wextra -Werror -DMODELSEC_SEPARATE_COMPILATION -I"$source/include" -fsyntax-only "$here/designated_initialisers.cpp"
        # Each public aggregate is in there.
        for header in client options error event limits pins publish stream tuf model_signing; do
            [ -e "$source/include/modelsec/$header.hpp" ] || continue
            while read -r name; do
                grep -qE "(^|[^_[:alnum:]])${name}[{(]" "$here/designated_initialisers.cpp" || { echo "$header.hpp: $name is not tried" >&2; exit 1; }
            done < <(awk '/^namespace detail/ {inner = 1} /^}  \/\/ namespace detail/ {inner = 0} !inner && /^struct [a-z_0-9]+( final)?$/ {print $2}' "$source/include/modelsec/$header.hpp")
        done
        ;;
    add_subdirectory | fetch_content) consumer "$way" -DMODELSEC_SOURCE="$source" ;;
    pkg_config)
        PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name modelsec.pc)")
        export PKG_CONFIG_PATH
        # shellcheck disable=SC2046  # flags are words
        "$CXX" -std=c++20 "$here/main.cpp" -o consumer $(pkg-config --cflags --libs modelsec)
        ./consumer
        ;;
    pkg_config_c)
        PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name modelsec_c.pc)")
        export PKG_CONFIG_PATH
        # shellcheck disable=SC2046  # flags are words
        cc -std=c99 "$here/find_package_c/main.c" -o consumer $(pkg-config --cflags --libs modelsec_c)
        LD_LIBRARY_PATH=$(pkg-config --variable=libdir modelsec_c) ./consumer
        ;;
    pkg_config_c_static)
        PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name modelsec_c.pc)")
        export PKG_CONFIG_PATH
        # shellcheck disable=SC2046  # flags are words
        cc -std=c99 "$here/find_package_c/main.c" -o consumer $(pkg-config --static --cflags --libs modelsec_c)
        no_shared_modelsec consumer
        ./consumer
        ;;
    mixing_modes_fails_to_link)
        compiled=-DMODELSEC_SEPARATE_COMPILATION header_only=-UMODELSEC_SEPARATE_COMPILATION
        link_halves $header_only $header_only
        ./mixed
        link_halves $compiled $compiled
        ./mixed
        if link_halves $compiled $header_only; then
            echo "Objects of the two ways of building were linked together" >&2
            exit 1
        fi
        grep -q 'header_only_v0' link.log
        ;;
    *) exit 2 ;;
esac
