#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Makes Dart's view of bindings/c/include/modelsec/modelsec.h, in the form that ffigen gives to native assets. The header is regular
enough to be read without a compiler, so this runs wherever Python does. `--check`: is it up to date?"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "bindings/c/include/modelsec/modelsec.h"
CODES = ROOT / "bindings/c/include/modelsec/modelsec_codes.h"
OUTPUT = ROOT / "bindings/dart/lib/src/bindings.dart"
HEAD = """// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Made by scripts/make_dart_bindings.py from bindings/c/include/modelsec/modelsec.h. Do not edit.
// ignore_for_file: camel_case_types, constant_identifier_names, non_constant_identifier_names
@ffi.DefaultAsset('package:modelsec/src/bindings.dart')
library;

import 'dart:ffi' as ffi;

"""
# C name -> (native type, Dart type)
PLAIN = {
    "void": ("ffi.Void", "void"), "char": ("ffi.Char", "int"), "int": ("ffi.Int", "int"), "size_t": ("ffi.Size", "int"),
    "int32_t": ("ffi.Int32", "int"), "uint32_t": ("ffi.Uint32", "int"), "uint64_t": ("ffi.Uint64", "int"),
    "int64_t": ("ffi.Int64", "int"),
}
MEMBER = re.compile(r"^(.*?)(\w+)$", re.S)


class Header:
    def __init__(self, text):
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
        text = re.sub(r"^\s*#.*?(?<!\\)$", "", text, flags=re.M)
        text = re.sub(r'extern "C"\s*\{', " ", text)
        self.constants, self.structs, self.opaque, self.callbacks, self.functions = [], {}, [], {}, []
        for body in re.findall(r"\benum\s*\{(.*?)\}\s*;", text, re.S):
            value = -1
            for item in filter(None, (part.strip() for part in body.split(","))):
                name, _, given = (part.strip() for part in item.partition("="))
                value = int(given, 0) if given else value + 1
                self.constants.append((name, value))
        for name, body in re.findall(r"typedef struct \w+\s*\{(.*?)\}\s*(\w+)\s*;", text, re.S):
            name, body = body, name
            self.structs[name] = [self.split(member) for member in filter(None, (m.strip() for m in body.split(";")))]
        for name in re.findall(r"typedef struct (\w+) \1\s*;", text):
            self.opaque.append(name)
        for returns, name, arguments in re.findall(r"typedef ([\w \*]+?)\(\*(\w+)\)\s*\((.*?)\)\s*;", text, re.S):
            self.callbacks[name] = (returns.strip(), self.arguments(arguments))
        for returns, name, arguments in re.findall(r"MODELSEC_API\s+([\w \*]+?)(\w+)\s*\(([^;]*?)\)\s*(?:MODELSEC_MUST_CHECK)?\s*;", text, re.S):
            self.functions.append((returns.strip(), name, self.arguments(arguments)))

    @staticmethod
    def split(member):
        kind, name = MEMBER.match(member.strip()).groups()
        return kind.strip(), name

    def arguments(self, text):
        return [] if text.strip() in ("", "void") else [self.split(a) for a in text.split(",")]

    def type(self, c):
        """The native and the Dart type of a C type."""
        words = re.sub(r"\b(const|struct)\b", " ", c).replace("*", " * ").split()
        base, stars = words[0], len(words) - 1
        if base in self.callbacks:
            native = f"ffi.Pointer<ffi.NativeFunction<{self.signature(*self.callbacks[base], 0)}>>"
            return native, native
        native, dart = PLAIN.get(base, (base, base))
        for _ in range(stars):
            native = dart = f"ffi.Pointer<{native}>"
        return native, dart

    def signature(self, returns, arguments, which):
        inside = ", ".join(f"{self.type(kind)[which]} {name}" for kind, name in arguments)
        return f"{self.type(returns)[which]} Function({inside})"

    def dart(self):
        out = [HEAD]
        for name, value in self.constants:
            out.append(f"const int {name} = {value};\n")
        for name in self.opaque:
            out.append(f"\nfinal class {name} extends ffi.Opaque {{}}\n")
        for name, members in self.structs.items():
            out.append(f"\nfinal class {name} extends ffi.Struct {{\n")
            parts = []
            for kind, member in members:
                native, dart = self.type(kind)
                mark = "" if native == dart else f"  @{native}()\n"
                parts.append(f"{mark}  external {dart} {member};\n")
            out.append("\n".join(parts) + "}\n")
        for returns, name, arguments in self.functions:
            native = self.signature(returns, [(k, "") for k, _ in arguments], 0).replace(" ,", ",").replace(" )", ")")
            _, dart = self.type(returns)
            inside = ", ".join(f"{self.type(kind)[1]} {argument}" for kind, argument in arguments)
            out.append(f"\n@ffi.Native<{native}>()\nexternal {dart} {name}({inside});\n")
        return "".join(out)


def main():
    text = Header(CODES.read_text(encoding="utf-8") + HEADER.read_text(encoding="utf-8")).dart()
    squeeze = lambda t: re.sub(r",(?=[)}>])", "", re.sub(r"\s+", "", t))  # dart format breaks lines as it likes
    if OUTPUT.exists() and squeeze(OUTPUT.read_text(encoding="utf-8")) == squeeze(text):
        return
    if "--check" in sys.argv:
        sys.exit("out of date, run scripts/make_dart_bindings.py")
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
