# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""An active pack, held open."""
from __future__ import annotations

import io
import mmap
import os
import pathlib
from typing import Any, BinaryIO, Callable, Optional

from . import _ffi
from ._handle import Handle


class Pack(Handle):
    """Files of an active pack by name, through descriptors that were opened before they were checked. While it is open, gc spares the
    pack. Use it in a `with`, or close() it; any thread."""

    def __init__(self, handle: int) -> None:
        lib = _ffi.lib
        super().__init__("pack", lib.modelsec_pack_release)
        self._handle = handle
        self._describe(handle)

    def _describe(self, handle: int) -> None:
        lib = _ffi.lib
        self.path = pathlib.Path(_ffi.text(lib.modelsec_pack_path(handle)))
        self.version = _ffi.text(lib.modelsec_pack_version(handle))
        self.sha256 = _ffi.text(lib.modelsec_pack_sha256(handle))
        self.sequence = int(lib.modelsec_pack_sequence(handle))
        names = [_ffi.text(lib.modelsec_pack_file_name(handle, i)) for i in range(lib.modelsec_pack_file_count(handle))]
        self._index = {name: i for i, name in enumerate(names)}
        self._sizes = [int(lib.modelsec_pack_file_size(handle, i)) for i in range(len(names))]

    @property
    def files(self) -> list[str]:
        """Relative names, with `/`."""
        return list(self._index)

    def size(self, name: str) -> int:
        return self._sizes[self._index[name]]

    def file_sha256(self, name: str) -> str:
        return _ffi.text(self._stored(_ffi.lib.modelsec_pack_file_sha256, self._index[name]))

    def file_path(self, name: Optional[str] = None) -> pathlib.Path:
        """The path of a file; without a name that of the only one."""
        return self.path / self._only(name)

    def fileno(self, name: Optional[str] = None) -> int:
        """A new descriptor for reading; the caller closes it. It reads the very bytes that were verified, wherever the path may lead."""
        descriptor = _ffi.lib.modelsec_pack_file_descriptor
        return int(self._stored(lambda handle, index: os.dup(descriptor(handle, index)), self._index[self._only(name)]))

    def _stored(self, function: Callable[..., Any], *args: Any) -> Any:
        """_call of a function of modelsec_pack."""
        return self._call(function, *args)

    def open(self, name: Optional[str] = None) -> BinaryIO:
        """A file object over a descriptor of its own, at the beginning."""
        name = self._only(name)
        return io.BufferedReader(_At(self.fileno(name), self.size(name)))

    def read(self, name: Optional[str] = None) -> bytes:
        with self.open(name) as f:
            return f.read()

    def buffer(self, name: Optional[str] = None) -> memoryview:
        """A file's bytes, mapped and not copied, for reading only; they stay as long as somebody uses them, also after close()."""
        name = self._only(name)
        if self.size(name) == 0:
            return memoryview(b"")
        fd = self.fileno(name)
        try:
            return memoryview(mmap.mmap(fd, self.size(name), access=mmap.ACCESS_READ))
        finally:
            os.close(fd)

    def __repr__(self) -> str:
        return f"<modelsec.Pack {self.version} of {len(self._index)} file(s)>"

    def _only(self, name: Optional[str]) -> str:
        if name is not None:
            if name not in self._index:
                raise FileNotFoundError(name)
            return name
        if len(self._index) != 1:
            raise ValueError("the pack has more than one file: which one?")
        return next(iter(self._index))


class _At(io.RawIOBase):
    """Reads by pread(): a dup()ed descriptor shares its position with all others."""

    def __init__(self, fd: int, size: int) -> None:
        super().__init__()
        self._fd, self._size, self._at = fd, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def readinto(self, buffer: Any) -> int:
        got = os.preadv(self._fd, [buffer], self._at) if hasattr(os, "preadv") else self._copy(buffer)
        self._at += got
        return got

    def _copy(self, buffer: Any) -> int:
        data = os.pread(self._fd, len(buffer), self._at)
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._fd)
