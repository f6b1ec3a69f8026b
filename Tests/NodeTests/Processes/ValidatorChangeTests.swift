import Client
import Foundation
import Ledger
import Node
import Testing

extension ProcessTests {
  @Suite("Validators that join, leave and rotate their keys") struct ValidatorChangeTests {
    /// One board organisation proposes what `lianrong validators change` printed, another approves.
    private func decide(_ network: TestNetwork, _ arguments: [String]) async throws {
      let url = network.processes.seats[0].url
      let change = try await Program.run(["validators", "change", "--url", url] + arguments)
      try #require(change.status == 0, "\(change.said)")
      let facts = try await NetworkFacts.fetch(network.node("validator-1"))
      func send(_ draft: DocumentDraft, by key: String) async throws -> SubmissionAnswer {
        try await network.node("validator-1").submit(
          try network.key(key).sign(draft, network: facts.network, now: facts.now, validity: facts.validity)
            .transmission)
      }
      let proposed = try await send(
        try #require(try DocumentDraft.read(Array(change.said.utf8)).first), by: "huadong-motors/officer")
      try #require(proposed.number == 1, "\(proposed.json.text)")
      let approved = try await send(
        DocumentDraft(type: "approval/1", terms: ["document": .string(try #require(proposed.id))]),
        by: "puhui-bank/officer")
      try #require(approved.number == 0, "\(approved.json.text)")
    }

    private func seat(_ network: TestNetwork, _ name: String, _ organisation: String) async throws -> String {
      let url = network.processes.seats[0].url
      let seat = try await Program.run([
        "validators", "seat", "--home", network.home(name).path, "--organisation", organisation, "--url", url,
      ])
      try #require(seat.status == 0, "\(seat.said)")
      let path = "\(network.folder)/seat-\(name).json"
      try seat.said.write(toFile: path, atomically: true, encoding: .utf8)
      return path
    }

    /// Goes on recording until every node is in `epoch`.
    private func enter(_ epoch: Int64, _ network: TestNetwork) async throws {
      var round = 0
      try await wait("every node is in epoch \(epoch)") {
        round += 1
        try await network.record(["PO-\(epoch)-\(round)"], at: "validator-1")
        for name in network.names where await network.status(name)?["epoch"]?.integer != epoch { return false }
        return true
      }
    }

    @Test("A node takes another's place, a key is rotated, and all of it follows from the genesis alone")
    func change() async throws {
      try await TestNetwork.with(.whole) { network in
        try network.processes.startAll()
        try await network.waitUntilReady(network.names)
        let before = try await network.record(["PO-BEFORE"], at: "validator-1")

        // The observer becomes the validator of its organisation in the place of validator-2; validator-2 only follows.
        let newcomer = try await seat(network, "observer-1", "bank-of-jiangnan")
        let leaver = try #require(
          try await network.node("validator-1").json("/v1/validators")["validators"]?.array?[1]["transportKey"]?.string)
        try await decide(network, ["--seat", newcomer, "--observer", "bank-of-jiangnan:\(leaver)"])
        try await enter(1, network)
        #expect(await network.status("observer-1")?["role"] == "validator")
        #expect(await network.status("validator-2")?["role"] == "observer")

        // Without one of the three others there is no quorum but with the newcomer's votes; the leaver's do not count.
        network.kill(["validator-3"])
        try await network.record(["PO-NEEDED"], at: "observer-1")
        network.kill(["validator-2"])
        try await network.record(["PO-NEEDED-2"], at: "observer-1")
        try network.start(["validator-3", "validator-2"])
        try await network.agreement()

        // A rotated key, while one validator is down: it finds the new epoch when it comes back.
        let rotated = try await seat(network, "validator-1", "huadong-motors")
        network.kill(["validator-4"])
        try await decide(network, ["--seat", rotated])
        try network.start(["validator-4"])
        try await enter(2, network)
        network.kill(["validator-3"])
        let after = try await network.record(["PO-AFTER"], at: "validator-1")
        try network.start(["validator-3"])
        try await network.agreement()

        let genesis = network.home("validator-1").genesis
        let url = network.processes.seats[3].url
        let listed = try await Program.run(["validators", "--genesis", genesis, "--url", url])
        #expect(listed.status == 0 && listed.said.contains("PROVED"), "\(listed.said)")
        for answer in before + after {
          let id = try #require(answer.id)
          try await wait("\(id) is attested") {
            try await network.record(["PO-ATTEST-\(UUID().uuidString.prefix(8))"], at: "validator-1")
            return try await network.node("validator-4").get("/v1/documents/\(id)/proof").status == 200
          }
          let proof = try await Program.run(["proof", id, "--genesis", genesis, "--url", url])
          #expect(proof.status == 0 && proof.said.contains("PROVED"), "\(proof.said)")
        }
        network.kill(network.names)
        for name in network.names {
          let audit = try await Program.run(["audit", "--home", network.home(name).path], limit: .seconds(120))
          #expect(audit.status == 0, "\(name): \(audit.said)")
        }
      }
    }
  }
}
