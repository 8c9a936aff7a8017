# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""A pack that is read while it is downloaded."""
from __future__ import annotations

import ctypes
import io
from typing import Any, Optional

from . import _ffi
from ._handle import Handle
from ._random_access import RawFile, read_into
from .operation import check
from .values import Result, result_of


class Stream(Handle):
    """Reads files of a pack while it is downloaded, verified and made active. A read returns bytes only after all of the signed chunk
    around them was verified, waits for that, and has what it waits for downloaded next; a file without signed chunks waits for its whole
    digest. When the download fails in the end, reads raise its error: what was read by then was signed, though the pack never became
    active. Any thread, several at once. Use it in a `with`, or close() it: what still runs is cancelled then."""

    def __init__(self, handle: int) -> None:
        lib = _ffi.lib
        super().__init__("stream", lib.modelsec_stream_release)
        self._handle = handle
        self.keep_alive: Any = None  # what the attempt may call back
        self.model_id = _ffi.text(lib.modelsec_stream_model_id(handle))
        self.version = _ffi.text(lib.modelsec_stream_version(handle))
        count = range(lib.modelsec_stream_file_count(handle))
        self._index = {_ffi.text(lib.modelsec_stream_file_name(handle, i)): i for i in count}
        self._sizes = [int(lib.modelsec_stream_file_size(handle, i)) for i in count]
        self._units = [int(lib.modelsec_stream_file_granularity(handle, i)) for i in count]

    @property
    def files(self) -> list[str]:
        """Relative names, with `/`."""
        return list(self._index)

    def size(self, name: Optional[str] = None) -> int:
        return self._sizes[self._at(name)]

    def granularity(self, name: Optional[str] = None) -> int:
        """So many bytes become readable at once: a signed chunk; without chunks, the whole file."""
        return self._units[self._at(name)]

    def readinto(self, buffer: Any, offset: int = 0, name: Optional[str] = None) -> int:
        """Fills a writable buffer from `offset` on; how many bytes: fewer than it has only at the end of the file."""
        return read_into(self._wait, _ffi.lib.modelsec_stream_read, self._at(name), buffer, offset)

    def read(self, offset: int = 0, length: Optional[int] = None, name: Optional[str] = None) -> bytes:
        """These bytes; without a length all from `offset` on."""
        return bytes(self.buffer(offset, length, name))

    def buffer(self, offset: int = 0, length: Optional[int] = None, name: Optional[str] = None) -> memoryview:
        """The same in memory of its own, for reading only, without a further copy; it stays as long as somebody uses it."""
        left = max(0, self.size(name) - offset)
        data = bytearray(left if length is None else min(length, left))
        got = self.readinto(data, offset, name)
        return memoryview(data)[:got].toreadonly()

    def open(self, name: Optional[str] = None) -> io.BufferedReader:
        """A file object, at the beginning, that waits for what it reads."""
        index = self._at(name)
        return io.BufferedReader(RawFile(self, list(self._index)[index]), buffer_size=1 << 20)

    def finish(self) -> Result:
        """Waits until the pack is active."""
        raw, error = ctypes.POINTER(_ffi.Result)(), ctypes.POINTER(_ffi.Error)()
        check(self._wait(_ffi.lib.modelsec_stream_finish, ctypes.byref(raw), ctypes.byref(error)), error)
        try:
            return result_of(raw)
        finally:
            _ffi.lib.modelsec_result_release(raw)

    def cancel(self) -> None:
        """Ends the download, and reads that wait, soon."""
        self._call(_ffi.lib.modelsec_stream_cancel)

    def close(self) -> None:
        with self._lock:
            if self._handle is not None:
                _ffi.lib.modelsec_stream_cancel(self._handle)  # whoever waits ends, and the last of them gives the handle back
            super().close()

    def __repr__(self) -> str:
        return f"<modelsec.Stream {self.model_id} {self.version} of {len(self._index)} file(s)>"

    def _at(self, name: Optional[str]) -> int:
        if name is not None:
            if name not in self._index:
                raise FileNotFoundError(name)
            return self._index[name]
        if len(self._index) != 1:
            raise ValueError("the pack has more than one file: which one?")
        return 0
