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

case $way in
    install)
        cmake --install "$build" --prefix "$prefix" --component development
        cmake --install "$build" --prefix "$prefix" --component c
        ;;
    find_package | find_package_header_only | find_package_c) consumer "$way" -DCMAKE_PREFIX_PATH="$prefix" ;;
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
