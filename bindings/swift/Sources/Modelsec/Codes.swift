// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Made by scripts/make_codes.py from error_codes.def. Do not edit.

/// What an operation came to; the numbers are the same in every language.
public enum ModelsecCode: Int32, Sendable, CaseIterable {
    /// Model ready.
    case ok = 0
    /// Model initialization failed: internal error.
    case `internal` = 1
    /// Model initialization failed: the request is not valid.
    case usage = 2
    /// Model initialization cancelled.
    case cancelled = 3
    /// Model initialization failed: the network failed.
    case network = 10
    /// Model initialization failed: the server could not be authenticated.
    case tls = 11
    /// Model initialization failed: the server refused the request.
    case httpStatus = 12
    /// Model initialization failed: too many requests.
    case rateLimited = 13
    /// Model initialization failed: access was denied.
    case unauthorized = 14
    /// Model initialization failed: the manifest is not signed by a trusted key.
    case signature = 20
    /// Model initialization failed: the manifest has expired.
    case expired = 21
    /// Model initialization failed: an older or withdrawn version was offered.
    case rollback = 22
    /// Model initialization failed: the manifest is for something else.
    case mismatch = 23
    /// Model initialization failed: the metadata is malformed.
    case malformed = 24
    /// Model initialization failed: there is nothing for this platform.
    case noArtifact = 25
    /// Model initialization failed: the clock of this machine is wrong.
    case clock = 26
    /// Model initialization failed: the model is not the one that was signed.
    case digest = 30
    /// Model initialization failed: the model contains an unsafe name or archive.
    case unsafe = 31
    /// Model initialization failed: the disk is full.
    case diskFull = 40
    /// Model initialization failed: the model store cannot be used.
    case store = 41
    /// Model initialization failed: the model store is busy.
    case busy = 42
    /// No model is active.
    case noneActive = 43
    /// Model initialization failed: policy does not allow this.
    case policy = 50
    /// The check has findings.
    case findings = 60

    /// The stable name in all languages.
    public var word: String {
        switch self {
        case .ok: return "ok"
        case .internal: return "internal"
        case .usage: return "usage"
        case .cancelled: return "cancelled"
        case .network: return "network"
        case .tls: return "tls"
        case .httpStatus: return "http_status"
        case .rateLimited: return "rate_limited"
        case .unauthorized: return "unauthorized"
        case .signature: return "signature"
        case .expired: return "expired"
        case .rollback: return "rollback"
        case .mismatch: return "mismatch"
        case .malformed: return "malformed"
        case .noArtifact: return "no_artifact"
        case .clock: return "clock"
        case .digest: return "digest"
        case .unsafe: return "unsafe"
        case .diskFull: return "disk_full"
        case .store: return "store"
        case .busy: return "busy"
        case .noneActive: return "none_active"
        case .policy: return "policy"
        case .findings: return "findings"
        }
    }

    /// All that an end user is shown: no path, no secret.
    public var message: String {
        switch self {
        case .ok: return "Model ready"
        case .internal: return "Model initialization failed: internal error"
        case .usage: return "Model initialization failed: the request is not valid"
        case .cancelled: return "Model initialization cancelled"
        case .network: return "Model initialization failed: the network failed"
        case .tls: return "Model initialization failed: the server could not be authenticated"
        case .httpStatus: return "Model initialization failed: the server refused the request"
        case .rateLimited: return "Model initialization failed: too many requests"
        case .unauthorized: return "Model initialization failed: access was denied"
        case .signature: return "Model initialization failed: the manifest is not signed by a trusted key"
        case .expired: return "Model initialization failed: the manifest has expired"
        case .rollback: return "Model initialization failed: an older or withdrawn version was offered"
        case .mismatch: return "Model initialization failed: the manifest is for something else"
        case .malformed: return "Model initialization failed: the metadata is malformed"
        case .noArtifact: return "Model initialization failed: there is nothing for this platform"
        case .clock: return "Model initialization failed: the clock of this machine is wrong"
        case .digest: return "Model initialization failed: the model is not the one that was signed"
        case .unsafe: return "Model initialization failed: the model contains an unsafe name or archive"
        case .diskFull: return "Model initialization failed: the disk is full"
        case .store: return "Model initialization failed: the model store cannot be used"
        case .busy: return "Model initialization failed: the model store is busy"
        case .noneActive: return "No model is active"
        case .policy: return "Model initialization failed: policy does not allow this"
        case .findings: return "The check has findings"
        }
    }
}
