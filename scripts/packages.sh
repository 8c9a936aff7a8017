# shellcheck shell=bash disable=SC2034,SC2154  # what is unused here is used by ./dev, and the other way round
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# Sourced by ./dev: brings in what a command needs, from the distribution's packages and from nowhere else.

# A need is a package, or several with | between them of which the first that can be had will do. Boost must be 1.81 or newer.
needs_build="g++ cmake ninja-build pkg-config libboost1.81-dev|libboost-dev libssl-dev libsodium-dev libsimdjson-dev
    libutf8proc-dev zlib1g-dev libzstd-dev libcli11-dev"
needs_test="$needs_build docker-registry git doctest-dev python3-jsonschema nginx squid tinyproxy microsocks curl openssl zip unzip python3 python3-pytest softhsm2 opensc valgrind abigail-tools patchelf e2fsprogs libfsverity-dev"
needs_all="postgresql npm python3-pip"  # of slow tests: they install packages of npm and PyPI
needs_bench="$needs_build nginx curl aria2 wget openssl python3-venv xfsprogs"
needs_clang="clang-16 libclang-rt-16-dev llvm-16"
needs_lint="$needs_test clang-16 clang-format-16 clang-tidy-16 shellcheck binutils mypy python3-venv"
needs_fuzz="$needs_build $needs_clang"
needs_docs="doxygen"
needs_wheels="$needs_build autoconf automake dpkg-dev git libtool python3-venv binutils make patch perl xz-utils qemu-user libc6-arm64-cross"
needs_deb="$needs_build dpkg-dev debhelper dh-python fakeroot git lintian xz-utils"
needs_release="$needs_build git openssl python3"
needs_package_test="$needs_wheels $needs_deb $needs_release ruby"

# Installed by this name, or provided by what is (NodeSource's nodejs brings npm, and cannot stand beside Debian's).
is_installed()
{
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ||
        dpkg-query -W -f '${db:Status-Status},${Provides}\n' | sed 's/ *([^)]*)//g; s/, */,/g' | grep "^installed,\(.*,\)*$1\(,\|\$\)" >/dev/null
}

# The version apt would install; nothing if there is none.
candidate()
{
    apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -v '(none)'
}

# The package that meets a need; fails if none does.
choose()
{
    local package version
    for package in ${1//|/ }; do
        if is_installed "$package" && [ "$package" != libboost-dev ]; then
            echo "$package"
            return
        fi
    done
    for package in ${1//|/ }; do
        version=$(candidate "$package") || continue
        [ -n "$version" ] || continue
        [ "$package" != libboost-dev ] || dpkg --compare-versions "$version" ge 1.81 || continue
        echo "$package"
        return
    done
    return 1
}

as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        return 1
    fi
}

apt_get()
{
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# Installing a server starts it as a service; the tests start their own. The policy file is the distribution's way to say so.
policy_file=/usr/sbin/policy-rc.d
without_services()
(
    if [ ! -e "$policy_file" ]; then
        trap 'as_root rm -f "$policy_file"' EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy_file" >/dev/null
        as_root chmod 755 "$policy_file"
    fi
    "$@"
)

# need WHAT PACKAGES: installs those of the packages that are missing.
need()
{
    local what=$1 wish package missing=() round
    if ! command -v apt-get >/dev/null; then
        say "This is not Debian or Ubuntu: make sure that $what has these: ${2//$'\n'/ }"
        return
    fi
    for round in first last; do
        missing=()
        for wish in $2; do
            if ! package=$(choose "$wish"); then
                [ "$round" = first ] && break  # perhaps the lists are not there yet
                die "No package gives $wish here (Boost must be 1.81 or newer). Debian 12 and Ubuntu 24.04 have all of them."
            fi
            is_installed "$package" || missing+=("$package")
        done
        if [ -n "$package" ]; then
            [ ${#missing[@]} -gt 0 ] || return 0
            [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
                die "Needed for $what, and there is no sudo: run as root  apt-get install ${missing[*]}"
            say "Installing what $what needs: ${missing[*]}"
            if without_services apt_get install --no-install-recommends "${missing[@]}" >"$apt_log" 2>&1; then
                return 0
            fi
        fi
        if [ "$round" = first ]; then
            say "Bringing the package lists up to date"
            # A foreign source that fails is none of our business as long as the packages are found.
            for _ in 1 2 3; do
                apt_get update >"$apt_log" 2>&1 && break
                sleep 3
            done
        fi
    done
    tail -n 20 "$apt_log" >&2
    die "The packages could not be installed; all of apt's words are in $apt_log"
}
