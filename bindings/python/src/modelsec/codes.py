# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# Made by scripts/make_codes.py from error_codes.def. Do not edit.
from __future__ import annotations

import enum


class Code(enum.IntEnum):
    OK = 0
    INTERNAL = 1
    USAGE = 2
    CANCELLED = 3
    NETWORK = 10
    TLS = 11
    HTTP_STATUS = 12
    RATE_LIMITED = 13
    UNAUTHORIZED = 14
    SIGNATURE = 20
    EXPIRED = 21
    ROLLBACK = 22
    MISMATCH = 23
    MALFORMED = 24
    NO_ARTIFACT = 25
    CLOCK = 26
    DIGEST = 30
    UNSAFE = 31
    DISK_FULL = 40
    STORE = 41
    BUSY = 42
    NONE_ACTIVE = 43
    POLICY = 50
    FINDINGS = 60


MESSAGES: dict[Code, str] = {
    Code.OK: "Model ready",
    Code.INTERNAL: "Model initialization failed: internal error",
    Code.USAGE: "Model initialization failed: the request is not valid",
    Code.CANCELLED: "Model initialization cancelled",
    Code.NETWORK: "Model initialization failed: the network failed",
    Code.TLS: "Model initialization failed: the server could not be authenticated",
    Code.HTTP_STATUS: "Model initialization failed: the server refused the request",
    Code.RATE_LIMITED: "Model initialization failed: too many requests",
    Code.UNAUTHORIZED: "Model initialization failed: access was denied",
    Code.SIGNATURE: "Model initialization failed: the manifest is not signed by a trusted key",
    Code.EXPIRED: "Model initialization failed: the manifest has expired",
    Code.ROLLBACK: "Model initialization failed: an older or withdrawn version was offered",
    Code.MISMATCH: "Model initialization failed: the manifest is for something else",
    Code.MALFORMED: "Model initialization failed: the metadata is malformed",
    Code.NO_ARTIFACT: "Model initialization failed: there is nothing for this platform",
    Code.CLOCK: "Model initialization failed: the clock of this machine is wrong",
    Code.DIGEST: "Model initialization failed: the model is not the one that was signed",
    Code.UNSAFE: "Model initialization failed: the model contains an unsafe name or archive",
    Code.DISK_FULL: "Model initialization failed: the disk is full",
    Code.STORE: "Model initialization failed: the model store cannot be used",
    Code.BUSY: "Model initialization failed: the model store is busy",
    Code.NONE_ACTIVE: "No model is active",
    Code.POLICY: "Model initialization failed: policy does not allow this",
    Code.FINDINGS: "The check has findings",
}


class ModelsecError(Exception):
    """Why something failed. `str()` has the generic text, code, reason and hint, and no path or secret; `detail` is for the owner only."""

    code: Code = Code.INTERNAL

    def __init__(self, reason: str = "", hint: str = "", detail: str = "") -> None:
        words = f"{MESSAGES[self.code]} ({int(self.code)} {self.code.name.lower()}"
        super().__init__(words + (f", {reason})" if reason else ")") + (f": {hint}" if hint else ""))
        self.message = MESSAGES[self.code]
        self.reason = reason
        self.hint = hint
        self.detail = detail


class InternalError(ModelsecError):
    """Model initialization failed: internal error"""

    code = Code.INTERNAL


class UsageError(ModelsecError):
    """Model initialization failed: the request is not valid"""

    code = Code.USAGE


class CancelledError(ModelsecError):
    """Model initialization cancelled"""

    code = Code.CANCELLED


class NetworkError(ModelsecError):
    """Model initialization failed: the network failed"""

    code = Code.NETWORK


class TlsError(ModelsecError):
    """Model initialization failed: the server could not be authenticated"""

    code = Code.TLS


class HttpStatusError(ModelsecError):
    """Model initialization failed: the server refused the request"""

    code = Code.HTTP_STATUS


class RateLimitedError(ModelsecError):
    """Model initialization failed: too many requests"""

    code = Code.RATE_LIMITED


class UnauthorizedError(ModelsecError):
    """Model initialization failed: access was denied"""

    code = Code.UNAUTHORIZED


class SignatureError(ModelsecError):
    """Model initialization failed: the manifest is not signed by a trusted key"""

    code = Code.SIGNATURE


class ExpiredError(ModelsecError):
    """Model initialization failed: the manifest has expired"""

    code = Code.EXPIRED


class RollbackError(ModelsecError):
    """Model initialization failed: an older or withdrawn version was offered"""

    code = Code.ROLLBACK


class MismatchError(ModelsecError):
    """Model initialization failed: the manifest is for something else"""

    code = Code.MISMATCH


class MalformedError(ModelsecError):
    """Model initialization failed: the metadata is malformed"""

    code = Code.MALFORMED


class NoArtifactError(ModelsecError):
    """Model initialization failed: there is nothing for this platform"""

    code = Code.NO_ARTIFACT


class ClockError(ModelsecError):
    """Model initialization failed: the clock of this machine is wrong"""

    code = Code.CLOCK


class DigestError(ModelsecError):
    """Model initialization failed: the model is not the one that was signed"""

    code = Code.DIGEST


class UnsafeError(ModelsecError):
    """Model initialization failed: the model contains an unsafe name or archive"""

    code = Code.UNSAFE


class DiskFullError(ModelsecError):
    """Model initialization failed: the disk is full"""

    code = Code.DISK_FULL


class StoreError(ModelsecError):
    """Model initialization failed: the model store cannot be used"""

    code = Code.STORE


class BusyError(ModelsecError):
    """Model initialization failed: the model store is busy"""

    code = Code.BUSY


class NoneActiveError(ModelsecError):
    """No model is active"""

    code = Code.NONE_ACTIVE


class PolicyError(ModelsecError):
    """Model initialization failed: policy does not allow this"""

    code = Code.POLICY


class FindingsError(ModelsecError):
    """The check has findings"""

    code = Code.FINDINGS


ERRORS: dict[int, type[ModelsecError]] = {
    1: InternalError,
    2: UsageError,
    3: CancelledError,
    10: NetworkError,
    11: TlsError,
    12: HttpStatusError,
    13: RateLimitedError,
    14: UnauthorizedError,
    20: SignatureError,
    21: ExpiredError,
    22: RollbackError,
    23: MismatchError,
    24: MalformedError,
    25: NoArtifactError,
    26: ClockError,
    30: DigestError,
    31: UnsafeError,
    40: DiskFullError,
    41: StoreError,
    42: BusyError,
    43: NoneActiveError,
    50: PolicyError,
    60: FindingsError,
}

__all__ = [
    "Code",
    "ERRORS",
    "MESSAGES",
    "ModelsecError",
    "InternalError",
    "UsageError",
    "CancelledError",
    "NetworkError",
    "TlsError",
    "HttpStatusError",
    "RateLimitedError",
    "UnauthorizedError",
    "SignatureError",
    "ExpiredError",
    "RollbackError",
    "MismatchError",
    "MalformedError",
    "NoArtifactError",
    "ClockError",
    "DigestError",
    "UnsafeError",
    "DiskFullError",
    "StoreError",
    "BusyError",
    "NoneActiveError",
    "PolicyError",
    "FindingsError",
]
