#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# On a Mac: makes CModelsec.xcframework beside the package. PREFIX_<platform> name folders with OpenSSL, libsodium, simdjson, Boost,
# utf8proc and zlib for that platform: macosx, iphoneos, iphonesimulator.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
[ "$(uname -s)" = Darwin ] || { echo "an xcframework is made on a Mac" >&2; exit 3; }
root=$(cd ../.. && pwd)
headers=$(mktemp -d)
trap 'rm -rf "$headers"' EXIT
cp -R "$root/bindings/c/include/modelsec" "$headers/"
printf 'module CModelsec {\n    header "modelsec/modelsec.h"\n    export *\n}\n' >"$headers/module.modulemap"

libraries=()
for platform in macosx iphoneos iphonesimulator; do
    prefix=PREFIX_$platform
    [ -n "${!prefix:-}" ] || continue
    system=Darwin
    [ "$platform" = macosx ] || system=iOS
    folder=$root/build/$platform
    cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME="$system" \
        -DCMAKE_OSX_SYSROOT="$platform" -DCMAKE_OSX_ARCHITECTURES=arm64 -DCMAKE_PREFIX_PATH="${!prefix}" -DMODELSEC_BUILD_TESTS=OFF
    cmake --build "$folder" --target modelsec_c_static
    libtool -static -o "$folder/libmodelsec-all.a" "$folder/lib/libmodelsec.a" \
        "${!prefix}"/lib/lib{ssl,crypto,sodium,simdjson,utf8proc}.a
    libraries+=(-library "$folder/libmodelsec-all.a" -headers "$headers")
done
[ ${#libraries[@]} -gt 0 ] || { echo "set PREFIX_macosx, PREFIX_iphoneos or PREFIX_iphonesimulator" >&2; exit 2; }
rm -rf CModelsec.xcframework
xcodebuild -create-xcframework "${libraries[@]}" -output CModelsec.xcframework
