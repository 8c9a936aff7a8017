// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import Foundation

/// The project's TLS origin and publisher, a process of its own; tests/support/origin_main.cpp says what it understands.
final class Origin {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var rest = Data()
    private(set) var greeting: [String: Any] = [:]

    init() throws {
        guard let program = ProcessInfo.processInfo.environment["MODELSEC_ORIGIN"] else { throw Failure("MODELSEC_ORIGIN is not set") }
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["300"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        greeting = try answer()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    var ca: String { greeting["ca"] as? String ?? "" }
    var manifest: String { greeting["manifest_url"] as? String ?? "" }
    var key: String { String((greeting["pin"] as? String ?? "").dropFirst(3)) }

    @discardableResult
    func order(_ what: String, _ how: [String: Any] = [:]) throws -> [String: Any] {
        var order = how
        order["do"] = what
        try input.fileHandleForWriting.write(contentsOf: JSONSerialization.data(withJSONObject: order) + Data([10]))
        return try answer()
    }

    @discardableResult
    func publish(_ how: [String: Any] = [:]) throws -> [String: Any] { try order("publish", how) }

    private func answer() throws -> [String: Any] {
        while !rest.contains(10) {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { throw Failure("the origin has ended") }
            rest += more
        }
        let end = rest.firstIndex(of: 10)!
        let line = rest[rest.startIndex..<end]
        rest = Data(rest[(end + 1)...])
        let said = try JSONSerialization.jsonObject(with: line) as? [String: Any] ?? [:]
        guard said["ok"] as? Bool == true else { throw Failure("the origin says \(said["error"] ?? "nothing")") }
        return said
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
