# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""What owns an object of the library."""
from __future__ import annotations

import os
import threading
import weakref
from typing import Any, Callable, Optional, TypeVar

_Self = TypeVar("_Self", bound="Handle")


class Handle:
    """Given back once: by close(), at the end of a `with`, or when nobody holds it any more; never in the middle of a call."""

    def __init__(self, what: str, release: Callable[[int], Any]) -> None:
        self._what = what
        self._release = release
        self._handle: Optional[int] = None
        # Other threads wait for a call to end; a signal handler of the very thread that calls cannot, and close() leaves it to the call.
        self._lock = threading.RLock()
        self._calls = 0
        _all.add(self)

    def close(self) -> None:
        with self._lock:
            handle, self._handle = self._handle, None
            if handle is not None and self._calls == 0:
                self._release(handle)

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self.close()

    def _call(self, function: Callable[..., Any], *args: Any) -> Any:
        """`function(handle, *args)`, which calls back nobody."""
        with self._lock:
            handle = None
            self._calls += 1
            try:
                handle = self._handle
                if handle is None:
                    raise ValueError(f"the {self._what} is closed")
                return function(handle, *args)
            finally:
                self._calls -= 1
                if handle is not None and self._handle is None and self._calls == 0:
                    self._release(handle)

    def _wait(self, function: Callable[..., Any], *args: Any) -> Any:
        """As _call, but others may call meanwhile: it can take as long as a download."""
        with self._lock:
            handle = self._handle
            if handle is None:
                raise ValueError(f"the {self._what} is closed")
            self._calls += 1
        try:
            return function(handle, *args)
        finally:
            with self._lock:
                self._calls -= 1
                if self._handle is None and self._calls == 0:
                    self._release(handle)


_all: weakref.WeakSet[Handle] = weakref.WeakSet()


def _after_fork() -> None:
    # The threads that held them are not there.
    for handle in list(_all):
        handle._lock, handle._calls = threading.RLock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
