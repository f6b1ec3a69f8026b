import Client
import Contracts
import Foundation
import Ledger
import Node
import Testing

extension ProcessTests {
  @Suite("Proofs from a real node") struct ProofTests {
    /// P-3: document, block, outcome, history, attestation and certificate hang together; nothing can be changed.
    @Test("P-3: proofs verify under genesis alone, and a proof with any bit changed does not") func proofs()
      async throws
    {
      try await TestNetwork.with(.whole) { network in
        try network.processes.startAll()
        try await network.waitUntilReady(network.names)
        let answers = try await network.record((1...6).map { "PO-\($0)" }, at: "validator-1")
        let genesis = network.setup.genesis
        for answer in answers {
          let id = try #require(answer.id)
          _ = try await network.node("observer-1").get("/v1/documents/\(id)?wait=attested&timeout=30")
          let json = try await network.node("observer-1").json("/v1/documents/\(id)/proof")
          let checked = try ProofCheck.check(json, genesis: genesis, document: id)
          #expect("\(checked.document)" == id)
          #expect(checked.outcome.outcome == .accepted)
          #expect(Int64(checked.height) == answer.height)
          #expect(checked.attestedBy > checked.height)
          #expect(checked.signers.count >= genesis.validators.quorum)
        }
        let json = try await network.node("observer-1").json("/v1/documents/\(answers[2].id!)/proof")
        try refuseEachChange(of: json, genesis)
        #expect(throws: ClientError.self) {
          try ProofCheck.check(json, genesis: genesis, document: answers[3].id)
        }
      }
    }

    private func refuseEachChange(of json: JSON, _ genesis: Genesis) throws {
      guard case .object(let members) = json else { return }
      func holds(_ name: String, _ value: String) -> Bool {
        let changed = JSON.object(members.map { $0.name == name ? .init(name, .string(value)) : $0 })
        guard let proof = DocumentProof(json: changed) else { return false }
        return (try? proof.verify(chain: genesis.chain, validators: genesis.validators)) != nil
      }
      for name in ["header", "inBlock", "outcome", "inOutcomes", "leaf", "inHistory", "attestation", "certificate"] {
        let text = try #require(json[name]?.string)
        let bytes = try #require(Base64URL.decode(text))
        #expect(holds(name, text))
        for index in bytes.indices {
          var changed = bytes
          changed[index] ^= 1 << (index % 8)
          #expect(!holds(name, Base64URL.encode(changed)), "\(name), byte \(index)")
        }
        #expect(!holds(name, Base64URL.encode(bytes.dropLast())))
        #expect(!holds(name, Base64URL.encode(bytes + [0])))
      }
      let document = try #require(json["document"]?.string)
      for (index, character) in document.utf8.enumerated() where character != UInt8(ascii: ".") {
        var changed = Array(document.utf8)
        changed[index] = character == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(!holds("document", String(decoding: changed, as: UTF8.self)), "document, character \(index)")
      }
    }

    @Test("P-3: a proof of one network means nothing in another") func otherNetwork() async throws {
      try await TestNetwork.with(.alone) { network in
        try network.processes.startAll()
        try await network.waitUntilReady(network.names)
        let answer = try await network.record(["PO-1"], at: "validator-1")[0]
        let id = try #require(answer.id)
        _ = try await network.node("validator-1").get("/v1/documents/\(id)?wait=attested&timeout=30")
        let json = try await network.node("validator-1").json("/v1/documents/\(id)/proof")
        _ = try ProofCheck.check(json, genesis: network.setup.genesis, document: id)
        let other = try TestDesk()
        #expect(throws: ClientError.self) { try ProofCheck.check(json, genesis: other.genesis, document: id) }
      }
    }
  }
}
