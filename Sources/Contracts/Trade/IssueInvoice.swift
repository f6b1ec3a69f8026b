import Ledger

/// The supplier bills what it delivered. What does not match is recorded all the same, with the line and the reason.
package struct IssueInvoice: Act {
  package static let type = "invoice/1"
  package static let title = "A supplier's invoice for an order"
  package static let permission = Permission.trade
  package static let committed = [
    "description", "unitPrice", "taxDetails", "addresses", "note", "lineDescriptions", "paymentMeans",
  ]

  struct Line: Sendable {
    let line: String
    let quantity: Quantity
    let amount: Int64
  }

  let buyer: String
  let order: String
  let number: String
  let date: BusinessDate
  let currency: Currency
  let dueDate: BusinessDate?
  let lines: [Line]
  let additions: Int64
  let deductions: Int64
  let total: Int64

  package init(_ form: inout Form) {
    buyer = form.identifier("buyer")
    order = form.number("order")
    number = form.number()
    date = form.date("date")
    let currency = form.currency()
    self.currency = currency
    dueDate = form.optional("dueDate") { $0.date("dueDate") }
    lines = form.list("lines", 1...maximumLines) { form in
      Line(
        line: form.line(), quantity: form.positiveQuantity("quantity"), amount: form.amount("amount", currency))
    }
    additions = form.amount("additions", currency, positive: false)
    deductions = form.amount("deductions", currency, positive: false)
    total = form.amount("total", currency)
  }

  package var parties: [String] { [buyer] }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    let id = TradeID(issuer: execution.issuer.id, number: number)
    try execution.requireUnused(id, Invoice.self)
    var order = try execution.find(
      TradeID(issuer: buyer, number: order), Order.self, orElse: .orderUnknown, "/terms/order")
    try execution.require(order.supplier == execution.issuer.id, .notPartyToOrder, "/terms/order")
    try execution.require(order.status == .accepted, .orderNotAccepted, "/terms/order")
    try execution.require(currency == order.currency, .invoiceCurrency, "/terms/currency")
    // 502 amounts below 10^15 fit.
    let sum = lines.reduce(0) { $0 + $1.amount }
    try execution.require(total == sum + additions - deductions, .invoiceTotal, "/terms/total")

    let match = try order.match(lines)
    execution.state.put(order)
    execution.state.put(
      Invoice(
        id: id, document: execution.document, order: order.id, currency: currency, date: date, dueDate: dueDate,
        total: total, matched: match.share(of: total, lines: sum), unmatched: match.unmatched,
        delivered: match.delivered))
  }
}
