# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Signed model packs: fetched, verified and activated from an untrusted network. One page: docs/python.md."""
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import _ffi, codes
from .client import Client
from .codes import *  # Code, ModelsecError and one exception a code
from .decrypted import DecryptedPack
from .model_signing import ModelReport, ModelSignature, ModelSigner, sign_model, verify_model
from .operation import Operation
from .options import Audit
from .pack import Pack
from .request import PinnedRoot, Source, TufTarget
from .startup import Model, ensure, forget
from .stream import Stream
from .values import Check, Event, EventKind, GcReport, ModelStatus, PackInfo, Repaired, Result

if TYPE_CHECKING:
    from .aio import AsyncClient, ensure_async

__version__ = _ffi.text(_ffi.lib.modelsec_version())

__all__ = [
    "AsyncClient", "Audit", "Check", "Client", "DecryptedPack", "Event", "EventKind", "GcReport", "Model", "ModelReport", "ModelSignature", "ModelSigner",
    "ModelStatus", "Operation", "Pack", "PackInfo", "PinnedRoot", "Repaired", "Result", "Source", "Stream", "TufTarget", "ensure", "ensure_async",
    "forget", "sign_model", "verify_model",
]
__all__ += codes.__all__


def __getattr__(name: str) -> Any:
    # asyncio takes longer to import than all of this; who does not use it does not pay for it.
    if name in ("AsyncClient", "ensure_async"):
        return getattr(importlib.import_module(".aio", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
