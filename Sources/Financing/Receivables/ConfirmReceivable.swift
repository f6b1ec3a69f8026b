import Contracts
import Ledger
import Sodium

/// The buyer confirms what it owes on an invoice (确权).
///
/// F-5: only the invoice's buyer confirms, and never more than was matched and is neither credited nor confirmed.
/// F-6: maturity lies after today and within the longest tenor; a bank other than the debtor settles.
package struct ConfirmReceivable: Act {
  package static let type = "receivable.confirm/1"
  package static let title = "A buyer confirms a receivable and undertakes to pay its holders at maturity"
  package static let permission = Permission.confirm
  package static let roles: [Role] = [.coreEnterprise]

  package let invoice: TradeID
  package let currency: Currency
  /// Minor units: the face of the certificate.
  package let amount: Int64
  package let maturity: BusinessDate
  package let settlementBank: String

  package init(_ form: inout Form) {
    invoice = TradeID(issuer: form.identifier("supplier"), number: form.text("invoice", 1...64))
    currency = form.currency()
    amount = form.amount("amount", currency)
    maturity = form.date("maturity")
    settlementBank = form.identifier("settlementBank")
  }

  package var parties: [String] { [invoice.issuer, settlementBank] }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    let debtor = execution.issuer.id
    var invoice = try execution.find(self.invoice, Invoice.self, orElse: .invoiceUnknown, "/terms/invoice")
    try execution.require(invoice.buyer == debtor, .notDebtor, "/terms/invoice")
    try execution.require(invoice.currency == currency, .currencyDiffers, "/terms/currency")
    try execution.require(amount <= invoice.confirmable, .aboveMatched, "/terms/amount")
    let tenor = execution.block.date.days(until: maturity)
    try execution.require(
      tenor >= 1 && tenor <= execution.parameters.maximumTenorDays, .maturityInvalid, "/terms/maturity")
    try execution.member(settlementBank, roles: [.bank], orElse: .settlementBankUnknown, "/terms/settlementBank")
    try execution.require(settlementBank != debtor, .settlementBankUnknown, "/terms/settlementBank")
    // At most `confirmable`, so the sum stays within what was matched.
    invoice.confirmed += amount
    execution.state.put(invoice)
    execution.state.put(
      ReceivableCertificate(
        id: execution.document, debtor: debtor, supplier: self.invoice.issuer, invoice: self.invoice,
        currency: currency,
        face: amount, issued: execution.block.date, maturity: maturity, settlementBank: settlementBank))
  }
}
