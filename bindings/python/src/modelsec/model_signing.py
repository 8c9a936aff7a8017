# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""Models that were signed for everybody: OpenSSF Model Signing, by a key, by a CA or keyless through Sigstore; offline."""
from __future__ import annotations

import ctypes
import dataclasses
import os
from collections.abc import Sequence
from typing import Any, Optional

from . import _ffi
from .operation import check
from .options import Path, count, texts, whole_seconds


@dataclasses.dataclass(frozen=True)
class ModelSigner:
    """Who may have signed a model, in one of three ways: `keys` (PEM), `authorities` (certificates of a CA, PEM), or `identities`, pairs of
    an identity and its issuer, beside or in place of them `identity_patterns`, whose identities may have `*` for any text.
    `trusted_root` is Sigstore's trusted_root.json: needed for identities; with keys their signatures must be logged, with authorities
    timestamps count."""

    keys: Sequence[str] = ()
    authorities: Optional[str] = None
    identities: Sequence[tuple[str, str]] = ()
    trusted_root: Optional[bytes] = dataclasses.field(default=None, repr=False)
    identity_patterns: Sequence[tuple[str, str]] = ()


@dataclasses.dataclass(frozen=True)
class ModelSignature:
    """A model's signature in place of a manifest: who may have signed it, and the folders with its files, best first (https,
    hf://ORG/REPO@COMMIT/, oci://HOST/REPO@sha256:HEX). `max_age` in seconds, whole ones are counted and
    begun ones are whole: older ones are refused; no age at all, 0 too, is a ValueError. Source.manifest_url or manifest_file is where the
    signature is."""

    signer: ModelSigner
    bases: Sequence[str]
    max_age: Optional[float] = None


def max_age_seconds(age: Optional[float]) -> int:
    """As the library takes it, whose 0 is any age: whoever means "none is young enough" must not get that."""
    if age is None:
        return 0
    if not age > 0:
        raise ValueError(f"max_age is more than 0 seconds, not {age}")
    return whole_seconds("max_age", age)


@dataclasses.dataclass(frozen=True)
class ModelReport:
    """What was verified. `identity`, `issuer` and `trusted_time` (RFC 3339) are empty where nobody trusted says them."""

    files: int
    bytes: int
    model_name: str
    identity: str
    issuer: str
    trusted_time: str


def signer_struct(s: ModelSigner) -> _ffi.ModelSigner:
    keys = texts("keys", s.keys)
    identities, issuers = [who for who, _ in s.identities], [issuer for _, issuer in s.identities]
    patterns, vouching = [who for who, _ in s.identity_patterns], [issuer for _, issuer in s.identity_patterns]
    root = s.trusted_root
    return _ffi.ModelSigner(
        struct_size=ctypes.sizeof(_ffi.ModelSigner), keys=_ffi.strings(keys), key_count=len(keys), authorities=_ffi.encoded(s.authorities),
        identities=_ffi.strings(identities), issuers=_ffi.strings(issuers), identity_count=len(identities),
        trusted_root=root, trusted_root_size=len(root) if root is not None else 0,
        identity_patterns=_ffi.strings(patterns), pattern_issuers=_ffi.strings(vouching), identity_pattern_count=len(patterns))


def _reported(function: Any, argument: Any) -> Any:
    report, error = ctypes.POINTER(_ffi.ModelReport)(), ctypes.POINTER(_ffi.Error)()
    check(function(ctypes.byref(argument), ctypes.byref(report), ctypes.byref(error)), error)
    return report


def verify_model(bundle: bytes, path: Path, signer: ModelSigner, *, ignored: Sequence[str] = (),
                 ignore_unsigned: bool = False) -> ModelReport:
    """Whether the model at `path` (a folder or one file) is what `bundle` signs. `ignored`: files and folders below it that need not be
    signed, as paths below it or full ones; the bundle's own file, if it lies there. Blocks while it hashes; changes nothing, asks nobody."""
    names = texts("ignored", ignored)
    report = _reported(_ffi.lib.modelsec_verify_model, _ffi.ModelCheck(
        struct_size=ctypes.sizeof(_ffi.ModelCheck), bundle=bundle, bundle_size=len(bundle), path=_ffi.encoded(os.fspath(path)),
        signer=ctypes.pointer(signer_struct(signer)), ignored=_ffi.strings(names), ignored_count=len(names),
        ignore_unsigned=int(ignore_unsigned)))
    try:
        r = report.contents
        return ModelReport(r.files, r.bytes, _ffi.text(r.model_name), _ffi.text(r.identity), _ffi.text(r.issuer), _ffi.text(r.trusted_time))
    finally:
        _ffi.lib.modelsec_model_report_release(report)


def sign_model(path: Path, private_key: str, *, certificates: Optional[str] = None, ignored: Sequence[str] = (), shard_bytes: int = 0,
               follow_links: bool = False) -> bytes:
    """Signs the model at `path` by a private key (PEM: ECDSA or Ed25519, no passphrase) and returns the bundle. `certificates` (PEM, the
    key's own first) stand in it then. Blocks while it hashes."""
    names = texts("ignored", ignored)
    report = _reported(_ffi.lib.modelsec_sign_model, _ffi.ModelSigning(
        struct_size=ctypes.sizeof(_ffi.ModelSigning), private_key=_ffi.encoded(private_key), certificates=_ffi.encoded(certificates),
        path=_ffi.encoded(os.fspath(path)), ignored=_ffi.strings(names), ignored_count=len(names),
        shard_bytes=count("shard_bytes", shard_bytes),
        follow_links=int(follow_links)))
    try:
        return bytes(report.contents.bundle)
    finally:
        _ffi.lib.modelsec_model_report_release(report)
