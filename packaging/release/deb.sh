#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# deb.sh             Debian packages of this tree for this distribution: library, development files, command, Python; into build/packages/deb
# deb.sh --source    the source package alone, which compiles nothing
# The changelog is made from include/modelsec/version.hpp, so that the version stands in one place; its time is SOURCE_DATE_EPOCH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

die()
{
    printf 'deb: %s\n' "$*" >&2
    exit 1
}

version=$(sed -n 's/^#define MODELSEC_VERSION_STRING "\(.*\)"/\1/p' include/modelsec/version.hpp)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 1700000000)}
export SOURCE_DATE_EPOCH
work=$PWD/build/deb
tree=$work/modelsec-$version
out=$PWD/build/packages/deb

# What belongs to the project, by git where there is one.
rm -rf "$work"
mkdir -p "$tree" "$out"
{ git ls-files -z --cached --others --exclude-standard 2>/dev/null || find . -path ./build -prune -o -path ./.git -prune -o -type f -print0; } |
    while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done |
    tar --null --files-from=- --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -c | tar -x -C "$tree"
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C "$work" -c "modelsec-$version" | xz -T1 >"$work/modelsec_$version.orig.tar.xz"

cp -r packaging/debian "$tree/debian"
maintainer=$(sed -n 's/^Maintainer: //p' packaging/debian/control)
cat >"$tree/debian/changelog" <<CHANGES
modelsec ($version-1) unstable; urgency=medium

  * Release $version; what is new is in CHANGELOG.md.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")
CHANGES

# No upload is meant: there is no bug that asks for these packages.
lint=(lintian --fail-on error --fail-on warning --suppress-tags initial-upload-closes-no-bugs)
if [ "${1:-}" = --source ]; then
    (cd "$work" && dpkg-source -b "modelsec-$version" >"$work/log" 2>&1) || { tail -n 20 "$work/log" >&2; die "no source package"; }
    "${lint[@]}" "$work/modelsec_$version-1.dsc"
    cp "$work"/*.dsc "$work"/*.tar.* "$out"
    exit
fi
(cd "$tree" && DEB_BUILD_OPTIONS="parallel=${MODELSEC_JOBS:-$(nproc)} nocheck" dpkg-buildpackage -us -uc >"$work/log" 2>&1) ||
    { tail -n 30 "$work/log" >&2; die "dpkg-buildpackage fails (all of it: build/deb/log)"; }
"${lint[@]}" "$work"/*.changes
cp "$work"/*.deb "$work"/*.dsc "$work"/*.tar.* "$work"/*.buildinfo "$work"/*.changes "$out"
(cd "$out" && sha256sum ./*.deb)
