import Client
import Foundation
import Ledger
import Node
import Replication
import Testing

extension ProcessTests {
  @Suite("C-40, C-41: nodes that begin with a certified state") struct SnapshotTests {
    /// States to fetch every ten heights, and soon reason to fetch one.
    private func shortIntervals(_ network: TestNetwork) throws {
      for name in network.names {
        var configuration = try network.home(name).readConfiguration()
        configuration.snapshots = SnapshotPolicy(interval: 10, gap: 20)
        try configuration.json.indented.write(
          toFile: network.home(name).configuration, atomically: true, encoding: .utf8)
      }
    }

    @Test(
      "A new node fetches the state in proved parts, through its own kill -9, and follows; so does a wiped validator")
    func snapshot() async throws {
      try await TestNetwork.with(.whole) { network in
        try shortIntervals(network)
        try network.start(network.validators)
        try await network.waitUntilReady(network.validators)
        for round in 1...60 { try await network.record(["PO-\(round)"], at: "validator-\(round % 4 + 1)") }
        try network.start(["observer-1"])
        // Whenever it is cut short, it goes on.
        try await Task.sleep(for: .milliseconds(400))
        network.kill(["observer-1"])
        try network.start(["observer-1"])
        try await network.agreement()
        let oldest = try #require(await network.status("observer-1")?["disk"]?["oldestHeight"]?.integer)
        #expect(oldest > 20, "it began with height \(oldest)")
        let gone = try await network.node("observer-1").get("/v1/blocks/3")
        #expect(gone.status == 410, "\(gone.status)")
        let recorded = try await network.record(["PO-LAST"], at: "observer-1")
        #expect(recorded[0].number == 0)

        // Everything but its keys, its sign state and its log.
        network.kill(["validator-4"])
        try FileManager.default.removeItem(atPath: network.home("validator-4").ledger)
        for round in 1...30 { try await network.record(["PO-MORE-\(round)"], at: "validator-1") }
        try network.start(["validator-4"])
        try await network.agreement()
        #expect(await network.status("validator-4")?["disk"]?["oldestHeight"]?.integer ?? 0 > oldest)
        network.kill(["validator-3"])
        try await network.record(["PO-NEEDED"], at: "validator-4")
        try network.start(["validator-3"])
        try await network.agreement()
      }
    }
  }
}
