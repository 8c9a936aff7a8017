# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Reading while it is downloaded."""
from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import pathlib
import struct
import threading
from types import ModuleType

import pytest

import modelsec
from modelsec import Client
from origin import Origin

PATH = "/demo/1.0.0/model.bin"


def test_a_stream_reads_what_was_signed_and_ends_with_the_active_pack(origin: Origin, client: Client) -> None:
    published = origin.publish(size=3_000_000)
    with client.stream("demo", origin.source()) as stream:
        assert (stream.model_id, stream.version, stream.files) == ("demo", "1.0.0", ["model.bin"])
        assert stream.size() == 3_000_000 and 0 < stream.granularity() <= 3_000_000
        whole = stream.read()
        assert hashlib.sha256(whole).hexdigest() == published["sha256"]
        with stream.open() as f:
            assert f.read(1000) == whole[:1000]
            f.seek(-10, os.SEEK_END)
            assert f.read() == whole[-10:]
        part = stream.buffer(5, 7, "model.bin")
        assert part == whole[5:12] and part.readonly
        assert stream.read(3_000_000) == b"" and stream.read(2_999_999, 100) == whole[-1:]
        into = bytearray(4)
        assert stream.readinto(into, 100) == 4 and into == whole[100:104]
        with pytest.raises(FileNotFoundError):
            stream.read(0, 1, "other.bin")
        with pytest.raises(TypeError):
            stream.readinto(b"1234", 0)
        assert stream.finish().version == "1.0.0"
    with pytest.raises(ValueError):
        stream.read(0, 1)
    with client.open("demo") as pack:
        assert pack.read() == whole


def test_reads_that_wait_end_by_a_cancel_and_by_close(origin: Origin, client: Client) -> None:
    origin.publish(size=8 << 20)
    origin.fail(PATH, bytes_per_second=1 << 20)
    for end in ("cancel", "close"):
        stream = client.stream("demo", origin.source())
        seen: list[BaseException] = []

        def wait() -> None:
            try:
                stream.read((8 << 20) - 10, 10)
            except BaseException as e:
                seen.append(e)

        reader = threading.Thread(target=wait)
        reader.start()
        getattr(stream, end)()
        reader.join(20)
        assert not reader.is_alive() and len(seen) == 1
        assert isinstance(seen[0], (modelsec.CancelledError, ValueError))
        stream.close()


def test_what_fails_before_there_is_a_manifest_is_raised_at_once(origin: Origin, client: Client) -> None:
    origin.publish(tamper="payload")
    with pytest.raises(modelsec.SignatureError):
        client.stream("demo", origin.source())


def _example() -> ModuleType:
    path = pathlib.Path(__file__).parents[1] / "examples" / "stream_safetensors.py"
    spec = importlib.util.spec_from_file_location("stream_safetensors", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_loads_tensors_in_either_order(origin: Origin, client: Client) -> None:
    data = {"a": bytes(range(8)), "b": b"\x01" * 12}
    header = json.dumps({"a": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]},
                         "b": {"dtype": "U8", "shape": [3, 4], "data_offsets": [8, 20]}, "__metadata__": {"x": "y"}}).ljust(256)  # its length is text, too
    origin.publish(text=(struct.pack("<Q", len(header)) + header.encode() + data["a"] + data["b"]).decode("latin-1"))
    for reverse in (False, True):
        with client.stream("demo", origin.source()) as stream:
            got = [(name, bytes(view)) for name, _, _, view in _example().tensors(stream, stream.files[0], reverse=reverse)]
            assert got == sorted(data.items(), reverse=reverse)
            stream.finish()
