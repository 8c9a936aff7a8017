// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import CModelsec
import Foundation

/// What an operation came to, of whatever kind.
struct Outcome: Sendable {
    let model: Model
    let bytesRemoved: UInt64
    let pack: OpenPack?
}

/// A running operation: its events, its end, and the means to end it.
public final class ModelOperation: Sendable {
    /// What happens, until the end.
    public let events: AsyncStream<ModelEvent>
    private let core: Core

    init(_ core: Core, _ events: AsyncStream<ModelEvent>) {
        self.core = core
        self.events = events
    }

    /// Waits for the end. When the task that waits is cancelled, so is the operation.
    public var model: Model { get async throws { try await outcome.model } }

    var outcome: Outcome {
        get async throws {
            try await withTaskCancellationHandler { try await core.end() } onCancel: { core.cancel() }
        }
    }

    /// Ends it by `.cancelled`; what was downloaded is kept.
    public func cancel() { core.cancel() }
    /// It stands still until `resume`.
    public func pause() { modelsec_pause(core.id) }
    public func resume() { modelsec_resume(core.id) }
}

/// What the library's callback is given. It lives until the library says that the operation is released.
final class Core: @unchecked Sendable {
    private let lock = NSLock()
    private var number: UInt64 = 0
    private var ended: Result<Outcome, ModelsecError>?
    private var waiting: [CheckedContinuation<Outcome, Error>] = []
    private let events: AsyncStream<ModelEvent>.Continuation

    init(_ events: AsyncStream<ModelEvent>.Continuation) { self.events = events }

    var id: UInt64 { lock.withLock { number } }
    func cancel() { modelsec_cancel(id) }

    static func start(_ client: OpaquePointer, _ request: inout modelsec_request) throws -> ModelOperation {
        let (stream, continuation) = AsyncStream.makeStream(of: ModelEvent.self)
        let core = Core(continuation)
        let kept = Unmanaged.passRetained(core)
        var id: UInt64 = 0
        do {
            try check { error in
                modelsec_start(client, &request, { user, event in
                    guard let user, let event else { return }
                    Core.receive(Unmanaged<Core>.fromOpaque(user), event)
                }, kept.toOpaque(), &id, error)
            }
        } catch {
            kept.release()
            throw error
        }
        core.lock.withLock { core.number = id }
        return ModelOperation(core, stream)
    }

    func end() async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            let known: Result<Outcome, ModelsecError>? = lock.withLock {
                if ended == nil { waiting.append(continuation) }
                return ended
            }
            if let known { continuation.resume(with: known.mapError { $0 as Error }) }
        }
    }

    private static func receive(_ core: Unmanaged<Core>, _ event: UnsafeMutablePointer<modelsec_event>) {
        defer { modelsec_event_release(event) }
        let e = event.pointee
        if e.kind == UInt32(MODELSEC_EVENT_RELEASED) {
            core.release()
        } else if e.kind == UInt32(MODELSEC_EVENT_DONE) {
            core.takeUnretainedValue().finish(event)
        } else if let said = ModelEvent(e) {
            core.takeUnretainedValue().events.yield(said)
        }
    }

    private func finish(_ event: UnsafeMutablePointer<modelsec_event>) {
        let e = event.pointee
        let end: Result<Outcome, ModelsecError>
        if let result = e.result {
            let pack = modelsec_event_take_pack(event).map { OpenPack($0) }
            end = .success(Outcome(model: Model(result.pointee), bytesRemoved: result.pointee.bytes_removed, pack: pack))
        } else {
            end = .failure(e.error.map { ModelsecError($0.pointee) } ?? ModelsecError(code: .internal, reason: "internal_error"))
        }
        let all = lock.withLock { () -> [CheckedContinuation<Outcome, Error>] in
            ended = end
            defer { waiting = [] }
            return waiting
        }
        events.finish()
        for one in all { one.resume(with: end.mapError { $0 as Error }) }
    }
}
