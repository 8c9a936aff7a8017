# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
"""The C ABI (modelsec/modelsec.h), as ctypes sees it. Nothing of this module is API."""
from __future__ import annotations

import ctypes
import pathlib
import sys
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any

OP_FETCH, OP_ENSURE, OP_VERIFY, OP_ROLLBACK, OP_GC, OP_OPEN, OP_CHECK, OP_REMOVE, OP_REPAIR = range(1, 10)
EVENT_STAGE, EVENT_PROGRESS, EVENT_REDIRECT, EVENT_RETRY, EVENT_WARNING, EVENT_DONE, EVENT_RELEASED = range(7)
EVENT_ALERT = 8
ALERTS = {"repeated_failures": 1, "unusual_request_rate": 2, "unusual_size": 4, "unusual_host": 8}

ADD_HEADER = CFUNCTYPE(None, c_void_p, c_char_p, c_char_p)
METRICS = CFUNCTYPE(None, c_void_p, c_char_p)
CREDENTIALS = CFUNCTYPE(None, c_void_p, c_char_p, c_void_p, c_void_p)


class Error(Structure):
    _fields_ = [("struct_size", c_uint32), ("code", c_int32), ("name", c_char_p), ("reason", c_char_p),
                ("message", c_char_p), ("hint", c_char_p), ("detail", c_char_p)]


class Header(Structure):
    _fields_ = [("name", c_char_p), ("value", c_char_p)]


class AuditOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_uint32), ("actor", c_char_p), ("file_bytes", c_uint64),
                ("kept_files", c_uint32), ("alerts_off", c_uint32), ("failures_in_a_row", c_uint32), ("requests_per_hour", c_uint32),
                ("size_factor", c_uint32), ("sink_queue", c_uint32), ("cool_down_s", c_uint64), ("sink_url", c_char_p),
                ("sink_linger_ms", c_uint64), ("metrics_file", c_char_p), ("metrics", METRICS), ("metrics_user", c_void_p)]


class ClientOptions(Structure):
    _fields_ = [("struct_size", c_uint32), ("profile", c_uint32), ("store", c_char_p), ("ca_file", c_char_p),
                ("certificate_file", c_char_p), ("private_key_file", c_char_p), ("spki_pins", POINTER(c_char_p)),
                ("spki_pin_count", c_size_t), ("connections", c_uint32), ("write_policy", c_uint32),
                ("limit_rate", c_uint64), ("lock_wait_ms", c_uint64), ("credentials", CREDENTIALS),
                ("credentials_user", c_void_p), ("allowed_hosts", POINTER(c_char_p)), ("allowed_host_count", c_size_t),
                ("user_agent", c_char_p), ("device_ram_mb", c_uint64), ("device_free_disk_mb", c_uint64),
                ("connect_timeout_ms", c_uint64), ("handshake_timeout_ms", c_uint64), ("stall_timeout_ms", c_uint64),
                ("retries", c_uint32), ("group_shared", c_uint32), ("proxy", c_char_p), ("no_proxy", c_char_p),
                ("ocsp", c_uint32), ("reserved", c_uint32), ("ca_pem", c_char_p), ("certificate_pem", c_char_p),
                ("private_key_pem", c_char_p), ("first_byte_timeout_ms", c_uint64), ("partial_chain", c_uint32),
                ("digest_policy", c_uint32), ("store_policy", c_uint32), ("automatic_repair", c_uint32),
                ("max_model_bytes", c_uint64), ("fallback_after_ms", c_uint64), ("min_rate", c_uint64), ("audit", POINTER(AuditOptions)),
                ("manifest_requests_per_minute", c_uint32), ("manifest_requests_per_day", c_uint32), ("hub_environment", c_uint32),
                ("hub_allow_endpoint", c_uint32), ("fs_verity", c_uint32), ("roots_from_environment", c_uint32),
                ("cache_tag", c_uint32), ("reserved_2", c_uint32)]


class ModelSigner(Structure):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_uint32), ("keys", POINTER(c_char_p)), ("key_count", c_size_t),
                ("authorities", c_char_p), ("identities", POINTER(c_char_p)), ("issuers", POINTER(c_char_p)),
                ("identity_count", c_size_t), ("trusted_root", c_char_p), ("trusted_root_size", c_size_t),
                ("identity_patterns", POINTER(c_char_p)), ("pattern_issuers", POINTER(c_char_p)), ("identity_pattern_count", c_size_t)]


class Request(Structure):
    _fields_ = [("struct_size", c_uint32), ("operation", c_uint32), ("model_id", c_char_p), ("manifest_url", c_char_p),
                ("manifest_file", c_char_p), ("post_body", c_char_p), ("headers", POINTER(Header)),
                ("header_count", c_size_t), ("pins_json", c_char_p), ("tier", c_char_p), ("platforms", POINTER(c_char_p)),
                ("platform_count", c_size_t), ("format", c_uint32), ("offline", c_uint32), ("dry_run", c_uint32),
                ("keep", c_uint32), ("min_sequence", c_uint64), ("deadline_ms", c_uint64), ("root", c_char_p),
                ("root_size", c_size_t), ("root_url", c_char_p), ("root_forbidden_ends", c_uint32), ("reserved", c_uint32),
                ("tuf_target", c_char_p), ("tuf_target_urls", POINTER(c_char_p)), ("tuf_target_url_count", c_size_t),
                ("manifest", c_char_p), ("manifest_size", c_size_t), ("bundle", c_char_p), ("require_order", c_uint32),
                ("partial", c_uint32), ("model_signer", POINTER(ModelSigner)), ("model_bases", POINTER(c_char_p)),
                ("model_base_count", c_size_t), ("max_age_s", c_uint64), ("trace_parent", c_char_p),
                ("decrypt_keys", POINTER(c_char_p)), ("decrypt_key_count", c_size_t),
                ("decrypt_key_files", POINTER(c_char_p)), ("decrypt_key_file_count", c_size_t)]


class Repaired(Structure):
    _fields_ = [("struct_size", c_uint32), ("adopted", c_uint32), ("model_id", c_char_p), ("found", c_char_p),
                ("reason", c_char_p), ("active_version", c_char_p), ("forgotten_changes", c_uint64), ("sequence", c_uint64),
                ("set_aside", POINTER(c_char_p)), ("set_aside_count", c_size_t)]


class Result(Structure):
    _fields_ = [("struct_size", c_uint32), ("already_active", c_uint32), ("stale", c_uint32), ("reserved", c_uint32),
                ("model_id", c_char_p), ("version", c_char_p), ("path", c_char_p), ("sha256", c_char_p),
                ("sequence", c_uint64), ("bytes_fetched", c_uint64), ("bytes_removed", c_uint64),
                ("removed", POINTER(c_char_p)), ("removed_count", c_size_t), ("total_bytes", c_uint64),
                ("bytes_to_fetch", c_uint64), ("active_version", c_char_p), ("platform", c_char_p), ("tier", c_char_p),
                ("stale_reason", c_char_p), ("repaired", POINTER(POINTER(Repaired))), ("repaired_count", c_size_t)]


class Event(Structure):
    _fields_ = [("struct_size", c_uint32), ("kind", c_uint32), ("operation", c_uint64), ("bytes", c_uint64),
                ("total", c_uint64), ("wait_ms", c_uint64), ("stage", c_char_p), ("reason", c_char_p), ("host", c_char_p),
                ("model_id", c_char_p), ("result", POINTER(Result)), ("error", POINTER(Error)), ("pack", c_void_p)]


class PackInfo(Structure):
    _fields_ = [("struct_size", c_uint32), ("fs_verity", c_uint32), ("version", c_char_p), ("sha256", c_char_p),
                ("path", c_char_p), ("sequence", c_uint64), ("bytes", c_uint64)]


class ModelStatus(Structure):
    _fields_ = [("struct_size", c_uint32), ("rejected_count", c_uint32), ("model_id", c_char_p),
                ("active", POINTER(PackInfo)), ("last_good", POINTER(PackInfo)), ("rejected", POINTER(POINTER(PackInfo))),
                ("sequence", c_uint64), ("bytes", c_uint64), ("partial_bytes", c_uint64)]


class Status(Structure):
    _fields_ = [("struct_size", c_uint32), ("count", c_uint32), ("models", POINTER(POINTER(ModelStatus)))]


class ModelCheck(Structure):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_uint32), ("bundle", c_char_p), ("bundle_size", c_size_t),
                ("path", c_char_p), ("signer", POINTER(ModelSigner)), ("ignored", POINTER(c_char_p)), ("ignored_count", c_size_t),
                ("ignore_unsigned", c_uint32), ("reserved_check", c_uint32)]


class ModelSigning(Structure):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_uint32), ("private_key", c_char_p), ("certificates", c_char_p),
                ("path", c_char_p), ("ignored", POINTER(c_char_p)), ("ignored_count", c_size_t), ("shard_bytes", c_uint64),
                ("follow_links", c_uint32), ("reserved_signing", c_uint32)]


class ModelReport(Structure):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_uint32), ("files", c_uint64), ("bytes", c_uint64),
                ("model_name", c_char_p), ("identity", c_char_p), ("issuer", c_char_p), ("trusted_time", c_char_p),
                ("bundle", c_char_p)]


EVENT_FN = CFUNCTYPE(None, c_void_p, POINTER(Event))

_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "version": (c_char_p, []),
    "error_release": (None, [POINTER(Error)]),
    "client_create": (c_int32, [POINTER(ClientOptions), POINTER(c_void_p), POINTER(POINTER(Error))]),
    "client_release": (None, [c_void_p]),
    "client_set_headers": (c_int32, [c_void_p, c_char_p, POINTER(Header), c_size_t, POINTER(POINTER(Error))]),
    "client_status": (c_int32, [c_void_p, POINTER(POINTER(Status)), POINTER(POINTER(Error))]),
    "status_release": (None, [POINTER(Status)]),
    "start": (c_int32, [c_void_p, POINTER(Request), EVENT_FN, c_void_p, POINTER(c_uint64), POINTER(POINTER(Error))]),
    "cancel": (None, [c_uint64]),
    "pause": (None, [c_uint64]),
    "resume": (None, [c_uint64]),
    "event_release": (None, [POINTER(Event)]),
    "event_take_pack": (c_void_p, [POINTER(Event)]),
    "pack_release": (None, [c_void_p]),
    "pack_path": (c_char_p, [c_void_p]),
    "pack_version": (c_char_p, [c_void_p]),
    "pack_sha256": (c_char_p, [c_void_p]),
    "pack_sequence": (c_uint64, [c_void_p]),
    "pack_file_count": (c_size_t, [c_void_p]),
    "pack_file_name": (c_char_p, [c_void_p, c_size_t]),
    "pack_file_size": (c_uint64, [c_void_p, c_size_t]),
    "pack_file_sha256": (c_char_p, [c_void_p, c_size_t]),
    "pack_file_descriptor": (c_int, [c_void_p, c_size_t]),
    "decrypted_open": (c_int32, [c_void_p, POINTER(Request), POINTER(c_void_p), POINTER(POINTER(Error))]),
    "decrypted_release": (None, [c_void_p]),
    "decrypted_pack": (c_void_p, [c_void_p]),
    "decrypted_file_count": (c_size_t, [c_void_p]),
    "decrypted_file_name": (c_char_p, [c_void_p, c_size_t]),
    "decrypted_file_size": (c_uint64, [c_void_p, c_size_t]),
    "decrypted_read": (c_int32, [c_void_p, c_size_t, c_uint64, c_void_p, c_size_t, POINTER(c_size_t), POINTER(POINTER(Error))]),
    "decrypted_view": (c_int32, [c_void_p, c_size_t, POINTER(c_void_p), POINTER(POINTER(Error))]),
    "decrypted_sealed_descriptor": (c_int32, [c_void_p, c_size_t, POINTER(c_int), POINTER(POINTER(Error))]),
    "view_data": (c_void_p, [c_void_p]),
    "view_size": (c_size_t, [c_void_p]),
    "view_release": (None, [c_void_p]),
    "verify_model": (c_int32, [POINTER(ModelCheck), POINTER(POINTER(ModelReport)), POINTER(POINTER(Error))]),
    "sign_model": (c_int32, [POINTER(ModelSigning), POINTER(POINTER(ModelReport)), POINTER(POINTER(Error))]),
    "model_report_release": (None, [POINTER(ModelReport)]),
    "result_release": (None, [POINTER(Result)]),
    "stream_open": (c_int32, [c_void_p, POINTER(Request), POINTER(c_void_p), POINTER(POINTER(Error))]),
    "stream_release": (None, [c_void_p]),
    "stream_cancel": (None, [c_void_p]),
    "stream_model_id": (c_char_p, [c_void_p]),
    "stream_version": (c_char_p, [c_void_p]),
    "stream_file_count": (c_size_t, [c_void_p]),
    "stream_file_name": (c_char_p, [c_void_p, c_size_t]),
    "stream_file_size": (c_uint64, [c_void_p, c_size_t]),
    "stream_file_granularity": (c_uint64, [c_void_p, c_size_t]),
    "stream_read": (c_int32, [c_void_p, c_size_t, c_uint64, c_void_p, c_size_t, POINTER(c_size_t), POINTER(POINTER(Error))]),
    "stream_finish": (c_int32, [c_void_p, POINTER(POINTER(Result)), POINTER(POINTER(Error))]),
    "shutdown": (c_int32, [c_uint64]),
}


def _open() -> ctypes.CDLL:
    """The library of the wheel, else the one that the system's loader finds."""
    name = "libmodelsec.0.dylib" if sys.platform == "darwin" else "libmodelsec.so.0"
    packaged = pathlib.Path(__file__).with_name(name)
    lib = ctypes.CDLL(str(packaged) if packaged.exists() else name)
    for function, (result, arguments) in _FUNCTIONS.items():
        entry = getattr(lib, "modelsec_" + function)
        entry.restype, entry.argtypes = result, arguments
    return lib


lib = _open()


def text(raw: bytes | None) -> str:
    return raw.decode("utf-8", "replace") if raw else ""


def encoded(value: str | None) -> bytes | None:
    if value is None:
        return None
    if "\0" in value:
        raise ValueError("a zero character in a text")
    return value.encode()


def strings(values: list[str]) -> Any:
    return (c_char_p * len(values))(*[encoded(v) for v in values]) if values else None


def byte_strings(values: list[bytes]) -> Any:
    if any(0 in v for v in values):
        raise ValueError("a zero character in a text")
    return (c_char_p * len(values))(*values) if values else None


def headers(values: dict[str, str]) -> Any:
    return (Header * len(values))(*[Header(encoded(k), encoded(v)) for k, v in values.items()]) if values else None
