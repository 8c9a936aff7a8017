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

# Configures a project and fails on any word of warning (policies, deprecations).
configure_silently()
{
    cmake -G Ninja -B . "$@" >configure.log 2>&1 || { cat configure.log >&2; exit 1; }
    if grep -E "CMake (Deprecation |Dev )?Warning|[Pp]olicy CMP" configure.log >&2; then
        echo "CMake warns" >&2
        exit 1
    fi
}

# Fails if a program needs the shared library of modelsec.
no_shared_modelsec()
{
    if objdump -p "$1" | grep 'NEEDED.*libmodelsec'; then
        echo "$1 was to have the archive inside" >&2
        exit 1
    fi
}

case $way in
    install)
        cmake --install "$build" --prefix "$prefix" --component development
        cmake --install "$build" --prefix "$prefix" --component c
        ;;
    find_package | find_package_header_only | find_package_c) consumer "$way" -DCMAKE_PREFIX_PATH="$prefix" ;;
    find_package_c_static)
        consumer "$way" -DCMAKE_PREFIX_PATH="$prefix"
        no_shared_modelsec consumer
        ;;
    guest | guest_installed)
        rm -rf CMakeCache.txt CMakeFiles
        if [ "$way" = guest ]; then
            configure_silently -S "$here/guest" -DMODELSEC_SOURCE="$source"
        else
            configure_silently -S "$here/guest" -DINSTALLED=ON -DCMAKE_PREFIX_PATH="$prefix"
        fi
        # Who links the headers compiles one file: the consumer's.
        ninja -t commands >plan.log
        [ "$(grep -c -- '-c [^ ]*[.]cpp' plan.log)" = 1 ] || { cat plan.log >&2; exit 1; }
        ;;
    without_doctest_and_cli11)
        rm -rf CMakeCache.txt CMakeFiles
        configure_silently -S "$source" -DCMAKE_DISABLE_FIND_PACKAGE_doctest=ON -DCMAKE_DISABLE_FIND_PACKAGE_CLI11=ON
        ninja -t commands >plan.log
        grep -q 'ar qc libmodelsec_cpp[.]a' plan.log
        # Who asks for the tests is told that they cannot be had.
        if cmake -B . -S "$source" -DMODELSEC_BUILD_TESTS=ON -DCMAKE_DISABLE_FIND_PACKAGE_doctest=ON >configure.log 2>&1; then
            echo "Tests were asked for, cannot be built, and nobody said so" >&2
            exit 1
        fi
        ;;
    options_are_documented)
        while read -r option; do
            grep -q "\`$option\`" "$source/docs/install.md" || { echo "docs/install.md lacks $option" >&2; exit 1; }
        done < <(grep -rhoE '(option|modelsec_part)\(MODELSEC_[A-Z_]+|set\(MODELSEC_[A-Z_]+ .*CACHE' "$source"/CMakeLists.txt "$source"/cmake "$source"/bindings/c/CMakeLists.txt |
            grep -oE 'MODELSEC_[A-Z_]+' | sort -u)
        ;;
    sbom)
        for round in first second; do
            SOURCE_DATE_EPOCH=1700000000 python3 "$source/packaging/release/sbom.py" --out "$round" "$source/LICENSE"
        done
        diff -r first second
        python3 - first/*.spdx.json first/*.cdx.json <<'CHECK'
import json, sys
spdx, cyclone = (json.load(open(name)) for name in sys.argv[1:])
names = {"boost", "openssl", "libsodium", "simdjson", "utf8proc", "zlib"}
assert names < {p["name"] for p in spdx["packages"]} and all(p["versionInfo"] for p in spdx["packages"])
assert names < {c["name"] for c in cyclone["components"]} and spdx["creationInfo"]["created"] == cyclone["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
ids = {p["SPDXID"] for p in spdx["packages"] + spdx["files"]} | {"SPDXRef-DOCUMENT"}
assert all(r["spdxElementId"] in ids and r["relatedSpdxElement"] in ids for r in spdx["relationships"])
assert spdx["files"][0]["checksums"][0]["checksumValue"] == cyclone["components"][-1]["hashes"][0]["content"]
CHECK
        ;;
    release)
        # What goes with a release: signed by a key of our own, as targets of a TUF repository of our own, and told where it comes from.
        rm -rf keys release metadata repository got root.json
        PATH=$build/bin:$PATH
        export SOURCE_DATE_EPOCH
        SOURCE_DATE_EPOCH=$(date +%s)
        make=$source/packaging/release
        for id in owner release; do modelsec keygen --quiet --out keys --key-id $id; done
        modelsec root init --quiet --root-key keys/owner.pub.json --targets-key keys/release.pub.json --expires 365d --key keys/owner.pem --out root.json
        mkdir release
        cp "$source/LICENSE" "$source/README.md" release
        for round in first second; do
            python3 -B "$make/provenance.py" --revision 0123456789abcdef0123456789abcdef01234567 --key keys/release.pem --key-id release \
                --out $round.dsse.json release/LICENSE release/README.md
            rm -rf repository
            python3 -B "$make/tuf_repository.py" --root root.json --key keys/release.pem --out repository release/*
            (cd repository && find . -type f -exec sha256sum {} + | sort -k 2) >$round.sums
        done
        cmp first.dsse.json second.dsse.json
        cmp first.sums second.sums
        python3 - first.dsse.json keys/release.pub.json release/LICENSE <<'CHECK'
import base64, hashlib, json, subprocess, sys
envelope, pins = (json.load(open(name)) for name in sys.argv[1:3])
payload = base64.b64decode(envelope["payload"])
subject = {s["name"]: s["digest"]["sha256"] for s in json.loads(payload)["subject"]}
assert subject["LICENSE"] == hashlib.sha256(open(sys.argv[3], "rb").read()).hexdigest() and set(subject) == {"LICENSE", "README.md"}
kind = envelope["payloadType"].encode()
open("message", "wb").write(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
open("signature", "wb").write(base64.b64decode(envelope["signatures"][0]["sig"]))
der = bytes.fromhex("302a300506032b6570032100") + base64.b64decode(pins["keys"][0]["ed25519_b64"])
open("public.der", "wb").write(der)
subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "public.der", "-keyform", "DER", "-in", "message", "-sigfile", "signature"], check=True)
CHECK
        modelsec sign-model --quiet --key keys/release.pem --out release.sig release
        openssl pkey -pubin -inform DER -in public.der -out public.pem
        modelsec verify-model release.sig release --quiet --key public.pem
        # Served on loopback by a port of the system's choice, and fetched by our own client of TUF repositories.
        python3 - <<'CHECK'
import functools, http.server, pathlib, subprocess, threading
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="repository")
handler.func.log_message = lambda *_: None
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    client = ["tuf-client", "--metadata-dir", "metadata", "--metadata-url", base + "/metadata"]
    subprocess.run([*client[:3], "init", "root.json"], check=True)
    subprocess.run([*client, "refresh"], check=True)
    pathlib.Path("got").mkdir()
    take = [*client, "--target-name", "LICENSE", "--target-dir", "got", "--target-base-url", base + "/targets", "download"]
    subprocess.run(take, check=True)
    assert any(p.read_bytes() == pathlib.Path("release/LICENSE").read_bytes() for p in pathlib.Path("got").rglob("*") if p.is_file())
    # What was altered after the signature is not taken.
    for p in pathlib.Path("got").iterdir():
        p.unlink()
    listed = next(pathlib.Path("repository/targets").glob("*.LICENSE"))
    listed.write_bytes(listed.read_bytes().replace(b"Boost", b"Roost"))
    assert subprocess.run(take, capture_output=True).returncode == 1
    server.shutdown()
CHECK
        ;;
    prebuilt)
        # A release's libraries for Dart: by digest, each for the machine it is for.
        library=$(find "$build/lib" -name 'libmodelsec.so.*' -type f | head -n 1)
        case $(uname -m) in x86_64) here_is=x64 other=arm64 ;; *) here_is=arm64 other=x64 ;; esac
        fill() { python3 -B "$source/packaging/release/dart.py" --base https://releases.example.org/0.1 --out prebuilt.json "$1=$library"; }
        fill "linux_$here_is"
        python3 -c 'import json, sys; entry = json.load(open("prebuilt.json"))["libraries"][sys.argv[1]]; assert entry["sha256"] == sys.argv[2] and entry["url"].startswith("https://")' \
            "linux_$here_is" "$(sha256sum "$library" | cut -d' ' -f1)"
        for wrong in "linux_$other" "macos_$here_is" "windows_$here_is" "amiga_$here_is"; do
            if fill "$wrong" 2>/dev/null; then echo "$wrong was taken" >&2; exit 1; fi
        done
        ;;
    versions_agree)
        # The version stands in include/modelsec/version.hpp; the files that other tools read cannot ask there.
        version=$(sed -n 's/^#define MODELSEC_VERSION_STRING "\(.*\)"/\1/p' "$source/include/modelsec/version.hpp")
        for file in packaging/vcpkg/ports/modelsec/vcpkg.json bindings/dart/hook/prebuilt.json; do
            grep -q "\"version\": \"$version\"" "$source/$file" || { echo "$file: not $version" >&2; exit 1; }
        done
        for file in bindings/dart/pubspec.yaml bindings/dart/example/flutter/pubspec.yaml; do
            grep -q "^version: $version\$" "$source/$file" || { echo "$file: not $version" >&2; exit 1; }
        done
        grep -q "^## $version" "$source/CHANGELOG.md" || { echo "CHANGELOG.md says nothing of $version" >&2; exit 1; }
        ;;
    designated_initialisers)
        "$CXX" -std=c++20 -Wall -Wextra -Werror -DMODELSEC_SEPARATE_COMPILATION -I"$source/include" -fsyntax-only "$here/designated_initialisers.cpp"
        # Each public aggregate is in there.
        for header in client options error event limits pins publish stream tuf model_signing; do
            [ -e "$source/include/modelsec/$header.hpp" ] || continue
            while read -r name; do
                grep -qE "(^|[^_[:alnum:]])${name}[{(]" "$here/designated_initialisers.cpp" || { echo "$header.hpp: $name is not tried" >&2; exit 1; }
            done < <(awk '/^namespace detail/ {inner = 1} /^}  \/\/ namespace detail/ {inner = 0} !inner && /^struct [a-z_0-9]+( final)?$/ {print $2}' "$source/include/modelsec/$header.hpp")
        done
        ;;
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
    pkg_config_c_static)
        PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name modelsec_c.pc)")
        export PKG_CONFIG_PATH
        # shellcheck disable=SC2046  # flags are words
        cc -std=c99 "$here/find_package_c/main.c" -o consumer $(pkg-config --static --cflags --libs modelsec_c)
        no_shared_modelsec consumer
        ./consumer
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
