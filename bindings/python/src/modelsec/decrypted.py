# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""An open pack whose encrypted files are read by keys."""
from __future__ import annotations

import ctypes
import io
import weakref
from typing import Any, BinaryIO, Callable, Optional

from . import _ffi
from ._handle import Handle
from ._random_access import RawFile, read_into
from .operation import check
from .pack import Pack


class DecryptedPack(Pack):
    """A Pack of which files are encrypted, and stay so on disk: `size`, open(), read(), buffer() and fileno() are of the plain text, as
    they are of files that nobody encrypted; `path`, file_path() and file_sha256() of what lies on disk. What is read was matched against
    the signed digests and authenticated by the file's key: DigestError otherwise. close() wipes the keys."""

    def __init__(self, handle: int) -> None:
        lib = _ffi.lib
        Handle.__init__(self, "pack", lib.modelsec_decrypted_release)
        self._handle = handle
        self._describe(lib.modelsec_decrypted_pack(handle))
        count = lib.modelsec_decrypted_file_count(handle)
        self._encrypted = {_ffi.text(lib.modelsec_decrypted_file_name(handle, i)): i for i in range(count)}
        for name, i in self._encrypted.items():
            self._sizes[self._index[name]] = int(lib.modelsec_decrypted_file_size(handle, i))

    @property
    def encrypted(self) -> list[str]:
        """The names of those files that are encrypted."""
        return list(self._encrypted)

    def open(self, name: Optional[str] = None) -> BinaryIO:
        """A file object, at the beginning; of an encrypted file it reads through the pack, which must stay open."""
        name = self._only(name)
        return super().open(name) if name not in self._encrypted else io.BufferedReader(RawFile(self, name), buffer_size=1 << 20)

    def buffer(self, name: Optional[str] = None) -> memoryview:
        """A file's bytes, for reading only; of an encrypted file decrypted on every core into memory that is kept out of swap and core
        dumps where the system allows it, and wiped when nobody uses it any more, also after close()."""
        name = self._only(name)
        if name not in self._encrypted:
            return super().buffer(name)
        lib = _ffi.lib
        view, error = ctypes.c_void_p(), ctypes.POINTER(_ffi.Error)()
        check(self._wait(lib.modelsec_decrypted_view, self._encrypted[name], ctypes.byref(view), ctypes.byref(error)), error)
        size = int(lib.modelsec_view_size(view))
        if size == 0:
            lib.modelsec_view_release(view)
            return memoryview(b"")
        held = (ctypes.c_ubyte * size).from_address(lib.modelsec_view_data(view))
        # Not at the end of the process, where others may still read; its memory goes with it.
        weakref.finalize(held, lib.modelsec_view_release, view).atexit = False
        return memoryview(held).cast("B").toreadonly()

    def sealed_fd(self, name: Optional[str] = None) -> int:
        """A new descriptor of the whole plain text in memory, sealed against every change, for loaders that take one or, as
        /proc/self/fd/N, a path; the caller closes it. Linux; elsewhere PolicyError (unsupported). ValueError for a file that nobody
        encrypted: it has fileno()."""
        name = self._only(name)
        if name not in self._encrypted:
            raise ValueError(f"{name} is not encrypted")
        descriptor, error = ctypes.c_int(-1), ctypes.POINTER(_ffi.Error)()
        check(self._wait(_ffi.lib.modelsec_decrypted_sealed_descriptor, self._encrypted[name], ctypes.byref(descriptor),
                         ctypes.byref(error)), error)
        return descriptor.value

    def fileno(self, name: Optional[str] = None) -> int:
        """As of a Pack; of an encrypted file sealed_fd()."""
        name = self._only(name)
        return self.sealed_fd(name) if name in self._encrypted else super().fileno(name)

    def readinto(self, buffer: Any, offset: int = 0, name: Optional[str] = None) -> int:
        """Fills a writable buffer from `offset` of an encrypted file on; how many bytes: fewer than it has only at the end of the file.
        Any thread, several at once."""
        name = self._only(name)
        if name not in self._encrypted:
            raise ValueError(f"{name} is not encrypted")
        return read_into(self._wait, _ffi.lib.modelsec_decrypted_read, self._encrypted[name], buffer, offset)

    def __repr__(self) -> str:
        return f"<modelsec.DecryptedPack {self.version} of {len(self._index)} file(s), {len(self._encrypted)} encrypted>"

    def _stored(self, function: Callable[..., Any], *args: Any) -> Any:
        return self._call(lambda handle, *rest: function(_ffi.lib.modelsec_decrypted_pack(handle), *rest), *args)
