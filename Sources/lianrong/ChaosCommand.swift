import ArgumentParser
import Client
import Foundation
import Ledger
import Node

struct ChaosCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chaos",
    abstract: "Four validators as processes, load, and real faults: kill -9, SIGSTOP, links, a full disk, clocks.",
    discussion: """
      A seed decides the faults; what they do to running processes is different each time. All that clients were told is \
      recorded and checked against what every node has in the end. Status 0 only when every check holds; otherwise the \
      nodes' folders are kept. docs/chaos.md says more.
      """)

  @Option(name: .long, help: "About how long to hurt the nodes.")
  var minutes = 2.0

  @Option(name: .long, help: "Decides which faults come when; by default another one each time.")
  var seed: UInt64?

  @Flag(name: .long, help: "Print one JSON object; progress goes to standard error.")
  var json = false

  func run() async throws {
    guard minutes > 0, minutes <= 24 * 60 else { throw ValidationError("minutes are above 0, and at most 1440.") }
    try await finishing {
      let folder = NSTemporaryDirectory() + "lianrong-chaos-\(ProcessInfo.processInfo.processIdentifier)"
      let cleanUp: @Sendable () -> Void = { try? FileManager.default.removeItem(atPath: folder) }
      let cluster = try Cluster.create(plan: ChaosCommand.plan, in: folder, ports: (8301, 9301))
      let network = cluster.network
      defer { network.stopAll() }
      let seed = self.seed ?? UInt64.random(in: 1...999_999)
      let command = "lianrong chaos --minutes \(minutes) --seed \(seed)"
      say("seed \(seed): \(command)")
      try await endingWithSignals(network, cleanUp) {
        let run = ChaosRun(
          network: network, plan: FaultPlan.make(seed: seed, nodes: network.seats.count, seconds: Int(minutes * 60)),
          genesis: cluster.setup.genesis, key: try MemberKey.read(folder + "/keys/buyer/erp.json"), supplier: "seller")
        let report = try await run.play(agree: { try await cluster.agreement() }, progress: say)
        if json { output(report.json(seed: seed, command: command).text) } else { output("\n" + report.text) }
        guard report.holds else {
          network.stopAll()
          complain("\nA check does not hold. What the nodes have and said is kept in \(folder).\nAgain: \(command)")
          throw ExitCode(1)
        }
      }
      network.stopAll()
      cleanUp()
    }
  }

  @Sendable private func say(_ text: String) {
    if json { complain(text) } else { output(text) }
  }

  /// Short timers, so that minutes are long, and little tolerance for clocks, so that wrong ones are felt.
  private static var plan: [UInt8] {
    let hosts = (1...4).map { index -> JSON in
      ["organisation": .string("bank-\(index)"), "host": "127.0.0.1", "peerPort": 0, "httpPort": 0]
    }
    func member(_ id: String, _ role: String, _ key: String, _ permission: String) -> JSON {
      [
        "id": .string(id), "name": .string(id), "roles": [.string(role)], "identifiers": [],
        "keys": [["name": .string(key), "permissions": [.string(permission)]]],
      ]
    }
    let members =
      [member("buyer", "coreEnterprise", "erp", "trade"), member("seller", "supplier", "erp", "trade")]
      + (1...4).map { member("bank-\($0)", "bank", "officer", "governance") }
    let plan: JSON = [
      "name": "chaos", "production": false, "members": .array(members), "validators": .array(hosts),
      "board": ["organisations": ["bank-1"], "threshold": 1],
      "parameters": [
        "documentValiditySeconds": 86_400, "deltaMilliseconds": 300, "clockDriftMilliseconds": 2000,
        "idleIntervalMilliseconds": 5000,
      ],
    ]
    return Array(plan.text.utf8)
  }
}
