#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# verity.sh PROGRAM: runs the unit tests that want a kernel with fs-verity on a disk made for it: an ext4 in a file, which is mounted by
# loop and taken away again. Where that cannot be done it says why, and that the tests were skipped.
set -euo pipefail

program=${1:?a program}
skip()
{
    printf 'skipped: %s\n' "$*"
    exit 0
}

[ -e /sys/fs/ext4 ] || modprobe -q ext4 2>/dev/null || true
[ -e /sys/fs/ext4/features/verity ] || skip "kernel without fs-verity"
[ "$(id -u)" = 0 ] || skip "only root may mount a disk"
command -v mkfs.ext4 >/dev/null || skip "mkfs.ext4 is missing (e2fsprogs)"

place=$(mktemp -d)
mounted=
cleanup()
{
    [ -z "$mounted" ] || umount "$place/disk"
    rm -rf "$place"
}
trap cleanup EXIT
truncate -s 256M "$place/image"
mkfs.ext4 -q -O verity -b 4096 "$place/image"
mkdir "$place/disk"
mount -o loop "$place/image" "$place/disk" || skip "a disk in a file cannot be mounted here"
mounted=yes
mkdir -m 0700 "$place/disk/stores"
MODELSEC_VERITY_FOLDER=$place/disk/stores "$program" -ts='fs-verity of this kernel' --no-skip
