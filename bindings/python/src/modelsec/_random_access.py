# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Reading at any offset: what a Stream and a DecryptedPack have in common."""
from __future__ import annotations

import ctypes
import io
import os
from typing import Any, Callable, Protocol

from . import _ffi
from .operation import check


def read_into(wait: Callable[..., int], function: Any, index: int, buffer: Any, offset: int) -> int:
    """Fills a writable buffer from `offset` of a file on, by a function of the C library that may wait; how many bytes."""
    if offset < 0:
        raise ValueError("before the beginning")
    with memoryview(buffer).cast("B") as view:
        if view.readonly:
            raise TypeError("a buffer that can be written to is needed")
        if len(view) == 0:
            return 0
        into = (ctypes.c_char * len(view)).from_buffer(view)
        got, error = ctypes.c_size_t(), ctypes.POINTER(_ffi.Error)()
        try:
            code = wait(function, index, offset, ctypes.addressof(into), len(view), ctypes.byref(got), ctypes.byref(error))
        finally:
            del into
    check(code, error)
    return int(got.value)


class RandomAccess(Protocol):
    def size(self, name: str) -> int: ...
    def readinto(self, buffer: Any, offset: int, name: str) -> int: ...


class RawFile(io.RawIOBase):
    """One file of such a pack, with a position."""

    def __init__(self, pack: RandomAccess, name: str) -> None:
        super().__init__()
        self._pack, self._name, self._position = pack, name, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        got = self._pack.readinto(buffer, self._position, self._name)
        self._position += got
        return got

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._pack.size(self._name)}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position
