// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import CModelsec
import Foundation

/// A model that is active: verified, on disk, ready to be loaded.
public struct Model: Sendable, Equatable {
    public let modelId: String
    public let version: String
    /// The pack's folder, absolute. Not for messages to users.
    public let path: String
    public let sequence: UInt64
    /// Of the artifact, hex; empty where the operation does not tell.
    public let sha256: String
    /// Nothing had to be downloaded.
    public let alreadyActive: Bool
    /// The network failed, and this is what was active before (only `ensure`).
    public let stale: Bool
    public let bytesFetched: UInt64

    init(_ r: modelsec_result) {
        modelId = text(r.model_id)
        version = text(r.version)
        path = text(r.path)
        sequence = r.sequence
        sha256 = text(r.sha256)
        alreadyActive = r.already_active != 0
        stale = r.stale != 0
        bytesFetched = r.bytes_fetched
    }
}

/// A pack on disk.
public struct PackInfo: Sendable, Equatable {
    public let version: String
    public let sha256: String
    /// The folder, absolute; empty if it is gone.
    public let path: String
    public let sequence: UInt64
    public let bytes: UInt64
    /// All of its files were under fs-verity (Linux) when they were last opened or verified: the kernel lets nobody change them.
    public let fsVerity: Bool

    init(_ p: modelsec_pack_info) {
        version = text(p.version)
        sha256 = text(p.sha256)
        path = text(p.path)
        sequence = p.sequence
        bytes = p.bytes
        fsVerity = p.fs_verity != 0
    }
}

/// What a store holds of one model.
public struct ModelStatus: Sendable, Equatable {
    public let modelId: String
    public let active: PackInfo?
    public let lastGood: PackInfo?
    /// What was rolled back from and is not installed again.
    public let rejected: [PackInfo]
    public let sequence: UInt64
    public let bytes: UInt64
    /// Downloaded so far of what is not active yet.
    public let partialBytes: UInt64

    init(_ m: modelsec_model_status) {
        modelId = text(m.model_id)
        active = m.active.map { PackInfo($0.pointee) }
        lastGood = m.last_good.map { PackInfo($0.pointee) }
        rejected = (0..<Int(m.rejected_count)).compactMap { m.rejected[$0].map { PackInfo($0.pointee) } }
        sequence = m.sequence
        bytes = m.bytes
        partialBytes = m.partial_bytes
    }
}

/// Something that happened to an operation. No path, token or query is ever in one.
public enum ModelEvent: Sendable, Equatable {
    /// `manifest`, `download`, `extract`, `activate`, `verify` begins.
    case stage(String)
    /// (0, total) first, then at least every 512 KiB, then (total, total), for each stage that has any.
    case progress(stage: String, bytes: UInt64, total: UInt64)
    /// This host is asked next.
    case redirect(host: String)
    /// A request failed by `reason` and is made again after `milliseconds`.
    case retry(reason: String, milliseconds: UInt64)
    /// Something the owner should know; the operation goes on.
    case warning(reason: String)
    /// Something unusual for this model (`Alerts`).
    case alert(reason: String, modelId: String)

    init?(_ e: modelsec_event) {
        switch Int(e.kind) {
        case Int(MODELSEC_EVENT_STAGE): self = .stage(text(e.stage))
        case Int(MODELSEC_EVENT_PROGRESS): self = .progress(stage: text(e.stage), bytes: e.bytes, total: e.total)
        case Int(MODELSEC_EVENT_REDIRECT): self = .redirect(host: text(e.host))
        case Int(MODELSEC_EVENT_RETRY): self = .retry(reason: text(e.reason), milliseconds: e.wait_ms)
        case Int(MODELSEC_EVENT_WARNING): self = .warning(reason: text(e.reason))
        case Int(MODELSEC_EVENT_ALERT): self = .alert(reason: text(e.reason), modelId: text(e.model_id))
        default: return nil
        }
    }
}

/// Who may sign.
public enum Trust: Sendable {
    /// Raw Ed25519 public keys by key id, base64; so many must have signed.
    case pins([String: String], threshold: Int = 1)
    /// A TUF root.json that the application ships, and the https folder with its successors.
    case root(Data, url: String)
    /// A target of a TUF repository, in place of a manifest: a root.json that the application ships, the https folder of its metadata,
    /// the target's name, and https folders of targets (none: `targets/` beside the metadata, then below).
    case tuf(Data, metadataURL: String, target: String, urls: [String] = [])

    func pinsJSON() -> String? {
        guard case .pins(let keys, let threshold) = self else { return nil }
        let list = keys.sorted { $0.key < $1.key }.map { ["key_id": $0.key, "ed25519_b64": $0.value] }
        let made = try? JSONSerialization.data(withJSONObject: ["keys": list, "threshold": threshold] as [String: Any])
        return made.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The envelope that a manifest comes in: DSSE, or what deployed Edge Functions serve.
public enum EnvelopeFormat: Sendable {
    case dsse, pack
}

/// Which model to get, from where, and whom to believe. Exactly one of `manifestURL` (https) and `manifestFile` is given.
public struct ModelRequest: Sendable {
    /// May be empty in DSSE only.
    public var modelId: String
    public var manifestURL: String?
    public var manifestFile: String?
    /// JSON to POST, verbatim, instead of GET.
    public var post: String?
    /// Sent to the manifest's origin only.
    public var headers: [String: String] = [:]
    public var trust: Trust?
    public var format = EnvelopeFormat.dsse
    /// Nil: any.
    public var tier: String?
    /// In order of preference; empty: the only one there is.
    public var platforms: [String] = []
    /// Refuse what is older: all that protects a fresh store against replay.
    public var minSequence: UInt64 = 0
    /// Ask nobody: what is active, or `.noneActive`.
    public var offline = false
    /// Everything up to the first artifact byte; changes nothing.
    public var dryRun = false
    /// For the whole attempt, in seconds; 0: none.
    public var deadline: TimeInterval = 0
    /// W3C Trace Context, for the audit log and the manifest's origin alone.
    public var traceParent: String?

    public init(modelId: String, manifestURL: String? = nil, trust: Trust? = nil) {
        self.modelId = modelId
        self.manifestURL = manifestURL
        self.trust = trust
    }
}
