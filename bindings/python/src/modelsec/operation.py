# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A running operation: where the library's thread and Python's meet."""
from __future__ import annotations

import atexit
import ctypes
import itertools
import threading
from typing import Any, Callable, Optional

from . import _ffi
from .options import log
from .codes import ERRORS, InternalError, ModelsecError
from .pack import Pack
from .values import Check, Event, GcReport, Repaired, Result, check_of, event_of, gc_of, repaired_of, result_of

Listener = Callable[[Event], None]
Progress = Callable[[int, int], None]


class Operation:
    """Started by Client.start(). `cancel`, `pause`, `resume`, `done` and `wait` are any thread's."""

    def __init__(self, on_event: Optional[Listener], on_progress: Optional[Progress],
                 on_done: Optional[Callable[[], None]] = None) -> None:
        self._on_event, self._on_progress, self._on_done = on_event, on_progress, on_done
        self.keep_alive: Any = None  # callbacks that the library may still call
        self._over = threading.Event()
        self._id = ctypes.c_uint64(0)
        self._raised: Optional[BaseException] = None
        self._error: Optional[ModelsecError] = None
        self._result: Optional[Result] = None
        self._gc: Optional[GcReport] = None
        self._check: Optional[Check] = None
        self._repaired: Optional[list[Repaired]] = None
        self._pack: Optional[Pack] = None

    def cancel(self) -> None:
        """Ends it with CancelledError; what was downloaded and is good stays."""
        _ffi.lib.modelsec_cancel(self._id)

    def pause(self) -> None:
        _ffi.lib.modelsec_pause(self._id)

    def resume(self) -> None:
        _ffi.lib.modelsec_resume(self._id)

    def fail(self, raised: BaseException) -> None:
        """Ends it; what waits for it raises this."""
        if not self.done and self._raised is None:
            self._raised = raised
            self.cancel()

    @property
    def done(self) -> bool:
        return self._over.is_set()

    def wait(self, timeout: Optional[float] = None) -> bool:
        """False: not yet over."""
        return self._over.wait(timeout)

    def result(self) -> Result:
        """Waits; raises what went wrong. A KeyboardInterrupt meanwhile cancels it."""
        self.finish()
        if self._result is None:
            raise InternalError("internal_error")
        return self._result

    def finish(self) -> None:
        try:
            # Short waits: only between them does the main thread look at signals on every platform.
            while not self._over.wait(0.5):
                pass
        except BaseException:
            self.cancel()
            self._over.wait()
            raise
        if self._raised is not None:
            raise self._raised
        if self._error is not None:
            raise self._error

    def take_pack(self) -> Pack:
        pack, self._pack = self._pack, None
        if pack is None:
            raise InternalError("internal_error")
        return pack

    def take_gc(self) -> GcReport:
        if self._gc is None:
            raise InternalError("internal_error")
        return self._gc

    def take_check(self) -> Check:
        if self._check is None:
            raise InternalError("internal_error")
        return self._check

    def take_repaired(self) -> list[Repaired]:
        if self._repaired is None:
            raise InternalError("internal_error")
        return self._repaired

    # On a thread of the library, one call at a time.
    def _happened(self, raw: Any) -> None:
        kind = raw.contents.kind
        if kind > _ffi.EVENT_RELEASED and kind != _ffi.EVENT_ALERT:  # of a later library
            return
        if kind == _ffi.EVENT_DONE:
            self._ended(raw)
        if kind != _ffi.EVENT_PROGRESS:
            _tell(raw.contents)
        if self._raised is None:
            try:
                if kind == _ffi.EVENT_PROGRESS and self._on_progress is not None:
                    self._on_progress(raw.contents.bytes, raw.contents.total)
                if self._on_event is not None:
                    self._on_event(event_of(raw))
            except BaseException as e:  # raised where the operation is waited for
                self._raised = e
                self.cancel()

    def _ended(self, raw: Any) -> None:
        e = raw.contents
        if e.error:
            self._error = error_of(e.error)
            return
        if e.pack:
            self._pack = Pack(_ffi.lib.modelsec_event_take_pack(raw))
        self._gc, self._check, self._repaired = gc_of(e.result), check_of(e.result), repaired_of(e.result)
        self._result = result_of(e.result)

    def _released(self) -> None:
        self._over.set()
        if self._on_done is not None:
            self._on_done()


def _tell(e: Any) -> None:
    """One line for the log of what is worth one."""
    model, reason = _ffi.text(e.model_id) or "-", _ffi.text(e.reason)
    if e.kind in (_ffi.EVENT_WARNING, _ffi.EVENT_ALERT):
        log.warning("%s: %s", model, reason)
    elif e.kind == _ffi.EVENT_RETRY:
        log.info("%s: %s failed (%s), once more in %d ms", model, _ffi.text(e.host) or "a request", reason, e.wait_ms)
    elif e.kind == _ffi.EVENT_REDIRECT:
        log.info("%s: redirected to %s", model, _ffi.text(e.host))
    elif e.kind == _ffi.EVENT_STAGE:
        log.debug("%s: %s", model, _ffi.text(e.stage))
    elif e.kind == _ffi.EVENT_DONE and e.error:
        log.info("%s: ended with %s", model, reason or _ffi.text(e.error.contents.reason))
    elif e.kind == _ffi.EVENT_DONE:
        log.info("%s: done", model)


def error_of(raw: Any) -> ModelsecError:
    e = raw.contents
    return ERRORS.get(e.code, InternalError)(_ffi.text(e.reason), _ffi.text(e.hint), _ffi.text(e.detail))


def check(code: int, error: Any) -> None:
    """Raises what a function of the library returned."""
    if code == 0:
        return
    if not error:
        raise ERRORS.get(code, InternalError)()
    try:
        raise error_of(error)
    finally:
        _ffi.lib.modelsec_error_release(error)


_running: dict[int, Operation] = {}
_numbers = itertools.count(1)


def _happened(user: Any, raw: Any) -> None:
    operation = _running.get(user)
    try:
        if operation is None:
            return
        if raw.contents.kind == _ffi.EVENT_RELEASED:
            del _running[user]
            operation._released()
        else:
            operation._happened(raw)
    finally:
        _ffi.lib.modelsec_event_release(raw)


_on_event = _ffi.EVENT_FN(_happened)


def start(client: Any, request: _ffi.Request, operation: Operation) -> None:
    """Starts it; `request` and what it points to are needed no longer than this call."""
    number = next(_numbers)
    _running[number] = operation
    error = ctypes.POINTER(_ffi.Error)()
    code = _ffi.lib.modelsec_start(client, request, _on_event, number, ctypes.byref(operation._id), ctypes.byref(error))
    if code != 0:
        del _running[number]
    check(code, error)


@atexit.register
def _at_exit() -> None:
    # No thread of the library may be in an interpreter that is being taken down: also not the one that has just told the last event
    # of the last operation.
    _ffi.lib.modelsec_shutdown(10_000)
