#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""make_layout.py modelsec.h layout.c: a program that prints the size of every struct of the header and where each member stands."""
import pathlib
import re
import sys

text = re.sub(r"/\*.*?\*/", "", pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), flags=re.S)
lines = ["#include <modelsec/modelsec.h>", "#include <stddef.h>", "#include <stdio.h>", "int main(void)", "{"]
for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\}", text, re.S):
    lines.append(f'    printf("{name} %lu\\n", (unsigned long)sizeof({name}));')
    for member in re.findall(r"(\w+)\s*;", body):
        lines.append(f'    printf("    {member} %lu\\n", (unsigned long)offsetof({name}, {member}));')
for enumerator in re.findall(r"\b(MODELSEC_[A-Z_]+) = \d", text):
    lines.append(f'    printf("{enumerator} %d\\n", (int){enumerator});')
lines += ["    return 0;", "}", ""]
pathlib.Path(sys.argv[2]).write_text("\n".join(lines), encoding="utf-8")
