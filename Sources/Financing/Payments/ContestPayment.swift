import Contracts
import Ledger
import Sodium

/// F-19: a contested claim neither discharges nor counts as default; the payer may claim again.
package struct ContestPayment: Act {
  package static let type = "payment.contest/1"
  package static let title = "The payee contests a payment claim"
  package static let permission = Permission.confirm

  package let claim: Digest

  package init(_ form: inout Form) { claim = form.digest("claim") }

  package func perform(_ execution: inout Execution) throws(Rejection) {
    var claim = try execution.find(claim, PaymentClaim.self, orElse: .claimUnknown, "/terms/claim")
    try execution.require(claim.payee == execution.issuer.id, .notPayee, "/terms/claim")
    try execution.require(claim.isOpen(on: execution.block.date), .claimNotOpen, "/terms/claim")
    claim.status = .contested
    execution.state.put(claim)
    switch claim.purpose {
    case .redemption:
      var certificate = try execution.find(
        claim.subject, ReceivableCertificate.self, orElse: .certificateUnknown, "/terms/claim")
      certificate.claims.removeAll { $0 == claim.id }
      execution.state.put(certificate)
    case .disbursement, .repayment, .surplus:
      var loan = try execution.find(claim.subject, Loan.self, orElse: .loanUnknown, "/terms/claim")
      loan.claims.removeAll { $0 == claim.id }
      execution.state.put(loan)
    }
  }
}
