// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Only Apple's systems have background sessions.
#if canImport(Darwin)
import Foundation

/// Drives a `ForeignTransfer` with a background URLSession: downloads go on while the application is suspended or dead, and the system starts it
/// again for their ends. To be made at every start of the application, with the same identifier and inbox, also in
/// `application(_:handleEventsForBackgroundURLSession:completionHandler:)`.
///
/// Where a task is, is known by the system; what was handed out and what came, by the store. Neither headers nor addresses are kept here.
/// Addresses that need headers (tokens) are refused by `policy`: a background session would send them wherever it is redirected to.
public final class BackgroundSession: NSObject, URLSessionDownloadDelegate, @unchecked Sendable {
    private let transfer: ForeignTransfer
    private let inbox: URL
    private let tasks: Int
    private let ended: @Sendable (Result<String, Error>) -> Void
    private let lock = NSLock()
    private var working = false
    private var again = false
    private var failures: [(String, ForeignFailure)] = []
    /// By range, how often in a row it was refused or failed. Only one turn at a time touches it.
    private var inARow: [String: Int] = [:]
    private var session: URLSession!
    /// What UIKit gave with `handleEventsForBackgroundURLSession`: called when all events have been taken in. On the main queue.
    public var whenEventsAreHandled: (@Sendable () -> Void)?

    /// `inbox`: a folder of the application's own, for files until they are taken in; no other may write there. `tasks`: at most so many at
    /// once. `ended`: the version that became active, or why that failed; once a call of `goOn` that could end it.
    public init(
        identifier: String, transfer: ForeignTransfer, inbox: URL, tasks: Int = 4, wifiOnly: Bool = false,
        ended: @escaping @Sendable (Result<String, Error>) -> Void
    ) throws {
        self.transfer = transfer
        self.inbox = inbox
        self.tasks = tasks
        self.ended = ended
        super.init()
        try FileManager.default.createDirectory(at: inbox, withIntermediateDirectories: true)
        let settings = URLSessionConfiguration.background(withIdentifier: identifier)
        settings.isDiscretionary = false
        settings.sessionSendsLaunchEvents = true
        settings.allowsCellularAccess = !wifiOnly
        // RFC 8996: TLS 1.2 at least. A cache or a cookie has no business with signed bytes.
        settings.tlsMinimumSupportedProtocolVersion = .TLSv12
        settings.httpCookieStorage = nil
        settings.urlCache = nil
        session = URLSession(configuration: settings, delegate: self, delegateQueue: nil)
    }

    /// Takes in what has come, and starts more tasks. Returns at once.
    public func goOn() {
        lock.lock()
        again = true
        let start = !working
        working = true
        lock.unlock()
        guard start else { return }
        Task { await self.work() }
    }

    private func takeTurn() -> Bool {
        lock.lock()
        defer { lock.unlock() }
        working = again
        again = false
        return working
    }

    private func takeFailures() -> [(String, ForeignFailure)] {
        lock.lock()
        defer { lock.unlock() }
        let out = failures
        failures = []
        return out
    }

    private func work() async {
        while takeTurn() {
            do {
                if try await turn() { ended(.success(try await transfer.finish())) }
            } catch {
                ended(.failure(error))
            }
        }
    }

    /// Whether all bytes are there.
    private func turn() async throws -> Bool {
        let names = try FileManager.default.contentsOfDirectory(atPath: inbox.path)
        for name in names {
            let path = inbox.appendingPathComponent(name).path
            var refused: ModelsecError?
            do {
                try await transfer.deliver(name, file: path)
                inARow[name] = nil
            } catch let e as ModelsecError
                where e.code == .digest || e.reason == "unknown_range" || e.reason == "unsafe_entry"
            {
                // Not the signed bytes, or of another version. Anything else may be over at the next call: the file stays.
                refused = e
            }
            try FileManager.default.removeItem(atPath: path)
            guard let why = refused, why.reason != "unknown_range" else { continue }
            if why.reason == "unsafe_entry" { try? await transfer.fail(name, .cancelled) }
            try count(name, why)
        }
        var last: Error?
        for (id, why) in takeFailures() {
            try? await transfer.fail(id, why)
            guard why != .cancelled else { continue }
            do { try count(id, failure(id, why)) } catch { last = error }
        }
        if let last { throw last }
        // In this order: a task that ends meanwhile is seen as one of the system's or as arrived. One that has ended counts as well until its
        // delegate was told.
        let leased = try await transfer.handedOut()
        let all = await session.allTasks
        let known = Set(all.compactMap { $0.taskDescription })
        let running = Set(all.compactMap { $0.state == .completed ? nil : $0.taskDescription })
        let arrived = Set(try FileManager.default.contentsOfDirectory(atPath: inbox.path))
        // Handed out, but the application ended before the system knew.
        for id in leased where !known.contains(id) && !arrived.contains(id) && !hasFailed(id) {
            try await transfer.fail(id, .cancelled)
        }
        var busy = running.count
        while busy < tasks, let range = try await transfer.nextRange() {
            guard let url = URL(string: range.url), url.scheme == "https" else {
                try await transfer.fail(range.id, .host)
                throw ModelsecError(code: .usage, reason: "bad_url", hint: "an address begins with https and names a host")
            }
            // CWE-522: tasks of background sessions follow redirects without asking, and take their headers along.
            guard range.headers.keys.allSatisfy({ $0 == "Range" || $0 == "Accept-Encoding" }) else {
                try await transfer.fail(range.id, .cancelled)
                throw ModelsecError(
                    code: .policy, reason: "not_transferable", hint: "let the library fetch it, or publish addresses that need no headers",
                    detail: "a background session cannot keep headers to one origin: \(url.host ?? "")")
            }
            var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalAndRemoteCacheData)
            for (name, value) in range.headers { request.setValue(value, forHTTPHeaderField: name) }
            let task = session.downloadTask(with: request)
            task.taskDescription = range.id
            task.countOfBytesClientExpectsToReceive = Int64(clamping: range.size)
            task.resume()
            busy += 1
        }
        return try await transfer.missingBytes() == 0
    }

    /// Throws `why` at the fifth time in a row: asking on would not end.
    private func count(_ id: String, _ why: ModelsecError) throws {
        let times = (inARow[id] ?? 0) + 1
        inARow[id] = times < 5 ? times : nil
        if times >= 5 { throw why }
    }

    private func failure(_ id: String, _ why: ForeignFailure) -> ModelsecError {
        why == .expired
            ? ModelsecError(code: .unauthorized, reason: "url_expired", hint: "the address has expired", detail: id)
            : ModelsecError(
                code: .network, reason: "connection_lost", hint: "try again; what was downloaded is kept", detail: id)
    }

    private func hasFailed(_ id: String) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        return failures.contains { $0.0 == id }
    }

    private func note(_ id: String?, _ why: ForeignFailure) {
        guard let id else { return }
        lock.lock()
        failures.append((id, why))
        lock.unlock()
    }

    // The file is gone when this returns: it is moved first, and taken in afterwards.
    public func urlSession(_ session: URLSession, downloadTask: URLSessionDownloadTask, didFinishDownloadingTo location: URL) {
        guard let id = downloadTask.taskDescription, !id.contains("/") else { return }
        let status = (downloadTask.response as? HTTPURLResponse)?.statusCode ?? 0
        guard status == 200 || status == 206 else {
            return note(id, status == 401 || status == 403 ? .expired : .host)
        }
        let place = inbox.appendingPathComponent(id)
        try? FileManager.default.removeItem(at: place)
        do {
            try FileManager.default.moveItem(at: location, to: place)
        } catch {
            note(id, .cancelled)
        }
    }

    public func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: Error?) {
        if let error { note(task.taskDescription, (error as? URLError)?.code == .cancelled ? .cancelled : .host) }
        goOn()
    }

    public func urlSessionDidFinishEvents(forBackgroundURLSession session: URLSession) {
        let tell = whenEventsAreHandled
        DispatchQueue.main.async { tell?() }
    }
}
#endif
