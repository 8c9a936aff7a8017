# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""What to ask for, in Python's words, and as the library takes it."""
from __future__ import annotations

import ctypes
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union

from . import _ffi
from .model_signing import ModelSignature, max_age_seconds, signer_struct
from .options import DecryptKeys, Format, Path, count, key_texts, path, texts, word

Pins = Union[str, Mapping[str, str], Mapping[str, Any]]


@dataclasses.dataclass(frozen=True)
class PinnedRoot:
    """A TUF root.json that the application ships, and the https folder that holds its successors (none for a bundle, which brings them)."""

    root: bytes = dataclasses.field(repr=False)
    url: str = ""
    forbidden_ends: bool = False


@dataclasses.dataclass(frozen=True)
class TufTarget:
    """A target of a TUF 1.0 repository, in place of a signed manifest: a root.json that the application ships, the https folder of the
    metadata, the target's name, and the https folders of targets (none: `targets/` beside the metadata, then below)."""

    root: bytes = dataclasses.field(repr=False)
    metadata_url: str
    name: str
    urls: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a model comes from and who may sign for it: a signed manifest with `pins` or `root`, a `tuf` target, or a `signature` for
    everybody (then `manifest_url` or `manifest_file` is that signature).

    `pins`: {"key id": "base64 of an Ed25519 key"}, or the document {"keys": […], "threshold": 1}, as text or object. `headers` go to the
    manifest's origin only; neither they nor `post` are shown by repr()."""

    manifest_url: Optional[str] = None
    manifest_file: Optional[Path] = None
    pins: Optional[Pins] = None
    root: Optional[PinnedRoot] = None
    tuf: Optional[TufTarget] = None
    post: Union[str, Mapping[str, Any], None] = dataclasses.field(default=None, repr=False)
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    tier: Optional[str] = None
    platforms: Sequence[str] = ()
    format: Format = "dsse"
    min_sequence: int = 0
    manifest: Optional[bytes] = dataclasses.field(default=None, repr=False)
    """The envelope itself, however it was got; in place of manifest_url and manifest_file."""
    bundle: Optional[Path] = None
    """One local file with manifest, roots and model, in place of them: no host is asked."""
    require_order: bool = False
    """Refuse a manifest that neither sequence nor issued_at orders."""
    signature: Optional[ModelSignature] = None


def pins_json(pins: Optional[Pins]) -> Optional[str]:
    if pins is None or isinstance(pins, str):
        return pins
    if "keys" in pins:
        return json.dumps(pins)
    return json.dumps({"keys": [{"key_id": k, "ed25519_b64": v} for k, v in pins.items()], "threshold": 1})


def milliseconds(seconds: float) -> int:
    """A time that is none is over at once: the library's zero means something else. Infinity is fine."""
    return round(min(max(seconds * 1000, 1), 1 << 53))


def build(operation: int, model_id: Optional[str], source: Optional[Source] = None, *, offline: bool = False,
          dry_run: bool = False, keep: int = 0, deadline: Optional[float] = None, partial: bool = False,
          trace_parent: Optional[str] = None, decrypt_keys: Optional[DecryptKeys] = None) -> _ffi.Request:
    """The request, with all that it points to kept alive by it."""
    s = source or Source()
    format_number = word("format", s.format, Format)
    post = s.post if s.post is None or isinstance(s.post, str) else json.dumps(s.post)
    headers, platforms = dict(s.headers), texts("platforms", s.platforms)
    keys, key_files = key_texts(decrypt_keys)
    r = _ffi.Request(struct_size=ctypes.sizeof(_ffi.Request), operation=operation, model_id=_ffi.encoded(model_id),
                     manifest_url=_ffi.encoded(s.manifest_url), manifest_file=_ffi.encoded(path(s.manifest_file)),
                     post_body=_ffi.encoded(post), headers=_ffi.headers(headers), header_count=len(headers),
                     pins_json=_ffi.encoded(pins_json(s.pins)), tier=_ffi.encoded(s.tier),
                     platforms=_ffi.strings(platforms), platform_count=len(platforms), format=format_number,
                     offline=int(offline), dry_run=int(dry_run), keep=count("keep", keep, 32), min_sequence=count("min_sequence", s.min_sequence),
                     deadline_ms=milliseconds(deadline) if deadline is not None else 0, manifest=s.manifest,
                     manifest_size=len(s.manifest or b""), bundle=_ffi.encoded(path(s.bundle)), require_order=int(s.require_order),
                     partial=int(partial), trace_parent=_ffi.encoded(trace_parent), decrypt_keys=_ffi.byte_strings(keys), decrypt_key_count=len(keys),
                     decrypt_key_files=_ffi.strings(key_files), decrypt_key_file_count=len(key_files))
    if s.root is not None:
        r.root, r.root_size, r.root_url = s.root.root, len(s.root.root), _ffi.encoded(s.root.url)
        r.root_forbidden_ends = int(s.root.forbidden_ends)
    if s.tuf is not None:
        if s.root is not None or s.pins is not None:
            raise ValueError("a TUF target brings its own root")
        r.root, r.root_size, r.root_url = s.tuf.root, len(s.tuf.root), _ffi.encoded(s.tuf.metadata_url)
        r.tuf_target, r.tuf_target_urls = _ffi.encoded(s.tuf.name), _ffi.strings(texts("urls", s.tuf.urls))
        r.tuf_target_url_count = len(s.tuf.urls)
    if s.signature is not None:
        if s.root is not None or s.pins is not None or s.tuf is not None:
            raise ValueError("a signature brings its own signers")
        bases = texts("bases", s.signature.bases)
        r.model_signer = ctypes.pointer(signer_struct(s.signature.signer))
        r.model_bases, r.model_base_count, r.max_age_s = _ffi.strings(bases), len(bases), max_age_seconds(s.signature.max_age)
    return r
