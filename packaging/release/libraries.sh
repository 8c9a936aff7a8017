#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# libraries.sh ARCH…: what modelsec stands on, as static libraries for Linux with glibc 2.31 or newer, for x86_64 or aarch64, whatever this
# machine is. Made once, from the distribution's own source packages (its signatures checked by apt, its patches applied), with ziglang:
#   build/portable/ARCH/prefix           libraries, headers, CMake packages
#   build/portable/ARCH/toolchain.cmake  for CMake; build/portable/ARCH/bin has cc, c++, ar, ranlib
#   build/portable/licenses              the copyright file of each; build/portable/versions.txt says which versions
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

glibc=2.31
portable=$PWD/build/portable
sources=$portable/sources
packages=(openssl libsodium simdjson utf8proc zlib)

die()
{
    printf 'libraries: %s\n' "$*" >&2
    exit 1
}

# shellcheck source=scripts/zig.sh
. scripts/zig.sh

# Source packages from wherever this machine gets its packages, by an apt configuration of our own: its sources stay as they are.
fetch_sources()
{
    local apt=$portable/apt keys package
    [ ! -e "$sources/.complete" ] || return 0
    rm -rf "$sources" "$apt"
    mkdir -p "$sources" "$apt/lists/partial"
    keys=/usr/share/keyrings/$(. /etc/os-release && echo "${ID:-}")-archive-keyring.gpg
    [ -r "$keys" ] || die "the keys of this distribution's archive are missing: $keys"
    # shellcheck disable=SC2016  # apt expands it
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v keys="$keys" '$3 == "main" {print "deb-src [signed-by=" keys "]", $0}' | sort -ru >"$apt/sources.list"
    [ -s "$apt/sources.list" ] || die "this machine has no package sources for source packages to come from"
    cat >"$apt/apt.conf" <<CONF
Dir::State::lists "$apt/lists";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Cache::srcpkgcache "";
Dir::Cache::pkgcache "";
APT::Sandbox::User "";
Acquire::Retries "3";
CONF
    export APT_CONFIG=$apt/apt.conf
    apt-get -qq update >"$apt/log" 2>&1 || { cat "$apt/log" >&2; die "the lists of source packages cannot be had"; }
    : >"$portable/versions.txt"
    mkdir -p "$portable/licenses"
    for package in "${packages[@]}"; do
        fetch_source "$package"
        mv "$sources/$package"-*/ "$sources/$package"
        cp "$sources/$package/debian/copyright" "$portable/licenses/$package.txt"
    done
    unset APT_CONFIG
    rm -rf "$apt/lists"
    touch "$sources/.complete"
}

# The newest version that can be had; mirrors do not keep every one.
fetch_source()
{
    local package=$1 version
    while read -r version; do
        rm -rf "${sources:?}/$package"[-_]*
        if (cd "$sources" && apt-get -qq source "$package=$version" >>"$portable/apt/log" 2>&1 </dev/null); then
            printf '%s %s\n' "$package" "$version" >>"$portable/versions.txt"
            return
        fi
        printf '  %s %s cannot be had, an older version is looked for\n' "$package" "$version"
    done < <(apt-cache showsrc "$package" | awk '/^Package: / {name = $2} /^Version: / {if (name == "'"$package"'") print $2}' | sort -ruV)
    tail -n 5 "$portable/apt/log" >&2
    die "no source package $package"
}

write_toolchain()
{
    local arch=$1 place=$portable/$1 name
    mkdir -p "$place/bin" "$place/prefix/include" "$place/prefix/lib/cmake/Boost"
    for name in cc c++; do
        cat >"$place/bin/$name" <<WRAPPER
#!/bin/sh
exec "$zig/bin/python" -m ziglang $name -target $arch-linux-gnu.$glibc "\$@"
WRAPPER
    done
    for name in ar ranlib; do
        printf '#!/bin/sh\nexec "%s/bin/python" -m ziglang %s "$@"\n' "$zig" "$name" >"$place/bin/$name"
    done
    chmod +x "$place"/bin/*
    cat >"$place/toolchain.cmake" <<CMAKE
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR $arch)
set(CMAKE_C_COMPILER "$place/bin/cc")
set(CMAKE_CXX_COMPILER "$place/bin/c++")
set(CMAKE_AR "$place/bin/ar" CACHE FILEPATH "")
set(CMAKE_RANLIB "$place/bin/ranlib" CACHE FILEPATH "")
set(CMAKE_FIND_ROOT_PATH "$place/prefix")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
foreach(kind IN ITEMS LIBRARY INCLUDE PACKAGE)
    set(CMAKE_FIND_ROOT_PATH_MODE_\${kind} ONLY)
endforeach()
set(ENV{PKG_CONFIG_LIBDIR} "$place/prefix/lib/pkgconfig")
CMAKE
    # Headers alone are the same for every target: those of this machine's packages.
    ln -sfn /usr/include/boost "$place/prefix/include/boost"
    ln -sfn /usr/include/CLI "$place/prefix/include/CLI"
    mkdir -p "$place/prefix/share/cmake"
    ln -sfn /usr/share/cmake/CLI11 "$place/prefix/share/cmake/CLI11"
    cat >"$place/prefix/lib/cmake/Boost/BoostConfig.cmake" <<'CMAKE'
set(Boost_INCLUDE_DIRS "${CMAKE_CURRENT_LIST_DIR}/../../../include")
if(NOT TARGET Boost::headers)
    add_library(Boost::headers INTERFACE IMPORTED)
    set_target_properties(Boost::headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${Boost_INCLUDE_DIRS}")
endif()
CMAKE
    awk '/define BOOST_LIB_VERSION/ {gsub(/"/, "", $3); gsub(/_/, ".", $3); print "set(PACKAGE_VERSION " $3 ")"}' /usr/include/boost/version.hpp \
        >"$place/prefix/lib/cmake/Boost/BoostConfigVersion.cmake"
    cat >>"$place/prefix/lib/cmake/Boost/BoostConfigVersion.cmake" <<'CMAKE'
if(NOT PACKAGE_VERSION VERSION_LESS PACKAGE_FIND_VERSION)
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
CMAKE
}

# build ARCH PACKAGE COMMAND…, in a copy of its sources; what it says goes to a log; done once.
build()
{
    local arch=$1 package=$2 work=$portable/$1/work/$2
    [ ! -e "$portable/$arch/.$package" ] || return 0
    printf '  %s for %s\n' "$package" "$arch"
    rm -rf "$work"
    mkdir -p "${work%/*}"
    cp -r "$sources/$package" "$work"
    # In the background, since in a condition a step that fails would not end it.
    (
        cd "$work"
        export PATH=$portable/$arch/bin:$PATH
        "build_$package" "$arch" "$portable/$arch/prefix"
    ) >"$portable/$arch/$package.log" 2>&1 </dev/null &
    wait "$!" ||
        { tail -n 20 "$portable/$arch/$package.log" >&2; die "$package cannot be built for $arch (all of it: build/portable/$arch/$package.log)"; }
    rm -rf "$work"
    touch "$portable/$arch/.$package"
}

# Paths of this machine would make what is built differ from machine to machine.
flags()
{
    printf '%s' "-O2 -fPIC -ffile-prefix-map=$PWD=. -fstack-protector-strong"
}

# The folders that it is configured with stand in the library: configuration and certificates are where most distributions have them, and it
# is told of no folder of this machine. Nor does it tell when it was built.
build_openssl()
{
    export SOURCE_DATE_EPOCH=0
    CC=cc AR=ar RANLIB=ranlib CFLAGS=$(flags) ./Configure "linux-$1" no-shared no-module no-engine no-tests no-zlib no-comp no-ssl3 no-weak-ssl-ciphers \
        --prefix=/usr --libdir=lib --openssldir=/etc/ssl
    make -j "$jobs" build_libs
    make install_dev DESTDIR="$PWD/installed"
    cp -r installed/usr/include/openssl "$2/include"
    cp installed/usr/lib/lib*.a "$2/lib"
    mkdir -p "$2/lib/pkgconfig"
    for file in installed/usr/lib/pkgconfig/*.pc; do
        sed "s|^prefix=.*|prefix=$2|" "$file" >"$2/lib/pkgconfig/${file##*/}"
    done
}

build_libsodium()
{
    [ -x configure ] || autoreconf --force --install  # where the distribution took the sources from the repository
    CC=cc AR=ar RANLIB=ranlib CFLAGS=$(flags) ./configure --host="$1-linux-gnu" --disable-shared --enable-static --disable-dependency-tracking --prefix="$2"
    make -j "$jobs"
    make install
}

build_simdjson()
{
    cmake -S . -B out -G Ninja -DCMAKE_TOOLCHAIN_FILE="$portable/$1/toolchain.cmake" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS="$(flags)" \
        -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_SHARED_LIBS=OFF -DSIMDJSON_DEVELOPER_MODE=OFF -DCMAKE_INSTALL_PREFIX="$2" -DCMAKE_INSTALL_LIBDIR=lib
    cmake --build out -j "$jobs"
    cmake --install out
}

build_utf8proc()
{
    # shellcheck disable=SC2046  # flags are words
    cc $(flags) -DUTF8PROC_STATIC -c utf8proc.c -o utf8proc.o
    ar rcs "$2/lib/libutf8proc.a" utf8proc.o
    cp utf8proc.h "$2/include"
}

build_zlib()
{
    CC=cc AR=ar RANLIB=ranlib CFLAGS=$(flags) ./configure --static --prefix="$2"
    make -j "$jobs" libz.a
    cp libz.a "$2/lib"
    cp zlib.h zconf.h "$2/include"
}

[ $# -gt 0 ] || set -- x86_64 aarch64
jobs=${MODELSEC_JOBS:-$(nproc)}
mkdir -p "$portable"
bring_zig
fetch_sources
for arch; do
    case $arch in x86_64 | aarch64) ;; *) die "no target $arch: x86_64 or aarch64" ;; esac
    write_toolchain "$arch"
    for package in "${packages[@]}"; do
        build "$arch" "$package"
    done
done
