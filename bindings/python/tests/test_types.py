# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""What a type checker catches: mistakes in names and values of options, each on a line of its own."""
from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

SRC = pathlib.Path(__file__).parents[1] / "src"
MISTAKES = '''\
import asyncio
import pathlib
import modelsec
from modelsec import hub
source = modelsec.Source(manifest_url="https://x.example/m.json", pins={"v1": "x"})
modelsec.Client(pathlib.Path("models"), profile="server", ca_file=pathlib.Path("ca.pem"))
modelsec.Client("models", profile="servers")
modelsec.Client("models", ocsp="on")
modelsec.Client("models", write_policy=1)
modelsec.Client("models", ca="ca.pem")
modelsec.Client("models", retries="3")
modelsec.Source(manifest="https://x.example/m.json")
modelsec.Source(format="jws")
modelsec.ensure("m", source, store="models", cafile="ca.pem")
modelsec.ensure("m", source)
asyncio.run(modelsec.ensure_async("m", source, store="models", oscp="off"))
modelsec.AsyncClient("models", profile="root")
hub.snapshot_download("org/name", patterns="*.json")
hub.hf_hub_download("org/name", 3)
hub.configure(source, store="models", cafile="ca.pem")
hub.configure(source, store="models", profile="servers")
modelsec.ensure("m", source, store="models", digest_policy="chunks")
modelsec.ensure("m", source, store="models").opens("x")
modelsec.Client("models").fetch("m", source, decrypt_keys=3)
modelsec.Client("models").open_decrypted("m")
modelsec.Client("models").open_decrypted("m", "key").sealed_fd(1)
name: int = modelsec.ensure("m", source, store="models") / "config.json"
'''


def test_planted_mistakes_are_caught_by_mypy(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("mypy") if not pathlib.Path("/usr/bin/mypy").exists() else None
    program = tmp_path / "mistakes.py"
    program.write_text(MISTAKES)
    mypy = ["/usr/bin/mypy"] if pathlib.Path("/usr/bin/mypy").exists() else [sys.executable, "-m", "mypy"]
    said = subprocess.run([*mypy, "--no-error-summary", "--enable-incomplete-feature=Unpack", "--cache-dir", str(tmp_path / "cache"), str(program)], text=True, capture_output=True,
                          env={**os.environ, "MYPYPATH": str(SRC)}).stdout
    found = {int(line.split(":")[1]) for line in said.splitlines() if f"{program}:" in line and "error" in line}
    assert found == set(range(7, len(MISTAKES.splitlines()) + 1)), said
