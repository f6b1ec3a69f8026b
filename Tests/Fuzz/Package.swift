// swift-tools-version: 6.2
import PackageDescription

// The decoders of the project under libFuzzer, a package of its own: its targets are links to the project's folders,
// compiled with coverage and address checks. Nothing of the main package depends on it. Use run.sh, which links the
// toolchain's libFuzzer.

let attacked: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .unsafeFlags(["-sanitize=fuzzer,address"]),
]

let package = Package(
  name: "fuzz",
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2")
  ],
  targets: [
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium"),
    .systemLibrary(name: "CLevelDB"),
    .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: attacked),
    .target(name: "Ledger", dependencies: ["Sodium"], swiftSettings: attacked),
    .target(name: "Consensus", dependencies: ["Ledger", "Sodium"], swiftSettings: attacked),
    .target(name: "Contracts", dependencies: ["Ledger", "Sodium"], swiftSettings: attacked),
    .target(name: "Financing", dependencies: ["Contracts", "Ledger", "Sodium"], swiftSettings: attacked),
    .target(name: "LedgerStore", dependencies: ["CLevelDB", "Ledger", "Sodium"], swiftSettings: attacked),
    // Single files of Replication, Node and Client: what they decode, without what they depend on.
    .target(
      name: "Replication", dependencies: ["LedgerStore", "Consensus", "Contracts", "Ledger", "Sodium"],
      swiftSettings: attacked),
    .target(
      name: "Frames",
      dependencies: ["Replication", "Ledger", "Sodium", .product(name: "NIOCore", package: "swift-nio")],
      swiftSettings: attacked),
    .target(name: "Business", dependencies: ["Contracts", "Ledger"], swiftSettings: attacked),
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        "Business", "Frames", "Replication", "LedgerStore", "Financing", "Contracts", "Consensus", "Ledger", "Sodium",
      ],
      swiftSettings: attacked, linkerSettings: [.linkedLibrary("stdc++")]),
  ]
)
