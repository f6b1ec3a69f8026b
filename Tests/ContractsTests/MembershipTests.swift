import Contracts
import Ledger
import Sodium
import Testing

extension Book {
  mutating func admit(_ id: String, by organisation: String = "bank", _ change: (JSON) -> JSON = { $0 }) throws -> Entry
  {
    try submit("member.admit/1", by: organisation, change(Genesis.member(id, ["supplier"])))
  }

  mutating func approve(_ document: Digest, by organisation: String) throws -> Entry {
    try submit("approval/1", by: organisation, ["document": .string(document.description), "decision": "approve"])
  }

  /// Proposed by the bank, approved by the factor: the outcome of the approval.
  mutating func byBoard(_ type: String, _ terms: JSON) throws -> Entry {
    let proposal = try submit(type, by: "bank", terms)
    guard proposal.outcome == .awaitingApproval else { return proposal }
    return try approve(proposal.id, by: "factor")
  }

  mutating func addKey(
    _ name: String, to member: String = "foundry", by issuer: String = "foundry", signedWith key: String = "main",
    _ change: (JSON) -> JSON = { $0 }
  ) throws -> Entry {
    try submit(
      "key.add/1", by: issuer, key: key,
      ["member": .string(member), "key": change(Genesis.key("\(member)/\(name)"))])
  }

  mutating func revokeKey(
    _ name: JSON, of member: JSON = "foundry", by issuer: String = "foundry", signedWith key: String = "main",
    from height: Int64? = nil
  ) throws -> Entry {
    try submit(
      "key.revoke/1", by: issuer, key: key,
      (["member": member, "key": name] as JSON).with("fromHeight", height.map { .integer($0) }))
  }

  func key(_ member: String, _ name: String) throws -> KeyRecord { try find(KeyID(member: member, name: name)) }
}

@Suite("Membership")
struct MembershipTests {
  // MARK: The board (K-12)

  @Test("A quorum of the governance board admits; the new member can act from the next height on")
  func admission() throws {
    var book = Book()
    let proposal = try book.admit("quarry")
    #expect(proposal.outcome == .awaitingApproval)
    #expect(
      try book.submit("order.response/1", by: "quarry", ["buyer": "x", "order": "x", "decision": "accepted"])
        .outcome == .keyUnknown)
    #expect(try book.approve(proposal.id, by: "factor").outcome == .accepted)
    let member: Member = try book.find("quarry")
    #expect(member.admittedAt == 3 && member.roles == [.supplier])
    #expect(try book.key("quarry", "main").validFrom == 4)
    #expect(try book.order("PO-1", of: "quarry").outcome == .accepted)
    #expect(try book.answer("PO-1", by: "quarry").outcome == .accepted)
  }

  @Test("One organisation counts once, and an act is performed once")
  func approvals() throws {
    var book = Book()
    let proposal = try book.admit("quarry")
    #expect(try book.approve(proposal.id, by: "bank").outcome == .alreadyApproved)
    #expect(try book.approve(.zero, by: "factor").outcome == .nothingToApprove)
    #expect(try book.approve(proposal.id, by: "foundry").outcome == .notBoardMember)
    #expect(try book.approve(proposal.id, by: "factor").outcome == .accepted)
    #expect(try book.approve(proposal.id, by: "steelworks").outcome == .nothingToApprove)
  }

  @Test("A board of three that needs all three waits for the third")
  func threeApprovals() throws {
    var book = Book(
      genesis: .example { $0.with("board", ["organisations": ["steelworks", "bank", "factor"], "threshold": 3]) })
    let proposal = try book.admit("quarry")
    #expect(try book.approve(proposal.id, by: "factor").outcome == .awaitingApproval)
    #expect(try book.approve(proposal.id, by: "factor").outcome == .alreadyApproved)
    #expect(try book.approve(proposal.id, by: "steelworks").outcome == .accepted)
    let act: BoardAct = try book.find(proposal.id)
    #expect(act.approvals == ["bank", "factor", "steelworks"] && act.performedAt == 4)
  }

  @Test("A board of one needs nobody else")
  func oneIsEnough() throws {
    var book = Book(genesis: .example { $0.with("board", ["organisations": ["bank"], "threshold": 1]) })
    #expect(try book.admit("quarry").outcome == .accepted)
  }

  @Test("Only the board admits, and what cannot be performed is not even proposed")
  func admissionRules() throws {
    var book = Book()
    #expect(try book.admit("quarry", by: "foundry").outcome == .notBoardMember)
    #expect(try book.admit("foundry").outcome == .memberExists)
    let twice = try book.admit("quarry") {
      $0.with("keys", [Genesis.key("quarry/main"), Genesis.key("quarry/main")])
    }
    #expect(twice.outcome == .keyExists && twice.pointer == "/terms/keys/1/name")
  }

  @Test("An act that became impossible while it waited is refused to the approver and stays undone")
  func overtaken() throws {
    var book = Book()
    let first = try book.admit("quarry")
    let second = try book.admit("quarry", by: "steelworks")
    #expect(try book.approve(first.id, by: "factor").outcome == .accepted)
    #expect(try book.approve(second.id, by: "factor").outcome == .memberExists)
    let act: BoardAct = try book.find(second.id)
    #expect(act.approvals == ["steelworks"] && act.performedAt == nil)
  }

  @Test(
    "The registration of a member checks its identifiers",
    arguments: [
      ("uscc", "91110000600037341L", Outcome.awaitingApproval),
      ("uscc", "91350203M0001QAY9B", .awaitingApproval),
      ("uscc", "91110000600037341N", .identifierInvalid),
      ("lei", "5493007HHN4G8PA5MS11", .awaitingApproval),
      ("lei", "5493007HHN4G8PA5MS12", .identifierInvalid),
      ("vat", "anything", .awaitingApproval),
    ])
  func identifiers(scheme: String, value: String, outcome: Outcome) throws {
    var book = Book()
    let entry = try book.admit("quarry") {
      $0.with("identifiers", [["scheme": .string(scheme), "value": .string(value)]])
    }
    #expect(entry.outcome == outcome)
    #expect(entry.pointer == (outcome == .identifierInvalid ? "/terms/identifiers/0/value" : ""))
  }

  @Test("A point of small order is never registered as a key")
  func unacceptableKey() throws {
    var book = Book()
    let smallOrder = JSON.string(Base64URL.encode([1] + [UInt8](repeating: 0, count: 31)))
    #expect(try book.addKey("second") { $0.with("publicKey", smallOrder) }.outcome == .keyNotAcceptable)
  }

  // MARK: Keys (K-13, K-14)

  @Test("A member adds a key by itself, at once")
  func addOwnKey() throws {
    var book = Book()
    #expect(try book.addKey("second").outcome == .accepted)
    #expect(try book.key("foundry", "second").validFrom == 2)
    #expect(try book.order("PO-1").outcome == .accepted)
    #expect(
      try book.submit(
        "order.response/1", by: "foundry", key: "second",
        ["buyer": "steelworks", "order": "PO-1", "decision": "accepted"]
      ).outcome == .accepted)
  }

  @Test("A key is not valid in the block that adds it")
  func notInTheSameBlock() throws {
    var book = Book()
    let add = try book.document(
      "key.add/1", by: "steelworks", ["member": "steelworks", "key": Genesis.key("steelworks/second")])
    let use = try book.document(
      "order/1", by: "steelworks", key: "second", Terms.order("PO-1", of: "foundry", [("1", "1", "1.00")]))
    #expect(try book.block([add, use]).map(\.outcome) == [.accepted, .keyNotValid])
  }

  @Test("For another member only the board adds and revokes keys, with its own permission")
  func boardKeys() throws {
    var book = Book()
    #expect(try book.addKey("second", by: "mill").outcome == .notBoardMember)
    #expect(
      try book.byBoard("key.add/1", ["member": "foundry", "key": Genesis.key("foundry/second")]).outcome == .accepted)
    #expect(try book.byBoard("key.revoke/1", ["member": "foundry", "key": "main"]).outcome == .accepted)
    #expect(try book.byBoard("key.revoke/1", ["member": "foundry", "key": "second"]).outcome == .accepted)
    #expect(try book.addKey("third").outcome == .keyNotValid)
    #expect(
      try book.byBoard("key.add/1", ["member": "nobody", "key": Genesis.key("nobody/main")]).outcome == .memberUnknown)
    #expect(try book.byBoard("key.revoke/1", ["member": "nobody", "key": "main"]).outcome == .memberUnknown)
  }

  @Test("A member's own keys need the permission for keys, the board's acts the one for governance")
  func permissions() throws {
    var book = Book(
      genesis: .example { json in
        let members = json["members"]!.array!.map { member in
          member["id"] == "bank"
            ? Genesis.member(
              "bank", ["bank"],
              keys: [Genesis.key("bank/own", ["keys"]), Genesis.key("bank/board", ["governance"])]) : member
        }
        return json.with("members", .array(members))
      })
    #expect(try book.addKey("new", to: "bank", by: "bank", signedWith: "board").outcome == .permissionMissing)
    #expect(try book.addKey("new", to: "bank", by: "bank", signedWith: "own").outcome == .accepted)
    #expect(try book.addKey("new", to: "mill", by: "bank", signedWith: "own").outcome == .permissionMissing)
    #expect(try book.addKey("new", to: "mill", by: "bank", signedWith: "board").outcome == .awaitingApproval)
  }

  @Test("A key's name is never used again, not even after its revocation")
  func namesAreNotReused() throws {
    var book = Book()
    #expect(try book.addKey("main").outcome == .keyExists)
    _ = try book.addKey("second")
    _ = try book.revokeKey("second")
    #expect(try book.addKey("second").outcome == .keyExists)
  }

  @Test("A member has at most 64 keys, ever")
  func tooManyKeys() throws {
    var book = Book()
    for index in 2...64 { #expect(try book.addKey("k\(index)").outcome == .accepted) }
    #expect(try book.addKey("k65").outcome == .tooManyKeys)
  }

  @Test("A validity that would end before it begins is refused")
  func emptyValidity() throws {
    var book = Book()
    book.height = 9
    #expect(try book.addKey("second") { $0.with("validUntilHeight", 11) }.outcome == .heightInPast)
    #expect(try book.addKey("second") { $0.with("validUntilHeight", 13) }.outcome == .accepted)
    #expect(try book.key("foundry", "second").validFrom == 12)
  }

  @Test("A validity that is stated to begin in the past begins at the next height")
  func noValidityInThePast() throws {
    var book = Book()
    book.height = 9
    #expect(try book.addKey("second") { $0.with("validFromHeight", 3) }.outcome == .accepted)
    #expect(try book.key("foundry", "second").validFrom == 11)
  }

  @Test("A revocation takes effect at the next height at the earliest")
  func revocation() throws {
    var book = Book()
    _ = try book.addKey("second")
    #expect(try book.revokeKey("second", from: 2).outcome == .heightInPast)
    #expect(try book.revokeKey("second", from: 9).outcome == .accepted)
    #expect(try book.key("foundry", "second").validUntil == 9)
    #expect(try book.revokeKey("second").outcome == .accepted)
    #expect(try book.key("foundry", "second").validUntil == 5)
    #expect(try book.revokeKey("second").outcome == .keyNotValid)
    #expect(try book.revokeKey("third").outcome == .keyUnknown)
    #expect(try book.revokeKey("main", of: "mill").outcome == .notBoardMember)
  }

  @Test("A member cannot revoke its last key that manages keys; the board can")
  func lastKey() throws {
    var book = Book()
    _ = try book.addKey("trading") { $0.with("permissions", ["trade"]) }
    _ = try book.addKey("later") { $0.with("validFromHeight", 90) }
    #expect(try book.revokeKey("main").outcome == .lastKey)
    #expect(try book.revokeKey("main", from: 90).outcome == .accepted)
    #expect(try book.revokeKey("trading").outcome == .accepted)
    #expect(try book.byBoard("key.revoke/1", ["member": "foundry", "key": "main"]).outcome == .accepted)
  }
}
