#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# homebrew.sh TARBALL URL HOMEPAGE: the formula of a release, on stdout.
set -euo pipefail
tarball=$1 url=$2 homepage=$3
sed -n '/^# Made into/d;p' "$(dirname "${BASH_SOURCE[0]}")/../homebrew/modelsec.rb.in" |
    sed -e "s|@URL@|$url|" -e "s|@HOMEPAGE@|$homepage|" -e "s|@SHA256@|$(sha256sum "$tarball" | cut -d' ' -f1)|"
