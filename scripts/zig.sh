# shellcheck shell=bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# Sourced in the tree's root: bring_zig has the compiler ziglang from PyPI in build/zig, with the system headers of many targets; zig=its folder.
zig=$PWD/build/zig

# One version for everybody; the digests are those of the wheels for x86_64 and aarch64.
bring_zig()
{
    local wish=build/zig-requirements.txt
    mkdir -p build
    cat >"$wish" <<'PINS'
ziglang==0.17.1 \
    --hash=sha256:ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54 \
    --hash=sha256:b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e
PINS
    if ! cmp -s "$wish" "$zig/.complete" || ! "$zig/bin/python" -m ziglang version >/dev/null 2>&1; then
        printf '  bringing in ziglang by pip, into build/zig (100 MB, once)\n'
        rm -rf "$zig"
        python3 -m venv "$zig" >build/zig.log 2>&1 || { cat build/zig.log >&2; die "python3 makes no virtual environment (package python3-venv)"; }
        "$zig/bin/python" -m pip --disable-pip-version-check install --quiet --only-binary :all: --no-deps --require-hashes \
            --requirement "$wish" >build/zig.log 2>&1 || { tail -n 5 build/zig.log >&2; die "PyPI gives no ziglang: no other system can be compiled for without it"; }
        cp "$wish" "$zig/.complete"
    fi
    export ZIG_GLOBAL_CACHE_DIR=$zig/cache
}
