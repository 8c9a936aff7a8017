# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""The synchronous client."""
from __future__ import annotations

import ctypes
import weakref
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional, Union

from . import _ffi
from ._handle import Handle
from .decrypted import DecryptedPack
from .options import (Audit, Credentials, DecryptKeys, DigestPolicy, FsVerity, Ocsp, Path, Profile, StorePolicy, WritePolicy, count, log,
                      path, proxy_from_environment, texts, whole_seconds, word)
from .operation import Listener, Operation, Progress, check, start
from .pack import Pack
from .progress import bar
from .request import Source, build, milliseconds
from .stream import Stream
from .values import Check, GcReport, ModelStatus, Repaired, Result, status_of


class Client(Handle):
    """One store and how to reach the network. Any thread; operations on different models run at once, those on one model wait for each
    other, also across processes. Use it in a `with`, or close() it; operations that run go on.

    Times are in seconds, `limit_rate` in bytes a second; 0 leaves the default. `credentials` is asked for the headers of an origin
    ("https://host[:port]") before each request to it, on a thread of the library; what it raises ends the operations that run, and is
    raised by them. `profile` "client" refuses storage credentials; servers say "server". `proxy` is http://[user:password@]host[:port] or
    socks5://…, `no_proxy` a list of hosts as in the variable NO_PROXY. `use_environment` takes what is not said here from HTTPS_PROXY,
    ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR; without it nothing is read from the environment. Paths may be os.PathLike.

    `ca_pem`, `certificate_pem` and `private_key_pem` are what the files of these names hold, for keys that lie in no file; a CA may be
    given both ways. `partial_chain` believes a certificate of the CA as it is, also an intermediate one. `digest_policy` "whole" always
    waits for the digest of every whole file. `store_policy` says who beside its owner may use the store. With `automatic_repair` a model
    whose newest state is damaged goes on with the highest that is whole (WARNING, memory_lost). ensure() does with what is active without
    a verified manifest after `fallback_after` (math.inf: only where the network fails); a source that brings less than `min_rate` bytes a
    second for ten seconds is given up.
    `fs_verity` "wanted" or "required" puts what becomes active under fs-verity (Linux): nobody can change it, and opening reads none of
    it. `cache_tag` marks the store by a CACHEDIR.TAG: backup programs leave it out.

    `audit` keeps a log of every attempt in the store. With `manifest_requests_per_minute` (at most 1,000) or `manifest_requests_per_day`
    nobody is asked for more manifests than that, over all processes that use the store: RateLimitedError, where ensure() does with what
    is active.

    `hf://` addresses are asked for as huggingface_hub does it: HF_ENDPOINT (https only), the token from HF_TOKEN, HF_TOKEN_PATH or HF_HOME,
    as they are when the client is made. That is so for servers; with `profile` "client", which refuses that token, only by
    `hub_environment=True`: else at the public Hub, without a token. A stored token goes to an endpoint that only the environment names
    with `hub_allow_endpoint` alone."""

    def __init__(self, store: Path, *, profile: Profile = "client", ca_file: Optional[Path] = None,
                 certificate_file: Optional[Path] = None, private_key_file: Optional[Path] = None,
                 spki_pins: Sequence[str] = (), connections: int = 0, write_policy: WritePolicy = "automatic",
                 limit_rate: int = 0, lock_wait: float = 0, credentials: Optional[Credentials] = None,
                 allowed_hosts: Sequence[str] = (), user_agent: Optional[str] = None,
                 device: Optional[tuple[int, int]] = None, connect_timeout: float = 0, handshake_timeout: float = 0,
                 stall_timeout: float = 0, retries: int = 0, group_shared: bool = False, proxy: Optional[str] = None,
                 no_proxy: Optional[str] = None, ocsp: Ocsp = "if_stapled", ca_pem: Optional[str] = None, certificate_pem: Optional[str] = None,
                 private_key_pem: Optional[str] = None, partial_chain: bool = False, first_byte_timeout: float = 0,
                 digest_policy: DigestPolicy = "automatic", store_policy: StorePolicy = "owner_only", automatic_repair: bool = False,
                 use_environment: bool = False, max_model_bytes: int = 0, fallback_after: float = 0, min_rate: int = 0,
                 audit: Optional[Audit] = None, manifest_requests_per_minute: int = 0, manifest_requests_per_day: int = 0,
                 hub_environment: Optional[bool] = None, hub_allow_endpoint: bool = False,
                 fs_verity: FsVerity = "off", cache_tag: bool = False) -> None:
        def ms(seconds: float) -> int:
            return milliseconds(seconds) if seconds != 0 else 0

        super().__init__("client", _ffi.lib.modelsec_client_release)
        self._operations: weakref.WeakSet[Operation] = weakref.WeakSet()
        self._ask = _credentials(credentials, self._operations)
        if use_environment:
            proxy, no_proxy = proxy_from_environment(proxy, no_proxy)
        spki_pins, allowed_hosts = texts("spki_pins", spki_pins), texts("allowed_hosts", allowed_hosts)
        ram, disk = device or (0, 0)
        options = _ffi.ClientOptions(
            struct_size=ctypes.sizeof(_ffi.ClientOptions), profile=word("profile", profile, Profile), store=_ffi.encoded(path(store)),
            ca_file=_ffi.encoded(path(ca_file)), certificate_file=_ffi.encoded(path(certificate_file)),
            private_key_file=_ffi.encoded(path(private_key_file)), spki_pins=_ffi.strings(spki_pins),
            spki_pin_count=len(spki_pins), connections=count("connections", connections, 32),
            write_policy=word("write_policy", write_policy, WritePolicy),
            limit_rate=count("limit_rate", limit_rate), lock_wait_ms=ms(lock_wait), credentials=self._ask,
            allowed_hosts=_ffi.strings(allowed_hosts), allowed_host_count=len(allowed_hosts),
            user_agent=_ffi.encoded(user_agent), device_ram_mb=count("device", ram), device_free_disk_mb=count("device", disk),
            connect_timeout_ms=ms(connect_timeout), handshake_timeout_ms=ms(handshake_timeout),
            stall_timeout_ms=ms(stall_timeout), retries=count("retries", retries, 32), group_shared=int(group_shared),
            proxy=_ffi.encoded(proxy), no_proxy=_ffi.encoded(no_proxy), ocsp=word("ocsp", ocsp, Ocsp),
            ca_pem=_ffi.encoded(ca_pem), certificate_pem=_ffi.encoded(certificate_pem),
            private_key_pem=_ffi.encoded(private_key_pem), first_byte_timeout_ms=ms(first_byte_timeout),
            partial_chain=int(partial_chain), digest_policy=word("digest_policy", digest_policy, DigestPolicy),
            store_policy=word("store_policy", store_policy, StorePolicy), automatic_repair=int(automatic_repair),
            max_model_bytes=count("max_model_bytes", max_model_bytes), fallback_after_ms=ms(fallback_after),
            min_rate=count("min_rate", min_rate),
            manifest_requests_per_minute=count("manifest_requests_per_minute", manifest_requests_per_minute, 32),
            manifest_requests_per_day=count("manifest_requests_per_day", manifest_requests_per_day, 32),
            hub_environment=int(profile == "server" if hub_environment is None else hub_environment),
            hub_allow_endpoint=int(hub_allow_endpoint), fs_verity=word("fs_verity", fs_verity, FsVerity),
            roots_from_environment=int(use_environment), cache_tag=int(cache_tag))
        self._metrics = _metrics(audit)
        if audit is not None:
            options.audit = ctypes.pointer(_ffi.AuditOptions(
                struct_size=ctypes.sizeof(_ffi.AuditOptions), actor=_ffi.encoded(audit.actor),
                file_bytes=count("file_bytes", audit.file_bytes), kept_files=count("kept_files", audit.kept_files, 32),
                alerts_off=sum(_alert(name) for name in set(texts("alerts_off", audit.alerts_off))),
                failures_in_a_row=count("failures_in_a_row", audit.failures_in_a_row, 32),
                requests_per_hour=count("requests_per_hour", audit.requests_per_hour, 32), size_factor=count("size_factor", audit.size_factor, 32),
                sink_queue=count("sink_queue", audit.sink_queue, 32), cool_down_s=whole_seconds("cool_down", audit.cool_down),
                sink_url=_ffi.encoded(audit.sink_url),
                sink_linger_ms=ms(audit.sink_linger), metrics_file=_ffi.encoded(path(audit.metrics_file)), metrics=self._metrics))
        handle = ctypes.c_void_p()
        error = ctypes.POINTER(_ffi.Error)()
        check(_ffi.lib.modelsec_client_create(options, ctypes.byref(handle), ctypes.byref(error)), error)
        self._handle = handle.value

    def fetch(self, model_id: Optional[str], source: Source, *, on_progress: Optional[Progress] = None,
              on_event: Optional[Listener] = None, progress: Union[bool, Callable[..., Any]] = False,
              offline: bool = False, dry_run: bool = False, deadline: Optional[float] = None,
              trace_parent: Optional[str] = None, decrypt_keys: Optional[DecryptKeys] = None) -> Result:
        """Fetches, verifies and makes active. On any error the active model stays. `on_progress(done, total)` begins with 0; what it
        raises cancels and is raised here. `progress=True` shows a bar by tqdm. `trace_parent` (W3C Trace Context) goes to the audit log and to
        the manifest's origin alone. With `decrypt_keys` an encrypted model that none of them opens is refused (DigestError, decrypt_failed)
        and stays encrypted on disk all the same; without any it is fetched as it is."""
        return self._fetch(_ffi.OP_FETCH, model_id, source, on_progress, on_event, progress, offline, dry_run, deadline, trace_parent,
                           decrypt_keys)

    def ensure(self, model_id: Optional[str], source: Source, *, on_progress: Optional[Progress] = None,
               on_event: Optional[Listener] = None, progress: Union[bool, Callable[..., Any]] = False,
               offline: bool = False, deadline: Optional[float] = None, trace_parent: Optional[str] = None,
               decrypt_keys: Optional[DecryptKeys] = None) -> Result:
        """fetch(), but where the network fails, what is active is good enough: `stale`."""
        return self._fetch(_ffi.OP_ENSURE, model_id, source, on_progress, on_event, progress, offline, False, deadline, trace_parent,
                           decrypt_keys)

    def start(self, model_id: Optional[str], source: Source, *, on_progress: Optional[Progress] = None,
              on_event: Optional[Listener] = None, lenient: bool = False, deadline: Optional[float] = None,
              trace_parent: Optional[str] = None, decrypt_keys: Optional[DecryptKeys] = None) -> Operation:
        """Starts a fetch (or, `lenient`, an ensure) and returns at once: it can be cancelled, paused, resumed, waited for. Callbacks come
        on a thread of the library."""
        request = build(_ffi.OP_ENSURE if lenient else _ffi.OP_FETCH, model_id, source, deadline=deadline, trace_parent=trace_parent,
                        decrypt_keys=decrypt_keys)
        return self._start(request, on_event, on_progress)

    def open(self, model_id: str) -> Pack:
        """Opens what is active; hashes again what changed on disk since it was verified."""
        operation = self._start(build(_ffi.OP_OPEN, model_id))
        operation.finish()
        return operation.take_pack()

    def open_decrypted(self, model_id: str, keys: DecryptKeys) -> DecryptedPack:
        """Opens what is active, with readers of the encrypted files, which stay encrypted on disk. DigestError (decrypt_failed) if none of
        the keys opens one."""
        handle, error = ctypes.c_void_p(), ctypes.POINTER(_ffi.Error)()
        request = build(_ffi.OP_OPEN, model_id, decrypt_keys=keys)
        check(self._wait(_ffi.lib.modelsec_decrypted_open, request, ctypes.byref(handle), ctypes.byref(error)), error)
        assert handle.value is not None
        return DecryptedPack(handle.value)

    def check(self, model_id: Optional[str], source: Source, *, deadline: Optional[float] = None,
              trace_parent: Optional[str] = None) -> Check:
        """What fetch() would do: the manifest is fetched and verified, nothing is changed, no byte of the model travels."""
        return self._done(build(_ffi.OP_CHECK, model_id, source, deadline=deadline, trace_parent=trace_parent)).take_check()

    def remove(self, model_id: str, *, partial: bool = False) -> GcReport:
        """Removes a model, or, `partial`, only what was downloaded so far of a version that is not active yet. What the store remembers
        against older manifests stays."""
        return self._done(build(_ffi.OP_REMOVE, model_id, partial=partial)).take_gc()

    def repair(self, model_id: Optional[str] = None, source: Optional[Source] = None) -> list[Repaired]:
        """Gives models a state again whose newest one is damaged or lost; all of them without `model_id`. With a `source` its trust is
        asked about manifests under which files are adopted. Listeners of other operations hear `memory_lost`."""
        return self._done(build(_ffi.OP_REPAIR, model_id, source)).take_repaired()

    def stream(self, model_id: Optional[str], source: Source, *, deadline: Optional[float] = None,
               trace_parent: Optional[str] = None, decrypt_keys: Optional[DecryptKeys] = None) -> Stream:
        """Fetches, with a reader that needs not wait for the end: returns once the manifest is verified. Encrypted files are read as
        plain text by `decrypt_keys`; without any, and archives, cannot be read so (PolicyError)."""
        handle, error = ctypes.c_void_p(), ctypes.POINTER(_ffi.Error)()
        request = build(_ffi.OP_FETCH, model_id, source, deadline=deadline, trace_parent=trace_parent, decrypt_keys=decrypt_keys)
        check(self._wait(_ffi.lib.modelsec_stream_open, request, ctypes.byref(handle), ctypes.byref(error)), error)
        assert handle.value is not None
        stream = Stream(handle.value)
        stream.keep_alive = (self._ask, self._metrics)
        return stream

    def verify(self, model_id: str, *, on_progress: Optional[Progress] = None) -> Result:
        """Hashes again what is active."""
        return self._start(build(_ffi.OP_VERIFY, model_id), None, on_progress).result()

    def rollback(self, model_id: str, source: Optional[Source] = None) -> Result:
        """Last good becomes active again; what is left is rejected from now on. With a `source` its trust is asked again."""
        return self._start(build(_ffi.OP_ROLLBACK, model_id, source)).result()

    def gc(self, *, keep: int = 0, dry_run: bool = False) -> GcReport:
        """Removes what nothing needs; never what is active, last good or open."""
        operation = self._start(build(_ffi.OP_GC, None, keep=keep, dry_run=dry_run))
        operation.finish()
        return operation.take_gc()

    def status(self) -> list[ModelStatus]:
        """What the store holds. Does not hash; quick enough to be asked all the time."""
        raw = ctypes.POINTER(_ffi.Status)()
        error = ctypes.POINTER(_ffi.Error)()
        check(self._call(_ffi.lib.modelsec_client_status, ctypes.byref(raw), ctypes.byref(error)), error)
        try:
            return status_of(raw)
        finally:
            _ffi.lib.modelsec_status_release(raw)

    def set_headers(self, origin: str, headers: Mapping[str, str]) -> None:
        """What goes to this origin and no other from the next request on; empty: nothing any more."""
        error = ctypes.POINTER(_ffi.Error)()
        check(self._call(_ffi.lib.modelsec_client_set_headers, _ffi.encoded(origin), _ffi.headers(dict(headers)), len(headers),
                         ctypes.byref(error)), error)

    def _start(self, request: _ffi.Request, on_event: Optional[Listener] = None, on_progress: Optional[Progress] = None,
               on_done: Optional[Callable[[], None]] = None) -> Operation:
        operation = Operation(on_event, on_progress, on_done)
        operation.keep_alive = (self._ask, self._metrics)
        self._operations.add(operation)
        self._call(start, request, operation)
        return operation

    def _done(self, request: _ffi.Request) -> Operation:
        operation = self._start(request)
        operation.finish()
        return operation

    def _fetch(self, kind: int, model_id: Optional[str], source: Source, on_progress: Optional[Progress],
               on_event: Optional[Listener], progress: Union[bool, Callable[..., Any]], offline: bool, dry_run: bool,
               deadline: Optional[float], trace_parent: Optional[str], decrypt_keys: Optional[DecryptKeys]) -> Result:
        request = build(kind, model_id, source, offline=offline, dry_run=dry_run, deadline=deadline, trace_parent=trace_parent,
                        decrypt_keys=decrypt_keys)
        if not progress:
            return self._start(request, on_event, on_progress).result()
        with bar(progress, model_id or "model") as shown:
            operation = self._start(request, on_event, both(on_progress, shown))
            operation.finish()
        return operation.result()


def both(first: Optional[Progress], second: Optional[Progress]) -> Optional[Progress]:
    """One listener of two."""
    if first is None or second is None:
        return first or second
    one, other = first, second

    def tell(done: int, total: int) -> None:
        one(done, total)
        other(done, total)

    return tell


def _alert(name: str) -> int:
    if name not in _ffi.ALERTS:
        raise ValueError(f"alerts_off takes {', '.join(map(repr, _ffi.ALERTS))}, not {name!r}")
    return _ffi.ALERTS[name]


def _metrics(audit: Optional[Audit]) -> Any:
    if audit is None or audit.on_metrics is None:
        return _ffi.METRICS(0)
    told = audit.on_metrics

    def tell(_user: Any, counters: bytes) -> None:
        try:
            told(_ffi.text(counters))
        except BaseException as e:  # there is nobody to raise it to
            log.warning("on_metrics raised %s", type(e).__name__)

    return _ffi.METRICS(tell)


def _credentials(ask: Optional[Credentials], operations: weakref.WeakSet[Operation]) -> Any:
    if ask is None:
        return _ffi.CREDENTIALS(0)
    asked = ask

    def answer(_user: Any, origin: bytes, add: int, to: Any) -> None:
        give: Any = _ffi.ADD_HEADER(add)
        try:
            for name, value in (asked(_ffi.text(origin)) or {}).items():
                give(to, _ffi.encoded(name), _ffi.encoded(value))
        except BaseException as e:  # raised by the operations, not swallowed on a thread nobody sees
            log.warning("the credentials callback raised %s", type(e).__name__)
            for operation in list(operations):
                operation.fail(e)

    return _ffi.CREDENTIALS(answer)
