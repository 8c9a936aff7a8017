// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import CModelsec
import Foundation

/// What cannot be meant.
func badOption(_ detail: String) -> ModelsecError {
    ModelsecError(code: .usage, reason: "bad_option", hint: "see --help", detail: detail)
}

/// A time in seconds; zero is the library's default, infinity as long as it can reckon with.
func milliseconds(_ seconds: Double) throws -> UInt64 {
    guard seconds >= 0 else { throw badOption("a time that is negative or none") }  // not a number, too
    return seconds == 0 ? 0 : UInt64(min(max(seconds * 1000, 1), 0x1p53))
}

/// Memory that C may look at during one call.
final class Memory {
    private var kept: [UnsafeMutableRawPointer] = []

    deinit { kept.forEach { $0.deallocate() } }

    func chars(_ s: String?) -> UnsafePointer<CChar>? { s.flatMap { array(Array($0.utf8CString)) } }

    func bytes(_ data: Data) -> UnsafePointer<CChar>? { array(data.map { CChar(bitPattern: $0) } + [0]) }

    func list(_ all: [String]) -> UnsafePointer<UnsafePointer<CChar>?>? { array(all.map { chars($0) }) }

    func headers(_ all: [String: String]) -> UnsafePointer<modelsec_header>? {
        array(all.map { modelsec_header(name: chars($0.key), value: chars($0.value)) })
    }

    func one<T>(_ value: T) -> UnsafePointer<T>? { array([value]) }

    private func array<T>(_ all: [T]) -> UnsafePointer<T>? {
        guard !all.isEmpty else { return nil }
        let raw = UnsafeMutableRawPointer.allocate(
            byteCount: all.count * MemoryLayout<T>.stride, alignment: MemoryLayout<T>.alignment)
        kept.append(raw)
        return UnsafePointer(raw.initializeMemory(as: T.self, from: all, count: all.count))
    }

    func request(_ operation: Int, _ r: ModelRequest, keep: Int = 0) throws -> modelsec_request {
        guard keep >= 0 else { throw badOption("less than no packs to keep") }
        var out = modelsec_request()
        out.struct_size = UInt32(MemoryLayout<modelsec_request>.size)
        out.operation = UInt32(operation)
        out.model_id = r.modelId.isEmpty ? nil : chars(r.modelId)
        out.manifest_url = chars(r.manifestURL)
        out.manifest_file = chars(r.manifestFile)
        out.post_body = chars(r.post)
        out.headers = headers(r.headers)
        out.header_count = r.headers.count
        out.pins_json = chars(r.trust?.pinsJSON())
        switch r.trust {
        case .root(let root, let url)?:
            out.root = bytes(root)
            out.root_size = root.count
            out.root_url = chars(url)
        case .tuf(let root, let url, let target, let urls)?:
            out.root = bytes(root)
            out.root_size = root.count
            out.root_url = chars(url)
            out.tuf_target = chars(target)
            out.tuf_target_urls = list(urls)
            out.tuf_target_url_count = urls.count
        case .pins?, nil: break
        }
        out.tier = chars(r.tier)
        out.platforms = list(r.platforms)
        out.platform_count = r.platforms.count
        out.format = UInt32(r.format == .pack ? MODELSEC_FORMAT_PACK : MODELSEC_FORMAT_DSSE)
        out.offline = r.offline ? 1 : 0
        out.dry_run = r.dryRun ? 1 : 0
        out.keep = UInt32(clamping: keep)
        out.min_sequence = r.minSequence
        out.deadline_ms = try milliseconds(r.deadline)
        out.trace_parent = chars(r.traceParent)
        return out
    }
}
