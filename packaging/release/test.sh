#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# test.sh BUILD: called by ./dev package test, with a build folder that has the command: all that packages and roots are needed for, and that
# takes too long for ./dev test. Says of each step whether it went well; at the end what did not.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(cd "$1" && pwd)
work=$PWD/build/package-test
rm -rf "$work"
mkdir -p "$work"

passed=0 failed=0
step()
{
    local name=$1 log status
    log=$work/${name//[^a-z0-9]/-}.log
    shift
    "$@" >"$log" 2>&1  # in no condition: there, set -e would not hold within
    status=$?
    if [ "$status" = 0 ]; then
        passed=$((passed + 1))
        printf '  ok      %s\n' "$name"
    else
        failed=$((failed + 1))
        printf '  FAILED  %s (%s)\n' "$name" "$log"
        tail -n 15 "$log"
    fi
}

# Each made twice, from two clones of this commit: the same bytes.
reproducible()
(
    set -e
    export SOURCE_DATE_EPOCH=1700000000
    for round in first second; do
        git clone -q --no-hardlinks . "$work/$round"
        (cd "$work/$round" && bash packaging/release/release.sh "$build/bin/modelsec" >/dev/null)
    done
    cmp "$work/first/build/packages/release/SHA256SUMS" "$work/second/build/packages/release/SHA256SUMS"
)

# Compiled anew from the start, for this machine's own processor: the wheel of before, byte by byte.
same_again()
(
    set -e
    local arch before
    arch=$(uname -m)
    before=$(sha256sum build/packages/*"$arch"*)
    rm -rf "build/portable/$arch/build"
    bash packaging/release/wheels.sh "$arch"
    sha256sum --check <<<"$before"
)

# The sdist holds all that a build wants: it is configured and its targets are planned where nothing of this tree is.
sdist_builds_by_itself()
(
    set -e
    local tarball
    tarball=$(find build/packages -maxdepth 1 -name 'modelsec-*.tar.gz' ! -name '*linux*' | head -n 1)
    mkdir "$work/sdist"
    tar -xzf "$tarball" -C "$work/sdist" --strip-components=1
    cmake -S "$work/sdist" -B "$work/sdist-build" -G Ninja -DMODELSEC_BUILD_TOOLS=ON -DMODELSEC_BUILD_TESTS=OFF -DMODELSEC_BUILD_EXAMPLES=OFF -DMODELSEC_DEVELOPER=OFF
    ninja -C "$work/sdist-build" -n modelsec_c modelsec
)

conan_takes_it()
(
    set -e
    python3 -m venv "$work/conan"
    "$work/conan/bin/python" -m pip --disable-pip-version-check install --quiet 'conan==2.9.3'
    export CONAN_HOME=$work/conan-home
    "$work/conan/bin/conan" export packaging/conan
    "$work/conan/bin/conan" inspect packaging/conan | grep "name: modelsec"
    "$work/conan/bin/conan" list 'modelsec/*' | grep "modelsec/"
)

homebrew_formula()
(
    set -e
    bash packaging/release/homebrew.sh README.md https://releases.example.org/modelsec.tar.gz https://modelsec.example.org >"$work/modelsec.rb"
    if grep '@[A-Z0-9]*@' "$work/modelsec.rb"; then exit 1; fi
    ruby -c "$work/modelsec.rb"
)

step "sdist, wheels for x86_64 and aarch64, run in a bare venv and under qemu" bash packaging/release/wheels.sh
step "the sdist builds by itself" sdist_builds_by_itself
step "a second build of the wheels has the same digests" same_again
step "debian packages, lintian clean" bash packaging/release/deb.sh
step "release of a commit, the same bytes twice" reproducible
step "conan exports and inspects the recipe" conan_takes_it
step "the formula for homebrew is ruby" homebrew_formula
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
