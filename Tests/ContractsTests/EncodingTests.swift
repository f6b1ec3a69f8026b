import Contracts
import Ledger
import Sodium
import Testing

@Suite("Encodings of state objects")
struct EncodingTests {
  static let id = TradeID(issuer: "foundry", number: "N°1")
  static let date = BusinessDate(daysSince1970: 20_000)

  static var order: Order {
    var line = Order.Line(line: "10", quantity: Quantity("1.5")!, unit: "t", amount: 100)
    line.dispatched = Quantity("1.4")!
    line.received = Quantity("1.3")!
    line.invoiced = Quantity("1.2")!
    line.delivered = date
    var order = Order(
      id: id, document: .zero, supplier: "foundry", currency: .cny, date: date, carriers: ["rail"],
      toleranceBasisPoints: 250, paymentDays: 60,
      lines: [line, Order.Line(line: "20", quantity: Quantity("2")!, unit: "t", amount: 7)])
    order.status = .rejected
    return order
  }

  static var dispatch: Dispatch {
    var dispatch = Dispatch(
      id: id, document: .zero, order: id, carrier: "rail", date: date,
      lines: [.init(position: 499, quantity: Quantity("3")!)])
    dispatch.pickedUp = .init(document: .zero, date: date)
    dispatch.receipt = "R-1"
    return dispatch
  }

  static var objects: [any (StateObject & Equatable)] {
    [
      order, dispatch, Receipt(id: id, document: .zero, dispatch: id, date: date, delivered: date),
      Invoice(
        id: id, document: .zero, order: id, currency: .cny, date: date, dueDate: date, total: 100, matched: 50,
        unmatched: MatchReason.allCases.map { .init(line: $0.name, reason: $0, quantity: Quantity("1")!, amount: 2) },
        delivered: date, credited: 10, confirmed: 20),
      Invoice(id: id, document: .zero, order: id, currency: .cny, date: date, total: 100, matched: 0),
      CreditNote(id: id, document: .zero, invoice: id, date: date, total: 5),
      KeyRing(member: "foundry", keys: ["main", "second"]),
      BoardAct(
        document: .zero, type: "member.admit/1", terms: ["id": "quarry", "keys": [1]], approvals: ["bank"],
        performedAt: 7),
      BoardAct(document: .zero, type: "member.admit/1", terms: [:], approvals: []),
      Genesis.example().parameters,
      ValidatorSetRecord(validators: Genesis.example().validators, decidedAt: 300),
      ObserverList(observers: Genesis.example().observers),
      Misbehaviour(evidence: MisbehaviourTests.evidence(300), organisation: "foundry", recordedAt: 70_000),
      MisbehaviourCount(of: .init(epoch: 300, signer: 30), recorded: 64),
    ]
  }

  @Test("What is written is read back, whole and only whole")
  func roundTrip() throws {
    func check<T: StateObject & Equatable>(_ object: T) throws {
      #expect(try T(cbor: object.cbor) == object)
      #expect(throws: CBORError.self) { try T(cbor: object.cbor + [0]) }
      #expect(throws: CBORError.self) { try T(cbor: object.cbor.dropLast()) }
      for length in 0..<object.cbor.count {
        #expect(throws: CBORError.self) { try T(cbor: Array(object.cbor.prefix(length))) }
      }
    }
    for object in Self.objects { try check(object) }
  }

  @Test("Any one byte changed is an error or another object that is written just so")
  func changedBytes() throws {
    func check<T: StateObject & Equatable>(_ object: T) {
      for index in object.cbor.indices {
        for change: UInt8 in [0x01, 0x20, 0x80, 0xff] {
          var bytes = object.cbor
          bytes[index] ^= change
          // Terms of an act that waits may be spaced otherwise: the text inside is no CBOR.
          if let other = try? T(cbor: bytes), !(other is BoardAct) { #expect(other.cbor == bytes && other != object) }
        }
      }
    }
    for object in Self.objects { check(object) }
  }

  @Test("A value that the rules could not have made is not read")
  func impossible() {
    var order = Self.order
    order.lines[0].received = Quantity(millionths: -1)
    #expect(throws: CBORError.self) { try Order(cbor: order.cbor) }
    order = Self.order
    order.lines = [.init(line: "10", quantity: .zero, unit: "t", amount: 1)]
    #expect(throws: CBORError.self) { try Order(cbor: order.cbor) }
    let invoice = Invoice(
      id: Self.id, document: .zero, order: Self.id, currency: .cny, date: Self.date, total: 100, matched: 100,
      credited: 60, confirmed: 41)
    #expect(throws: CBORError.self) { try Invoice(cbor: invoice.cbor) }
  }

  @Test("Keys of different tables and ids never coincide")
  func keys() {
    #expect(Order.key(Self.id) != Dispatch.key(Self.id))
    #expect(
      Order.key(TradeID(issuer: "ab", number: "c")) != Order.key(TradeID(issuer: "a", number: "bc")))
    #expect(Set(StateTable.allCases.map(\.rawValue)).count == StateTable.allCases.count)
  }

  @Test("The same documents on the same state give the same outcomes and the same changes")
  func determinism() throws {
    func story() throws -> (Executor.Result, MemoryState) {
      var book = Book()
      try book.acceptedOrder("PO-1", (0..<40).map { ("line \($0)", "\($0 + 1)", "10.00") })
      let admit = try book.document("member.admit/1", by: "bank", Genesis.member("quarry", ["supplier"]))
      let documents = [
        try book.document("order/1", by: "dealer", Terms.order("PO-1", of: "mill", [("1", "1", "1.00")])),
        try book.document("order/1", by: "dealer", Terms.order("PO-1", of: "mill", [("1", "1", "1.00")])), admit,
        try book.document("approval/1", by: "factor", ["document": .string(admit.id.description)]),
      ]
      let block = BlockContext(height: 9, time: 1_750_000_000_000)
      return (try Executor.execute(documents, in: block, on: book.state), book.state)
    }
    let (first, second) = (try story(), try story())
    #expect(first == second)
    #expect(first.0.outcomes.map(\.outcome) == [.accepted, .numberUsed, .awaitingApproval, .accepted])
    let keys = first.0.changes.map(\.key)
    #expect(zip(keys, keys.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
  }

  @Test("The record of an outcome is read back")
  func outcomes() throws {
    for outcome in Outcome.allCases {
      let record = OutcomeRecord(document: .zero, outcome: outcome, pointer: "/terms")
      #expect(try OutcomeRecord(cbor: record.cbor) == record)
    }
  }
}
