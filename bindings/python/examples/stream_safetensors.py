# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Loads the tensors of a safetensors model while it is downloaded: each as soon as its bytes are verified.

    python stream_safetensors.py STORE MANIFEST_URL PINS.json MODEL [--reverse] [--ca CA.pem]
"""
from __future__ import annotations

import argparse
import json
import math
import pathlib
import time
from collections.abc import Iterator

import modelsec

LONGEST_HEADER = 100 << 20  # as the format has it


def tensors(stream: modelsec.Stream, name: str, *, reverse: bool = False) -> Iterator[tuple[str, str, list[int], memoryview]]:
    """(name, dtype, shape, bytes) of each tensor, in the order of the file or the other way round. The header was signed like the rest,
    but is no less odd for that: what it says of places is held against the file."""
    length = int.from_bytes(stream.read(0, 8, name), "little")
    if not 2 <= length <= min(LONGEST_HEADER, stream.size(name) - 8):
        raise ValueError("not a safetensors file")
    header = json.loads(stream.read(8, length, name))
    header.pop("__metadata__", None)
    begin, end = 8 + length, stream.size(name)
    for key, about in sorted(header.items(), key=lambda item: (int(item[1]["data_offsets"][0]), int(item[1]["data_offsets"][1])), reverse=reverse):
        first, last = about["data_offsets"]
        if not 0 <= first <= last <= end - begin:
            raise ValueError(f"{key} lies outside of the file")
        yield key, about["dtype"], about["shape"], stream.buffer(begin + first, last - first, name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    for what in ("store", "manifest", "pins", "model"):
        parser.add_argument(what)
    parser.add_argument("--reverse", action="store_true")
    parser.add_argument("--ca")
    asked = parser.parse_args()
    begun = time.monotonic()
    source = modelsec.Source(manifest_url=asked.manifest, pins=json.loads(pathlib.Path(asked.pins).read_bytes()))
    with modelsec.Client(asked.store, ca_file=asked.ca) as client, client.stream(asked.model, source) as stream:
        for name in (n for n in stream.files if n.endswith(".safetensors")):
            for key, dtype, shape, data in tensors(stream, name, reverse=asked.reverse):
                print(f"{time.monotonic() - begun:8.2f} s  {key}  {dtype}  {math.prod(shape)} values, {len(data)} bytes")
        print(f"{time.monotonic() - begun:8.2f} s  {stream.finish().path}")


if __name__ == "__main__":
    main()
