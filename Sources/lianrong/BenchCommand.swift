import ArgumentParser
import Client
import Foundation
import Ledger
import Node

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract:
      "Starts a network on this machine, submits pre-signed documents through the real interface and prints JSON.",
    discussion: """
      throughput: as many documents as the network takes, several a request. latency: ten documents a second, each on its own. \
      Latency is from submission to the finalized outcome. stages: microseconds of one validator for each document.
      """)

  enum Mode: String, ExpressibleByArgument, CaseIterable {
    case throughput
    case latency
  }

  @Option(name: .long, help: "throughput or latency.")
  var mode = Mode.throughput

  @Option(name: .long, help: "How many validators, 1 to 31.")
  var validators = 4

  @Option(name: .long, help: "How long to measure.")
  var seconds = 10

  @Option(name: .long, help: "Requests at once.")
  var concurrency = 8

  @Option(name: .long, help: "Documents a request.")
  var batch = 100

  @Flag(name: .long, help: "Print one JSON object (always done; the flag says it plainly).")
  var json = false

  func run() async throws {
    guard (1...31).contains(validators), (1...3600).contains(seconds), (1...1024).contains(concurrency),
      (1...4096).contains(batch)
    else { throw ValidationError("validators 1 to 31, seconds 1 to 3600, concurrency 1 to 1024, batch 1 to 4096.") }
    try await finishing {
      let folder = NSTemporaryDirectory() + "lianrong-bench-\(ProcessInfo.processInfo.processIdentifier)"
      let cleanUp: @Sendable () -> Void = { try? FileManager.default.removeItem(atPath: folder) }
      defer { cleanUp() }
      let cluster = try Cluster.create(plan: BenchPlan.json(validators: validators), in: folder, ports: (8201, 9201))
      let network = cluster.network
      complain("starting \(validators) validators")
      try network.startAll()
      defer { network.stopAll() }
      try await endingWithSignals(network, cleanUp) {
        try await network.waitUntilReady()
        let facts = try await NetworkFacts.fetch(network.client)
        let key = try MemberKey.read(folder + "/keys/b/k.json")
        let generator = LoadGenerator(network: network, validators: validators)
        let result =
          switch mode {
          case .throughput:
            try await generator.throughput(
              seconds: seconds, concurrency: concurrency, batch: batch, key: key, supplier: "s", facts: facts,
              progress: complain)
          case .latency:
            try await generator.latency(
              seconds: seconds, key: key, supplier: "s", facts: facts, progress: complain)
          }
        output(result.text)
      }
    }
  }
}

/// A network for measuring: short names, so that documents have the size that is measured elsewhere.
enum BenchPlan {
  static func json(validators: Int) -> [UInt8] {
    let hosts = (0..<validators).map { index -> JSON in
      ["organisation": .string("v\(index)"), "host": "127.0.0.1", "peerPort": 0, "httpPort": 0]
    }
    func member(_ id: String, _ role: String, _ permissions: JSON) -> JSON {
      [
        "id": .string(id), "name": .string(id), "roles": [.string(role)], "identifiers": [],
        "keys": [["name": "k", "permissions": permissions]],
      ]
    }
    let members =
      [member("b", "coreEnterprise", ["trade"]), member("s", "supplier", ["trade"])]
      + (0..<validators).map { member("v\($0)", "bank", ["governance"]) }
    let plan: JSON = [
      "name": "n", "production": false, "members": .array(members), "validators": .array(hosts),
      "board": ["organisations": ["v0"], "threshold": 1], "parameters": ["documentValiditySeconds": 86_400],
    ]
    return Array(plan.text.utf8)
  }
}
