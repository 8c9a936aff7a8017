# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""The same for asyncio. The work is done by threads of the library; the loop is never blocked."""
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Optional

from . import _ffi
from .client import Client
from .operation import Listener, Operation, Progress
from .pack import Pack
from .request import Source, build
from .values import Event, GcReport, ModelStatus, Result


class AsyncClient:
    """Takes what Client takes. Cancelling the task cancels the operation. Callbacks come on the loop."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._client = Client(*args, **options)

    def close(self) -> None:
        self._client.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.close()

    async def fetch(self, model_id: Optional[str], source: Source, *, on_progress: Optional[Progress] = None,
                    on_event: Optional[Listener] = None, offline: bool = False, dry_run: bool = False,
                    deadline: Optional[float] = None) -> Result:
        request = build(_ffi.OP_FETCH, model_id, source, offline=offline, dry_run=dry_run, deadline=deadline)
        return (await self._run(request, on_event, on_progress)).result()

    async def ensure(self, model_id: Optional[str], source: Source, *, on_progress: Optional[Progress] = None,
                     on_event: Optional[Listener] = None, offline: bool = False,
                     deadline: Optional[float] = None) -> Result:
        request = build(_ffi.OP_ENSURE, model_id, source, offline=offline, deadline=deadline)
        return (await self._run(request, on_event, on_progress)).result()

    async def events(self, model_id: Optional[str], source: Source, *, lenient: bool = False,
                     deadline: Optional[float] = None) -> AsyncIterator[Event]:
        """Fetches, and tells what happens; the last event is DONE. Raises what went wrong after it. Leaving the loop cancels."""
        request = build(_ffi.OP_ENSURE if lenient else _ffi.OP_FETCH, model_id, source, deadline=deadline)
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

    async def verify(self, model_id: str, *, on_progress: Optional[Progress] = None) -> Result:
        return (await self._run(build(_ffi.OP_VERIFY, model_id), None, on_progress)).result()

    async def rollback(self, model_id: str, source: Optional[Source] = None) -> Result:
        return (await self._run(build(_ffi.OP_ROLLBACK, model_id, source))).result()

    async def gc(self, *, keep: int = 0, dry_run: bool = False) -> GcReport:
        return (await self._run(build(_ffi.OP_GC, None, keep=keep, dry_run=dry_run))).take_gc()

    def status(self) -> list[ModelStatus]:
        """Takes microseconds: nothing to wait for."""
        return self._client.status()

    async def _run(self, request: _ffi.Request, on_event: Optional[Listener] = None,
                   on_progress: Optional[Progress] = None) -> Operation:
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
            await over.wait()
        except asyncio.CancelledError:
            operation.cancel()
            raise
        if failures:
            raise failures[0]
        operation.finish()
        return operation


def _call(loop: asyncio.AbstractEventLoop, function: Any, *args: Any) -> None:
    try:
        loop.call_soon_threadsafe(function, *args)
    except RuntimeError:  # the loop is closed: nobody waits any more
        return
