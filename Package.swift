// swift-tools-version: 6.2
import PackageDescription

// The manifest is the architecture: each target lists exactly what it may import (docs/ARCHITECTURE.md),
// and Tests/ProjectTests fails on any other import.

let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOSSL", package: "swift-nio-ssl"),
  .product(name: "X509", package: "swift-certificates"),
  .product(name: "Crypto", package: "swift-crypto"),
]

let package = Package(
  name: "lianrong",
  products: [
    .executable(name: "lianrong", targets: ["lianrong"]),
    .library(name: "Client", targets: ["Client"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0", traits: []),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CLevelDB", providers: [.apt(["libleveldb-dev"])]),

    // The pure targets: no Foundation, no NIO, no clock, no IO.
    .target(name: "Sodium", dependencies: ["CSodium"], swiftSettings: house),
    .target(name: "Ledger", dependencies: ["Sodium"], swiftSettings: house),
    .target(name: "Consensus", dependencies: ["Ledger", "Sodium"], swiftSettings: house),
    .target(name: "Contracts", dependencies: ["Ledger", "Sodium"], swiftSettings: house),
    .target(name: "Financing", dependencies: ["Contracts", "Ledger", "Sodium"], swiftSettings: house),

    // The shell.
    .target(name: "LedgerStore", dependencies: ["CLevelDB", "Ledger", "Sodium"], swiftSettings: house),
    .target(
      name: "Replication",
      dependencies: [
        "LedgerStore", "Financing", "Consensus", "Contracts", "Ledger", "Sodium",
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: house),
    .target(
      name: "Node",
      dependencies: [
        "Replication", "LedgerStore", "Financing", "Consensus", "Contracts", "Ledger", "Sodium",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ] + nio,
      swiftSettings: house),
    // Whole clusters of the real thing in one thread, from one seed.
    .target(
      name: "Simulator",
      dependencies: ["Replication", "LedgerStore", "Financing", "Consensus", "Contracts", "Ledger", "Sodium"],
      swiftSettings: house),
    .target(
      name: "Client",
      dependencies: [
        "Financing", "Contracts", "Ledger", "Sodium",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: house),
    .executableTarget(
      name: "lianrong",
      dependencies: [
        "Node", "Replication", "Simulator", "Client", "Contracts", "Ledger", "Sodium",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: house),

    .testTarget(name: "SodiumTests", dependencies: ["Sodium"], swiftSettings: house),
    .testTarget(name: "LedgerTests", dependencies: ["Ledger", "Sodium"], swiftSettings: house),
    .testTarget(name: "ConsensusTests", dependencies: ["Consensus", "Ledger", "Sodium"], swiftSettings: house),
    .testTarget(name: "ContractsTests", dependencies: ["Contracts", "Ledger", "Sodium"], swiftSettings: house),
    .testTarget(
      name: "FinancingTests", dependencies: ["Financing", "Contracts", "Ledger", "Sodium"], swiftSettings: house),
    .testTarget(name: "LedgerStoreTests", dependencies: ["LedgerStore", "Ledger", "Sodium"], swiftSettings: house),
    .testTarget(
      name: "SimulatorTests", dependencies: ["Simulator"], exclude: ["Mutants", "mutants.sh"], swiftSettings: house),
    .testTarget(
      name: "ClientTests", dependencies: ["Client", "Financing", "Contracts", "Ledger"], swiftSettings: house),
    .testTarget(
      name: "NodeTests",
      dependencies: [
        "Node", "Replication", "Consensus", "Client", "LedgerStore", "Financing", "Contracts", "Ledger", "Sodium",
      ] + nio,
      swiftSettings: house),
    // The architecture, the documents and the house rules, checked against the files.
    .testTarget(
      name: "ProjectTests", dependencies: ["Node", "Financing", "Contracts", "Ledger"], swiftSettings: house),
  ]
)
