#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# symbols.sh LIBRARY: what it exports, with the version node of each.
set -euo pipefail
nm -D --defined-only --with-symbol-versions "$1" | awk '$2 != "A" {print $3}' | LC_ALL=C sort
