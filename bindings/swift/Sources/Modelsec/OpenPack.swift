// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import CModelsec

/// A pack that stays on disk and readable as long as this object lives, whatever happens to the store. Swift may let go of an object
/// right after its last use: what a path or a descriptor is needed for belongs into `withPath` or `withDescriptor`.
public final class OpenPack: @unchecked Sendable {
    /// A file of it; keeps the pack.
    public struct File: Sendable {
        public let pack: OpenPack
        /// Relative to the pack's folder.
        public let name: String
        public let size: UInt64
        let index: Int

        /// For reading, owned by the pack: for loaders that take one, so that no path has to leave. Use `pread` or `dup` it. Valid
        /// within `body`.
        public func withDescriptor<T>(_ body: (Int32) throws -> T) rethrows -> T {
            try withExtendedLifetime(pack) { try body(modelsec_pack_file_descriptor(pack.handle, index)) }
        }

        /// The same for loaders that have to be waited for.
        public func withDescriptor<T>(_ body: (Int32) async throws -> T) async rethrows -> T {
            defer { withExtendedLifetime(pack) {} }
            return try await body(modelsec_pack_file_descriptor(pack.handle, index))
        }

        /// The file's absolute path, there within `body`.
        public func withPath<T>(_ body: (String) throws -> T) rethrows -> T {
            try pack.withPath { try body($0 + "/" + name) }
        }

        /// The same for loaders that have to be waited for.
        public func withPath<T>(_ body: (String) async throws -> T) async rethrows -> T {
            try await pack.withPath { try await body($0 + "/" + name) }
        }
    }

    fileprivate let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { modelsec_pack_release(handle) }

    public var version: String { withExtendedLifetime(self) { text(modelsec_pack_version(handle)) } }
    public var sha256: String { withExtendedLifetime(self) { text(modelsec_pack_sha256(handle)) } }
    public var files: [File] {
        withExtendedLifetime(self) {
            (0..<modelsec_pack_file_count(handle)).map {
                File(pack: self, name: text(modelsec_pack_file_name(handle, $0)), size: modelsec_pack_file_size(handle, $0), index: $0)
            }
        }
    }

    /// The folder, absolute. It is there as long as the pack is held: see `withPath`.
    public var path: String { withExtendedLifetime(self) { text(modelsec_pack_path(handle)) } }

    /// The folder, absolute, there within `body`.
    public func withPath<T>(_ body: (String) throws -> T) rethrows -> T {
        try withExtendedLifetime(self) { try body(path) }
    }

    /// The same for loaders that have to be waited for.
    public func withPath<T>(_ body: (String) async throws -> T) async rethrows -> T {
        defer { withExtendedLifetime(self) {} }
        return try await body(path)
    }
}
