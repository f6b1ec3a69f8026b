import Contracts
import Ledger
import Sodium
import Testing

@Suite("Only the legal party can act (K-2)")
struct AuthorityTests {
  static let book = Book(
    genesis: .example { json in
      json.with(
        "members",
        .array(
          json["members"]!.array! + [
            Genesis.member("clinic", ["regulator"], keys: [Genesis.key("clinic/main", ["confirm"])]),
            Genesis.member(
              "shop", ["distributor"],
              keys: [
                Genesis.key("shop/main", ["confirm"]),
                Genesis.key("shop/late", ["confirm"]).with("validFromHeight", 5),
                Genesis.key("shop/early").with("validUntilHeight", 1),
              ]),
          ]))
    })

  @Test("An unknown member or an unknown key can do nothing")
  func unknownKey() throws {
    var book = Self.book
    #expect(try book.order("PO-1", by: "nobody").outcome == .keyUnknown)
    #expect(try book.order("PO-1", by: "steelworks", key: "other").outcome == .keyUnknown)
  }

  @Test("A key that was replaced since the signature was checked no longer speaks for its member")
  func replacedKey() throws {
    var book = Self.book
    var state = State(book.state)
    state.put(
      KeyRecord(
        id: KeyID(member: "steelworks", name: "main"), publicKey: signingKey("thief/main").publicKey,
        permissions: [.trade], addedAt: 0, validFrom: 0, validUntil: nil))
    state.keepDocument()
    book.state.apply(state.changes)
    #expect(try book.order("PO-1").outcome == .keyUnknown)
  }

  @Test("Validity of the key comes before its permission")
  func validityFirst() throws {
    var book = Self.book
    #expect(try book.order("PO-1", by: "shop", key: "late").outcome == .keyNotValid)
    #expect(try book.order("PO-1", by: "shop", key: "early").outcome == .keyNotValid)
    book.height = 4
    #expect(try book.order("PO-1", by: "shop", key: "late").outcome == .permissionMissing)
  }

  @Test("The key's permission comes before the issuer's role, and the role before the rules")
  func permissionThenRoleThenRules() throws {
    var book = Self.book
    #expect(try book.order("PO-1", by: "clinic").outcome == .permissionMissing)
    #expect(try book.order("PO-1", by: "foundry", of: "foundry").outcome == .roleMissing)
    #expect(try book.order("PO-1", by: "steelworks", of: "steelworks").outcome == .counterpartyIsIssuer)
    #expect(try book.attest("delivered", of: "D-1", by: "foundry").outcome == .roleMissing)
  }

  @Test("A refused document leaves no trace, and the next one of its block is not hurt")
  func refusedLeavesNothing() throws {
    var book = Self.book
    let before = book.state
    _ = try book.order("PO-1", of: "nobody")
    #expect(book.state == before)
    let good = try book.document("order/1", by: "steelworks", Terms.order("PO-1", of: "foundry", [("1", "1", "1.00")]))
    let bad = try book.document("order/1", by: "steelworks", Terms.order("PO-1", of: "mill", [("1", "1", "1.00")]))
    #expect(try book.block([good, bad]).map(\.outcome) == [.accepted, .numberUsed])
    #expect(try book.theOrder("PO-1").supplier == "foundry")
  }

  @Test("A state that cannot be read ends the execution without a result")
  func stateFailure() throws {
    var book = Self.book
    let document = try book.document(
      "order/1", by: "steelworks", Terms.order("PO-1", of: "foundry", [("1", "1", "1.00")]))
    var damaged = book.state
    damaged.apply([StateChange(key: Member.key("foundry"), value: [0xff])])
    #expect(throws: StateFailure.self) {
      try Executor.execute([document], in: BlockContext(height: 1, time: 0), on: damaged)
    }
    #expect(throws: StateFailure.self) {
      try Executor.execute([document], in: BlockContext(height: 1, time: 0), on: MemoryState())
    }
  }
}
