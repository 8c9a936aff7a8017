# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""For servers: a model at start-up, once per process and once per host."""
from __future__ import annotations

import os
import pathlib
import threading
from typing import Any, Callable, Optional, Union

from .client import Client
from .pack import Pack
from .request import Source
from .values import Result


class Model:
    """A model that is there, verified and held open. Where a loader wants a path, it is one: `os.fspath(model)` is the pack's folder."""

    def __init__(self, result: Result, pack: Pack) -> None:
        self.result, self.pack = result, pack
        self.model_id, self.version, self.stale = result.model_id, pack.version, result.stale
        self.path = pack.path

    def file(self, name: Optional[str] = None) -> str:
        """The path of a file, for loaders that take nothing else; without a name that of the only one."""
        return str(self.pack.file_path(name))

    def files(self, suffix: str) -> list[str]:
        """The paths of all files that end so, sorted by name."""
        return [str(self.path / name) for name in sorted(self.pack.files) if name.endswith(suffix)]

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"<modelsec.Model {self.model_id} {self.version}>"


_lock = threading.Lock()
_locks: dict[tuple[str, str], threading.Lock] = {}
_models: dict[tuple[str, str], Model] = {}


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def ensure(model_id: str, source: Source, *, store: Union[str, os.PathLike[str]], profile: str = "server",
           progress: Union[bool, Callable[..., Any]] = False, deadline: Optional[float] = None, offline: bool = False,
           **client_options: Any) -> Model:
    """The model, downloaded if need be: by one thread of one process of this host, while the others wait for it. Asked again, this
    process gets the same one and nobody is asked. Where the network fails, what is active is good enough (`stale`).
    `client_options` are Client's."""
    key = (str(pathlib.Path(store).resolve()), model_id)
    with _lock:
        mine = _locks.setdefault(key, threading.Lock())
    with mine:
        with _lock:
            model = _models.get(key)
        if model is None:
            with Client(store, profile=profile, **client_options) as client:
                result = client.ensure(model_id, source, progress=progress, deadline=deadline, offline=offline)
                model = Model(result, client.open(result.model_id))
            with _lock:
                _models[key] = model
        return model


def forget(model_id: Optional[str] = None) -> None:
    """ensure() asks again from now on. Models that were given out stay open for as long as they are used."""
    with _lock:
        for key in [k for k in _models if model_id is None or k[1] == model_id]:
            del _models[key]
