#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# wheels.sh [ARCH…]: the sdist, and from what it unpacks to one py3-none wheel for each of x86_64 and aarch64, which run where glibc is 2.31 or
# newer and need nothing else; the C library and the command of the same build, each as a tar with its licences. All of it in build/packages.
#   wheels.sh --check [ARCH…]     only looks again at what is there, and runs it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

portable=$PWD/build/portable
packages=$PWD/build/packages
version=$(sed -n 's/^#define MODELSEC_VERSION_STRING "\(.*\)"/\1/p' include/modelsec/version.hpp)
venv=$portable/venv
newest_glibc=2.31
# One moment for every file of a release: that of the last commit, or the caller's. (Zip files know none before 1980.)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 1700000000)}
export SOURCE_DATE_EPOCH

die()
{
    printf 'wheels: %s\n' "$*" >&2
    exit 1
}

tag_of()
{
    printf 'manylinux_%s_%s' "${newest_glibc/./_}" "$1"
}

wheel_of()
{
    printf '%s/modelsec-%s-py3-none-%s.whl' "$packages" "$version" "$(tag_of "$1")"
}

# The tools of Python's packaging, by version.
bring_tools()
{
    local wish="build==1.2.2 scikit-build-core==0.10.7 wheel==0.45.1 auditwheel==6.2.0"
    if [ "$(cat "$venv/.complete" 2>/dev/null)" != "$wish" ]; then
        rm -rf "$venv"
        python3 -m venv "$venv"
        # shellcheck disable=SC2086  # names are words
        "$venv/bin/python" -m pip --disable-pip-version-check install --quiet $wish >"$portable/venv.log" 2>&1 ||
            { tail -n 5 "$portable/venv.log" >&2; die "PyPI does not give $wish"; }
        printf '%s' "$wish" >"$venv/.complete"
    fi
}

make_sdist()
{
    mkdir -p "$packages"
    "$venv/bin/python" -m build --sdist --no-isolation --outdir "$packages" . >"$portable/sdist.log" 2>&1 ||
        { tail -n 20 "$portable/sdist.log" >&2; die "no sdist"; }
    for name in LICENSE bindings/python/README.md PKG-INFO pyproject.toml CMakeLists.txt include/modelsec/version.hpp bindings/python/src/modelsec/__init__.py; do
        tar -tzf "$packages/modelsec-$version.tar.gz" "modelsec-$version/$name" >/dev/null || die "the sdist lacks $name"
    done
}

# The sdist's files in build/portable/source. What has not changed keeps its time, so that little is compiled anew.
unpack_sdist()
{
    local fresh=$portable/fresh source=$portable/source file
    rm -rf "$fresh"
    mkdir -p "$fresh" "$source"
    tar -xzf "$packages/modelsec-$version.tar.gz" -C "$fresh" --strip-components=1 --touch
    (cd "$source" && find . -type f) | while read -r file; do
        [ -e "$fresh/$file" ] || rm "$source/$file"
    done
    (cd "$fresh" && find . -type f) | while read -r file; do
        cmp -s "$fresh/$file" "$source/$file" || { mkdir -p "$(dirname "$source/$file")"; cp "$fresh/$file" "$source/$file"; }
    done
    rm -rf "$fresh"
    # What is linked in brings its licence along.
    mkdir -p "$source/licenses"
    cp "$portable"/licenses/*.txt "$source/licenses"
    cp /usr/share/doc/libcli11-dev/copyright "$source/licenses/cli11.txt"
    cp LICENSE "$source/licenses/boost.txt"  # the same one, Boost Software License 1.0
    cp "$portable/../zig/lib/python3"*/site-packages/ziglang/lib/libcxx/LICENSE.TXT "$source/licenses/libcxx.txt"
}

make_wheel()
{
    local arch=$1 out=$portable/$1/wheel made
    local flags
    flags="-ffile-prefix-map=$portable/source=modelsec -ffile-prefix-map=$portable/$arch/prefix=. -ffile-prefix-map=$(readlink -f build/zig)=zig"
    rm -rf "$out"
    printf '  modelsec for %s (some minutes the first time)\n' "$arch"
    CMAKE_TOOLCHAIN_FILE=$portable/$arch/toolchain.cmake CMAKE_BUILD_PARALLEL_LEVEL=${MODELSEC_JOBS:-$(nproc)} _PYTHON_HOST_PLATFORM=linux-$arch \
        "$venv/bin/python" -m pip --disable-pip-version-check wheel --no-deps --no-build-isolation --wheel-dir "$out" \
        --config-settings=build-dir="$portable/$arch/build" \
        --config-settings=wheel.license-files="LICENSE;licenses/*" \
        --config-settings=install.strip=false \
        --config-settings=cmake.define.CMAKE_CXX_FLAGS="$flags" \
        --config-settings=cmake.define.CMAKE_SHARED_LINKER_FLAGS=-s \
        --config-settings=cmake.define.CMAKE_EXE_LINKER_FLAGS=-s \
        "$portable/source" >"$portable/$arch/wheel.log" 2>&1 || { tail -n 30 "$portable/$arch/wheel.log" >&2; die "no wheel for $arch (all of it: build/portable/$arch/wheel.log)"; }
    made=$(cd "$out" && "$venv/bin/python" -m wheel tags --remove --python-tag py3 --abi-tag none --platform-tag "$(tag_of "$arch")" ./*.whl | tail -n 1)
    cp "$out/$made" "$(wheel_of "$arch")"
}

# The command as one file, and the C library, of the very binaries that are in the wheel.
make_tars()
{
    local arch=$1 from=$portable/$1/unpacked place kind
    rm -rf "$from"
    mkdir -p "$from"
    (cd "$from" && python3 -m zipfile -e "$(wheel_of "$arch")" .)
    for kind in modelsec libmodelsec; do
        place=$portable/$arch/$kind-$version-linux-$arch
        rm -rf "$place"
        mkdir -p "$place"
        cp -r "$portable/source/licenses" "$portable/source/LICENSE" "$place"
        if [ "$kind" = modelsec ]; then
            cp "$from/modelsec/bin/modelsec" "$place"
            chmod 755 "$place/modelsec"
        else
            mkdir -p "$place/lib" "$place/include/modelsec"
            cp "$from"/modelsec/libmodelsec.so.* "$place/lib"
            (cd "$place/lib" && chmod 755 libmodelsec.so.* && ln -s libmodelsec.so.? libmodelsec.so)
            cp bindings/c/include/modelsec/*.h "$place/include/modelsec"
        fi
        tar --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw,a-s --mtime="@$SOURCE_DATE_EPOCH" -C "$portable/$arch" -c "${place##*/}" |
            gzip -9n >"$packages/${place##*/}.tar.gz"
    done
}

# Nothing newer than that glibc, nothing needed but it, and no path of the machine it was built on.
check_binary()
{
    local file=$1 newest needed
    newest=$(objdump -T "$file" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1)
    [ "$(printf '%s\nGLIBC_%s\n' "$newest" "$newest_glibc" | sort -V | tail -n 1)" = "GLIBC_$newest_glibc" ] || die "$file needs $newest"
    needed=$(objdump -p "$file" | awk '$1 == "NEEDED" {print $2}' | grep -vE '^(libc|libm|libpthread|libdl|librt|ld-linux-(x86-64|aarch64))\.so\.[0-9]$' || true)
    [ -z "$needed" ] || die "$file needs ${needed//$'\n'/ }"
    ! grep -qaF "$PWD" "$file" || die "$file tells where it was built"
}

# A wheel's digest is the same for the same sources: what is in it is in order, and bears one time.
check_wheel()
{
    local arch=$1 wheel from=$portable/$1/unpacked bare=$portable/$1/bare file runner=()
    wheel=$(wheel_of "$arch")
    [ -f "$wheel" ] || die "no wheel for $arch: ${wheel##*/}"
    rm -rf "$from" "$bare"
    mkdir -p "$from"
    (cd "$from" && python3 -m zipfile -e "$wheel" .)
    chmod 755 "$from/modelsec/bin/modelsec"
    for file in "$from/modelsec/bin/modelsec" "$from"/modelsec/libmodelsec.so.*; do
        check_binary "$file"
    done
    for file in LICENSE openssl libsodium simdjson utf8proc zlib boost cli11 libcxx; do
        find "$from"/*.dist-info -name "$file*" | grep -q . || die "the wheel lacks the licence of $file"
    done
    "$venv/bin/python" -m auditwheel show "$wheel" >"$portable/$arch/auditwheel.log" 2>&1 || { cat "$portable/$arch/auditwheel.log" >&2; die "auditwheel does not like it"; }
    tr '\n' ' ' <"$portable/$arch/auditwheel.log" | grep -q "$(tag_of "$arch")" || { cat "$portable/$arch/auditwheel.log" >&2; die "auditwheel gives another tag"; }
    if [ "$arch" = "$(uname -m)" ]; then
        python3 -m venv "$bare"
        "$bare/bin/python" -m pip --disable-pip-version-check install --quiet --no-index "$wheel"
        try_command "$bare/bin/python" -m modelsec
        (cd / && env -i "$bare/bin/python" -c "import modelsec, sys; sys.exit(modelsec.__version__ != '$version')") || die "the library in the wheel does not load"
        try_command "$bare/bin/modelsec"
    else
        file=/usr/$arch-linux-gnu
        { command -v "qemu-$arch" && [ -d "$file/lib" ]; } >/dev/null || die "to run $arch: the packages qemu-user and libc6-arm64-cross"
        runner=("qemu-$arch" -L "$file")
        try_command "${runner[@]}" "$from/modelsec/bin/modelsec"
        try_library "$arch" "${runner[@]}"
    fi
    printf '  %s: runs, needs glibc %s at most and nothing else\n' "${wheel##*/}" "$newest_glibc"
}

# A key, a manifest and its signature: what stands on every library inside.
try_command()
(
    local place=$portable/tried
    rm -rf "$place"
    mkdir -p "$place"
    cd /  # not where the tree's own package could be taken for the installed one
    [[ "$("$@" --version)" == *"$version"* ]] || die "$*: another version"
    printf 'weights' >"$place/model.bin"
    "$@" keygen --out "$place" --key-id v1 --quiet
    "$@" publish --key "$place/v1.pem" --model demo --version 1 --platform any --file "$place/model.bin" --url https://models.example.org/model.bin \
        --sequence 1 --expires 30d --out "$place/manifest.json" --quiet
    "$@" inspect "$place/manifest.json" | grep -q demo || die "$*: the manifest it made cannot be read"
)

# A program in C that asks the library of another machine.
try_library()
{
    local arch=$1 place=$portable/$1
    cat >"$place/asks.c" <<'C'
#include <modelsec/modelsec.h>
#include <stdio.h>
int main(void) { return puts(modelsec_version()) < 0; }
C
    "$place/bin/cc" -Ibindings/c/include "$place/asks.c" -o "$place/asks" "$(find "$place/unpacked/modelsec" -name 'libmodelsec.so.*')" -Wl,-rpath,"$place/unpacked/modelsec"
    [ "$("${@:2}" "$place/asks")" = "$version" ] || die "the library for $arch does not answer"
}

only_check=
if [ "${1:-}" = --check ]; then
    only_check=1
    shift
fi
[ $# -gt 0 ] || set -- x86_64 aarch64
mkdir -p "$portable" "$packages"
bring_tools
if [ -z "$only_check" ]; then
    bash packaging/release/libraries.sh "$@"
    make_sdist
    unpack_sdist
    for arch; do
        make_wheel "$arch"
        make_tars "$arch"
    done
fi
for arch; do
    check_wheel "$arch"
done
(cd "$packages" && sha256sum ./*.whl ./*.tar.gz)
