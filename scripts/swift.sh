#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# swift.sh fetch        brings Swift in from Debian's packages (600 MB), into build/swift; 3 where that cannot be
# swift.sh test BUILD   compiles bindings/swift and runs its tests with the library and the origin of a build folder. Without a
#                       Swift, clang compiles the C module as Swift imports it, and that is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
package=$root/bindings/swift
module=(-I "$package/Sources/CModelsec" -Xcc "-I$root/bindings/c/include")

fetch()
{
    mkdir -p build
    bash scripts/foreign.sh "$root/build/swift" trixie swiftlang libc6-dev libgcc-14-dev libstdc++-14-dev binutils \
        >build/swift-missing.txt 2>&1 && rm -f build/swift-missing.txt
}

# As Swift's importer does it: the module by its map, then a use of it.
compile_module()
{
    local clang
    clang=$(command -v clang-16 || command -v clang) || { echo "Swift: neither Swift nor clang is here"; exit 77; }
    "$clang" -x c -fmodules -fmodules-cache-path="$root/build/swift-modules" -Werror -Wall -fsyntax-only \
        -I "$package/Sources/CModelsec" -I bindings/c/include - <<'C'
#pragma clang module import CModelsec
int main(void) { modelsec_request r = {sizeof r}; return modelsec_version() ? (int) r.operation : MODELSEC_USAGE; }
C
    echo "Swift: no Swift here, only its C module was compiled by clang"
}

# Each block of the page stands in the tests, word by word.
check_page()
{
    python3 - <<'PY'
import pathlib, re
plain = lambda text: "\n".join(line.strip() for line in text.strip().split("\n"))
here = plain(pathlib.Path("bindings/swift/Tests/Origin/Shown.swift").read_text())
blocks = re.findall(r"```swift\n(.*?)```", pathlib.Path("docs/swift.md").read_text(), re.S)
assert len(blocks) >= 2, "docs/swift.md shows nothing"
for block in blocks:
    assert plain(block) in here, "docs/swift.md shows what is not tested:\n" + block
PY
}

run_test()
{
    local build compiler out=$root/build/swift-package flags
    build=$(cd "$1" && pwd)
    check_page
    compiler=$(command -v swiftc || true)
    [ ! -x build/swift/usr/bin/swiftc ] || compiler=$root/build/swift/usr/bin/swiftc
    [ -n "$compiler" ] || { compile_module; return; }
    mkdir -p "$out"
    flags=(-swift-version 5 -strict-concurrency=complete "${module[@]}")
    [ ! -d build/swift/usr ] || flags+=(-sdk "$root/build/swift" -tools-directory "$root/build/swift/usr/bin")
    (cd "$out" && "$compiler" "${flags[@]}" -parse-as-library -emit-module -emit-library -static -module-name Modelsec \
        "$package"/Sources/Modelsec/*.swift -o libModelsecSwift.a)
    local link=(-I "$out" -L "$out" -L "$build/lib" -lModelsecSwift -Xlinker -rpath -Xlinker "$build/lib")
    (cd "$out" && "$compiler" "${flags[@]}" "${link[@]}" -parse-as-library "$package"/Tests/Origin/*.swift -o tests)
    (cd "$out" && "$compiler" "${flags[@]}" "${link[@]}" "$package"/Sources/CoreMLPack/*.swift -o coreml-pack)
    # What Debian's newer Swift made needs the libraries that came with it.
    if [ -d build/swift/usr ]; then
        local libraries=$root/build/swift/usr/lib/x86_64-linux-gnu program
        for program in tests coreml-pack; do
            patchelf --set-interpreter "$libraries/ld-linux-x86-64.so.2" --force-rpath \
                --set-rpath "$(patchelf --print-rpath "$out/$program"):$libraries" "$out/$program"
        done
    fi
    MODELSEC_ORIGIN=$build/bin/modelsec_origin "$out/tests"
}

case ${1:-} in
    fetch) fetch ;;
    test) run_test "${2:?a build folder}" ;;
    *) echo "see the top of scripts/swift.sh" >&2; exit 2 ;;
esac
