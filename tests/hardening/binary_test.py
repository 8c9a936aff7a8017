#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Holds ELF binaries against what they are built to have: full RELRO, a stack that cannot be executed, stack protectors, a
position of their own, and, where the machine has it, control-flow marks in the objects of the library.

    binary_test.py READELF ARCHIVE BINARY...
"""
import re
import subprocess
import sys


def readelf(tool, *arguments):
    return subprocess.run([tool, "-W", *arguments], capture_output=True, text=True, check=True).stdout


def faults_of(tool, binary):
    header, segments = readelf(tool, "-h", binary), readelf(tool, "-l", binary)
    dynamic, symbols = readelf(tool, "-d", binary), readelf(tool, "--dyn-syms", binary)
    if not re.search(r"Type:\s+DYN", header):
        yield "is loaded at a fixed address"
    if "GNU_RELRO" not in segments or not re.search(r"BIND_NOW|\bNOW\b", dynamic):
        yield "has no full RELRO"
    stack = re.search(r"GNU_STACK\s+.*", segments)
    if not stack or re.search(r"\bRWE\b", stack.group(0)):
        yield "has a stack that can be executed"
    if re.search(r"LOAD\s.*\bRWE\b", segments):
        yield "has a segment that can be written and executed"
    if "TEXTREL" in dynamic:
        yield "has text relocations"
    if "__stack_chk_fail" not in symbols:
        yield "has no stack protector"


def faults_of_archive(tool, archive):
    """Objects of our own: what other libraries bring along decides over the binary as a whole."""
    if "X86-64" not in readelf(tool, "-h", archive):
        return
    notes = readelf(tool, "-n", archive)
    objects, marked = notes.count("\nFile: "), len(re.findall(r"x86 feature: IBT, SHSTK", notes))
    if objects == 0 or marked < objects:
        yield f"{marked} of {objects} objects bear the marks of control-flow protection"


def main():
    tool, archive, *binaries = sys.argv[1:]
    found = [f"{archive}: {fault}" for fault in faults_of_archive(tool, archive)]
    for binary in binaries:
        found += [f"{binary}: {fault}" for fault in faults_of(tool, binary)]
    print("\n".join(found) or f"{len(binaries)} binaries are built as they should be")
    return 1 if found or not binaries else 0


if __name__ == "__main__":
    sys.exit(main())
