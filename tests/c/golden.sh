#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# golden.sh FILE COMMAND …: what the command says is what stands in the file. After a change that is meant: UPDATE_GOLDEN=1.
set -euo pipefail
golden=$1
shift
said=$("$@")
if [ -n "${UPDATE_GOLDEN:-}" ]; then
    printf '%s\n' "$said" >"$golden"
fi
diff -u "$golden" <(printf '%s\n' "$said")
