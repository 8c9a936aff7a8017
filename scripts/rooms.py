#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Called by ./dev lint: reads the includes. Rooms stand in one order (docs/architecture.md), and only tests look behind the
public headers: the command, the bindings, the examples and the benchmarks do not. Clocks are read in one place."""
import pathlib
import re
import subprocess
import sys

ORDER = {  # a room -> the rooms that it may include, itself aside
    "base": [],
    "audit": ["base"],
    "trust": ["base"],
    "manifest": ["base", "trust"],
    "store": ["base", "trust", "manifest"],
    "net": ["base"],
    "source": ["base", "net"],
    "fetch": ["base", "audit", "trust", "manifest", "store", "net", "source"],
    "publish": ["base", "trust", "manifest", "store", "net", "source", "fetch"],
    "tuf_client": ["base", "trust", "manifest", "store", "net", "source", "fetch", "publish"],
    "client": ["base", "audit", "trust", "manifest", "store", "net", "source", "fetch", "publish", "tuf_client"],
}
PUBLIC = {  # a public header -> the room whose rules it keeps
    "config.hpp": "base", "version.hpp": "base", "error.hpp": "base", "event.hpp": "base", "log.hpp": "base", "control.hpp": "base", "clock.hpp": "base",
    "audit.hpp": "audit", "open_pack.hpp": "store", "transport.hpp": "net", "sources.hpp": "source", "s3_environment.hpp": "source", "limits.hpp": "base",
    "pins.hpp": "trust", "pinned_keys.hpp": "trust", "model_signing.hpp": "fetch", "options.hpp": "fetch", "publish.hpp": "publish",
    "tuf.hpp": "tuf_client", "client.hpp": "client", "stream.hpp": "client", "foreign_transfer.hpp": "client", "event_delivery.hpp": "client", "with_diagnostics.hpp": "base", "modelsec.hpp": "client", "src.hpp": "client",
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"](?:[^<">]*/)?(modelsec/[^>"]+)[>"]', re.M)
CLOCK = re.compile(r"\b(?:clock|system_clock|steady_clock|high_resolution_clock|utc_clock)::now\b|\bclock_gettime\b|\bgettimeofday\b|\btime\(nullptr\)")


def tracked(*patterns):
    try:
        text = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", *patterns], check=True, capture_output=True, text=True).stdout
        return [pathlib.Path(line) for line in text.splitlines() if pathlib.Path(line).is_file()]
    except (OSError, subprocess.CalledProcessError):
        return [p for pattern in patterns for p in pathlib.Path(".").glob(f"{pattern}/**/*") if p.is_file()]


def room(header):
    """The room of `modelsec/…`; None if it has none."""
    parts = header.split("/")[1:]
    if parts[0] == "detail":
        return parts[1] if len(parts) > 2 and parts[1] in ORDER else None
    return PUBLIC.get(parts[0]) if len(parts) == 1 else None


def main():
    troubles = []
    for path in tracked("include"):
        if path.suffix not in (".hpp", ".ipp"):
            continue
        text = path.read_text(encoding="utf-8")
        mine = room(str(path.relative_to("include")))
        if mine is None:
            troubles.append(f"{path}: belongs to no room")
            continue
        for other in INCLUDE.findall(text):
            theirs = room(other)
            if other.endswith(".def") or theirs == mine:
                continue
            if theirs is None or theirs not in ORDER[mine]:
                troubles.append(f"{path}: {mine} may not see {theirs or 'no room'} ({other})")
        if CLOCK.search(text) and not re.search(r"detail/base/(clock(_[a-z]+)?|file_system/system_[a-z]+)\.ipp$", str(path)):
            troubles.append(f"{path}: reads a clock itself")
    for path in tracked("tools", "bindings", "examples", "benchmarks"):
        if path.suffix not in (".hpp", ".cpp", ".h", ".c", ".ipp"):
            continue
        text = path.read_text(encoding="utf-8")
        if re.search(r"modelsec/detail/|\bdetail::", text):
            troubles.append(f"{path}: looks behind the public headers")
    for line in troubles:
        print(f"  {line}")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
