// swift-tools-version:5.9
// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
import PackageDescription

// Where a release has the xcframework, as packaging/release/swift.sh writes it here; without one it lies where make_xcframework.sh puts it.
let released: (url: String, checksum: String)? = nil

// On Apple's systems the C library comes as an xcframework (bindings/swift/make_xcframework.sh); elsewhere it is installed, and found by
// pkg-config.
#if os(macOS)
let library = released.map { Target.binaryTarget(name: "CModelsec", url: $0.url, checksum: $0.checksum) }
    ?? Target.binaryTarget(name: "CModelsec", path: "bindings/swift/CModelsec.xcframework")
#else
let library = Target.systemLibrary(name: "CModelsec", path: "bindings/swift/Sources/CModelsec", pkgConfig: "modelsec_c")
#endif

// What the static library of the xcframework stands on and every Apple system has.
let systemLibraries: [LinkerSetting] = [
    .linkedLibrary("c++", .when(platforms: [.macOS, .iOS])),
    .linkedLibrary("z", .when(platforms: [.macOS, .iOS])),
    .linkedFramework("Security", .when(platforms: [.macOS, .iOS])),
    .linkedFramework("CoreFoundation", .when(platforms: [.macOS, .iOS])),
]

let package = Package(
    name: "Modelsec",
    platforms: [.macOS(.v12), .iOS(.v15)],
    products: [.library(name: "Modelsec", targets: ["Modelsec"])],
    targets: [
        library,
        .target(name: "Modelsec", dependencies: ["CModelsec"], path: "bindings/swift/Sources/Modelsec", linkerSettings: systemLibraries),
        .executableTarget(name: "CoreMLPack", dependencies: ["Modelsec"], path: "bindings/swift/Sources/CoreMLPack"),
        .executableTarget(name: "ModelsecTests", dependencies: ["Modelsec"], path: "bindings/swift/Tests/Origin"),
    ])
