# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""For servers: a model at start-up, once per process and once per host."""
from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import pathlib
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Callable, Optional, Union

from . import _ffi
from .client import Client, both
from .operation import Listener, Operation, Progress
from .options import (Audit, ClientOptions, Credentials, DecryptKeys, DigestPolicy, FsVerity, Ocsp, Path, Profile, StorePolicy, WritePolicy,
                      key_texts)
from .pack import Pack
from .progress import bar
from .request import Source, build
from .values import Result

Bar = Union[bool, Callable[..., Any]]


class Model:
    """A model that is there, verified and held open. Where a loader wants a path, it is one: `os.fspath(model)` is the pack's folder,
    `model / "config.json"` a file of it. open() and buffer() read through descriptors: the very bytes that were verified. Use it in a
    `with` to give it back early."""

    def __init__(self, result: Result, pack: Pack) -> None:
        self.result, self.pack = result, pack
        self.model_id, self.version, self.stale = result.model_id, pack.version, result.stale
        self.path = pack.path

    def file(self, name: Optional[str] = None) -> str:
        """The path of a file, for loaders that take nothing else; without a name that of the only one."""
        return str(self.pack.file_path(name))

    def files(self, suffix: str = "") -> list[str]:
        """The paths of all files that end so, sorted by name."""
        return [str(self.path / name) for name in sorted(self.pack.files) if name.endswith(suffix)]

    def open(self, name: Optional[str] = None) -> BinaryIO:
        """A file object over a descriptor of its own; without a name of the only file."""
        return self.pack.open(name)

    def buffer(self, name: Optional[str] = None) -> memoryview:
        """The bytes of a file, mapped and not copied: numpy.frombuffer(), torch.frombuffer(), gguf readers. Read only."""
        return self.pack.buffer(name)

    def close(self) -> None:
        """The next gc may take the pack; paths mean nothing from then on. Buffers and open files stay."""
        self.pack.close()
        with _lock:
            for key in [k for k, model in _models.items() if model is self]:
                del _models[key]

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __truediv__(self, name: Path) -> pathlib.Path:
        return self.path / name

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"<modelsec.Model {self.model_id} {self.version}>"


_lock = threading.Lock()
_locks: dict[tuple[str, str, str], threading.Lock] = {}
_models: dict[tuple[str, str, str], Model] = {}


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _locks.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def key_of(store: Path, model_id: str, source: Source, options: Mapping[str, Any]) -> tuple[str, str, str]:
    """Who asks for the same with the same options gets the same model. Callbacks are how to get there, not what; secrets are hashed."""
    said = {name: value for name, value in options.items() if not callable(value)}
    audit = said.get("audit")
    if audit is not None:  # its repr() keeps the sink's address to itself
        said["audit"] = sorted((name, value) for name, value in vars(audit).items() if not callable(value))
    text = repr((dataclasses.astuple(source), sorted(said.items(), key=lambda item: item[0])))
    return str(pathlib.Path(store).resolve()), model_id, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def known(key: tuple[str, str, str]) -> Optional[Model]:
    with _lock:
        return _models.get(key)


def remember(key: tuple[str, str, str], model: Model) -> Model:
    """The first of those that came at the same time is everybody's."""
    with _lock:
        return _models.setdefault(key, model)


@contextlib.contextmanager
def interruptible(operation: Operation) -> Iterator[None]:
    """Meanwhile SIGINT and SIGTERM also cancel the operation. Servers (uvicorn) take the signals for themselves and wait for their start-up
    to end, so that Ctrl-C would do nothing for as long as a download takes. Only the main thread gets signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {}

    def cancel(number: int, frame: Any) -> None:
        operation.cancel()
        if callable(before[number]):
            before[number](number, frame)

    try:
        for number in map(int, (signal.SIGINT, signal.SIGTERM)):
            handler = signal.getsignal(number)
            if callable(handler):  # who does nothing about it is ended by it, or does not want it
                before[number] = handler
                signal.signal(number, cancel)
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is cancel:
                signal.signal(number, handler)


def ensure(model_id: str, source: Source, *, store: Path, on_progress: Optional[Progress] = None,
           on_event: Optional[Listener] = None, progress: Bar = False, deadline: Optional[float] = None, offline: bool = False,
           profile: Profile = "server", ca_file: Optional[Path] = None, certificate_file: Optional[Path] = None,
           private_key_file: Optional[Path] = None, spki_pins: Sequence[str] = (), connections: int = 0,
           write_policy: WritePolicy = "automatic", limit_rate: int = 0, lock_wait: float = 0,
           credentials: Optional[Credentials] = None, allowed_hosts: Sequence[str] = (), user_agent: Optional[str] = None,
           device: Optional[tuple[int, int]] = None, connect_timeout: float = 0, handshake_timeout: float = 0,
           stall_timeout: float = 0, retries: int = 0, group_shared: bool = False, proxy: Optional[str] = None,
           no_proxy: Optional[str] = None, ocsp: Ocsp = "if_stapled", ca_pem: Optional[str] = None, certificate_pem: Optional[str] = None,
           private_key_pem: Optional[str] = None, partial_chain: bool = False,
           first_byte_timeout: float = 0, digest_policy: DigestPolicy = "automatic", store_policy: StorePolicy = "owner_only",
           automatic_repair: bool = False, use_environment: bool = False, max_model_bytes: int = 0, fallback_after: float = 0,
           min_rate: int = 0, audit: Optional[Audit] = None, manifest_requests_per_minute: int = 0,
           manifest_requests_per_day: int = 0, hub_environment: Optional[bool] = None, hub_allow_endpoint: bool = False,
           fs_verity: FsVerity = "off", cache_tag: bool = False, decrypt_keys: Optional[DecryptKeys] = None) -> Model:
    """The model, downloaded if need be: by one thread of one process of this host, while the others wait for it. Asked again for the same
    with the same options, this process gets the same one and nobody is asked. Where the network fails, what is active is good enough
    (`stale`). From `profile` on the options are Client's. Ctrl-C cancels, also while a server starts. With `decrypt_keys` the model's `pack`
    is a DecryptedPack: open() and buffer() give plain text, paths are those of what stays encrypted on disk."""
    options: ClientOptions = {
        "profile": profile, "ca_file": ca_file, "certificate_file": certificate_file, "private_key_file": private_key_file,
        "spki_pins": spki_pins, "connections": connections, "write_policy": write_policy, "limit_rate": limit_rate,
        "lock_wait": lock_wait, "credentials": credentials, "allowed_hosts": allowed_hosts, "user_agent": user_agent, "device": device,
        "connect_timeout": connect_timeout, "handshake_timeout": handshake_timeout, "stall_timeout": stall_timeout, "retries": retries,
        "group_shared": group_shared, "proxy": proxy, "no_proxy": no_proxy, "ocsp": ocsp, "ca_pem": ca_pem, "certificate_pem": certificate_pem,
        "private_key_pem": private_key_pem, "partial_chain": partial_chain, "first_byte_timeout": first_byte_timeout,
        "digest_policy": digest_policy, "store_policy": store_policy, "automatic_repair": automatic_repair,
        "use_environment": use_environment, "max_model_bytes": max_model_bytes, "fallback_after": fallback_after, "min_rate": min_rate,
        "audit": audit, "manifest_requests_per_minute": manifest_requests_per_minute, "manifest_requests_per_day": manifest_requests_per_day,
        "hub_environment": hub_environment, "hub_allow_endpoint": hub_allow_endpoint, "fs_verity": fs_verity, "cache_tag": cache_tag}
    key = key_of(store, model_id, source, {**options, "offline": offline, "decrypt_keys": key_texts(decrypt_keys)})
    with _lock:
        mine = _locks.setdefault(key, threading.Lock())
    with mine:
        model = known(key)
        if model is None:
            with Client(store, **options) as client:
                request = build(_ffi.OP_ENSURE, model_id, source, deadline=deadline, offline=offline, decrypt_keys=decrypt_keys)
                with bar(progress, model_id) if progress else contextlib.nullcontext() as shown:
                    operation = client._start(request, on_event, both(on_progress, shown))
                    with interruptible(operation):
                        result = operation.result()
                pack = client.open(result.model_id) if decrypt_keys is None else client.open_decrypted(result.model_id, decrypt_keys)
                model = remember(key, Model(result, pack))
        return model


def forget(model_id: Optional[str] = None) -> None:
    """ensure() asks again from now on. Models that were given out stay open for as long as they are used."""
    with _lock:
        for key in [k for k in _models if model_id is None or k[1] == model_id]:
            del _models[key]
