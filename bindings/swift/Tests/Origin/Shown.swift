// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Runs what docs/swift.md shows: each of its blocks stands here, word by word; scripts/swift.sh compares.
import Foundation
import Modelsec

func shown(_ world: World) async throws {
    try world.origin.publish()
    let (folder, caFile, manifest, key) = (world.store, world.origin.ca, world.origin.manifest, world.origin.key)

    let client = try ModelsecClient(ClientOptions(store: folder, caFile: caFile))
    let request = ModelRequest(modelId: "demo", manifestURL: manifest, trust: .pins(["v1": key]))
    do {
        let model = try await client.ensure(request)
        print("\(model.version) is in \(model.path)")
    } catch let error as ModelsecError where error.code == .expired {
        print("the publisher must issue a new manifest")
    } catch {
        print(error) // generic; ModelsecError.detail is for your own eyes
    }

    let operation = try client.startFetch(request)
    for await event in operation.events {
        if case .progress(_, let bytes, let total) = event { print("\(bytes) of \(total)") }
    }
    let model = try await operation.model

    let pack = try await client.open(model.modelId)
    for file in pack.files {
        let first = file.withDescriptor { descriptor in
            var byte: UInt8 = 0
            return pread(descriptor, &byte, 1, 0) == 1 ? byte : nil
        }
        print(file.name, file.size, first ?? 0)
    }
    let names = try pack.withPath { try FileManager.default.contentsOfDirectory(atPath: $0) }
    try expect(names == ["model.bin"])
}
