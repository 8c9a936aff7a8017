# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""The tests' TLS origin (tests/support/origin_main.cpp): orders and answers are lines of JSON."""
from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import modelsec


class Origin:
    def __init__(self) -> None:
        program = os.environ.get("MODELSEC_ORIGIN", "modelsec_origin")
        self._process = subprocess.Popen([program, "300"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.about = self._answer()
        self.ca: str = self.about["ca"]
        self.pins: dict[str, Any] = self.about["pins"]

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert answer["ok"], answer
        return answer

    def order(self, do: str, **what: Any) -> dict[str, Any]:
        assert self._process.stdin
        print(json.dumps({"do": do, **what}), file=self._process.stdin, flush=True)
        return self._answer()

    def publish(self, **what: Any) -> dict[str, Any]:
        return self.order("publish", **what)

    def fail(self, path: str, **what: Any) -> None:
        self.order("fail", path=path, **what)

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        return self.order("requests", path=path)["requests"]

    def source(self, **what: Any) -> modelsec.Source:
        return modelsec.Source(**{"manifest_url": self.about["manifest_url"], "pins": self.pins, **what})

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)
