// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import CModelsec

/// Why something failed.
public struct ModelsecError: Error, Sendable, CustomStringConvertible {
    /// The number and the name, the same in every language.
    public let code: ModelsecCode
    /// A stable word that says which case of the code it was: `host_mismatch`, `stall`, …
    public let reason: String
    /// What can be done about it.
    public let hint: String
    /// For the owner of the process only: may hold local paths and text of the remote side. Never in `description`.
    public let detail: String

    /// Generic, fit for end users.
    public var message: String { code.message }
    public var description: String { "\(message) [\(code.rawValue) \(code.word): \(reason)]; \(hint)" }

    init(code: ModelsecCode, reason: String, hint: String = "", detail: String = "") {
        self.code = code
        self.reason = reason
        self.hint = hint
        self.detail = detail
    }

    init(_ e: modelsec_error) {
        self.init(
            code: ModelsecCode(rawValue: e.code) ?? .internal, reason: text(e.reason), hint: text(e.hint), detail: text(e.detail))
    }
}

/// A string of the library.
func text(_ s: UnsafePointer<CChar>?) -> String { s.map { String(cString: $0) } ?? "" }

/// Calls a function that takes a place for its error; throws what it puts there.
func check(_ call: (UnsafeMutablePointer<UnsafeMutablePointer<modelsec_error>?>) -> Int32) throws {
    var error: UnsafeMutablePointer<modelsec_error>?
    let code = call(&error)
    guard code != 0 else { return }
    defer { modelsec_error_release(error) }
    throw error.map { ModelsecError($0.pointee) } ?? ModelsecError(code: ModelsecCode(rawValue: code) ?? .internal, reason: "none")
}
