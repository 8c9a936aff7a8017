# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""The options of a client: their names, types and allowed words, for people, type checkers and the run time alike."""
from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional, TypedDict, Union, get_args

from typing import Literal

Path = Union[str, "os.PathLike[str]"]
Credentials = Callable[[str], Optional[Mapping[str, str]]]
Profile = Literal["client", "server"]
WritePolicy = Literal["automatic", "direct", "cached"]
Ocsp = Literal["if_stapled", "required", "off"]
DigestPolicy = Literal["automatic", "whole"]
StorePolicy = Literal["owner_only", "shared_read", "volume"]
FsVerity = Literal["off", "wanted", "required"]
Format = Literal["dsse", "pack"]

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
    fs_verity: FsVerity


def word(name: str, value: str, allowed: Any) -> int:
    """The place of a word among those that a Literal allows, which is its number in the library."""
    words = get_args(allowed)
    if value not in words:
        raise ValueError(f"{name} is one of {', '.join(map(repr, words))}, not {value!r}")
    return words.index(value)


def texts(name: str, values: Sequence[str]) -> list[str]:
    """A list of texts; one text in its place would be taken for a list of letters."""
    if isinstance(values, (str, bytes)):
        raise TypeError(f"{name} is a list of texts, not one text")
    return list(values)


def path(value: Optional[Path]) -> Optional[str]:
    return None if value is None else os.fspath(value)


def from_environment(proxy: Optional[str], no_proxy: Optional[str], ca_file: Optional[Path]) -> tuple[Optional[str], Optional[str], Optional[Path]]:
    """What is not said, from the variables that other programs know: HTTPS_PROXY, ALL_PROXY, NO_PROXY (also in lower case, which goes
    first) and SSL_CERT_FILE. An empty one is unset."""
    def variable(*names: str) -> Optional[str]:
        return next((os.environ[n] for name in names for n in (name.lower(), name) if os.environ.get(n)), None)

    if proxy is None:
        proxy = variable("HTTPS_PROXY", "ALL_PROXY")
    if no_proxy is None:
        no_proxy = variable("NO_PROXY")
    return proxy, no_proxy, ca_file if ca_file is not None else os.environ.get("SSL_CERT_FILE") or None
