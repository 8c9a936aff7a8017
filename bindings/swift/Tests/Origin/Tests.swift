// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import Foundation
import Modelsec

func expect(_ what: Bool, _ why: @autoclosure () -> String = "", line: Int = #line) throws {
    if !what { throw Failure("line \(line): \(why())") }
}

func expectError(_ code: ModelsecCode, _ reason: String, line: Int = #line, _ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let e as ModelsecError {
        try expect(e.code == code && e.reason == reason, "\(e)", line: line)
        try expect(!"\(e)".contains("/tmp"), "\(e)", line: line)
        return
    }
    throw Failure("line \(line): no error")
}

/// An origin and an empty store for one test.
final class World {
    let origin: Origin
    let store: String

    init() throws {
        origin = try Origin()
        store = NSTemporaryDirectory() + "/modelsec-swift-" + UUID().uuidString
    }

    deinit { try? FileManager.default.removeItem(atPath: store) }

    func client(limitRate: UInt64 = 0) throws -> ModelsecClient {
        var options = ClientOptions(store: store, caFile: origin.ca)
        options.limitRate = limitRate
        return try ModelsecClient(options)
    }

    var request: ModelRequest { ModelRequest(modelId: "demo", manifestURL: origin.manifest, trust: .pins(["v1": origin.key])) }
}

typealias Test = (String, (World) async throws -> Void)

func allTests() -> [Test] { [
    ("another transport brings the bytes, and nothing unverified becomes active", { world in
        try world.origin.publish(["text": "brought by others"])
        let client = try world.client()
        let transfer = try await client.transfer(world.request)
        guard let range = try await transfer.nextRange() else { throw Failure("nothing to ask for") }
        try expect(range.url.hasPrefix("https://") && range.size == 17 && range.fileSize == 17 && range.file == "model.bin")
        try expect(range.headers == ["Accept-Encoding": "identity"] && range.leasedUntil > Date())
        try expect(try await transfer.nextRange() == nil)
        try await expectError(.usage, "transfer_incomplete") { _ = try await transfer.finish() }
        try await expectError(.digest, "digest_mismatch") { try await transfer.deliver(range.id, Data("brought by otherz".utf8)) }
        // The application was restarted.
        let again = try await client.transfer(world.request)
        try expect(again.modelId == "demo" && again.version == "1.0.0")
        try expect(try await again.nextRange()?.id == range.id)
        try expect(try await again.handedOut() == [range.id])
        try await again.fail(range.id, .cancelled)
        try expect(try await again.handedOut().isEmpty)
        let brought = world.store + "-brought"
        try Data("brought by others".utf8).write(to: URL(fileURLWithPath: brought))
        defer { try? FileManager.default.removeItem(atPath: brought) }
        try expect(try await again.deliver(range.id, file: brought) == 17)
        try expect(try await again.deliver(range.id, file: brought) == 0)
        try expect(try await again.missingBytes() == 0)
        try expect(try await again.finish() == "1.0.0")
        try expect(try client.status().first?.active?.version == "1.0.0")
    }),
    ("a model is fetched with its events, and the second time nothing is downloaded", { world in
        try world.origin.publish(["size": 3_000_000])
        let client = try world.client()
        let operation = try client.startEnsure(world.request)
        var last: (UInt64, UInt64)?
        for await event in operation.events {
            guard case .progress("download", let bytes, let total) = event else { continue }
            try expect(total == 3_000_000 && (last == nil ? bytes == 0 : bytes >= last!.0 && bytes - last!.0 <= 512 << 10))
            last = (bytes, total)
        }
        try expect(last?.0 == 3_000_000)
        let model = try await operation.model
        try expect(model.version == "1.0.0" && !model.alreadyActive && model.bytesFetched == 3_000_000)
        try expect(try await client.ensure(world.request).alreadyActive)
        try expect(try client.status().first?.active?.path == model.path)
        try expect(try await client.verify("demo").version == "1.0.0")
    }),
    ("what was tampered with, expired or is older is refused, and the active model stays", { world in
        let client = try world.client()
        try world.origin.publish(["sequence": 5, "text": "good"])
        _ = try await client.fetch(world.request)
        for (how, code, reason) in [
            (["sequence": 6, "version": "2", "tamper": "artifact"] as [String: Any], ModelsecCode.digest, "digest_mismatch"),
            (["sequence": 6, "tamper": "signature"], .signature, "bad_signature"),
            (["sequence": 7, "expires_in": -60], .expired, "manifest_expired"),
            (["sequence": 4], .rollback, "older_sequence"),
        ] {
            try world.origin.publish(how)
            try await expectError(code, reason) { _ = try await client.fetch(world.request) }
        }
        try expect(try client.status().first?.active?.version == "1.0.0")
    }),
    ("a cancelled task cancels its download, which is resumed later", { world in
        let size: UInt64 = 24 << 20
        try world.origin.publish(["size": size])
        let operation = try world.client(limitRate: 12 << 20).startFetch(world.request)
        let waiting = Task { try await operation.model }
        for await event in operation.events {
            if case .progress(_, let bytes, _) = event, bytes > 6 << 20 { waiting.cancel() }
        }
        try await expectError(.cancelled, "cancelled") { _ = try await waiting.value }
        let model = try await world.client().fetch(world.request)
        try expect(model.bytesFetched < size - (1 << 20), "\(model.bytesFetched)")
    }),
    ("rollback returns to the last good pack, and the rejected one is not installed again", { world in
        let client = try world.client()
        try world.origin.publish(["text": "one"])
        _ = try await client.fetch(world.request)
        try await expectError(.noneActive, "no_last_good") { _ = try await client.rollback("demo") }
        try world.origin.publish(["sequence": 2, "version": "2.0.0", "text": "two"])
        _ = try await client.fetch(world.request)
        let pack = try await client.open("demo")
        try expect(try await client.rollback("demo").version == "1.0.0")
        try await expectError(.rollback, "rejected") { _ = try await client.fetch(world.request) }
        var content = [UInt8](repeating: 0, count: 3)
        try expect(pack.files[0].withDescriptor { pread($0, &content, 3, 0) } == 3 && content == Array("two".utf8))
        try expect(try await client.gc() == 0)
    }),
    ("a file keeps its pack, which nobody else holds any more", { world in
        let client = try world.client()
        for version in ["1", "2", "3"] {
            try world.origin.publish(["sequence": Int(version)!, "version": version, "text": "text " + version])
            _ = try await client.fetch(world.request)
        }
        func only() async throws -> OpenPack.File { try await client.open("demo").files[0] }
        let file = try await only()
        for version in ["4", "5"] {
            try world.origin.publish(["sequence": Int(version)!, "version": version, "text": "text " + version])
            _ = try await client.fetch(world.request)
        }
        _ = try await client.gc()
        func read(_ descriptor: Int32) -> String {
            var content = [UInt8](repeating: 0, count: 6)
            return pread(descriptor, &content, 6, 0) == 6 ? String(decoding: content, as: UTF8.self) : "nothing"
        }
        try expect(file.withDescriptor(read) == "text 3", file.withDescriptor(read))
        try expect(try file.withPath { try String(contentsOfFile: $0, encoding: .utf8) } == "text 3")
        let waited = try await file.withPath { path in
            try await Task.sleep(nanoseconds: 1_000_000)
            return try String(contentsOfFile: path, encoding: .utf8)
        }
        let later = await file.withDescriptor { descriptor in
            await Task.yield()
            return read(descriptor)
        }
        try expect(waited == "text 3" && later == "text 3")
    }),
    ("where fs-verity cannot be had, a model is active without unless it is required", { world in
        try world.origin.publish()
        var options = ClientOptions(store: world.store, caFile: world.origin.ca)
        options.fsVerity = .wanted
        let wanted = try ModelsecClient(options)
        _ = try await wanted.fetch(world.request)
        // As this kernel and disk have it.
        let sealed = try wanted.status()[0].active?.fsVerity == true
        options.fsVerity = .required
        options.store += "-required"
        defer { try? FileManager.default.removeItem(atPath: world.store + "-required") }
        let required = try ModelsecClient(options)
        if sealed {
            _ = try await required.fetch(world.request)
            try expect(try required.status()[0].active?.fsVerity == true)
        } else {
            try await expectError(.store, "verity_unsupported") { _ = try await required.fetch(world.request) }
        }
    }),
    ("attempts are written down, counted and bounded", { world in
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        var audit = AuditOptions()
        audit.actor = "the application"
        audit.failuresInARow = 1
        var options = ClientOptions(store: world.store, caFile: world.origin.ca)
        options.audit = audit
        options.manifestRequestsPerDay = 2
        let client = try ModelsecClient(options)
        try world.origin.publish()
        var request = world.request
        request.traceParent = "00-\(trace)-00f067aa0ba902b7-01"
        _ = try await client.fetch(request)
        try world.origin.publish(["sequence": 2, "version": "2", "tamper": "payload"])
        let operation = try client.startFetch(world.request)
        var alerts: [ModelEvent] = []
        for await event in operation.events {
            if case .alert = event { alerts.append(event) }
        }
        try await expectError(.signature, "bad_signature") { _ = try await operation.model }
        try expect(alerts == [.alert(reason: "repeated_failures", modelId: "demo")], "\(alerts)")
        try await expectError(.rateLimited, "own_quota") { _ = try await client.fetch(world.request) }
        let log = try String(contentsOfFile: world.store + "/.modelsec/audit.jsonl", encoding: .utf8)
        let lines = log.split(separator: "\n")
        try expect(lines.count == 3 && lines.allSatisfy { $0.contains("the application") } && lines[0].contains(trace), log)
        options.audit?.sinkURL = "http://localhost/"
        try await expectError(.usage, "bad_url") { [options] in _ = try ModelsecClient(options) }
        options.audit?.sinkURL = nil
        options.audit?.alertsOff = [.repeatedFailures, .unusualHost]
        options.manifestRequestsPerDay = 0
        options.store += "-quiet"
        defer { try? FileManager.default.removeItem(atPath: world.store + "-quiet") }
        let quiet = try ModelsecClient(options).startFetch(world.request)
        for await event in quiet.events {
            if case .alert = event { throw Failure("an alert that is off") }
        }
        try await expectError(.signature, "bad_signature") { _ = try await quiet.model }
    }),
    ("without a network, what is active is good enough for ensure", { world in
        let client = try world.client()
        try world.origin.publish()
        _ = try await client.fetch(world.request)
        try world.origin.order("fail", ["path": "/manifest", "status": 503])
        var request = world.request
        request.deadline = 2
        try expect(try await client.ensure(request).stale)
    }),
    ("what cannot be meant is a usage error; the codes are those of the library", { world in
        try await expectError(.usage, "bad_option") { _ = try ModelsecClient(ClientOptions(store: "")) }
        try await expectError(.usage, "trust_source_missing") {
            _ = try await world.client().fetch(ModelRequest(modelId: "demo", manifestURL: world.origin.manifest))
        }
        let client = try world.client()
        var request = world.request
        for time in [-1, .nan, -.infinity] as [Double] {
            request.deadline = time
            try await expectError(.usage, "bad_option") { [request] in _ = try await client.fetch(request) }
            var options = ClientOptions(store: world.store)
            options.lockWait = time
            try await expectError(.usage, "bad_option") { [options] in _ = try ModelsecClient(options) }
        }
        try await expectError(.usage, "bad_option") { _ = try await client.gc(keep: -1) }
        try expect(try await client.gc(keep: .max) == 0)
        try world.origin.publish()
        request.deadline = 1e-6
        try await expectError(.network, "deadline") { [request] in _ = try await client.fetch(request) }
        request.deadline = .infinity
        try expect(try await client.fetch(request).version == "1.0.0")
        try expect(ModelsecClient.version.split(separator: ".").count == 3)
        try expect(ModelsecCode(rawValue: 30)?.word == "digest")
    }),
    ("what docs/swift.md shows", { world in try await shown(world) }),
] }
