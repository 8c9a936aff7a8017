#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# Called by ./dev lint: compiles the library in both of its forms and the C ABI to objects for systems that this machine is not, with
# the compiler and the system headers of the ziglang package from PyPI. Nothing is linked or run.
#   scripts/cross.sh [TARGET …]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(aarch64-macos x86_64-windows-gnu aarch64-linux-gnu)
out=$PWD/build/cross

die()
{
    printf 'cross: %s\n' "$*" >&2
    exit 1
}

# shellcheck source=scripts/zig.sh
. scripts/zig.sh

# The headers of the libraries, without the C library's that lie beside them. Those which Debian keeps by architecture say how OpenSSL
# was configured here: near enough for objects.
gather_headers()
{
    local name found
    rm -rf "$out/include"
    mkdir -p "$out/include" "$out/objects"
    for name in boost openssl simdjson.h sodium sodium.h utf8proc.h zlib.h zconf.h; do
        found=$(first_of "/usr/include/$name" /usr/include/*-linux-gnu*/"$name") || die "$name is not installed"
        case $name in
            openssl) cp -R "$found" "$out/include/openssl" ;;
            *) ln -s "$found" "$out/include/$name" ;;
        esac
    done
    for name in configuration.h opensslconf.h; do
        found=$(first_of /usr/include/openssl/$name "/usr/include/$(gcc -print-multiarch)/openssl/$name") || die "openssl/$name is not installed"
        [ -e "$out/include/openssl/$name" ] || cp "$found" "$out/include/openssl/$name"
    done
}

first_of()
{
    local path
    for path; do
        [ ! -e "$path" ] || { printf '%s\n' "$path"; return; }
    done
    return 1
}

# One line a unit: target, what for, file. The long ones first, so that two compilers end together.
list_units()
{
    local target unit
    for target in "${targets[@]}"; do
        # Bodies in headers become code where they are used.
        printf '%s header-only tests/install/main.cpp\n' "$target"
        for unit in net fetch store client trust manifest base source publish tuf_client; do
            printf '%s compiled src/%s.cpp\n' "$target" "$unit"
        done
        for unit in bindings/c/src/*.cpp; do
            printf '%s abi %s\n' "$target" "$unit"
        done
        printf '%s c %s\n' "$target" "$out/header.c"
    done
}

compile()
{
    local target=$1 form=$2 unit=$3 object command=c++
    local flags=(-std=c++20 -Wconversion -Wshadow)
    case $form in
        compiled) flags+=(-DMODELSEC_SEPARATE_COMPILATION) ;;
        abi) flags+=(-DMODELSEC_SEPARATE_COMPILATION -DMODELSEC_BUILDING_C) ;;
        c) command=cc flags=(-std=c99 -pedantic) ;;
    esac
    object=$out/objects/$target-$form-$(basename "$unit").o
    rm -f "$object"
    # Two of these compilers share a cache: now and then one makes no object and says nothing. Then it is asked once more.
    local said=$object.log
    for _ in 1 2; do
        if "$zig/bin/python" -m ziglang "$command" -target "$target" "${flags[@]}" -c -O0 -g0 -Wall -Wextra -Werror -Iinclude -Ibindings/c/include \
            -isystem "$out/include" -o "$object" "$unit" 2>"$said" && [ -s "$object" ]; then
            return 0
        fi
        [ ! -s "$said" ] || break
    done
    cat "$said" >&2
    printf '  %s does not compile for %s (%s)\n' "$unit" "$target" "$form"
    return 1
}

mkdir -p build
bring_zig
gather_headers
printf '#include <modelsec/modelsec.h>\nint32_t (*check)(const char *) = 0;\n' >"$out/header.c"
export zig out
export -f compile
list_units | xargs -P 2 -L 1 bash -c 'compile "$@"' compile
