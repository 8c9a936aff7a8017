#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Makes from include/modelsec/error_codes.def what other languages and the docs say of codes. `--check`: is all up to date?"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LICENSE = "Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0."
NOTE = "Made by scripts/make_codes.py from include/modelsec/error_codes.def. Do not edit."


def read():
    text = (ROOT / "include/modelsec/error_codes.def").read_text(encoding="utf-8")
    codes = re.findall(r'^MODELSEC_CODE\((\w+), (\d+), "(.*)"\)$', text, re.M)
    reasons = re.findall(r'^MODELSEC_REASON\((\w+), (\w+), "(.*)"\)$', text, re.M)
    return [(name, int(value), words) for name, value, words in codes], reasons


def c_header(codes, _):
    lines = [f"/* {LICENSE} */", f"/* {NOTE} */", "#ifndef MODELSEC_MODELSEC_CODES_H", "#define MODELSEC_MODELSEC_CODES_H", ""]
    lines += ["enum {"]
    lines += [f"    MODELSEC_{name.upper()} = {value}{',' if name != codes[-1][0] else ''} /**< {words} */" for name, value, words in codes]
    lines += ["};", "", "#endif", ""]
    return "\n".join(lines)


def page(codes, reasons):
    lines = ["# Codes", "", f"<!-- {NOTE} -->", "",
             "The same in C++, C, Dart, Python, Swift and as exit codes of the command. Names and numbers are stable; so are the",
             "words of the reasons. The text is all that an end user is shown.", "", "| code | name | text |", "|---|---|---|"]
    lines += [f"| {value} | `{name}` | {words} |" for name, value, words in codes]
    lines += ["", "## Reasons", "", "| reason | code | what to do |", "|---|---|---|"]
    values = {name: value for name, value, _ in codes}
    lines += [f"| `{why}` | {values[name]} `{name}` | {words} |" for why, name, words in reasons if why != "none"]
    return "\n".join(lines) + "\n"


OUTPUTS = {
    "bindings/c/include/modelsec/modelsec_codes.h": c_header,
    "docs/codes.md": page,
}


def main():
    codes, reasons = read()
    stale = []
    for path, make in OUTPUTS.items():
        target, text = ROOT / path, make(codes, reasons)
        if target.exists() and target.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if "--check" not in sys.argv:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit("out of date, run scripts/make_codes.py: " + ", ".join(stale))


if __name__ == "__main__":
    main()
