# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""The options of a client: their names, types and allowed words, for people, type checkers and the run time alike."""
from __future__ import annotations

import dataclasses
import logging
import math
import operator
import os
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional, TypedDict, Union, get_args

from typing import Literal

Path = Union[str, "os.PathLike[str]"]
DecryptKey = Union[str, bytes, "os.PathLike[str]"]
DecryptKeys = Union[DecryptKey, Sequence[DecryptKey]]
"""Keys to encrypted files: a text as `--decrypt-key` takes it from its file (X25519 in PEM, JSON, or 32 bytes in base64), as str or bytes; or
an os.PathLike: such a file, which belongs to its user alone (0600). One or several."""
Credentials = Callable[[str], Optional[Mapping[str, str]]]
Profile = Literal["client", "server"]
WritePolicy = Literal["automatic", "direct", "cached"]
Ocsp = Literal["if_stapled", "required", "off"]
DigestPolicy = Literal["automatic", "whole"]
StorePolicy = Literal["owner_only", "shared_read", "volume"]
FsVerity = Literal["off", "wanted", "required"]
Format = Literal["dsse", "pack"]

Alert = Literal["repeated_failures", "unusual_request_rate", "unusual_size", "unusual_host"]


@dataclasses.dataclass(frozen=True)
class Audit:
    """What is kept of every attempt, beside its events: one line in the store's audit log (docs/manifest.md, Audit log) and what follows
    from them. What cannot be written fails no operation. Times are in seconds; zeros leave the library's defaults."""

    actor: Optional[str] = None
    """Whom the application acts for."""
    file_bytes: int = 0
    """A log that has grown to this is put aside; 16 MiB."""
    kept_files: int = 0
    """So many of those that were put aside stay; 8."""
    alerts_off: Sequence[Alert] = ()
    """What is no alert (EventKind.ALERT)."""
    failures_in_a_row: int = 0
    """So many attempts in a row on a model that verification refused; 3."""
    requests_per_hour: int = 0
    """More manifest requests than this; 120."""
    size_factor: int = 0
    """So many times larger or smaller than the version before; 4."""
    cool_down: float = 0
    """How long the same alert of a model is not told again, in whole seconds (rounded up), at most 30 days; an hour."""
    sink_url: Optional[str] = dataclasses.field(default=None, repr=False)
    """https: the events go on to it by POST, as JSON; it never holds an operation up."""
    sink_queue: int = 0
    """So many events may wait for the sink; 1,024."""
    sink_linger: float = 0
    """How long the client's end waits for those that still do; 2 s."""
    metrics_file: Optional[Path] = None
    """The counters as Prometheus text, replaced as a whole after each attempt."""
    on_metrics: Optional[Callable[[str], None]] = dataclasses.field(default=None, repr=False)
    """The same, on a thread of the library. What it raises is logged and changes nothing."""


#: Retries, redirects and warnings of operations, and how they ended; it shows no header, query or path.
log = logging.getLogger("modelsec")
log.addHandler(logging.NullHandler())


class ClientOptions(TypedDict, total=False):
    """What Client takes beside the store; see there."""

    profile: Profile
    ca_file: Optional[Path]
    certificate_file: Optional[Path]
    private_key_file: Optional[Path]
    spki_pins: Sequence[str]
    connections: int
    write_policy: WritePolicy
    limit_rate: int
    lock_wait: float
    credentials: Optional[Credentials]
    allowed_hosts: Sequence[str]
    user_agent: Optional[str]
    device: Optional[tuple[int, int]]
    connect_timeout: float
    handshake_timeout: float
    stall_timeout: float
    retries: int
    group_shared: bool
    proxy: Optional[str]
    no_proxy: Optional[str]
    ocsp: Ocsp
    ca_pem: Optional[str]
    certificate_pem: Optional[str]
    private_key_pem: Optional[str]
    partial_chain: bool
    first_byte_timeout: float
    digest_policy: DigestPolicy
    store_policy: StorePolicy
    automatic_repair: bool
    use_environment: bool
    max_model_bytes: int
    fallback_after: float
    min_rate: int
    audit: Optional[Audit]
    manifest_requests_per_minute: int
    manifest_requests_per_day: int
    hub_environment: Optional[bool]
    hub_allow_endpoint: bool
    fs_verity: FsVerity
    cache_tag: bool


def word(name: str, value: str, allowed: Any) -> int:
    """The place of a word among those that a Literal allows, which is its number in the library."""
    words = get_args(allowed)
    if value not in words:
        raise ValueError(f"{name} is one of {', '.join(map(repr, words))}, not {value!r}")
    return words.index(value)


def count(name: str, value: int, bits: int = 64) -> int:
    """A whole number as the library takes it: ctypes would cut off what is too large, and take -1 for the largest of all."""
    value = operator.index(value)
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{name} is from 0 to {(1 << bits) - 1}, not {value}")
    return value


def whole_seconds(name: str, seconds: float) -> int:
    """A time of which the library counts whole seconds; 0 is its default, so what is shorter than one is one. Infinity is fine."""
    if not seconds >= 0:
        raise ValueError(f"{name} is 0 or more seconds, not {seconds}")
    return math.ceil(min(seconds, 1 << 53))


def texts(name: str, values: Sequence[str]) -> list[str]:
    """A list of texts; one text in its place would be taken for a list of letters."""
    if isinstance(values, (str, bytes)):
        raise TypeError(f"{name} is a list of texts, not one text")
    return list(values)


def key_texts(given: Optional[DecryptKeys]) -> tuple[list[bytes], list[str]]:
    """The texts, and the names of the files."""
    if given is None:
        return [], []
    keys: Sequence[DecryptKey] = [given] if isinstance(given, (str, bytes, os.PathLike)) else given
    held: list[bytes] = []
    files: list[str] = []
    for key in keys:
        if isinstance(key, (str, bytes)):
            held.append(key.encode() if isinstance(key, str) else key)
        elif isinstance(key, os.PathLike):
            files.append(os.fspath(key))
        else:
            raise TypeError(f"decrypt_keys takes str, bytes and os.PathLike, not {type(key).__name__}")
    return held, files


def path(value: Optional[Path]) -> Optional[str]:
    return None if value is None else os.fspath(value)


def proxy_from_environment(proxy: Optional[str], no_proxy: Optional[str]) -> tuple[Optional[str], Optional[str]]:
    """What is not said, from the variables that other programs know: HTTPS_PROXY, ALL_PROXY, NO_PROXY (also in lower case, which goes
    first). An empty one is unset. SSL_CERT_FILE and SSL_CERT_DIR the library reads itself."""
    def variable(*names: str) -> Optional[str]:
        return next((os.environ[n] for name in names for n in (name.lower(), name) if os.environ.get(n)), None)

    if proxy is None:
        proxy = variable("HTTPS_PROXY", "ALL_PROXY")
    if no_proxy is None:
        no_proxy = variable("NO_PROXY")
    return proxy, no_proxy
