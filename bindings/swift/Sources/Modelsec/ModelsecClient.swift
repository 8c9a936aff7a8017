// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import CModelsec
import Foundation

/// What to make of an OCSP answer that a server staples to its certificate.
public enum OcspPolicy: UInt32, Sendable {
    /// One that comes must be good; one must come where the certificate says so.
    case ifStapled = 0
    /// Every server must staple a good one.
    case required = 1
    /// Servers are not asked for one.
    case off = 2
}

/// What is unusual: the reason of `ModelEvent.alert`.
public struct Alerts: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// `repeated_failures`: so many attempts in a row on a model were refused by verification.
    public static let repeatedFailures = Alerts(rawValue: UInt32(MODELSEC_ALERT_FAILURES))
    /// `unusual_request_rate`: so many manifest requests in an hour.
    public static let unusualRequestRate = Alerts(rawValue: UInt32(MODELSEC_ALERT_REQUESTS))
    /// `unusual_size`: so many times larger or smaller than the version before.
    public static let unusualSize = Alerts(rawValue: UInt32(MODELSEC_ALERT_SIZE))
    /// `unusual_host`: a host that the model did not come from before.
    public static let unusualHost = Alerts(rawValue: UInt32(MODELSEC_ALERT_HOST))
}

/// What is kept of every attempt, beside its events: one line in the store's audit log, and what follows from them. What cannot be
/// written fails no operation. Zeros and nils mean the library's defaults; times are in seconds.
public struct AuditOptions: Sendable {
    /// Whom the application acts for.
    public var actor: String?
    /// A log that has grown to this is put aside; 16 MiB.
    public var fileBytes: UInt64 = 0
    /// So many of those that were put aside stay; 8.
    public var keptFiles: UInt32 = 0
    /// What is no alert.
    public var alertsOff: Alerts = []
    public var failuresInARow: UInt32 = 0
    public var requestsPerHour: UInt32 = 0
    public var sizeFactor: UInt32 = 0
    /// How long the same alert of a model is not told again; an hour.
    public var coolDown: UInt64 = 0
    /// https: the events go on to it by POST, as JSON; it never holds an operation up.
    public var sinkURL: String?
    /// So many events may wait for the sink; 1,024.
    public var sinkQueue: UInt32 = 0
    /// How long the client's end waits for those that still do; two seconds.
    public var sinkLinger: Double = 0
    /// The counters as Prometheus text, replaced as a whole after each attempt.
    public var metricsFile: String?

    public init() {}

    func options(_ memory: Memory) throws -> modelsec_audit_options {
        var a = modelsec_audit_options()
        a.struct_size = UInt32(MemoryLayout<modelsec_audit_options>.size)
        a.actor = memory.chars(actor)
        a.file_bytes = fileBytes
        a.kept_files = keptFiles
        a.alerts_off = alertsOff.rawValue
        a.failures_in_a_row = failuresInARow
        a.requests_per_hour = requestsPerHour
        a.size_factor = sizeFactor
        a.cool_down_s = coolDown
        a.sink_url = memory.chars(sinkURL)
        a.sink_queue = sinkQueue
        a.sink_linger_ms = try milliseconds(sinkLinger)
        a.metrics_file = memory.chars(metricsFile)
        return a
    }
}

/// Whether what becomes active is put under fs-verity (Linux): from then on the kernel lets nobody change it.
public enum FsVerity: UInt32, Sendable {
    case off = 0
    /// Where kernel and disk can; else a warning `verity_unsupported`, and active without.
    case wanted = 1
    /// Where they cannot, nothing becomes active: `verity_unsupported`.
    case required = 2
}

/// What stays the same over the life of a client. Zeros and nils mean the library's defaults.
public struct ClientOptions: Sendable {
    /// The store's folder; made at the first fetch.
    public var store: String
    /// PEM, in place of the system's roots.
    public var caFile: String?
    public var certificateFile: String?
    public var privateKeyFile: String?
    /// Base64 SHA-256 of public keys, for the manifest's origin.
    public var spkiPins: [String] = []
    /// If there are any, no other host is asked, redirected to or not.
    public var allowedHosts: [String] = []
    public var connections: UInt32 = 0
    /// Bytes a second.
    public var limitRate: UInt64 = 0
    /// May hold storage credentials.
    public var server = false
    /// `http://[user:password@]host[:port]` or `socks5://…`. Not read from the environment.
    public var proxy: String?
    /// Hosts to ask directly, as in the variable NO_PROXY.
    public var noProxy: String?
    public var ocsp = OcspPolicy.ifStapled
    public var userAgent: String?
    public var retries: UInt32 = 0
    /// How long to wait for another process that fetches the model, in seconds.
    public var lockWait: Double = 0
    /// What `caFile` holds, in memory; both are believed where both are given.
    public var caPem: String?
    /// Where no CA is given, what SSL_CERT_FILE and SSL_CERT_DIR name, in place of the system's roots.
    public var rootsFromEnvironment = false
    /// How long a server may take to begin an answer, in seconds.
    public var firstByteTimeout: Double = 0
    /// Where the newest state of a model is damaged, go on with the highest that is whole.
    public var automaticRepair = false
    /// A log of every attempt in the store; nil: none.
    public var audit: AuditOptions?
    /// At most so many over all processes that use the store, then `.rateLimited` and nobody is asked; at most 1,000; 0: no limit.
    public var manifestRequestsPerMinute: UInt32 = 0
    public var manifestRequestsPerDay: UInt32 = 0
    /// Whether what becomes active is put under fs-verity (Linux).
    public var fsVerity = FsVerity.off
    /// `ensure` does with what is active without a verified manifest by then, in seconds; nil: only where the network fails.
    public var fallbackAfter: Double? = 0
    /// Mark the store by a CACHEDIR.TAG: backup programs leave it out.
    public var cacheTag = false

    public init(store: String, caFile: String? = nil) {
        self.store = store
        self.caFile = caFile
    }
}

/// Gets models from a hostile network onto the disk, and is sure of it. Any task may use it, several at once; operations on one
/// model wait for each other, across processes.
public final class ModelsecClient: @unchecked Sendable {
    private let client: OpaquePointer

    /// Reads no disk and asks no network.
    public init(_ options: ClientOptions) throws {
        let memory = Memory()
        var o = modelsec_client_options()
        o.struct_size = UInt32(MemoryLayout<modelsec_client_options>.size)
        o.profile = UInt32(options.server ? MODELSEC_PROFILE_SERVER : MODELSEC_PROFILE_CLIENT)
        o.store = memory.chars(options.store)
        o.ca_file = memory.chars(options.caFile)
        o.certificate_file = memory.chars(options.certificateFile)
        o.private_key_file = memory.chars(options.privateKeyFile)
        o.spki_pins = memory.list(options.spkiPins)
        o.spki_pin_count = options.spkiPins.count
        o.allowed_hosts = memory.list(options.allowedHosts)
        o.allowed_host_count = options.allowedHosts.count
        o.connections = options.connections
        o.limit_rate = options.limitRate
        o.proxy = memory.chars(options.proxy)
        o.no_proxy = memory.chars(options.noProxy)
        o.ocsp = options.ocsp.rawValue
        o.user_agent = memory.chars(options.userAgent)
        o.retries = options.retries
        o.lock_wait_ms = try milliseconds(options.lockWait)
        o.ca_pem = memory.chars(options.caPem)
        o.first_byte_timeout_ms = try milliseconds(options.firstByteTimeout)
        o.roots_from_environment = options.rootsFromEnvironment ? 1 : 0
        o.automatic_repair = options.automaticRepair ? 1 : 0
        o.audit = try options.audit.flatMap { memory.one(try $0.options(memory)) }
        o.manifest_requests_per_minute = options.manifestRequestsPerMinute
        o.manifest_requests_per_day = options.manifestRequestsPerDay
        o.fs_verity = options.fsVerity.rawValue
        o.fallback_after_ms = try options.fallbackAfter.map(milliseconds) ?? UInt64.max
        o.cache_tag = options.cacheTag ? 1 : 0
        var made: OpaquePointer?
        try withExtendedLifetime(memory) { try check { modelsec_client_create(&o, &made, $0) } }
        client = made!
    }

    deinit { modelsec_client_release(client) }

    /// The version of the library that is loaded.
    public static var version: String { text(modelsec_version()) }

    /// Fetches the manifest, verifies it, downloads what is missing, verifies it, makes it active. Where the network fails, what is
    /// active is good enough (`stale`). On any error the active model stays. Throws `ModelsecError`.
    public func ensure(_ request: ModelRequest) async throws -> Model { try await startEnsure(request).model }
    /// The same, but a network that fails is an error.
    public func fetch(_ request: ModelRequest) async throws -> Model { try await startFetch(request).model }

    /// As `ensure`, but with its events, and pause.
    public func startEnsure(_ request: ModelRequest) throws -> ModelOperation { try start(Int(MODELSEC_OP_ENSURE), request) }
    /// As `fetch`, but with its events, and pause.
    public func startFetch(_ request: ModelRequest) throws -> ModelOperation { try start(Int(MODELSEC_OP_FETCH), request) }

    /// Hashes again what is active.
    public func verify(_ modelId: String) async throws -> Model {
        try await start(Int(MODELSEC_OP_VERIFY), ModelRequest(modelId: modelId)).model
    }

    /// Makes the last good pack active again, after hashing it; the one that is left is not installed again.
    public func rollback(_ modelId: String, trust: Trust? = nil) async throws -> Model {
        try await start(Int(MODELSEC_OP_ROLLBACK), ModelRequest(modelId: modelId, trust: trust)).model
    }

    /// Removes a model, or, `partial`, only what was downloaded so far of a version that is not active yet. What the store remembers
    /// against older manifests stays.
    public func remove(_ modelId: String, partial: Bool = false) async throws {
        _ = try await start(Int(MODELSEC_OP_REMOVE), ModelRequest(modelId: modelId), partial: partial).outcome
    }

    /// Opens what is active; hashes again what changed on disk since it was verified.
    public func open(_ modelId: String) async throws -> OpenPack {
        let end = try await start(Int(MODELSEC_OP_OPEN), ModelRequest(modelId: modelId)).outcome
        guard let pack = end.pack else { throw ModelsecError(code: .internal, reason: "internal_error") }
        return pack
    }

    /// Removes what nothing needs; keeps what is active, last good or open, and `keep` more packs. Returns the bytes that are free now.
    public func gc(keep: Int = 0) async throws -> UInt64 {
        try await start(Int(MODELSEC_OP_GC), ModelRequest(modelId: ""), keep: keep).outcome.bytesRemoved
    }

    /// What the store holds, of all models. Hashes nothing, answers at once.
    public func status() throws -> [ModelStatus] {
        var out: UnsafeMutablePointer<modelsec_status>?
        try withExtendedLifetime(self) { try check { modelsec_client_status(client, &out, $0) } }
        defer { modelsec_status_release(out) }
        guard let s = out?.pointee else { return [] }
        return (0..<Int(s.count)).compactMap { s.models[$0].map { ModelStatus($0.pointee) } }
    }

    /// Sets the headers that go to one origin (`https://host[:port]`) and no other, from the next request on. None: forgets them.
    public func setHeaders(_ headers: [String: String], for origin: String) throws {
        let memory = Memory()
        try withExtendedLifetime((self, memory)) {
            try check { modelsec_client_set_headers(client, origin, memory.headers(headers), headers.count, $0) }
        }
    }

    /// Waits: see `transfer`.
    func beginTransfer(_ request: ModelRequest, _ lease: UInt64, _ rangeBytes: UInt64) throws -> OpaquePointer {
        let memory = Memory()
        return try withExtendedLifetime((self, memory)) {
            var r = try memory.request(Int(MODELSEC_OP_FETCH), request)
            var out: OpaquePointer?
            try check { modelsec_transfer_begin(client, &r, lease, rangeBytes, &out, $0) }
            return out!
        }
    }

    private func start(_ operation: Int, _ request: ModelRequest, keep: Int = 0, partial: Bool = false) throws -> ModelOperation {
        let memory = Memory()
        return try withExtendedLifetime((self, memory)) {
            var r = try memory.request(operation, request, keep: keep)
            r.partial = partial ? 1 : 0
            return try Core.start(client, &r)
        }
    }
}
