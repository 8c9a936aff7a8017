# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Loaders take paths and names; these give them what a verified pack has."""
from __future__ import annotations

import importlib
import json
from typing import Any, Callable, Optional, TypeVar

from .startup import Model

T = TypeVar("T")


def gguf(model: Model) -> str:
    """The one GGUF file (of a split one the first part): `Llama(model_path=gguf(model))`."""
    found = model.files(".gguf")
    first = [f for f in found if "-00001-of-" in f]
    if len(found) != 1 and len(first) != 1:
        raise FileNotFoundError(f"{len(found)} GGUF files in {model.model_id}")
    return first[0] if first else found[0]


def numpy_tensors(model: Model) -> dict[str, Any]:
    """All tensors of all shards as numpy arrays over the mapped files, without a copy; torch.from_numpy() takes them as they are. BF16 and the
    8-bit floats, which numpy does not know, come as unsigned integers of their width."""
    numpy = importlib.import_module("numpy")
    kinds = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8",
             "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?", "F8_E4M3": "u1", "F8_E5M2": "u1"}
    tensors: dict[str, Any] = {}
    for name in sorted(n for n in model.pack.files if n.endswith(".safetensors")):
        data = model.buffer(name)
        size = int.from_bytes(data[:8], "little")
        header = json.loads(bytes(data[8:8 + size]))
        header.pop("__metadata__", None)
        for tensor, about in header.items():
            begin, end = about["data_offsets"]
            if tensor in tensors:
                raise ValueError(f"tensor {tensor} is in two shards")
            tensors[tensor] = numpy.frombuffer(data[8 + size + begin:8 + size + end], dtype=kinds[about["dtype"]]).reshape(about["shape"])
    if not tensors:
        raise FileNotFoundError(f"no safetensors in {model.model_id}")
    return tensors


def llama(model: Model, factory: Callable[..., T], **options: Any) -> T:
    """`llama(model, Llama, n_ctx=8192)`: for whatever takes `model_path`, as llama_cpp.Llama does."""
    return factory(model_path=gguf(model), **options)


def safetensors(model: Model, load_file: Optional[Callable[[str], dict[str, Any]]] = None) -> dict[str, Any]:
    """All tensors of all shards, by safetensors.torch.load_file or whichever is given (safetensors.numpy.load_file)."""
    load = load_file or importlib.import_module("safetensors.torch").load_file
    tensors: dict[str, Any] = {}
    for shard in model.files(".safetensors"):
        for name, tensor in load(shard).items():
            if name in tensors:
                raise ValueError(f"tensor {name} is in two shards")
            tensors[name] = tensor
    if not tensors:
        raise FileNotFoundError(f"no safetensors in {model.model_id}")
    return tensors
