# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""examples/inference-server: the server in C++ with a safetensors file, through all that the one in Python goes through."""
import json
import pathlib
import struct

import pytest
import test_inference_examples as examples
from support import MODELSEC

SERVER = pathlib.Path(MODELSEC).resolve().parents[1] / "examples" / "bin" / "inference_server"


class Service(examples.Service):
    file = "model.safetensors"

    def command(self):
        return [SERVER]

    def environment(self):
        return {}

    def content(self, weights, bias):
        header = json.dumps({"w": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]}, "b": {"dtype": "F32", "shape": [1], "data_offsets": [8, 12]}})
        header += " " * (-len(header) % 8)
        return struct.pack("<Q", len(header)) + header.encode() + struct.pack("<3f", *weights, bias)


def test_a_new_version_is_changed_over_to_under_load_and_one_that_fails_its_own_check_is_rolled_back(world):
    examples.changes_over_and_back(Service(world))


@pytest.mark.parametrize("kind,code", [("signature", 20), ("digest", 30), ("format", 1)])
def test_without_a_model_the_server_does_not_begin_and_says_a_code_alone(world, kind, code):
    examples.does_not_begin_without_a_model(Service(world), kind, code)
