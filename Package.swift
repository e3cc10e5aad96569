// swift-tools-version: 6.1
import PackageDescription

/// Every target is compiled with the same settings: Swift 6 mode, explicit
/// existentials and imports, and, on x86-64, AVX2 and FMA (any processor since
/// 2015). OpenBLAS chooses its own kernels at run time.
let commonSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]
#if arch(x86_64)
  let settings = commonSettings + [.unsafeFlags(["-Xcc", "-mavx2", "-Xcc", "-mfma"])]
#else
  let settings = commonSettings
#endif

func layer(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// Folders beside the sources of a test target: recorded numbers and names, or
/// scripts.
let testData = [
  "Transformer": ["Reference"], "Training": ["Reference"], "solon": ["Recorded", "Hostile"],
]

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
    exclude: testData[name] ?? [], swiftSettings: settings)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let ordered = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")

let package = Package(
  name: "solon",
  products: [.executable(name: "solon", targets: ["solon"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CLua", pkgConfig: "lua5.4", providers: [.apt(["liblua5.4-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CReadline", providers: [.apt(["libreadline-dev"])]),
    .target(name: "CLuaHost", dependencies: ["CLua"]),
    layer("KeyedRandom"),
    layer("Statistics", ["KeyedRandom"]),
    .target(name: "CKernels"),
    layer("Kernels", ["CKernels", "COpenBLAS", "KeyedRandom"]),
    layer("Transformer", ["Kernels", "KeyedRandom", crypto]),
    layer("Inference", ["Transformer", "Kernels", "KeyedRandom", crypto]),
    layer("Training", ["Inference", "Transformer", "Kernels", "KeyedRandom"]),
    layer("TensorBoard"),
    layer("Benchmarks", ["Training", "Inference", "Transformer", "Kernels", "KeyedRandom"]),
    layer("LuaHost", ["CLuaHost", "CLua", ordered, crypto]),
    layer("Constitution", ["LuaHost", "KeyedRandom", crypto]),
    layer("RunStore", [grdb, crypto]),
    layer(
      "Stages",
      [
        "Constitution", "LuaHost", "Training", "Inference", "Transformer",
        "Kernels", "RunStore", "Statistics", "KeyedRandom", crypto,
      ]),
    layer("Report", ["RunStore", "Statistics"]),
    layer(
      "Session",
      [
        "Stages", "Report", "RunStore", "Constitution", "LuaHost", "Inference", "Kernels",
        "KeyedRandom",
      ]),
    .executableTarget(
      name: "solon",
      dependencies: [
        "Session", "Stages", "Report", "RunStore", "Constitution", "LuaHost", "TensorBoard",
        "Benchmarks", "Training", "Inference", "Transformer", "Kernels", "KeyedRandom", "CReadline",
        argumentParser,
      ],
      swiftSettings: settings),
    tests("KeyedRandom", []),
    tests("Statistics", ["KeyedRandom"]),
    tests("Kernels", ["CKernels", "KeyedRandom"]),
    tests("Transformer", ["Kernels", "KeyedRandom"]),
    tests("Inference", ["Transformer", "Kernels", "KeyedRandom"]),
    tests("Training", ["Inference", "Transformer", "Kernels", "KeyedRandom"]),
    tests("TensorBoard", []),
    tests("Benchmarks", ["Transformer"]),
    tests("LuaHost", []),
    tests("Constitution", ["LuaHost", "KeyedRandom"]),
    tests("RunStore", [grdb]),
    tests("Stages", ["Constitution", "Inference", "RunStore", "KeyedRandom"]),
    tests("Report", ["RunStore"]),
    tests("solon", ["Constitution", "LuaHost", "RunStore"]),
  ],
  swiftLanguageModes: [.v6]
)
