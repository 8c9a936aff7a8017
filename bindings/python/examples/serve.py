#!/usr/bin/env python3
# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A server in the manner of vLLM or Triton: weights at start-up, verified or not at all; then answers.

    serve.py MANIFEST_URL PINS_FILE STORE [CA_FILE]

It ends with the code of the error when the model cannot be had. Instead of the toy below:

    LLM(model=os.fspath(model))                    vLLM, transformers: the pack's folder
    tritonserver --model-repository=$(…)           Triton: the same
    Llama(model_path=adapters.gguf(model))         llama-cpp-python
"""
from __future__ import annotations

import http.server
import json
import mmap
import pathlib
import struct
import sys
from typing import Any

import modelsec


class Weights:
    """A safetensors file (8 bytes of length, a JSON header, numbers), mapped: by the descriptor that was verified, not by a path."""

    def __init__(self, pack: modelsec.Pack) -> None:
        with pack.open("model.safetensors") as f:
            self._map = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        (size,) = struct.unpack_from("<Q", self._map)
        self._header: dict[str, Any] = json.loads(self._map[8 : 8 + size])
        self._data = 8 + size

    def tensor(self, name: str) -> list[float]:
        begin, end = self._header[name]["data_offsets"]
        return list(struct.unpack_from(f"<{(end - begin) // 4}f", self._map, self._data + begin))


def serve(model: modelsec.Model) -> None:
    weights = Weights(model.pack).tensor("weights")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({"ready": True, "model": model.model_id, "version": model.version, "stale": model.stale})

        def do_POST(self) -> None:
            inputs = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer({"output": sum(w * x for w, x in zip(weights, inputs["inputs"]))})

        def _answer(self, what: dict[str, Any]) -> None:
            body = json.dumps(what).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    print(f"ready on {server.server_port}", flush=True)
    server.serve_forever()


def main(manifest_url: str, pins_file: str, store: str, ca_file: str | None = None) -> int:
    source = modelsec.Source(manifest_url=manifest_url, pins=pathlib.Path(pins_file).read_text())
    try:
        model = modelsec.ensure("tiny", source, store=store, ca_file=ca_file)
    except modelsec.ModelsecError as e:
        print(e, file=sys.stderr)  # generic: no path, no secret
        return int(e.code)
    serve(model)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
