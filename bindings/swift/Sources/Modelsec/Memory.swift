// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import CModelsec
import Foundation

/// Memory that C may look at during one call.
final class Memory {
    private var kept: [UnsafeMutableRawPointer] = []

    deinit { kept.forEach { free($0) } }

    func chars(_ s: String?) -> UnsafePointer<CChar>? {
        guard let s, let copy = strdup(s) else { return nil }
        kept.append(copy)
        return UnsafePointer(copy)
    }

    func bytes(_ data: Data) -> UnsafePointer<CChar>? {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: data.count + 1)
        data.withUnsafeBytes { from in UnsafeMutableRawBufferPointer(start: copy, count: data.count).copyMemory(from: from) }
        copy[data.count] = 0
        kept.append(copy)
        return UnsafePointer(copy)
    }

    func list(_ all: [String]) -> UnsafePointer<UnsafePointer<CChar>?>? { array(all.map { chars($0) }) }

    func headers(_ all: [String: String]) -> UnsafePointer<modelsec_header>? {
        array(all.map { modelsec_header(name: chars($0.key), value: chars($0.value)) })
    }

    private func array<T>(_ all: [T]) -> UnsafePointer<T>? {
        guard !all.isEmpty else { return nil }
        let copy = UnsafeMutablePointer<T>.allocate(capacity: all.count)
        copy.initialize(from: all, count: all.count)
        kept.append(copy)
        return UnsafePointer(copy)
    }

    func request(_ operation: Int, _ r: ModelRequest, keep: Int = 0) -> modelsec_request {
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
        out.keep = UInt32(keep)
        out.min_sequence = r.minSequence
        out.deadline_ms = UInt64(r.deadline * 1000)
        return out
    }
}
