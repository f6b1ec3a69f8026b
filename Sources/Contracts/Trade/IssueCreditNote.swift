import Ledger

/// The supplier takes back part of what it invoiced.
package struct IssueCreditNote: Act {
  package static let type = "credit-note/1"
  package static let title = "A supplier's credit note on its invoice"
  package static let permission = Permission.trade
  package static let committed = ["reason", "lineDescriptions"]

  let buyer: String
  let invoice: String
  let number: String
  let date: BusinessDate
  let currency: Currency
  let total: Int64

  package init(_ form: inout Form) {
    buyer = form.identifier("buyer")
    invoice = form.number("invoice")
    number = form.number()
    date = form.date("date")
    let currency = form.currency()
    self.currency = currency
    total = form.amount("total", currency)
  }

  package var parties: [String] { [buyer] }

  /// K-11: a credit lowers only what is not yet confirmed; a confirmed amount is owed to its holder, whoever that is.
  package func perform(_ execution: inout Execution) throws(Rejection) {
    let supplier = execution.issuer.id
    let id = TradeID(issuer: supplier, number: number)
    try execution.requireUnused(id, CreditNote.self)
    var invoice = try execution.find(
      TradeID(issuer: supplier, number: invoice), Invoice.self, orElse: .invoiceUnknown, "/terms/invoice")
    try execution.require(invoice.buyer == buyer, .invoiceUnknown, "/terms/buyer")
    try execution.require(currency == invoice.currency, .invoiceCurrency, "/terms/currency")
    try execution.require(total <= invoice.unconfirmed, .creditAboveUnconfirmed, "/terms/total")
    invoice.credited += total
    execution.state.put(invoice)
    execution.state.put(
      CreditNote(id: id, document: execution.document, invoice: invoice.id, date: date, total: total))
  }
}
