#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""run_example.py PAGE COMPILER INCLUDE LIB: compiles each C program of a page as C99 and runs it against the origin (MODELSEC_ORIGIN)
as `program MANIFEST_URL PINS_FILE STORE CA_FILE`."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

page, compiler, include, lib = sys.argv[1:5]
programs = re.findall(r"```c\n(.*?)```", pathlib.Path(page).read_text(encoding="utf-8"), re.S)
assert programs, "no C in the page"
origin = subprocess.Popen([os.environ["MODELSEC_ORIGIN"], "60"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
about = json.loads(origin.stdout.readline())
print(json.dumps({"do": "publish", "size": 2000000}), file=origin.stdin, flush=True)
assert json.loads(origin.stdout.readline())["ok"]
with tempfile.TemporaryDirectory() as folder:
    here = pathlib.Path(folder)
    (here / "pins.json").write_text(json.dumps(about["pins"]))
    for number, text in enumerate(programs):
        source, program = here / f"example{number}.c", here / f"example{number}"
        source.write_text(text, encoding="utf-8")
        subprocess.run([compiler, "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", f"-I{include}", str(source), "-o",
                        str(program), f"-L{lib}", "-lmodelsec", f"-Wl,-rpath,{lib}"], check=True)
        said = subprocess.run([str(program), about["manifest_url"], str(here / "pins.json"), str(here / "store"), about["ca"]],
                              check=True, stdout=subprocess.PIPE, text=True).stdout
        print(said)
        assert "model.bin" in said, said
origin.stdin.close()
origin.wait(10)
