#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# release.sh MODELSEC [--key PEM --root ROOT [--tuf-version N]]: what a release is made of, in build/packages/release, from this commit and from
# what ./dev package wheels and deb left in build/packages:
#   modelsec-VERSION-source.tar.gz   the sources; the same bytes wherever the commit is
#   wheels, sdist, tars, .deb        those that were made
#   modelsec-VERSION.spdx.json, .cdx.json, NOTES.md, SHA256SUMS
# With --key (an Ed25519 key of modelsec keygen) also:
#   provenance.dsse.json             an in-toto statement, signed
#   release.sig                      the whole folder, signed as OpenSSF Model Signing does: modelsec verify-model release.sig FOLDER --key …
#   ../tuf                           the same files as targets of a TUF repository below ROOT
# Without it: provenance.json, unsigned.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

die()
{
    printf 'release: %s\n' "$*" >&2
    exit 1
}

modelsec=${1:?the modelsec command}
shift
key='' root='' tuf_version=1
while [ $# -gt 0 ]; do
    case $1 in
        --key) key=$2 ;;
        --root) root=$2 ;;
        --tuf-version) tuf_version=$2 ;;
        *) die "no option $1" ;;
    esac
    shift 2
done
[ -z "$root" ] || [ -n "$key" ] || die "--root wants --key, which signs for it"

version=$(sed -n 's/^#define MODELSEC_VERSION_STRING "\(.*\)"/\1/p' include/modelsec/version.hpp)
revision=$(git rev-parse HEAD)
git diff --quiet HEAD || die "the tree differs from its commit: a release is made of a commit"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH

packages=$PWD/build/packages
out=$packages/release
rm -rf "$out"
mkdir -p "$out"
name=modelsec-$version
git archive --format=tar --prefix="$name/" --mtime="@$SOURCE_DATE_EPOCH" HEAD >"$out/$name.tar" 2>/dev/null ||
    git archive --format=tar --prefix="$name/" HEAD >"$out/$name.tar"  # before git 2.42; then the commit's time, which is the same by default
gzip -9n "$out/$name.tar"
mv "$out/$name.tar.gz" "$out/$name-source.tar.gz"
for file in "$packages"/*.whl "$packages"/*.tar.gz "$packages"/deb/*.deb; do
    [ ! -f "$file" ] || cp "$file" "$out"
done
files=("$out"/*)

# The words of CHANGELOG.md on this version.
awk -v version="$version" '/^## / {inside = ($2 == version || $2 == version ",")} inside' CHANGELOG.md >"$out/NOTES.md"
[ -s "$out/NOTES.md" ] || die "CHANGELOG.md says nothing of $version"
python3 -B "$here/sbom.py" --out "$out" "${files[@]}"
signed=()
[ -z "$key" ] || signed=(--key "$key" --key-id "$(basename "$key" .pem)")
python3 -B "$here/provenance.py" --revision "$revision" --libraries build/portable/versions.txt ${signed[@]+"${signed[@]}"} \
    --out "$out/provenance$([ -z "$key" ] || printf .dsse).json" "${files[@]}"
(cd "$out" && LC_ALL=C sha256sum -- * >SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS)
if [ -n "$key" ]; then
    rm -f "$packages/release.sig"
    "$modelsec" sign-model --quiet --key "$key" --out "$packages/release.sig" "$out"
    mv "$packages/release.sig" "$out/release.sig"
fi
if [ -n "$root" ]; then
    python3 -B "$here/tuf_repository.py" --root "$root" --key "$key" --version "$tuf_version" --out "$packages/tuf" "$out"/*
fi
(cd "$out" && ls -l)
