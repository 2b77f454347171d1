// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "apprentice",
  products: [
    .executable(name: "apprentice", targets: ["apprentice"])
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    .systemLibrary(
      name: "COneDNN", pkgConfig: nil, providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(
      name: "CCrypto", pkgConfig: nil, providers: [.apt(["libssl-dev"])]),
    .target(name: "CNCurses", linkerSettings: [.linkedLibrary("ncursesw")]),
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "Feedback"),
    .target(name: "LanguageModel", dependencies: ["CKernels", "COneDNN", "CCrypto", "Feedback"]),
    .target(name: "Learning", dependencies: ["CKernels", "Feedback", "LanguageModel"]),
    .target(
      name: "Storage",
      dependencies: ["Feedback", .product(name: "GRDB", package: "GRDB.swift")]),
    .target(name: "Exchange", dependencies: ["Feedback", "LanguageModel", "Learning", "Storage"]),
    .target(
      name: "Trainer",
      dependencies: [
        "Exchange", "Feedback", "LanguageModel", "Learning", "Storage",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(name: "TerminalUI", dependencies: ["CNCurses"]),
    .target(name: "Workstation", dependencies: ["Feedback", "Storage", "TerminalUI"]),
    .executableTarget(
      name: "apprentice",
      dependencies: [
        "Exchange", "Feedback", "LanguageModel", "Learning", "Storage", "Trainer", "Workstation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),

    .systemLibrary(
      name: "CVTerm", path: "Tests/CVTerm", pkgConfig: nil, providers: [.apt(["libvterm-dev"])]),
    .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
    .target(
      name: "TestSupport",
      dependencies: [
        "CAllocationCount", "CVTerm", "Feedback", "LanguageModel", "Storage", "TerminalUI",
      ],
      path: "Tests/TestSupport", resources: [.copy("Fixtures")]),
    .testTarget(name: "FeedbackTests", dependencies: ["Feedback"]),
    .testTarget(name: "LanguageModelTests", dependencies: ["LanguageModel", "TestSupport"]),
    .testTarget(name: "LearningTests", dependencies: ["Learning", "TestSupport"]),
    .testTarget(name: "StorageTests", dependencies: ["Storage", "TestSupport"]),
    .testTarget(name: "ExchangeTests", dependencies: ["Exchange", "TestSupport"]),
    .testTarget(
      name: "TrainerTests",
      dependencies: ["Trainer", "TestSupport", .product(name: "Logging", package: "swift-log")]),
    .executableTarget(
      name: "TerminalProbe", dependencies: ["TerminalUI"], path: "Tests/TerminalProbe"),
    .testTarget(
      name: "TerminalUITests", dependencies: ["TerminalUI", "TestSupport", "TerminalProbe"],
      exclude: ["__Snapshots__"]),
    .testTarget(
      name: "WorkstationTests", dependencies: ["Workstation", "TestSupport"],
      exclude: ["__Snapshots__"]),
    .testTarget(
      name: "apprenticeTests",
      dependencies: [
        "apprentice", "Exchange", "Feedback", "LanguageModel", "Storage", "TerminalUI",
        "TestSupport",
      ]),
    .target(
      name: "FuzzedReaders", dependencies: ["Exchange", "Feedback", "LanguageModel"],
      path: "Tests/Fuzzing/Readers"),
    .testTarget(
      name: "MutationTests", dependencies: ["FuzzedReaders"], path: "Tests/Fuzzing/MutationTests"),
  ],
  swiftLanguageModes: [.v6]
)

// The fuzzers' `main` is libFuzzer's, so they exist only in the build that links it: scripts/fuzz.
if Context.environment["FUZZING"] != nil {
  for name in ["ModelFuzzer", "AdapterFuzzer"] {
    package.targets.append(
      .executableTarget(
        name: name, dependencies: ["FuzzedReaders"], path: "Tests/Fuzzing/\(name)"))
  }
}

// Warnings are errors in CI, and the coming language rules hold everywhere.
for target in package.targets where [.regular, .executable, .test].contains(target.type) {
  var settings = target.swiftSettings ?? []
  settings += [
    .enableUpcomingFeature("ExistentialAny")
  ]
  if Context.environment["CI"] != nil {
    settings.append(.treatAllWarnings(as: .error))
  }
  target.swiftSettings = settings
}
