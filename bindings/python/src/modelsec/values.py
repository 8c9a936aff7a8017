# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""What operations give and events tell: plain values, no handles."""
from __future__ import annotations

import dataclasses
import enum
import functools
import pathlib
from typing import Any, Optional

from . import _ffi


class EventKind(enum.Enum):
    STAGE = _ffi.EVENT_STAGE
    PROGRESS = _ffi.EVENT_PROGRESS
    REDIRECT = _ffi.EVENT_REDIRECT
    RETRY = _ffi.EVENT_RETRY
    WARNING = _ffi.EVENT_WARNING
    DONE = _ffi.EVENT_DONE
    ALERT = _ffi.EVENT_ALERT
    """Something unusual for `model_id`, by `reason` (Audit); before DONE."""


@dataclasses.dataclass(frozen=True)
class Event:
    """Something that happened. Of one operation exactly one has the kind DONE, the last."""

    kind: EventKind
    stage: str
    bytes: int
    total: int
    wait_ms: int
    reason: str
    host: str
    model_id: str


@dataclasses.dataclass(frozen=True)
class Result:
    """What an operation came to. `path` is the pack's folder."""

    model_id: str
    version: str
    path: pathlib.Path
    sequence: int
    already_active: bool
    stale: bool
    bytes_fetched: int
    sha256: str
    """Of the artifact, hex."""
    stale_reason: str = "none"
    """What the network failed by, where `stale`."""


@dataclasses.dataclass(frozen=True)
class Check:
    """What a fetch would do. `bytes_to_fetch`: at most so many would travel; what is here already does not."""

    model_id: str
    version: str
    sequence: int
    sha256: str
    platform: str
    tier: str
    total_bytes: int
    bytes_to_fetch: int
    already_active: bool
    active_version: Optional[str]


@dataclasses.dataclass(frozen=True)
class Repaired:
    """What a repair found of one model ("none", "state_damaged", "memory_lost"), and did. `reason`: why it could not be repaired, or "none"."""

    model_id: str
    found: str
    reason: str
    active_version: Optional[str]
    adopted: bool
    forgotten_changes: int
    sequence: int
    set_aside: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class GcReport:
    """Names are relative to the store."""

    removed: tuple[str, ...]
    bytes: int


@dataclasses.dataclass(frozen=True)
class PackInfo:
    version: str
    sha256: str
    path: Optional[pathlib.Path]
    sequence: int
    bytes: int
    fs_verity: bool = False  #: all its files were under fs-verity when last opened or verified


@dataclasses.dataclass(frozen=True)
class ModelStatus:
    model_id: str
    active: Optional[PackInfo]
    last_good: Optional[PackInfo]
    rejected: tuple[PackInfo, ...]
    sequence: int
    bytes: int
    partial_bytes: int


def event_of(raw: Any) -> Event:
    e = raw.contents
    return Event(EventKind(e.kind), _ffi.text(e.stage), e.bytes, e.total, e.wait_ms, _ffi.text(e.reason),
                 _ffi.text(e.host), _ffi.text(e.model_id))


def result_of(raw: Any) -> Result:
    r = raw.contents
    return Result(_ffi.text(r.model_id), _ffi.text(r.version), pathlib.Path(_ffi.text(r.path)), r.sequence,
                  bool(r.already_active), bool(r.stale), r.bytes_fetched, _ffi.text(r.sha256), _ffi.text(r.stale_reason))


def gc_of(raw: Any) -> GcReport:
    r = raw.contents
    return GcReport(tuple(_ffi.text(r.removed[i]) for i in range(r.removed_count)), r.bytes_removed)


def check_of(raw: Any) -> Check:
    r = raw.contents
    return Check(_ffi.text(r.model_id), _ffi.text(r.version), r.sequence, _ffi.text(r.sha256), _ffi.text(r.platform),
                 _ffi.text(r.tier), r.total_bytes, r.bytes_to_fetch, bool(r.already_active), _ffi.text(r.active_version) or None)


def repaired_of(raw: Any) -> list[Repaired]:
    out = []
    for i in range(raw.contents.repaired_count):
        m = raw.contents.repaired[i].contents
        aside = tuple(_ffi.text(m.set_aside[j]) for j in range(m.set_aside_count))
        out.append(Repaired(_ffi.text(m.model_id), _ffi.text(m.found), _ffi.text(m.reason), _ffi.text(m.active_version) or None,
                            bool(m.adopted), m.forgotten_changes, m.sequence, aside))
    return out


@functools.lru_cache(maxsize=256)
def _path_of(raw: bytes) -> pathlib.Path:
    # A fifth of a status that is asked for again and again.
    return pathlib.Path(_ffi.text(raw))


def _pack_of(raw: Any) -> Optional[PackInfo]:
    if not raw:
        return None
    p = raw.contents
    path: bytes = p.path
    return PackInfo(_ffi.text(p.version), _ffi.text(p.sha256), _path_of(path) if path else None, p.sequence, p.bytes,
                    bool(p.fs_verity))


def status_of(raw: Any) -> list[ModelStatus]:
    out = []
    s = raw.contents
    for i in range(s.count):
        m = s.models[i].contents
        rejected = tuple(p for p in (_pack_of(m.rejected[j]) for j in range(m.rejected_count)) if p)
        out.append(ModelStatus(_ffi.text(m.model_id), _pack_of(m.active), _pack_of(m.last_good), rejected, m.sequence,
                               m.bytes, m.partial_bytes))
    return out
