import Contracts
import Ledger
import Testing

@Suite("Orders, dispatches, attestations, receipts")
struct OrderTests {
  // MARK: Order

  @Test("A number is used once, by each issuer (K-1)")
  func numberUsedOnce() throws {
    var book = Book()
    #expect(try book.order("PO-1").outcome == .accepted)
    #expect(try book.order("PO-1", of: "mill").pointer == "/terms/number")
    #expect(try book.order("PO-1", of: "mill").outcome == .numberUsed)
    #expect(try book.order("PO-1", by: "dealer").outcome == .accepted)
  }

  @Test("A distributor orders from a core enterprise")
  func downstream() throws {
    var book = Book()
    #expect(try book.order("PO-1", by: "dealer", of: "steelworks").outcome == .accepted)
  }

  @Test(
    "The supplier is another member; carriers are carriers and neither party (K-3)",
    arguments: [
      ("nobody", ["rail"], Outcome.counterpartyUnknown, "/terms/supplier"),
      ("steelworks", ["rail"], .counterpartyIsIssuer, "/terms/supplier"),
      ("foundry", ["rail", "nobody"], .attestorUnknown, "/terms/carriers/1"),
      ("foundry", ["mill"], .attestorUnknown, "/terms/carriers/0"),
      ("foundry", ["foundry"], .attestorUnknown, "/terms/carriers/0"),
      ("rail", ["rail"], .attestorUnknown, "/terms/carriers/0"),
      ("rail", ["trucks"], .accepted, ""),
    ] as [(String, [String], Outcome, String)])
  func counterparties(supplier: String, carriers: [String], outcome: Outcome, pointer: String) throws {
    var book = Book()
    let entry = try book.order("PO-1", of: supplier, carriers: carriers.map { .string($0) })
    #expect(entry.outcome == outcome && entry.pointer == pointer)
  }

  @Test("An order names each line once")
  func repeatedLine() throws {
    var book = Book()
    let entry = try book.order("PO-1", [("10", "1", "1.00"), ("20", "1", "1.00"), ("10", "1", "1.00")])
    #expect(entry.outcome == .lineRepeated && entry.pointer == "/terms/lines/2/line")
  }

  @Test("Line ids that only look alike are two lines")
  func linesByBytes() throws {
    var book = Book()
    #expect(try book.order("PO-1", [("\u{e9}", "1", "1.00"), ("e\u{301}", "1", "1.00")]).outcome == .accepted)
  }

  // MARK: Answer

  @Test("Only the order's supplier answers, once, and only to what exists (K-4)")
  func answers() throws {
    var book = Book()
    #expect(try book.answer("PO-1").outcome == .orderUnknown)
    _ = try book.order("PO-1")
    #expect(try book.answer("PO-1", by: "mill").outcome == .notPartyToOrder)
    #expect(try book.answer("PO-1").outcome == .accepted)
    #expect(try book.answer("PO-1", "rejected").outcome == .orderNotOpen)
    #expect(try book.theOrder("PO-1").status == .accepted)
  }

  @Test("Nothing follows a rejected order")
  func rejected() throws {
    var book = Book()
    _ = try book.order("PO-1")
    #expect(try book.answer("PO-1", "rejected").outcome == .accepted)
    #expect(try book.theOrder("PO-1").status == .rejected)
    #expect(try book.dispatch("D-1").outcome == .orderNotAccepted)
    #expect(try book.invoice("INV-1").outcome == .orderNotAccepted)
  }

  // MARK: Dispatch

  @Test("A dispatch needs the order's supplier, a named carrier, known lines, each once, and its own number")
  func dispatchRules() throws {
    var book = Book()
    #expect(try book.dispatch("D-1").outcome == .orderUnknown)
    _ = try book.order("PO-1")
    #expect(try book.dispatch("D-1").outcome == .orderNotAccepted)
    _ = try book.answer("PO-1")
    #expect(try book.dispatch("D-1", by: "mill").outcome == .notPartyToOrder)
    #expect(try book.dispatch("D-1", carrier: "trucks").outcome == .notNamedForDelivery)
    let unknown = try book.dispatch("D-1", [("10", "1"), ("20", "1")])
    #expect(unknown.outcome == .lineUnknown && unknown.pointer == "/terms/lines/1/line")
    #expect(try book.dispatch("D-1", [("10", "1"), ("10", "1")]).outcome == .lineRepeated)
    #expect(try book.dispatch("D-1").outcome == .accepted)
    #expect(try book.dispatch("D-1").outcome == .numberUsed)
  }

  @Test("All dispatches of a line together stay within the order and its tolerance (K-5)")
  func dispatchTotals() throws {
    var book = Book()
    try book.acceptedOrder(tolerance: 250)
    #expect(try book.dispatch("D-1", [("10", "102.500001")]).outcome == .dispatchAboveOrdered)
    #expect(try book.dispatch("D-1", [("10", "60")]).outcome == .accepted)
    let above = try book.dispatch("D-2", [("10", "42.500001")])
    #expect(above.outcome == .dispatchAboveOrdered && above.pointer == "/terms/lines/0/quantity")
    #expect(try book.dispatch("D-2", [("10", "42.5")]).outcome == .accepted)
    #expect(try book.dispatch("D-3", [("10", "0.000001")]).outcome == .dispatchAboveOrdered)
    #expect(try book.theOrder("PO-1").lines[0].dispatched == Quantity("102.5"))
  }

  // MARK: Attestation

  @Test("Only the named carrier attests, picking up before delivery, each once (K-6)")
  func attestations() throws {
    var book = Book()
    try book.acceptedOrder()
    #expect(try book.attest("pickedUp", of: "D-1").outcome == .dispatchUnknown)
    _ = try book.dispatch("D-1")
    #expect(try book.attest("pickedUp", of: "D-1", by: "trucks").outcome == .notNamedForDelivery)
    #expect(try book.attest("delivered", of: "D-1").outcome == .attestationOutOfOrder)
    let pickedUp = try book.attest("pickedUp", of: "D-1")
    #expect(pickedUp.outcome == .accepted)
    #expect(try book.attest("pickedUp", of: "D-1").outcome == .alreadyAttested)
    let backwards = try book.attest("delivered", of: "D-1", on: "2025-06-01")
    #expect(backwards.outcome == .attestationOutOfOrder && backwards.pointer == "/terms/date")
    #expect(try book.attest("delivered", of: "D-1", on: "2025-06-02").outcome == .accepted)
    #expect(try book.attest("delivered", of: "D-1", on: "2025-06-03").outcome == .alreadyAttested)
    let dispatch = try book.theDispatch("D-1")
    #expect(dispatch.pickedUp?.document == pickedUp.id)
    #expect(dispatch.delivered?.date == BusinessDate("2025-06-02"))
  }

  // MARK: Receipt

  @Test("A receipt follows the attested delivery; there is one for each dispatch (K-7)")
  func receipts() throws {
    var book = Book()
    try book.acceptedOrder()
    #expect(try book.receive("R-1", of: "D-1").outcome == .dispatchUnknown)
    _ = try book.dispatch("D-1", [("10", "60")])
    _ = try book.dispatch("D-2", [("10", "40")])
    _ = try book.attest("pickedUp", of: "D-1")
    let lines: [JSON] = [["line": "10", "received": "60"]]
    #expect(try book.receive("R-1", of: "D-1", lines).outcome == .notDelivered)
    _ = try book.attest("delivered", of: "D-1")
    #expect(try book.receive("R-1", of: "D-1", by: "dealer", lines).outcome == .notPartyToOrder)
    #expect(try book.receive("R-1", of: "D-1", lines).outcome == .accepted)
    #expect(try book.receive("R-2", of: "D-1", lines).outcome == .receiptAlreadyRecorded)
    #expect(try book.receive("R-1", of: "D-2", lines).outcome == .numberUsed)
    let receipt: Receipt = try book.find(TradeID(issuer: "steelworks", number: "R-1"))
    #expect(receipt.delivered == BusinessDate("2025-06-02"))
  }

  @Test(
    "Good, damaged and rejected goods together are at most what was dispatched",
    arguments: [
      ("100", nil, nil, Outcome.accepted),
      ("98", "1", "1", .accepted),
      ("0", nil, "100", .accepted),
      ("100.000001", nil, nil, .receiptAboveDispatched),
      ("98", "1", "1.000001", .receiptAboveDispatched),
      ("0", "100.5", nil, .receiptAboveDispatched),
    ] as [(String, String?, String?, Outcome)])
  func receiptQuantities(received: String, damaged: String?, rejected: String?, outcome: Outcome) throws {
    var book = Book()
    try book.acceptedOrder()
    _ = try book.dispatch("D-1")
    _ = try book.attest("pickedUp", of: "D-1")
    _ = try book.attest("delivered", of: "D-1")
    let line = (["line": "10", "received": .string(received)] as JSON)
      .with("damaged", damaged.map { .string($0) }).with("rejected", rejected.map { .string($0) })
    #expect(try book.receive("R-1", of: "D-1", [line]).outcome == outcome)
    // Only good quantity counts.
    #expect(try book.theOrder("PO-1").lines[0].received == (outcome == .accepted ? Quantity(received) : .zero))
  }

  @Test("A receipt speaks of the dispatch's lines, each once")
  func receiptLines() throws {
    var book = Book()
    try book.acceptedOrder("PO-1", [("10", "100", "1000.00"), ("20", "5", "5.00")])
    _ = try book.dispatch("D-1", [("10", "100")])
    _ = try book.attest("pickedUp", of: "D-1")
    _ = try book.attest("delivered", of: "D-1")
    let line: JSON = ["line": "10", "received": "1"]
    #expect(try book.receive("R-1", of: "D-1", [line, line]).outcome == .lineRepeated)
    let foreign = try book.receive("R-1", of: "D-1", [line, ["line": "20", "received": "1"]])
    #expect(foreign.outcome == .lineUnknown && foreign.pointer == "/terms/lines/1/line")
  }
}
