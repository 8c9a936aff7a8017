# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Loaders take paths and names; these give them what a verified pack has."""
from __future__ import annotations

import importlib
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
