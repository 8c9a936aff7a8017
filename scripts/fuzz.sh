#!/usr/bin/env bash
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# Called by ./dev fuzz in the project's folder, after build/fuzz is built: fuzz.sh SECONDS. As many fuzzers at once as there are
# cores. What they find of new inputs stays in build/fuzz/corpus; a crash is copied to fuzz/crashes, to be kept with its fix.
set -uo pipefail
seconds=$1
export seconds

fuzz_one()
{
    local name=$1 work=build/fuzz/corpus/$1 log=build/fuzz/$1.log folders=() dictionary=()
    mkdir -p "$work" "fuzz/crashes/$name"
    for folder in "fuzz/corpus/$name" "fuzz/crashes/$name"; do
        [ ! -d "$folder" ] || folders+=("$folder")
    done
    [ ! -f "fuzz/dict/$name.dict" ] || dictionary=("-dict=fuzz/dict/$name.dict")
    if "build/fuzz/bin/fuzz_$name" -max_total_time="$seconds" -rss_limit_mb=1024 -timeout=10 -print_final_stats=1 \
        "-artifact_prefix=fuzz/crashes/$name/" ${dictionary[@]+"${dictionary[@]}"} "$work" "${folders[@]}" >"$log" 2>&1; then
        printf '    %-12s %s runs, clean\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
        rmdir "fuzz/crashes/$name" 2>/dev/null
        return 0
    fi
    tail -n 40 "$log" >&2
    printf '    %-12s FAILED; the input is in fuzz/crashes/%s, all of the output in %s\n' "$name" "$name" "$log"
    return 1
}
export -f fuzz_one

names=$(for f in build/fuzz/bin/fuzz_*; do echo "${f##*/fuzz_}"; done)
printf '==> Fuzzing %s, %s seconds each\n' "$(echo "$names" | paste -sd ' ')" "$seconds"
# shellcheck disable=SC2016  # the inner shell is to expand it
if xargs -P "$(nproc)" -n 1 bash -c 'fuzz_one "$1"' _ <<<"$names"; then
    printf '==> fuzz: clean\n'
else
    printf '==> fuzz: there are findings\n'
    exit 1
fi
