# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Packages of PyPI and npm that the slow tests need, installed once into build/host-packages by their own clients."""
import fcntl
import os
import pathlib
import re
import subprocess
import sys

FOLDER = pathlib.Path(os.environ.get("MODELSEC_HOST_PACKAGES") or pathlib.Path(__file__).resolve().parents[2] / "build" / "host-packages")


def once(name, command):
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder = FOLDER / name
    with open(FOLDER / "lock", "w") as lock:  # one installs, others wait for it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".complete").exists():
            subprocess.run([str(c) for c in command(folder)], check=True, timeout=560)
            (folder / ".complete").touch()
    return folder


def python(*names):
    """A folder for PYTHONPATH, and for sys.path."""
    folder = once("python-" + "-".join(sorted(re.split(r"[=<\[]", n)[0] for n in names)),
                  lambda to: [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", to, *names])
    return folder


def node(*names):
    """A folder that has node_modules."""
    key = "node-" + "-".join(sorted(n.strip("@").replace("/", "-") for n in names))
    return once(key, lambda to: ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", to, *names])
