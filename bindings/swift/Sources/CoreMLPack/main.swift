// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A Core ML model that comes as a signed zip pack: CoreMLPack MANIFEST_URL KEY_ID BASE64 MODEL STORE [CA_FILE]
import Foundation
import Modelsec

#if canImport(CoreML)
import CoreML
#endif

let arguments = CommandLine.arguments
guard arguments.count >= 6 else {
    print("CoreMLPack MANIFEST_URL KEY_ID BASE64 MODEL STORE [CA_FILE]")
    exit(2)
}
do {
    let client = try ModelsecClient(ClientOptions(store: arguments[5], caFile: arguments.count > 6 ? arguments[6] : nil))
    var request = ModelRequest(modelId: arguments[4], manifestURL: arguments[1], trust: .pins([arguments[2]: arguments[3]]))
    request.platforms = ["macos_coreml_zip", "ios_coreml_zip"]
    let active = try await client.ensure(request)
    let folder = URL(fileURLWithPath: active.path)
    let found = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .first { ["mlmodelc", "mlpackage"].contains($0.pathExtension) }
    guard let bundle = found else {
        print("there is no Core ML model in the pack")
        exit(1)
    }
    #if canImport(CoreML)
    let compiled = bundle.pathExtension == "mlpackage" ? try await MLModel.compileModel(at: bundle) : bundle
    print(try MLModel(contentsOf: compiled).modelDescription)
    #else
    print("\(active.version): \(bundle.lastPathComponent)")
    #endif
} catch let error as ModelsecError {
    print(error)
    exit(error.code.rawValue)
}
