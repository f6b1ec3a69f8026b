import Contracts
import Ledger
import Testing

/// The acts of trade with the terms that matter to a test; the others are ordinary. `steelworks` buys from `foundry`,
/// and `rail` carries.
extension Book {
  typealias Item = (line: String, quantity: String, amount: String)

  mutating func order(
    _ number: String, by buyer: String = "steelworks", of supplier: String = "foundry",
    _ items: [Item] = [("10", "100", "1000.00")], currency: String = "CNY", carriers: [JSON] = ["rail"],
    tolerance: Int64 = 0, key: String = "main"
  ) throws -> Entry {
    try submit(
      "order/1", by: buyer, key: key,
      Terms.order(number, of: supplier, items, currency: currency, carriers: carriers, tolerance: tolerance))
  }

  mutating func answer(_ order: String, by supplier: String = "foundry", _ decision: JSON = "accepted") throws -> Entry
  {
    try submit(
      "order.response/1", by: supplier, ["buyer": "steelworks", "order": .string(order), "decision": decision])
  }

  mutating func dispatch(
    _ number: String, of order: String = "PO-1", by supplier: String = "foundry", carrier: JSON = "rail",
    _ items: [(line: String, quantity: String)] = [("10", "100")]
  ) throws -> Entry {
    try submit(
      "dispatch/1", by: supplier,
      [
        "buyer": "steelworks", "order": .string(order), "number": .string(number), "date": "2025-06-01",
        "carrier": carrier,
        "lines": .array(items.map { ["line": .string($0.line), "quantity": .string($0.quantity)] }),
      ])
  }

  mutating func attest(
    _ event: JSON, of dispatch: String, by carrier: String = "rail", on date: JSON = "2025-06-02"
  ) throws -> Entry {
    try submit(
      "attestation/1", by: carrier,
      ["supplier": "foundry", "dispatch": .string(dispatch), "event": event, "date": date])
  }

  mutating func receive(
    _ number: String, of dispatch: String, by buyer: String = "steelworks", _ lines: [JSON]? = nil
  ) throws -> Entry {
    try submit(
      "receipt/1", by: buyer,
      [
        "supplier": "foundry", "dispatch": .string(dispatch), "number": .string(number), "date": "2025-06-04",
        "lines": .array(lines ?? [["line": "10", "received": "100"]]),
      ])
  }

  mutating func invoice(
    _ number: String, of order: String = "PO-1", by supplier: String = "foundry", buyer: JSON = "steelworks",
    _ items: [Item] = [("10", "100", "1000.00")], additions: String = "0.00", deductions: String = "0.00",
    total: String = "1000.00", currency: String = "CNY"
  ) throws -> Entry {
    try submit(
      "invoice/1", by: supplier,
      [
        "buyer": buyer, "order": .string(order), "number": .string(number), "date": "2025-06-05",
        "currency": .string(currency), "lines": Terms.lines(items), "additions": .string(additions),
        "deductions": .string(deductions), "total": .string(total),
      ])
  }

  mutating func credit(
    _ number: String, of invoice: String = "INV-1", by supplier: String = "foundry", buyer: JSON = "steelworks",
    total: String, currency: String = "CNY"
  ) throws -> Entry {
    try submit(
      "credit-note/1", by: supplier,
      [
        "buyer": buyer, "invoice": .string(invoice), "number": .string(number), "date": "2025-06-06",
        "currency": .string(currency), "total": .string(total),
      ])
  }

  // MARK: Longer stories, in which every step is accepted

  mutating func acceptedOrder(
    _ number: String = "PO-1", _ items: [Item] = [("10", "100", "1000.00")], currency: String = "CNY",
    tolerance: Int64 = 0
  ) throws {
    try #require(order(number, items, currency: currency, tolerance: tolerance).outcome == .accepted)
    try #require(answer(number).outcome == .accepted)
  }

  /// Dispatches, delivers and receives in full what `items` name.
  mutating func delivered(
    _ number: String, of order: String = "PO-1", on date: JSON = "2025-06-02",
    _ items: [(line: String, quantity: String)] = [("10", "100")]
  ) throws {
    try #require(dispatch(number, of: order, items).outcome == .accepted)
    try #require(attest("pickedUp", of: number, on: "2025-06-01").outcome == .accepted)
    try #require(attest("delivered", of: number, on: date).outcome == .accepted)
    let lines: [JSON] = items.map { ["line": .string($0.line), "received": .string($0.quantity)] }
    try #require(receive("R-\(number)", of: number, lines).outcome == .accepted)
  }

  func theOrder(_ number: String) throws -> Order { try find(TradeID(issuer: "steelworks", number: number)) }
  func theDispatch(_ number: String) throws -> Dispatch { try find(TradeID(issuer: "foundry", number: number)) }
  func theInvoice(_ number: String) throws -> Invoice { try find(TradeID(issuer: "foundry", number: number)) }
}

enum Terms {
  static func lines(_ items: [Book.Item], unit: Bool = false) -> JSON {
    .array(
      items.map {
        let line: JSON = [
          "line": .string($0.line), "quantity": .string($0.quantity), "amount": .string($0.amount),
        ]
        return unit ? line.with("unit", "t") : line
      })
  }

  static func order(
    _ number: String, of supplier: String, _ items: [Book.Item], currency: String = "CNY", carriers: [JSON] = ["rail"],
    tolerance: Int64 = 0
  ) -> JSON {
    [
      "number": .string(number), "supplier": .string(supplier), "currency": .string(currency), "date": "2025-05-30",
      "lines": lines(items, unit: true), "carriers": .array(carriers), "toleranceBasisPoints": .integer(tolerance),
    ]
  }
}
