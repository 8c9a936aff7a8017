# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Every snippet of docs/python.md is run, one after the other, in one namespace."""
from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import types

import pytest

from origin import Origin
from sealed import READER, Sealed

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "python.md"


def test_every_snippet_of_the_page_runs(origin: Origin, sealed: Sealed, store: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two loaders that Debian has not, as far as the page uses them.
    llama = types.SimpleNamespace(Llama=lambda model_path, n_ctx: types.SimpleNamespace(path=model_path, n_ctx=n_ctx))
    monkeypatch.setitem(sys.modules, "llama_cpp", llama)  # type: ignore[arg-type]
    origin.publish(zip={"model.gguf": "GGUF", "config.json": "{}"})
    origin.publish(model="org--demo", manifest="/hub", zip={"config.json": "{}"})
    names = {"MANIFEST_URL": origin.about["manifest_url"], "PINS": origin.pins, "STORE": store, "CA": origin.ca,
             "HUB_URL": f"{origin.about['base_url']}/hub", "token": lambda: "t",
             "SEALED_URL": sealed.source.manifest_url, "SEALED_PINS": sealed.source.pins}
    monkeypatch.setenv("MODEL_KEY", READER)
    signed = PAGE.parents[1] / "tests" / "vectors" / "signed-model"
    folder = store.parent / "signed"
    for name, content in {"config.json": b'{"a": 1}\n', "empty.txt": b"", "weights/part-1.bin": b"1" * 300_000}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    names |= {"IDENTITY": "https://ci.example/model.yml@refs/heads/main", "ISSUER": "https://token.example", "FOLDER": folder,
              "ROOT": (signed / "trusted_root.json").read_bytes(), "BUNDLE": (signed / "a_1.json").read_bytes(), "COMMIT": "c" * 40,
              "PRIVATE_KEY": subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519"], check=True, capture_output=True,
                                            text=True).stdout}
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(snippets) >= 5
    for snippet in snippets:
        exec(compile(snippet, str(PAGE), "exec"), names)
