import Ledger
import Sodium

/// A buyer orders goods and names who may attest their delivery.
package struct PlaceOrder: Act {
  package static let type = "order/1"
  package static let title = "Order of a buyer to a supplier"
  package static let permission = Permission.trade
  package static let roles: [Role] = [.coreEnterprise, .distributor]
  package static let committed = ["description", "unitPrice", "addresses", "note", "lineDescriptions"]
  static let maximumCarriers = 8
  static let maximumTolerance: Int64 = 2000

  let number: String
  let supplier: String
  let currency: Currency
  let date: BusinessDate
  let lines: [Order.Line]
  let carriers: [String]
  let toleranceBasisPoints: Int64
  let paymentDays: Int64?

  package init(_ form: inout Form) {
    number = form.number()
    supplier = form.identifier("supplier")
    let currency = form.currency()
    self.currency = currency
    date = form.date("date")
    lines = form.list("lines", 1...maximumLines) { form in
      Order.Line(
        line: form.line(), quantity: form.positiveQuantity("quantity"), unit: form.text("unit", 1...16),
        amount: form.amount("amount", currency))
    }
    carriers = form.identifiers("carriers", 0...PlaceOrder.maximumCarriers)
    toleranceBasisPoints =
      form.optional("toleranceBasisPoints") { $0.integer("toleranceBasisPoints", 0...PlaceOrder.maximumTolerance) } ?? 0
    paymentDays = form.optional("paymentDays") { $0.integer("paymentDays", 0...365) }
  }

  package var parties: [String] { [supplier] }

  /// K-3: the supplier is another member, and whoever may attest delivery is neither of the two.
  package func perform(_ execution: inout Execution) throws(Rejection) {
    let buyer = execution.issuer.id
    let id = TradeID(issuer: buyer, number: number)
    try execution.requireUnused(id, Order.self)
    try execution.require(supplier != buyer, .counterpartyIsIssuer, "/terms/supplier")
    try execution.member(supplier, orElse: .counterpartyUnknown, "/terms/supplier")
    for (index, carrier) in carriers.enumerated() {
      let pointer = "/terms/carriers/\(index)"
      try execution.require(carrier != buyer && carrier != supplier, .attestorUnknown, pointer)
      try execution.member(carrier, roles: [.carrier], orElse: .attestorUnknown, pointer)
    }
    _ = try LinePositions(lines.map(\.line))
    execution.state.put(
      Order(
        id: id, document: execution.document, supplier: supplier, currency: currency, date: date, carriers: carriers,
        toleranceBasisPoints: toleranceBasisPoints, paymentDays: paymentDays, lines: lines))
  }
}
