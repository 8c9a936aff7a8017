#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""dart.py --base URL TARGET=FILE …: writes into bindings/dart/hook/prebuilt.json which libraries a release has, for which target and by which digest;
TARGET as Dart says it (linux_x64, linux_arm64, android_arm64, ios_arm64, macos_arm64, windows_x64). The build hook takes no other bytes, and refuses a
file that is made for another machine here already."""
import argparse
import hashlib
import json
import pathlib
import re
import struct

TREE = pathlib.Path(__file__).resolve().parents[2]
ELF = {"x64": 62, "arm64": 183, "arm": 40, "ia32": 3, "riscv64": 243}  # e_machine (System V ABI)
MACH = {"x64": 0x01000007, "arm64": 0x0100000C}  # cputype
PE = {"x64": 0x8664, "arm64": 0xAA64}  # Machine


def machine_of(data):
    """("elf" | "mach" | "pe", its number for the processor)."""
    if data[:4] == b"\x7fELF":
        return "elf", struct.unpack_from("<H", data, 18)[0]
    if data[:4] == b"\xcf\xfa\xed\xfe":
        return "mach", struct.unpack_from("<I", data, 4)[0]
    if data[:2] == b"MZ":
        at = struct.unpack_from("<I", data, 0x3C)[0]
        return "pe", struct.unpack_from("<H", data, at + 4)[0]
    return "nothing", 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", required=True, help="the https folder that holds the files")
    parser.add_argument("--out", type=pathlib.Path, default=TREE / "bindings/dart/hook/prebuilt.json")
    parser.add_argument("libraries", nargs="+", metavar="TARGET=FILE")
    arguments = parser.parse_args()
    if not arguments.base.startswith("https://"):
        parser.error("--base is an https address")
    version = re.search(r'define MODELSEC_VERSION_STRING "([0-9.]+)"', (TREE / "include/modelsec/version.hpp").read_text()).group(1)
    libraries = {}
    for pair in arguments.libraries:
        target, _, name = pair.partition("=")
        system, _, processor = target.partition("_")
        kind, numbers = {"linux": ("elf", ELF), "android": ("elf", ELF), "macos": ("mach", MACH), "ios": ("mach", MACH), "windows": ("pe", PE)}.get(system, ("", {}))
        if processor not in numbers or not name:
            parser.error(f"{pair}: TARGET=FILE, as in linux_x64=libmodelsec.so")
        data = pathlib.Path(name).read_bytes()
        if machine_of(data) != (kind, numbers[processor]):
            parser.error(f"{name} is not for {target}: {machine_of(data)}")
        libraries[target] = {"url": f"{arguments.base.rstrip('/')}/{pathlib.Path(name).name}", "sha256": hashlib.sha256(data).hexdigest()}
    arguments.out.write_text(json.dumps({"version": version, "libraries": dict(sorted(libraries.items()))}, indent=2) + "\n")


if __name__ == "__main__":
    main()
