// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import CModelsec

/// A pack that stays on disk and readable as long as this object lives, whatever happens to the store.
public final class OpenPack: @unchecked Sendable {
    /// A file of it.
    public struct File: Sendable {
        /// Relative to `path`.
        public let name: String
        public let size: UInt64
        /// For reading, owned by the pack: for loaders that take one, so that no path has to leave. Use `pread` or `dup` it.
        public let descriptor: Int32
    }

    private let pack: OpaquePointer

    init(_ pack: OpaquePointer) { self.pack = pack }
    deinit { modelsec_pack_release(pack) }

    /// The folder, absolute.
    public var path: String { text(modelsec_pack_path(pack)) }
    public var version: String { text(modelsec_pack_version(pack)) }
    public var sha256: String { text(modelsec_pack_sha256(pack)) }
    public var files: [File] {
        (0..<modelsec_pack_file_count(pack)).map {
            File(name: text(modelsec_pack_file_name(pack, $0)), size: modelsec_pack_file_size(pack, $0),
                descriptor: modelsec_pack_file_descriptor(pack, $0))
        }
    }
}
