#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# foreign.sh FOLDER SUITE PACKAGE…: packages of another Debian suite, with what they depend on, in a folder of their own. Nothing of
# the system is touched: neither its sources nor its packages. The mirror is the one this machine uses. Programs in the folder
# start as they are: they find their own loader and libraries. Says why and returns 3 where this cannot be done.
set -euo pipefail

folder=${1:?a folder} suite=${2:?a suite}
shift 2
cannot()
{
    printf '%s\n' "$*"
    exit 3
}

mark="$suite $*"
if [ "$(cat "$folder/.complete" 2>/dev/null)" = "$mark" ]; then
    exit 0
fi
[ "$(uname -m)" = x86_64 ] || cannot "only prepared for x86_64"
for tool in apt-get dpkg-deb patchelf; do
    command -v "$tool" >/dev/null || cannot "$tool is missing"
done
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keys" ] || cannot "the keys of Debian's archive are missing (debian-archive-keyring)"
# shellcheck disable=SC2016  # apt expands it
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
    awk '$2 !~ /-/ {print $1; exit}')
[ -n "$mirror" ] || cannot "this machine has no Debian mirror among its package sources"

rm -rf "$folder"
mkdir -p "$folder"/apt/{state/lists/partial,cache/archives/partial}
folder=$(cd "$folder" && pwd)
apt=$folder/apt
: >"$apt/status"
echo "deb [signed-by=$keys] $mirror $suite main" >"$apt/sources.list"
cat >"$apt/apt.conf" <<CONF
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Log "$apt";
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "3";
Acquire::http::Timeout "60";
CONF
export APT_CONFIG=$apt/apt.conf
timeout 300 apt-get -qq update >"$apt/log" 2>&1 || cannot "the package lists of $suite cannot be had: $(tail -n 1 "$apt/log")"
timeout 1500 apt-get -qq -y --download-only install "$@" >>"$apt/log" 2>&1 </dev/null ||
    cannot "the packages cannot be had from $suite: $(tail -n 1 "$apt/log")"

for part in bin sbin lib lib64; do
    mkdir -p "$folder/usr/$part"
    ln -s "usr/$part" "$folder/$part"
done
for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$folder" --no-same-owner --keep-directory-symlink
    rm "$package"
done
rm -rf "$apt"

libraries=$folder/usr/lib/x86_64-linux-gnu
find "$folder/usr" -type f -perm /111 -size +8k -print0 | while IFS= read -r -d '' program; do
    case $program in "$libraries"/*.so*) continue ;; esac
    patchelf --print-interpreter "$program" >/dev/null 2>&1 || continue
    rpath=$(patchelf --print-rpath "$program")
    patchelf --set-interpreter "$libraries/ld-linux-x86-64.so.2" --force-rpath --set-rpath "${rpath:+$rpath:}$libraries" "$program"
done
printf '%s' "$mark" >"$folder/.complete"
