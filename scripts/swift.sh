#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# swift.sh fetch        brings Swift in from Debian's packages (600 MB), into build/swift; 3 where that cannot be
# swift.sh test BUILD   builds bindings/swift as an application's Swift would, with the library installed from a build folder, and runs
#                       its tests. Without a Swift, clang compiles the C module as Swift imports it, and that is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
package=$root/bindings/swift

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

# Debian's newer Swift stands in a folder of its own: what it makes, the manifest of a package included, starts by the loader and the
# libraries beside it.
write_compiler()
{
    local swift=$root/build/swift/usr tools=$1 libraries=$root/build/swift/usr/lib/x86_64-linux-gnu
    mkdir -p "$tools"
    ln -sf "$swift/libexec/swift/bin/clang" "$tools/clang"
    cat >"$tools/swiftc" <<WRAPPER
#!/bin/sh
case \$1 in -frontend | -modulewrap) exec "$swift/bin/swiftc" "\$@" ;; esac
exec "$swift/bin/swiftc" "\$@" -sdk "$root/build/swift" -tools-directory "$swift/bin" \\
    -Xlinker --dynamic-linker="$libraries/ld-linux-x86-64.so.2" -Xlinker --disable-new-dtags -Xlinker -rpath -Xlinker "$libraries" \\
    -Xlinker --no-as-needed -Xlinker "$libraries/libm.so.6" -Xlinker "$libraries/libstdc++.so.6" -Xlinker "$libraries/libc.so.6"
WRAPPER
    chmod +x "$tools/swiftc"
    export SWIFT_EXEC=$tools/swiftc SWIFT_EXEC_MANIFEST=$tools/swiftc PATH=$tools:$swift/bin:$PATH
}

run_test()
{
    local build tool copy=$root/build/swift-package prefix=$root/build/swift-prefix
    build=$(cd "$1" && pwd)
    check_page
    tool=$(command -v swift-build || true)
    if [ -x build/swift/usr/bin/swift-build ]; then
        tool=$root/build/swift/usr/bin/swift-build  # by its whole name: it looks for its libraries from there
        write_compiler "$root/build/swift-tools"
    fi
    [ -n "$tool" ] || { compile_module; return; }
    rm -rf "$prefix" "$copy"/{Package.swift,bindings}
    cmake --install "$build" --prefix "$prefix" --component c >/dev/null
    mkdir -p "$copy/bindings/swift"
    cp Package.swift "$copy"
    cp -r "$package"/{Sources,Tests} "$copy/bindings/swift"
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name modelsec_c.pc)")
    export PKG_CONFIG_PATH HOME=$copy  # nothing is left in a home
    "$tool" --package-path "$copy" --disable-sandbox -Xswiftc -strict-concurrency=complete \
        -Xlinker -rpath -Xlinker "${PKG_CONFIG_PATH%/pkgconfig}" >"$copy/build.log" 2>&1 || { cat "$copy/build.log"; exit 1; }
    if grep -E '\.swift:[0-9]+:[0-9]+: warning' "$copy/build.log"; then exit 1; fi
    MODELSEC_ORIGIN=$build/bin/modelsec_origin "$copy/.build/debug/ModelsecTests"
}

case ${1:-} in
    fetch) fetch ;;
    test) run_test "${2:?a build folder}" ;;
    *) echo "see the top of scripts/swift.sh" >&2; exit 2 ;;
esac
