# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""The same for asyncio. The work is done by threads of the library; the loop is never blocked."""
from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Optional

from . import _ffi
from .client import Client, both
from .decrypted import DecryptedPack
from .operation import Listener, Operation, Progress
from .options import (Audit, ClientOptions, Credentials, DecryptKeys, DigestPolicy, FsVerity, Ocsp, Path, Profile, StorePolicy, WritePolicy,
                      key_texts)
from .pack import Pack
from .progress import bar
from .request import Source, build
from .startup import Bar, Model, interruptible, key_of, known, remember
from .values import Check, Event, GcReport, ModelStatus, Repaired, Result


class AsyncClient:
    """Takes what Client takes. Cancelling the task cancels the operation. Callbacks come on the loop."""

    def __init__(self, store: Path, *, profile: Profile = "client", ca_file: Optional[Path] = None, certificate_file: Optional[Path] = None,
                 private_key_file: Optional[Path] = None, spki_pins: Sequence[str] = (), connections: int = 0,
                 write_policy: WritePolicy = "automatic", limit_rate: int = 0, lock_wait: float = 0,
                 credentials: Optional[Credentials] = None, allowed_hosts: Sequence[str] = (), user_agent: Optional[str] = None,
                 device: Optional[tuple[int, int]] = None, connect_timeout: float = 0, handshake_timeout: float = 0,
                 stall_timeout: float = 0, retries: int = 0, group_shared: bool = False, proxy: Optional[str] = None,
                 no_proxy: Optional[str] = None, ocsp: Ocsp = "if_stapled", ca_pem: Optional[str] = None, certificate_pem: Optional[str] = None,
                 private_key_pem: Optional[str] = None, partial_chain: bool = False, first_byte_timeout: float = 0,
                 digest_policy: DigestPolicy = "automatic", store_policy: StorePolicy = "owner_only", automatic_repair: bool = False,
                 use_environment: bool = False, max_model_bytes: int = 0, fallback_after: float = 0, min_rate: int = 0,
                 audit: Optional[Audit] = None, manifest_requests_per_minute: int = 0, manifest_requests_per_day: int = 0,
                 hub_environment: Optional[bool] = None, hub_allow_endpoint: bool = False,
                 fs_verity: FsVerity = "off", cache_tag: bool = False) -> None:
        options: ClientOptions = {
            "profile": profile, "ca_file": ca_file, "certificate_file": certificate_file, "private_key_file": private_key_file,
            "spki_pins": spki_pins, "connections": connections, "write_policy": write_policy, "limit_rate": limit_rate,
            "lock_wait": lock_wait, "credentials": credentials, "allowed_hosts": allowed_hosts, "user_agent": user_agent, "device": device,
            "connect_timeout": connect_timeout, "handshake_timeout": handshake_timeout, "stall_timeout": stall_timeout, "retries": retries,
            "group_shared": group_shared, "proxy": proxy, "no_proxy": no_proxy, "ocsp": ocsp, "ca_pem": ca_pem,
            "certificate_pem": certificate_pem, "private_key_pem": private_key_pem, "partial_chain": partial_chain,
            "first_byte_timeout": first_byte_timeout, "digest_policy": digest_policy, "store_policy": store_policy,
            "automatic_repair": automatic_repair, "use_environment": use_environment, "max_model_bytes": max_model_bytes,
            "fallback_after": fallback_after, "min_rate": min_rate, "audit": audit,
            "manifest_requests_per_minute": manifest_requests_per_minute, "manifest_requests_per_day": manifest_requests_per_day,
            "hub_environment": hub_environment, "hub_allow_endpoint": hub_allow_endpoint, "fs_verity": fs_verity, "cache_tag": cache_tag}
        self._client = Client(store, **options)

    def close(self) -> None:
        self._client.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.close()

    async def fetch(self, model_id: Optional[str], source: Source, *, on_progress: Optional[Progress] = None,
                    on_event: Optional[Listener] = None, offline: bool = False, dry_run: bool = False,
                    deadline: Optional[float] = None, trace_parent: Optional[str] = None,
                    decrypt_keys: Optional[DecryptKeys] = None) -> Result:
        request = build(_ffi.OP_FETCH, model_id, source, offline=offline, dry_run=dry_run, deadline=deadline, trace_parent=trace_parent,
                        decrypt_keys=decrypt_keys)
        return (await self._run(request, on_event, on_progress)).result()

    async def ensure(self, model_id: Optional[str], source: Source, *, on_progress: Optional[Progress] = None,
                     on_event: Optional[Listener] = None, offline: bool = False,
                     deadline: Optional[float] = None, trace_parent: Optional[str] = None,
                     decrypt_keys: Optional[DecryptKeys] = None) -> Result:
        request = build(_ffi.OP_ENSURE, model_id, source, offline=offline, deadline=deadline, trace_parent=trace_parent,
                        decrypt_keys=decrypt_keys)
        return (await self._run(request, on_event, on_progress)).result()

    async def events(self, model_id: Optional[str], source: Source, *, lenient: bool = False,
                     deadline: Optional[float] = None, trace_parent: Optional[str] = None,
                     decrypt_keys: Optional[DecryptKeys] = None) -> AsyncIterator[Event]:
        """Fetches, and tells what happens; the last event is DONE. Raises what went wrong after it. Leaving the loop cancels."""
        request = build(_ffi.OP_ENSURE if lenient else _ffi.OP_FETCH, model_id, source, deadline=deadline, trace_parent=trace_parent,
                        decrypt_keys=decrypt_keys)
        queue: asyncio.Queue[Optional[Event]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def put(item: Optional[Event]) -> None:
            _call(loop, queue.put_nowait, item)

        operation = self._client._start(request, put, None, lambda: put(None))
        try:
            while (event := await queue.get()) is not None:
                yield event
            operation.finish()
        finally:
            operation.cancel()

    async def open(self, model_id: str) -> Pack:
        return (await self._run(build(_ffi.OP_OPEN, model_id))).take_pack()

    async def open_decrypted(self, model_id: str, keys: DecryptKeys) -> DecryptedPack:
        """On a thread of the loop's pool, which is not cancelled: what it opens for nobody is given back."""
        return await asyncio.get_running_loop().run_in_executor(None, self._client.open_decrypted, model_id, keys)

    async def verify(self, model_id: str, *, on_progress: Optional[Progress] = None) -> Result:
        return (await self._run(build(_ffi.OP_VERIFY, model_id), None, on_progress)).result()

    async def rollback(self, model_id: str, source: Optional[Source] = None) -> Result:
        return (await self._run(build(_ffi.OP_ROLLBACK, model_id, source))).result()

    async def gc(self, *, keep: int = 0, dry_run: bool = False) -> GcReport:
        return (await self._run(build(_ffi.OP_GC, None, keep=keep, dry_run=dry_run))).take_gc()

    async def check(self, model_id: Optional[str], source: Source, *, deadline: Optional[float] = None,
                    trace_parent: Optional[str] = None) -> Check:
        return (await self._run(build(_ffi.OP_CHECK, model_id, source, deadline=deadline, trace_parent=trace_parent))).take_check()

    async def remove(self, model_id: str, *, partial: bool = False) -> GcReport:
        return (await self._run(build(_ffi.OP_REMOVE, model_id, partial=partial))).take_gc()

    async def repair(self, model_id: Optional[str] = None, source: Optional[Source] = None) -> list[Repaired]:
        return (await self._run(build(_ffi.OP_REPAIR, model_id, source))).take_repaired()

    def status(self) -> list[ModelStatus]:
        """Takes microseconds: nothing to wait for."""
        return self._client.status()

    async def _run(self, request: _ffi.Request, on_event: Optional[Listener] = None,
                   on_progress: Optional[Progress] = None, signals: bool = False) -> Operation:
        loop = asyncio.get_running_loop()
        over = asyncio.Event()
        failures: list[BaseException] = []

        def on_loop(listener: Any) -> Any:
            def tell(*what: Any) -> None:
                try:
                    listener(*what)
                except BaseException as e:
                    failures.append(e)
                    operation.cancel()

            return (lambda *what: _call(loop, tell, *what)) if listener is not None else None

        operation = self._client._start(request, on_loop(on_event), on_loop(on_progress), lambda: _call(loop, over.set))
        try:
            with interruptible(operation) if signals else contextlib.nullcontext():
                await over.wait()
        except asyncio.CancelledError:
            operation.cancel()
            raise
        if failures:
            raise failures[0]
        operation.finish()
        return operation


async def ensure_async(model_id: str, source: Source, *, store: Path, on_progress: Optional[Progress] = None,
                       on_event: Optional[Listener] = None, progress: Bar = False, deadline: Optional[float] = None,
                       offline: bool = False, profile: Profile = "server", ca_file: Optional[Path] = None, certificate_file: Optional[Path] = None,
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
    """modelsec.ensure() for a running loop, which is never blocked: the same options, the same Model. Cancelling the task cancels the
    download; so does Ctrl-C, also while a server starts. Callbacks come on the loop."""
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
    model = known(key)
    if model is not None:
        return model
    async with AsyncClient(store, **options) as client:
        request = build(_ffi.OP_ENSURE, model_id, source, deadline=deadline, offline=offline, decrypt_keys=decrypt_keys)
        with bar(progress, model_id) if progress else contextlib.nullcontext() as shown:
            operation = await client._run(request, on_event, both(on_progress, shown), signals=True)
        result = operation.result()
        if decrypt_keys is None:
            return remember(key, Model(result, await client.open(result.model_id)))
        return remember(key, Model(result, await client.open_decrypted(result.model_id, decrypt_keys)))


def _call(loop: asyncio.AbstractEventLoop, function: Any, *args: Any) -> None:
    try:
        loop.call_soon_threadsafe(function, *args)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return
