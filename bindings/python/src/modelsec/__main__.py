# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""`python -m modelsec …` and the entry point `modelsec`: the whole command, run in this process's place."""
from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
from typing import NoReturn, Optional


def find() -> Optional[str]:
    """The command of the wheel, else one on the path that is not the entry point itself."""
    packaged = pathlib.Path(__file__).with_name("bin") / ("modelsec.exe" if os.name == "nt" else "modelsec")
    if packaged.is_file():
        return str(packaged)
    entry_points = os.path.realpath(sysconfig.get_path("scripts"))
    folders = [f for f in os.environ.get("PATH", os.defpath).split(os.pathsep) if f and os.path.realpath(f) != entry_points]
    return shutil.which("modelsec", path=os.pathsep.join(folders))


def main() -> NoReturn:
    command = find()
    if command is None:
        sys.exit("modelsec: the command is not in this installation, and not on PATH")
    if os.name == "nt":
        sys.exit(subprocess.call([command, *sys.argv[1:]]))
    os.execv(command, ["modelsec", *sys.argv[1:]])


if __name__ == "__main__":
    main()
