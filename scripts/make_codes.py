#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Makes from include/modelsec/detail/base/error_codes.def what other languages and the docs say of codes. `--check`: is all up to date?"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LICENSE = "Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0."
NOTE = "Made by scripts/make_codes.py from error_codes.def. Do not edit."


def read():
    text = (ROOT / "include/modelsec/detail/base/error_codes.def").read_text(encoding="utf-8")
    codes = re.findall(r'^MODELSEC_CODE\((\w+), (\d+), "(.*)"\)$', text, re.M)
    reasons = re.findall(r'^MODELSEC_REASON\((\w+), (\w+), "(.*)"\)$', text, re.M)
    return [(name, int(value), words) for name, value, words in codes], reasons


def c_header(codes, _):
    lines = [f"/* {LICENSE} */", f"/* {NOTE} */", "#ifndef MODELSEC_MODELSEC_CODES_H", "#define MODELSEC_MODELSEC_CODES_H", ""]
    lines += ["enum {"]
    lines += [f"    MODELSEC_{name.upper()} = {value}{',' if name != codes[-1][0] else ''} /**< {words} */" for name, value, words in codes]
    lines += ["};", "", "#endif", ""]
    return "\n".join(lines)


def class_name(name):
    return "".join(part.capitalize() for part in name.split("_"))


def python(codes, _):
    """The enumeration, and an exception for each code."""
    lines = [f"# {LICENSE}", f"# {NOTE}", "from __future__ import annotations", "", "import enum", "", "", "class Code(enum.IntEnum):"]
    lines += [f"    {name.upper()} = {value}" for name, value, _ in codes]
    lines += ["", "", "MESSAGES: dict[Code, str] = {"]
    lines += [f'    Code.{name.upper()}: "{words}",' for name, _, words in codes]
    lines += ["}", "", "", "class ModelsecError(Exception):",
              '    """Why something failed. `str()` has the generic text, code, reason and hint, and no path or secret; `detail` is for the owner only."""', "",
              "    code: Code = Code.INTERNAL", "",
              '    def __init__(self, reason: str = "", hint: str = "", detail: str = "") -> None:',
              "        words = f\"{MESSAGES[self.code]} ({int(self.code)} {self.code.name.lower()}\"",
              "        super().__init__(words + (f\", {reason})\" if reason else \")\") + (f\": {hint}\" if hint else \"\"))",
              "        self.message = MESSAGES[self.code]",
              "        self.reason = reason", "        self.hint = hint", "        self.detail = detail", "", ""]
    for name, _, words in codes:
        if name != "ok":
            lines += [f"class {class_name(name)}Error(ModelsecError):", f'    """{words}"""', "", f"    code = Code.{name.upper()}", "", ""]
    lines += ["ERRORS: dict[int, type[ModelsecError]] = {"]
    lines += [f"    {value}: {class_name(name)}Error," for name, value, _ in codes if name != "ok"]
    names = ["Code", "ERRORS", "MESSAGES", "ModelsecError"] + [f"{class_name(name)}Error" for name, _, _ in codes if name != "ok"]
    lines += ["}", "", "__all__ = ["] + [f'    "{name}",' for name in names] + ["]", ""]
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


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def dart(codes, _):
    lines = [f"// {LICENSE}", f"// {NOTE}", "import 'exception.dart';", "",
             "/// What an operation came to; the numbers are the same in every language.", "enum ModelsecCode {"]
    for name, value, words in codes:
        end = ";" if name == codes[-1][0] else ","
        lines += [f"  /// {words}.", f"  {camel(name)}({value}, '{name}', '{words}'){end}", ""]
    lines += ["  const ModelsecCode(this.value, this.word, this.message);", "",
              "  /// The number, also the exit code of the command.", "  final int value;", "",
              "  /// The stable name in all languages.", "  final String word;", "",
              "  /// All that an end user is shown: no path, no secret.", "  final String message;", "",
              "  /// The code of a number; [internal] for what is none.",
              "  static ModelsecCode of(int value) => values.firstWhere(",
              "    (code) => code.value == value,", "    orElse: () => internal,", "  );", "}", ""]
    for name, value, words in codes:
        if name == "ok":
            continue
        kind = camel("modelsec_" + name)
        kind = kind[0].upper() + kind[1:] + "Exception"
        lines += [f"/// {value}: {words}.", f"final class {kind} extends ModelsecException {{", "  /// With what the library said.",
                  f"  const {kind}(FailureWords words) : super(ModelsecCode.{camel(name)}, words);", "}", ""]
    lines += ["/// The exception of a code.", "ModelsecException exceptionOf(int code, FailureWords words) =>",
              "    switch (ModelsecCode.of(code)) {"]
    for name, *_ in codes:
        if name not in ("ok", "internal"):
            kind = camel("modelsec_" + name)
            lines += [f"      ModelsecCode.{camel(name)} => {kind[0].upper() + kind[1:]}Exception(words),"]
    lines += ["      ModelsecCode.ok || ModelsecCode.internal => ModelsecInternalException(words),", "    };", ""]
    return "\n".join(lines)


def swift_name(name):
    return f"`{name}`" if name in ("internal",) else camel(name)


def swift(codes, _):
    lines = [f"// {LICENSE}", f"// {NOTE}", "",
             "/// What an operation came to; the numbers are the same in every language.",
             "public enum ModelsecCode: Int32, Sendable, CaseIterable {"]
    lines += [f"    /// {words}.\n    case {swift_name(name)} = {value}" for name, value, words in codes]
    lines += ["", "    /// The stable name in all languages.", "    public var word: String {", "        switch self {"]
    lines += [f'        case .{camel(name)}: return "{name}"' for name, *_ in codes]
    lines += ["        }", "    }", "", "    /// All that an end user is shown: no path, no secret.", "    public var message: String {",
              "        switch self {"]
    lines += [f'        case .{camel(name)}: return "{words}"' for name, _, words in codes]
    lines += ["        }", "    }", "}", ""]
    return "\n".join(lines)


OUTPUTS = {
    "bindings/c/include/modelsec/modelsec_codes.h": c_header,
    "bindings/dart/lib/src/codes.dart": dart,
    "bindings/swift/Sources/Modelsec/Codes.swift": swift,
    "bindings/python/src/modelsec/codes.py": python,
    "docs/codes.md": page,
}


def same(path, one, other):
    if path.endswith(".dart"):  # whose formatter breaks lines as it likes
        one, other = (re.sub(r",(?=[)}\]])", "", re.sub(r"\s+", "", text)) for text in (one, other))
    return one == other


def main():
    codes, reasons = read()
    stale = []
    for path, make in OUTPUTS.items():
        target, text = ROOT / path, make(codes, reasons)
        if target.exists() and same(path, target.read_text(encoding="utf-8"), text):
            continue
        stale.append(path)
        if "--check" not in sys.argv:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit("out of date, run scripts/make_codes.py: " + ", ".join(stale))


if __name__ == "__main__":
    main()
