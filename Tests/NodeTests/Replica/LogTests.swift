import Client
import Foundation
import Ledger
import Node
import Testing

extension ProcessTests {
  @Suite("The consensus log of a long chain") struct LogTests {
    @Test("It lets go of what is executed: its files stay within a few segments however much is recorded") func pruned()
      async throws
    {
      try await TestNetwork.with(.alone) { network in
        try network.processes.startAll()
        try await network.waitUntilReady(network.names)
        let node = network.node("validator-1")
        let facts = try await NetworkFacts.fetch(node)
        let key = try network.key("huadong-motors/erp")
        var recorded = 0
        var largest = 0
        var round = 0
        // Segments have 16 MiB: this much would fill six.
        while recorded < 96 << 20 {
          round += 1
          let orders = (0..<100).map { number in
            key.sign(
              TestDocuments.order("PO-\(round)-\(number)", lines: 400), network: facts.network, now: facts.now,
              validity: facts.validity
            ).compact
          }
          let answer = try await node.post(
            "/v1/documents?wait=executed&timeout=60", Array(orders.joined(separator: [0x0a])), type: "application/jose")
          let lines = answer.body.split(separator: 0x0a)
          try #require(lines.count == orders.count)
          let first = try JSON.parse(Array(lines[0]))
          try #require(first["outcome"]?["number"] == 0, "\(first.text)")
          recorded += orders.reduce(0) { $0 + $1.count }
          largest = max(largest, try size(of: network.home("validator-1").consensus))
        }
        #expect(largest < 64 << 20, "\(largest) bytes of log for \(recorded) bytes of documents")
        network.kill(network.names)
        try network.processes.startAll()
        try await network.waitUntilReady(network.names)
        try await network.record(["PO-AFTER"], at: "validator-1")
      }
    }

    private func size(of folder: String) throws -> Int {
      // A segment can go while they are counted.
      try FileManager.default.contentsOfDirectory(atPath: folder).reduce(0) { sum, name in
        let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)
        return sum + ((attributes?[.size] as? Int) ?? 0)
      }
    }
  }
}
