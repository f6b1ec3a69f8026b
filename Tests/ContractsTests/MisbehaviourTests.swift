import Contracts
import Ledger
import Sodium
import Testing

@Suite("C-15: what the chain records of misbehaviour")
struct MisbehaviourTests {
  /// A network of four validators, and the evidence that blocks bring.
  struct Court {
    var book = Book(
      genesis: .example { json in
        json.with(
          "validators",
          .array(
            ["steelworks", "dealer", "bank", "factor"].map {
              [
                "organisation": .string($0), "voteKey": publicKey("\($0)/vote"),
                "transportKey": publicKey("\($0)/port"),
              ]
            }))
      })

    /// A block with this evidence and no document.
    @discardableResult
    mutating func block(_ evidence: [Evidence], documents: [AdmittedDocument] = []) throws -> Executor.Result {
      book.height += 1
      let result = try Executor.execute(
        documents, evidence: evidence, in: BlockContext(height: book.height, time: 1_750_000_000_000), on: book.state)
      book.state.apply(result.changes)
      return result
    }

    func find(_ offence: Offence) -> Misbehaviour? {
      var state = State(book.state)
      return state.get(Misbehaviour.self, offence)
    }

    func isSettled(_ evidence: Evidence) throws -> Bool {
      try Misbehaviour.isSettled(evidence.offence, on: book.state)
    }
  }

  /// Nobody looks at signatures here: they are part of a block's validity, not of its execution.
  static func evidence(_ view: UInt64, by signer: Int = 1, epoch: UInt64 = 0, _ blocks: (UInt8, UInt8) = (1, 2))
    -> Evidence
  {
    func vote(_ block: UInt8) -> Vote {
      let proposal = Proposal(view: view, parentView: 0, payload: Digest(.block, of: [block]))
      return Vote(
        epoch: epoch, signer: signer, subject: .notarize(proposal),
        signature: Signature([UInt8](repeating: block, count: 64))!)
    }
    return Evidence(vote(blocks.0), vote(blocks.1))!
  }

  @Test("It names the organisation and the height, and holds the votes")
  func recorded() throws {
    var court = Court()
    try court.block([])
    let evidence = Self.evidence(5)
    #expect(try !court.isSettled(evidence))
    let result = try court.block([evidence])
    #expect(result.outcomes.isEmpty)
    #expect(
      court.find(evidence.offence) == Misbehaviour(evidence: evidence, organisation: "dealer", recordedAt: 2))
    #expect(try court.isSettled(evidence))
  }

  @Test("An offence is recorded once, by whatever votes it is shown again")
  func once() throws {
    var court = Court()
    let evidence = Self.evidence(5)
    try court.block([evidence])
    #expect(try court.block([evidence]).changes.isEmpty)
    #expect(try court.block([Self.evidence(5, (3, 4))]).changes.isEmpty)
    #expect(court.find(evidence.offence)?.evidence == evidence)
    let other = Self.evidence(5, by: 2)
    #expect(try court.block([evidence, other]).changes.count == 2)
    #expect(court.find(other.offence)?.organisation == "bank")
  }

  @Test("Of one validator in one epoch sixty-four are recorded, and then no more; others keep their room")
  func bound() throws {
    var court = Court()
    let all = (1...70).map { Self.evidence($0) }
    for start in stride(from: 0, to: all.count, by: Block.maximumEvidence) {
      try court.block(Array(all[start..<min(start + Block.maximumEvidence, all.count)]))
    }
    #expect(all.map { court.find($0.offence) != nil } == (1...70).map { $0 <= Misbehaviour.maximumRecorded })
    #expect(try all.allSatisfy { try court.isSettled($0) }, "what has no room is not wanted either")
    #expect(try court.block([Self.evidence(1000)]).changes.isEmpty)
    let others = Self.evidence(1000, by: 2)
    #expect(try !court.isSettled(others))
    try court.block([others])
    #expect(court.find(others.offence) != nil)
  }

  @Test("Evidence against nobody, or of an epoch without validators, changes nothing and fails no block")
  func nobody() throws {
    var court = Court()
    let strangers = [Self.evidence(5, by: 4), Self.evidence(5, by: 30), Self.evidence(5, epoch: 1)]
    #expect(try court.block(strangers).changes.isEmpty)
    let order = try court.book.document(
      "order/1", by: "dealer", Terms.order("PO-1", of: "mill", [("1", "1", "1.00")]))
    let result = try court.block(strangers + [Self.evidence(6)], documents: [order])
    #expect(result.outcomes.map(\.outcome) == [.accepted])
    for evidence in strangers {
      #expect(court.find(evidence.offence) == nil)
      #expect(try !court.isSettled(evidence))
    }
    #expect(court.find(Self.evidence(6).offence) != nil)
  }

  @Test("The documents of a block fare the same with and without evidence")
  func documents() throws {
    var plain = Court()
    var accused = Court()
    func story(_ court: inout Court, _ evidence: [Evidence]) throws -> Executor.Result {
      let documents = try [("PO-1", "mill"), ("PO-1", "mill"), ("PO-2", "foundry")].map {
        try court.book.document("order/1", by: "dealer", Terms.order($0.0, of: $0.1, [("1", "1", "1.00")]))
      }
      return try court.block(evidence, documents: documents)
    }
    let a = try story(&plain, [])
    let b = try story(&accused, [Self.evidence(5)])
    #expect(a.outcomes == b.outcomes && a.outcomes.map(\.outcome) == [.accepted, .numberUsed, .accepted])
    let extra = b.changes.filter { !a.changes.contains($0) }
    #expect(extra.map(\.key[0]) == [StateTable.misbehaviour.rawValue, StateTable.misbehaviourCount.rawValue])
    #expect(a.changes.count + 2 == b.changes.count)
  }

  @Test("A state that cannot be read ends the execution, as everywhere")
  func unreadable() {
    struct Unreadable: StateReader {
      let state: MemoryState
      func value(of key: [UInt8]) throws(StateFailure) -> [UInt8]? {
        if key[0] == StateTable.misbehaviour.rawValue { throw StateFailure("unreadable") }
        return try state.value(of: key)
      }
    }
    let state = Unreadable(state: Court().book.state)
    let evidence = Self.evidence(5)
    #expect(throws: StateFailure.self) {
      try Executor.execute([], evidence: [evidence], in: BlockContext(height: 1, time: 0), on: state)
    }
    #expect(throws: StateFailure.self) { try Misbehaviour.isSettled(evidence.offence, on: state) }
  }

  @Test("Keys ascend with epoch, view and validator")
  func keys() {
    let offences = [(0, 9, 3), (1, 1, 3), (1, 7, 0), (1, 7, 1), (1, 256, 0), (256, 0, 0)].map {
      Offence(epoch: $0.0, view: $0.1, signer: $0.2)
    }
    let keys = offences.map { Misbehaviour.key($0) }
    #expect(zip(keys, keys.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    #expect(keys.allSatisfy { $0.count == 18 })
  }
}
