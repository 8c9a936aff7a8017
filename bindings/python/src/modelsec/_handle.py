# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""What owns an object of the library."""
from __future__ import annotations

import threading
from typing import Any, Callable, Optional, TypeVar

_Self = TypeVar("_Self", bound="Handle")


class Handle:
    """Given back once: by close(), at the end of a `with`, or when nobody holds it any more."""

    def __init__(self, what: str, release: Callable[[int], Any]) -> None:
        self._what = what
        self._release = release
        self._handle: Optional[int] = None
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            handle, self._handle = self._handle, None
        if handle is not None:
            self._release(handle)

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self.close()

    def _alive(self) -> int:
        if self._handle is None:
            raise ValueError(f"the {self._what} is closed")
        return self._handle
