import Client
import Foundation
import Ledger
import Node
import Testing

extension ProcessTests {
  @Suite("Nodes that come late or lost what they had") struct CatchUpTests {
    private func orders(_ prefix: String, _ count: Int) -> [String] { (1...count).map { "\(prefix)-\($0)" } }

    private func remove(_ paths: String...) throws {
      for path in paths { try FileManager.default.removeItem(atPath: path) }
    }

    @Test("An observer follows from genesis on, late, and again after its ledger was deleted") func observer()
      async throws
    {
      try await TestNetwork.with(.whole) { network in
        try network.start(network.validators)
        try await network.waitUntilReady(network.validators)
        try await network.record(orders("PO", 40), at: "validator-1")
        let observer = "observer-1"
        try network.start([observer])
        try await network.agreement()
        for folder in [network.home(observer).ledger, network.home(observer).consensus] {
          network.kill([observer])
          try await network.record(orders("PO-\(folder.count)", 5), at: "validator-2")
          try remove(folder)
          try network.start([observer])
          try await network.agreement()
        }
        // Still one that follows.
        let recorded = try await network.record(["PO-LAST"], at: "validator-3")
        try await network.waitUntil(observer, isAt: try #require(recorded[0].height))
      }
    }

    @Test("A validator that lost everything but its keys does not vote until it is safe, follows, and votes again")
    func wipedValidator() async throws {
      try await TestNetwork.with(.whole) { network in
        try network.processes.startAll()
        try await network.waitUntilReady(network.names)
        try await network.record(orders("PO", 20), at: "validator-1")
        network.kill(network.names)
        let (wiped, others) = ("validator-1", Array(network.validators.dropFirst()))
        let home = network.home(wiped)
        try remove(home.ledger, home.consensus, home.signState)

        // Alone it cannot learn what it has signed before: it must not vote.
        try network.start([wiped])
        try await network.waitUntilLive(wiped)
        #expect(await network.status(wiped)?["voting"]?.string != "normal")
        #expect(await network.status(wiped)?["height"] == 0)

        try network.start(others)
        try await network.waitUntilReady(others)
        let answers = try await network.record(orders("PO-AFTER", 10), at: "validator-2")
        try await network.waitUntil(wiped, isAt: try #require(answers.last?.height))
        var round = 0
        try await wait("the validator votes again") {
          // It is safe again when the chain has passed every view in which it may have voted.
          round += 1
          try await network.record(["PO-ROUND-\(round)"], at: "validator-2")
          return await network.status(wiped)?["voting"]?.string == "normal"
        }
        // With another one gone, there is no quorum without its vote.
        network.kill(["validator-3"])
        try await network.record(orders("PO-NEEDED", 5), at: wiped)
        try network.start(["validator-3", "observer-1"])
        try await network.agreement()
      }
    }
  }
}
