import Contracts
import Ledger
import Sodium

/// F-9: what a refused certificate had taken of its invoice may be confirmed again.
package struct RefuseReceivable: Act {
  package static let type = "receivable.refuse/1"
  package static let title = "The supplier refuses a certificate"
  package static let permission = Permission.confirm

  package let certificate: Digest

  package init(_ form: inout Form) { certificate = form.digest("certificate") }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    var certificate = try execution.offeredCertificate(certificate)
    var invoice = try execution.find(
      certificate.invoice, Invoice.self, orElse: .invoiceUnknown, "/terms/certificate")
    let (rest, overflow) = invoice.confirmed.subtractingReportingOverflow(certificate.face)
    try execution.require(!overflow && rest >= 0, .arithmetic, "/terms/certificate")
    invoice.confirmed = rest
    certificate.status = .refused
    execution.state.put(invoice)
    execution.state.put(certificate)
  }
}
