# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Every snippet of docs/python.md is run, one after the other, in one namespace."""
from __future__ import annotations

import pathlib
import re
import sys
import types

import pytest

from origin import Origin

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "python.md"


def test_every_snippet_of_the_page_runs(origin: Origin, store: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two loaders that Debian has not, as far as the page uses them.
    llama = types.SimpleNamespace(Llama=lambda model_path, n_ctx: types.SimpleNamespace(path=model_path, n_ctx=n_ctx))
    monkeypatch.setitem(sys.modules, "llama_cpp", llama)  # type: ignore[arg-type]
    origin.publish(zip={"model.gguf": "GGUF", "config.json": "{}"})
    origin.publish(model="org--demo", manifest="/hub", zip={"config.json": "{}"})
    names = {"MANIFEST_URL": origin.about["manifest_url"], "PINS": origin.pins, "STORE": store, "CA": origin.ca,
             "HUB_URL": f"{origin.about['base_url']}/hub", "token": lambda: "t"}
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(snippets) >= 5
    for snippet in snippets:
        exec(compile(snippet, str(PAGE), "exec"), names)
