# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A model that `modelsec publish --encrypt-for` encrypted (MODELSEC_COMMAND), at the tests' origin."""
from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import shutil
import subprocess

import pytest

import modelsec
from origin import Origin

PLAIN = b"".join(b"planted plain text %d\n" % i for i in range(30_000))
READER = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
PUBLIC = {"key_id": "reader", "x25519_b64": "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw="}


@dataclasses.dataclass
class Sealed:
    source: modelsec.Source
    key_file: pathlib.Path


def publish_sealed(origin: Origin, here: pathlib.Path) -> Sealed:
    command = os.environ.get("MODELSEC_COMMAND") or shutil.which("modelsec")
    if not command:
        pytest.skip("no command that publishes (MODELSEC_COMMAND)")
    here.mkdir()
    (here / "model.gguf").write_bytes(PLAIN)
    (here / "empty.txt").write_bytes(b"")
    (here / "reader.json").write_text(json.dumps(PUBLIC))
    key_file = here / "reader.key"
    key_file.write_text(READER + "\n")
    key_file.chmod(0o600)
    base = origin.about["base_url"]
    subprocess.run([command, "keygen", "--quiet", "--out", here / "keys", "--key-id", "k"], check=True, timeout=60)
    subprocess.run([command, "publish", "--quiet", "--key", here / "keys" / "k.pem", "--model", "sealed", "--version", "1.0.0", "--sequence", "1",
                    "--expires", "1d", "--platform", "any", "--file", here / "model.gguf", "--url", base + "/m.enc", "--file",
                    here / "empty.txt", "--url", base + "/e.enc", "--encrypt-for", here / "reader.json", "--chunk-size", "256KiB", "--out",
                    here / "manifest.json"], check=True, timeout=60)
    origin.order("serve", path="/m.enc", file=str(here / "model.gguf.enc"))
    origin.order("serve", path="/e.enc", file=str(here / "empty.txt.enc"))
    origin.order("serve", path="/sealed", file=str(here / "manifest.json"), type="application/json")
    pins = json.loads((here / "keys" / "k.pub.json").read_text())
    return Sealed(modelsec.Source(manifest_url=base + "/sealed", pins=pins), key_file)
