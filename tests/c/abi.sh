#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# abi.sh LIBRARY HEADERS DUMP: the library's ABI is that of the last release (DUMP), but for new functions. When a release is made:
# UPDATE_GOLDEN=1.
set -euo pipefail
library=$1 headers=$2 dump=$3
if [ -n "${UPDATE_GOLDEN:-}" ]; then
    abidw --headers-dir "$headers" --drop-private-types --drop-undefined-syms --exported-interfaces-only --no-comp-dir-path --no-corpus-path \
        --no-architecture "$library" >"$dump"
fi
abidiff --exported-interfaces-only --headers-dir2 "$headers" --drop-private-types --no-added-syms --no-architecture "$dump" "$library"
