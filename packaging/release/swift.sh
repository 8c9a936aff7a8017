#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# swift.sh URL ZIP: writes into Package.swift where a release has CModelsec.xcframework (made on a Mac by bindings/swift/make_xcframework.sh, then
# ditto -c -k --keepParent), and the digest without which Swift's package manager does not take it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
url=${1:?the https address of the zip} zip=${2:?the zip}
[[ $url == https://* && $url != *[\"\\\|\&]* ]] || { echo "swift: $url is no plain https address" >&2; exit 2; }
digest=$(sha256sum "$zip" | cut -d' ' -f1)
sed -i "s|^let released: .*|let released: (url: String, checksum: String)? = (\"$url\", \"$digest\")|" Package.swift
grep -qF "$digest" Package.swift
