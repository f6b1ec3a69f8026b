import Contracts
import Ledger
import Sodium
import Testing

/// A network of four validators and an observer, whose board decides who comes after them.
private struct Convention {
  static let first = ["steelworks", "dealer", "foundry", "mill"]
  var book: Book
  var epoch: UInt64 = 0

  init(_ organisations: [String] = Convention.first) {
    book = Book(
      genesis: .example { json in
        json.with(
          "validators",
          .array(
            organisations.map {
              [
                "organisation": .string($0), "voteKey": publicKey("\($0)/vote"),
                "transportKey": publicKey("\($0)/node"),
              ]
            }))
      })
  }

  var network: String { book.genesis.network }

  /// A validator with the keys of these names, and its vote key's signature under what it should say.
  func seat(
    _ organisation: String, vote: String? = nil, transport: String? = nil, epoch: UInt64 = 1, network: String? = nil,
    signer: String? = nil
  ) -> JSON {
    let voteName = vote ?? "\(organisation)/vote"
    let transportName = transport ?? "\(organisation)/node"
    let validator = Validator(
      organisation: organisation, voteKey: signingKey(voteName).publicKey,
      transportKey: signingKey(transportName).publicKey)
    let statement = validator.possessionStatement(network: network ?? self.network, epoch: epoch)
    return [
      "organisation": .string(organisation), "voteKey": publicKey(voteName), "transportKey": publicKey(transportName),
      "possession": .string(Base64URL.encode(signingKey(signer ?? voteName).sign(statement).bytes)),
    ]
  }

  /// The validators of the genesis, unchanged.
  func kept(_ organisation: String) -> JSON { seat(organisation).with("possession", nil) }

  /// The first three go on, and these join.
  func joined(_ seats: JSON...) -> JSON {
    ["epoch": 1, "validators": .array(Convention.first.prefix(3).map(kept) + seats)]
  }

  mutating func decide(_ terms: JSON) throws -> (Outcome, String) {
    let proposal = try submit("validators/1", by: "bank", terms)
    guard proposal.outcome == .awaitingApproval else { return (proposal.outcome, proposal.pointer) }
    return try approve(proposal.id)
  }

  mutating func approve(_ id: Digest) throws -> (Outcome, String) {
    let approval = try submit("approval/1", by: "factor", ["document": .string(id.description)])
    return (approval.outcome, approval.pointer)
  }

  mutating func submit(_ type: String, by issuer: String, _ terms: JSON) throws -> Book.Entry {
    let document = try book.document(type, by: issuer, terms)
    book.height += 1
    let result = try Executor.execute(
      [document], in: BlockContext(height: book.height, time: 1_750_000_000_000, epoch: epoch), on: book.state)
    book.state.apply(result.changes)
    return Book.Entry(id: document.id, outcome: result.outcomes[0].outcome, pointer: result.outcomes[0].pointer)
  }

  func set(_ epoch: UInt64) -> ValidatorSetRecord? {
    var state = State(book.state)
    return state.get(ValidatorSetRecord.self, epoch)
  }
}

@Suite("The validators of the next epoch (K-15 to K-17)")
struct ValidatorChangeTests {
  @Test("The genesis' validators are decided at height 0, its observers too")
  func genesis() throws {
    let convention = Convention()
    #expect(convention.set(0) == ValidatorSetRecord(validators: convention.book.genesis.validators, decidedAt: 0))
    let observers: ObserverList = try convention.book.find(ObserverList.id)
    #expect(observers.observers == convention.book.genesis.observers)
    #expect(ValidatorSetRecord.key(258) == [6, 0, 0, 0, 0, 0, 0, 1, 2])
  }

  @Test("K-15: a quorum of the board decides them; the record says when, and those of now stay what they are")
  func decided() throws {
    var convention = Convention()
    let proposal = try convention.submit("validators/1", by: "bank", convention.joined(convention.seat("rail")))
    #expect(proposal.outcome == .awaitingApproval && convention.set(1) == nil)
    #expect(try convention.approve(proposal.id) == (.accepted, ""))
    let record = try #require(convention.set(1))
    #expect(record.decidedAt == 2 && record.validators.epoch == 1)
    #expect(record.validators.validators.map(\.organisation) == ["steelworks", "dealer", "foundry", "rail"])
    #expect(record.validators.validators[3].voteKey == signingKey("rail/vote").publicKey)
    #expect(convention.set(0)?.validators.validators.map(\.organisation) == Convention.first)
    // What is not named stays.
    let observers: ObserverList = try convention.book.find(ObserverList.id)
    #expect(observers.observers == convention.book.genesis.observers)
  }

  @Test("K-12: nobody but the board proposes or approves it")
  func onlyTheBoard() throws {
    var convention = Convention()
    let terms = convention.joined(convention.seat("rail"))
    #expect(try convention.submit("validators/1", by: "rail", terms).outcome == .notBoardMember)
    let proposal = try convention.submit("validators/1", by: "bank", terms)
    let outsider = try convention.submit(
      "approval/1", by: "dealer", ["document": .string(proposal.id.description)])
    #expect(outsider.outcome == .notBoardMember)
    let again = try convention.submit("approval/1", by: "bank", ["document": .string(proposal.id.description)])
    #expect(again.outcome == .alreadyApproved && convention.set(1) == nil)
  }

  @Test("K-15: one set ahead and no more, each decided in the epoch before it")
  func oneAhead() throws {
    var convention = Convention()
    let all = Convention.first.map { convention.kept($0) }
    func terms(_ epoch: Int64) -> JSON { ["epoch": .integer(epoch), "validators": .array(all)] }
    for epoch: Int64 in [0, 2, 9_007_199_254_740_991] {
      #expect(try convention.decide(terms(epoch)) == (.epochNotNext, "/terms/epoch"))
    }
    #expect(try convention.decide(terms(1)) == (.accepted, ""))
    #expect(try convention.decide(terms(1)) == (.changeDecided, "/terms/epoch"))
    #expect(try convention.decide(terms(2)) == (.epochNotNext, "/terms/epoch"))
    convention.epoch = 1
    #expect(try convention.decide(terms(1)) == (.epochNotNext, "/terms/epoch"))
    #expect(try convention.decide(terms(2)) == (.accepted, ""))
    #expect(convention.set(2)?.decidedAt == convention.book.height)
  }

  @Test("K-15: of two proposals for one epoch one is enacted, and one that waited into the next epoch is void")
  func overtaken() throws {
    var convention = Convention()
    let first = try convention.submit("validators/1", by: "bank", convention.joined(convention.seat("rail")))
    let second = try convention.submit("validators/1", by: "bank", convention.joined(convention.seat("trucks")))
    let third = try convention.submit("validators/1", by: "bank", convention.joined(convention.seat("factor")))
    #expect(try convention.approve(second.id) == (.accepted, ""))
    #expect(try convention.approve(first.id) == (.changeDecided, "/terms/epoch"))
    convention.epoch = 1
    #expect(try convention.approve(third.id) == (.epochNotNext, "/terms/epoch"))
    #expect(convention.set(1)?.validators.validators[3].organisation == "trucks" && convention.set(2) == nil)
  }

  @Test("Four are the fewest, unless the network began with fewer")
  func fewest() throws {
    var convention = Convention()
    let three: JSON = ["epoch": 1, "validators": .array(Convention.first.prefix(3).map(convention.kept))]
    #expect(try convention.decide(three) == (.tooFewValidators, "/terms/validators"))
    var small = Convention(["steelworks", "dealer"])
    let one: JSON = ["epoch": 1, "validators": [small.kept("dealer")]]
    #expect(try small.decide(one) == (.tooFewValidators, "/terms/validators"))
    let two: JSON = ["epoch": 1, "validators": [small.kept("dealer"), small.seat("mill")]]
    #expect(try small.decide(two) == (.accepted, ""))
  }

  @Test("More than 31, keys of another length and a possession that is no signature are refused at the door")
  func form() throws {
    var convention = Convention()
    let seat = convention.seat("rail")
    let many: JSON = ["epoch": 1, "validators": .array(Array(repeating: seat, count: 32))]
    #expect(throws: Violations.self) { try convention.book.document("validators/1", by: "bank", many) }
    for (name, value) in [("voteKey", "AAAA"), ("transportKey", ""), ("possession", "AAAA")] {
      let terms = convention.joined(seat.with(name, .string(value)))
      #expect(throws: Violations.self) { try convention.book.document("validators/1", by: "bank", terms) }
    }
  }

  @Test("Every validator is a member, and an organisation runs one")
  func organisations() throws {
    var convention = Convention()
    #expect(
      try convention.decide(convention.joined(convention.seat("nobody")))
        == (.memberUnknown, "/terms/validators/3/organisation"))
    let twin = convention.seat("dealer", vote: "dealer/second", transport: "dealer/third")
    #expect(
      try convention.decide(convention.joined(twin)) == (.organisationRepeated, "/terms/validators/3/organisation"))
  }

  @Test("K-16: no key is used twice, for two purposes, or by two organisations; none has small order")
  func keys() throws {
    var convention = Convention()
    func expect(_ seat: JSON, _ outcome: Outcome, _ key: String) throws {
      #expect(try convention.decide(convention.joined(seat)) == (outcome, "/terms/validators/3/\(key)"))
    }
    try expect(convention.seat("rail", vote: "dealer/vote"), .nodeKeyUsed, "voteKey")
    try expect(convention.seat("rail", transport: "rail/vote"), .nodeKeyUsed, "transportKey")
    try expect(convention.seat("rail", transport: "dealer/node"), .nodeKeyUsed, "transportKey")
    // Of the validator that leaves, and of an observer.
    try expect(convention.seat("rail", vote: "mill/vote"), .nodeKeyUsed, "voteKey")
    try expect(convention.seat("rail", transport: "bank/node"), .nodeKeyUsed, "transportKey")
    // The own keys, exchanged.
    try expect(convention.seat("mill", vote: "mill/node", transport: "mill/new"), .nodeKeyUsed, "voteKey")
    let smallOrder = JSON.string(Base64URL.encode([1] + [UInt8](repeating: 0, count: 31)))
    try expect(convention.seat("rail").with("voteKey", smallOrder), .keyNotAcceptable, "voteKey")
    try expect(convention.seat("rail").with("transportKey", smallOrder), .keyNotAcceptable, "transportKey")
    #expect(convention.set(1) == nil)
    // The organisation's own keys may go on in another place.
    #expect(try convention.decide(convention.joined(convention.seat("bank"))) == (.accepted, ""))
  }

  @Test("K-17: whoever is not a validator just so already shows that it has the vote key")
  func possession() throws {
    var convention = Convention()
    let refused: (Outcome, String) = (.possessionInvalid, "/terms/validators/3/possession")
    let rail = convention.seat("rail")
    #expect(try convention.decide(convention.joined(rail.with("possession", nil))) == refused)
    #expect(try convention.decide(convention.joined(convention.seat("rail", signer: "bank/vote"))) == refused)
    // For another epoch, network, organisation or transport key.
    #expect(try convention.decide(convention.joined(convention.seat("rail", epoch: 2))) == refused)
    #expect(try convention.decide(convention.joined(convention.seat("rail", network: "other-0"))) == refused)
    #expect(try convention.decide(convention.joined(rail.with("organisation", "trucks"))) == refused)
    #expect(try convention.decide(convention.joined(rail.with("transportKey", publicKey("rail/other")))) == refused)
    // A validator that stays, but with another transport key or vote key.
    let moved = convention.seat("mill", transport: "mill/other")
    #expect(try convention.decide(convention.joined(moved.with("possession", nil))) == refused)
    let rotated = convention.seat("mill", vote: "mill/second")
    #expect(try convention.decide(convention.joined(rotated.with("possession", nil))) == refused)
    // What is there must be right, also where it need not be there.
    let kept = convention.seat("mill", epoch: 5)
    #expect(try convention.decide(convention.joined(kept)) == refused)
    #expect(try convention.decide(convention.joined(rotated)) == (.accepted, ""))
    #expect(convention.set(1)?.validators.validators[3].voteKey == signingKey("mill/second").publicKey)
  }

  @Test("Observers that are named take the place of the others at once; a validator that leaves may go on as one")
  func observers() throws {
    var convention = Convention()
    func terms(_ observers: JSON...) -> JSON {
      convention.joined(convention.seat("rail")).with("observers", .array(observers))
    }
    func observer(_ organisation: String, _ key: String) -> JSON {
      ["organisation": .string(organisation), "transportKey": publicKey(key)]
    }
    let place = "/terms/observers/0"
    #expect(try convention.decide(terms(observer("nobody", "x/node"))) == (.memberUnknown, place + "/organisation"))
    #expect(try convention.decide(terms(observer("rail", "rail/node"))) == (.nodeKeyUsed, place + "/transportKey"))
    #expect(try convention.decide(terms(observer("bank", "mill/node"))) == (.nodeKeyUsed, place + "/transportKey"))
    #expect(try convention.decide(terms(observer("mill", "mill/vote"))) == (.nodeKeyUsed, place + "/transportKey"))
    #expect(
      try convention.decide(terms(observer("mill", "mill/node"), observer("trucks", "trucks/node"))) == (.accepted, ""))
    let list: ObserverList = try convention.book.find(ObserverList.id)
    #expect(list.observers.map(\.organisation) == ["mill", "trucks"])
  }

  @Test("None are left when an empty list is named")
  func noObservers() throws {
    var convention = Convention()
    let terms = convention.joined(convention.seat("rail")).with("observers", [])
    #expect(try convention.decide(terms) == (.accepted, ""))
    #expect(try convention.book.find(ObserverList.id, ObserverList.self).observers.isEmpty)
  }
}
