// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import CModelsec
import Dispatch
import Foundation

/// Bytes of a file that another transport is asked to bring.
public struct ForeignRange: Sendable {
    /// Names the range in whatever process: letters, digits and `-`, at most 120. Belongs into the task's own description.
    public let id: String
    /// Its place in the pack; empty: an archive.
    public let file: String
    /// https; its query may be a secret.
    public let url: String
    /// To be sent to the URL's origin and to nobody else, redirects included; values are secrets. `Range` is among them.
    public let headers: [String: String]
    /// The range in the file: its first byte, and one past its last.
    public let begin: UInt64
    public let end: UInt64
    /// Of the whole file, as signed.
    public let fileSize: UInt64
    /// Nobody else is asked for these bytes before.
    public let leasedUntil: Date
    /// Bytes that are expected.
    public var size: UInt64 { end - begin }

    init(_ r: modelsec_range) {
        id = text(r.id)
        file = text(r.file)
        url = text(r.url)
        var all: [String: String] = [:]
        for i in 0..<r.header_count { all[text(r.headers[i].name)] = text(r.headers[i].value) }
        headers = all
        begin = r.begin
        end = r.end
        fileSize = r.file_size
        leasedUntil = Date(timeIntervalSince1970: Double(r.leased_until))
    }
}

/// Why a range does not come.
public enum ForeignFailure: UInt32, Sendable {
    /// The host did not bring it: another address of the file is given next, if there is one.
    case host = 0
    /// The address ran out of time: the same one is given anew.
    case expired = 1
    /// The task was ended, or its service does not know it: as if the range had never been handed out.
    case cancelled = 2
}

/// A download whose bytes another transport brings (`ModelsecClient.transfer`). It may deliver while the application is dead, out of order,
/// twice, or wrongly. What must outlive the application is in the store when a function returns. What is delivered is copied into a file of
/// the store and hashed there; `finish` hashes all of it again before anything becomes active. Any task may use it.
public final class ForeignTransfer: @unchecked Sendable {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { modelsec_transfer_release(handle) }

    public var modelId: String { withExtendedLifetime(self) { text(modelsec_transfer_model_id(handle)) } }
    public var version: String { withExtendedLifetime(self) { text(modelsec_transfer_version(handle)) } }

    /// What to ask for next; nil: all has come or is on its way. Addresses that fail again and again rest for a while: when all that is
    /// left rests, this throws what they failed by, with the time to ask again in its detail.
    public func nextRange() async throws -> ForeignRange? {
        try await elsewhere { transfer in
            var out: UnsafeMutablePointer<modelsec_range>?
            try check { modelsec_transfer_next(transfer, &out, $0) }
            defer { modelsec_range_release(out) }
            return out.map { ForeignRange($0.pointee) }
        }
    }

    /// The bytes of a range, or of the whole file where a host knows no ranges; durable when this returns. How many were new.
    @discardableResult
    public func deliver(_ id: String, _ data: Data) async throws -> UInt64 {
        try await elsewhere { transfer in
            var taken: UInt64 = 0
            try data.withUnsafeBytes { raw in
                try check { modelsec_transfer_deliver(transfer, id, raw.baseAddress, raw.count, &taken, $0) }
            }
            return taken
        }
    }

    /// The same, from a regular file that may be removed afterwards; no link.
    @discardableResult
    public func deliver(_ id: String, file path: String) async throws -> UInt64 {
        try await elsewhere { transfer in
            var taken: UInt64 = 0
            try check { modelsec_transfer_deliver_file(transfer, id, path, &taken, $0) }
            return taken
        }
    }

    /// The range will not come: it may be handed out again.
    public func fail(_ id: String, _ why: ForeignFailure) async throws {
        try await elsewhere { transfer in try check { modelsec_transfer_fail(transfer, id, why.rawValue, $0) } }
    }

    /// The ids of what was handed out, by whatever process, and is waited for.
    public func handedOut() async throws -> [String] {
        try await elsewhere { transfer in
            var out: UnsafeMutablePointer<modelsec_ranges>?
            try check { modelsec_transfer_handed_out(transfer, &out, $0) }
            defer { modelsec_ranges_release(out) }
            guard let all = out?.pointee else { return [] }
            return (0..<all.count).compactMap { all.ranges[$0].map { text($0.pointee.id) } }
        }
    }

    /// Bytes that have not come yet.
    public func missingBytes() async throws -> UInt64 {
        try await elsewhere { transfer in
            var bytes: UInt64 = 0
            try check { modelsec_transfer_missing(transfer, &bytes, $0) }
            return bytes
        }
    }

    /// Verifies all and makes it active; returns its version. `usage` (`transfer_incomplete`) while bytes are missing; after `digest` what was
    /// wrong is handed out again.
    public func finish() async throws -> String {
        try await elsewhere { transfer in
            var out: UnsafeMutablePointer<modelsec_result>?
            try check { modelsec_transfer_finish(transfer, &out, $0) }
            defer { modelsec_result_release(out) }
            return out.map { text($0.pointee.version) } ?? ""
        }
    }

    /// `work` may wait for the disk, for hosts and for other processes: not on a thread of Swift's pool. This object lives meanwhile.
    private func elsewhere<T: Sendable>(
        _ work: @escaping @Sendable (OpaquePointer) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global(qos: .utility).async { [self] in
                done.resume(with: Result { try withExtendedLifetime(self) { try work(handle) } })
            }
        }
    }
}

extension ModelsecClient {
    /// `fetch`, whose bytes another transport brings; to be called again with the same request whenever the application comes back.
    /// `lease`: for how many seconds a range is not handed out again; 0: 24 hours. `rangeBytes`: about so much is asked for at once;
    /// 0: 256 MiB.
    public func transfer(_ request: ModelRequest, lease: UInt64 = 0, rangeBytes: UInt64 = 0) async throws -> ForeignTransfer {
        try await withCheckedThrowingContinuation { done in
            DispatchQueue.global(qos: .utility).async { [self] in
                done.resume(with: Result { ForeignTransfer(try beginTransfer(request, lease, rangeBytes)) })
            }
        }
    }
}
